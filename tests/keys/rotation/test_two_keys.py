"""A user with two keys: there is no place for a third, so one that nobody uses has to go."""

from datetime import timedelta

import pytest

from mfa_session.errors import PersonNeededError, PromptCancelledError
from mfa_session.model.credentials import AccessKey
from tests.keys.rotation.case import RotationCase


class TestTwoKeys:
    def test_the_owner_is_told_which_of_them_nobody_uses(self, case: RotationCase) -> None:
        other = case.endpoint.account.add_access_key(case.user, age=timedelta(days=400))

        screen = case.rotate_asking("y")

        day = case.clock.now() - timedelta(days=400)
        assert f"AKIA…{other.access_key_id[-4:]}, made on {day:%Y-%m-%d}, active, never used\n" in screen
        assert f"AKIA…{case.first.access_key_id[-4:]}" in screen
        assert ": the one in use here\n" in screen
        assert other not in case.keys
        case.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize(("is_active", "used"), [(False, True), (False, False), (True, False)])
    def test_enter_deletes_a_key_that_nobody_uses(self, case: RotationCase, is_active: bool, used: bool) -> None:
        other = case.endpoint.account.add_access_key(case.user)
        if used:
            case.sts.get_caller_identity(AccessKey(other.access_key_id, other.secret_access_key))
        other.active = is_active

        case.rotate_asking("")

        assert other not in case.keys

    def test_enter_keeps_a_key_that_somebody_uses(self, case: RotationCase) -> None:
        other = case.endpoint.account.add_access_key(case.user)
        case.sts.get_caller_identity(AccessKey(other.access_key_id, other.secret_access_key))
        case.endpoint.journal.clear()

        with pytest.raises(PromptCancelledError, match="nothing was changed"):
            case.rotate_asking("")

        assert case.keys == [case.first, other]
        assert "CreateAccessKey" not in case.actions

    def test_a_key_that_is_unused_goes_unasked_where_that_was_said_beforehand(self, case: RotationCase) -> None:
        other = case.endpoint.account.add_access_key(case.user)

        case.rotate(yes=True)

        assert other not in case.keys

    def test_a_key_that_is_used_never_goes_unasked(self, case: RotationCase) -> None:
        other = case.endpoint.account.add_access_key(case.user)
        case.sts.get_caller_identity(AccessKey(other.access_key_id, other.secret_access_key))

        with pytest.raises(PersonNeededError, match="second access key"):
            case.rotate(yes=True)

        assert case.keys == [case.first, other]

    def test_without_anybody_to_ask_it_is_said_what_to_do(self, case: RotationCase) -> None:
        case.endpoint.account.add_access_key(case.user)

        with pytest.raises(PersonNeededError) as caught:
            case.rotate()

        assert "--yes" in caught.value.hint

    def test_a_key_whose_use_aws_does_not_tell_counts_as_used(self, case: RotationCase) -> None:
        case.endpoint.account.add_access_key(case.user)
        case.deny("iam:GetAccessKeyLastUsed")

        with pytest.raises(PersonNeededError, match="AWS does not tell when it was last used"):
            case.rotate(yes=True)
