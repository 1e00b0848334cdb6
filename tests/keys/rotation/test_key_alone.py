"""The only key of a user gives way to a new one, and that to the next."""

from datetime import timedelta

import pytest

from mfa_session.errors import AccessKeyRefusedError, PersonNeededError
from tests.keys.rotation.case import PROFILE, RotationCase


class TestAKeyAlone:
    def test_a_new_key_takes_the_place_of_the_old_which_is_inactive_then(self, case: RotationCase) -> None:
        left = case.rotate()

        assert left is not None
        assert left.old == case.first.access_key_id
        assert not case.first.active
        assert len(case.keys) == 2
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_the_new_key_knows_its_account_and_its_date_and_so_does_the_config_file(self, case: RotationCase) -> None:
        case.rotate()

        assert case.stored.account_id == "123456789012"
        assert case.stored.create_date == case.clock.now().replace(microsecond=0)
        assert case.remembered_date == case.stored.create_date

    def test_nothing_is_given_up_before_the_new_key_is_proven(self, case: RotationCase) -> None:
        case.rotate(delete_old=True)

        made, proven, retired, deleted = (
            case.actions.index(action)
            for action in ("CreateAccessKey", "GetCallerIdentity", "UpdateAccessKey", "DeleteAccessKey")
        )
        proven = case.actions.index("GetCallerIdentity", made)
        assert made < proven < retired < deleted

    def test_the_old_key_is_deleted_where_that_is_asked_for(self, case: RotationCase) -> None:
        assert case.rotate(delete_old=True) is None

        [only] = case.keys
        assert only.access_key_id == case.stored.access_key_id
        assert case.journal.read(PROFILE) is None

    def test_every_step_is_told_and_no_secret(self, case: RotationCase) -> None:
        case.rotate(delete_old=True)

        told = "\n".join(case.told)
        assert len(case.told) == 5
        assert case.stored.masked_id in told
        assert case.stored.secret_access_key not in told
        assert case.first.secret_access_key not in told

    @pytest.mark.parametrize("seconds", [0, 3, 15, 59])
    def test_a_key_that_aws_knows_only_later_is_waited_for(self, case: RotationCase, seconds: int) -> None:
        case.endpoint.account.propagation = timedelta(seconds=seconds)

        case.rotate()

        assert seconds <= case.clock.slept <= seconds + 1
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_key_that_aws_never_accepts_is_taken_back_after_a_minute(self, case: RotationCase) -> None:
        case.endpoint.account.propagation = timedelta(hours=1)

        with pytest.raises(AccessKeyRefusedError, match="does not accept the new key") as caught:
            case.rotate()

        assert 60 <= case.clock.slept <= 61
        assert "run this again" in caught.value.hint
        assert case.keys == [case.first]
        assert case.journal.read(PROFILE) is None
        case.assert_one_key_works_and_nothing_is_left_over()


class TestTheNextRotation:
    def test_it_deletes_the_key_that_the_last_one_left_inactive(self, case: RotationCase) -> None:
        case.rotate()

        case.rotate()

        assert case.first not in case.keys
        assert len(case.keys) == 2
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_to_delete_the_old_key_is_all_that_is_done_where_that_is_asked_for(self, case: RotationCase) -> None:
        case.rotate()
        in_use = case.stored

        assert case.rotate(delete_old=True) is None

        assert case.stored == in_use
        assert [key.access_key_id for key in case.keys] == [in_use.access_key_id]
        assert case.journal.read(PROFILE) is None

    def test_an_old_key_that_somebody_has_deleted_is_not_missed(self, case: RotationCase) -> None:
        case.rotate()
        del case.endpoint.account.access_keys[case.first.access_key_id]

        case.rotate()

        assert len(case.keys) == 2
        case.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("delete_old", [False, True])
    def test_an_old_key_that_somebody_has_made_active_again_is_not_deleted_unasked(
        self, case: RotationCase, delete_old: bool
    ) -> None:
        case.rotate()
        case.first.active = True

        with pytest.raises(PersonNeededError, match="last used on"):
            case.rotate(delete_old=delete_old, yes=True)

        assert case.first in case.keys
