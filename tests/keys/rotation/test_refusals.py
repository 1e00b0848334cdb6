"""A rotation that AWS forbids, or that has no key to rotate."""

import pytest

from mfa_session.errors import AccessDeniedError, AccessKeyNotFoundError
from mfa_session.model.credentials import AccessKey
from tests.keys.rotation.case import PROFILE, RotationCase


class TestWhatIsForbidden:
    @pytest.mark.parametrize("action", ["ListAccessKeys", "CreateAccessKey"])
    def test_what_is_forbidden_before_the_first_change_changes_nothing(self, case: RotationCase, action: str) -> None:
        case.deny(f"iam:{action}")

        with pytest.raises(AccessDeniedError, match=f"AWS does not allow iam:{action}"):
            case.rotate()

        assert case.keys == [case.first]
        assert case.journal.read(PROFILE) is None
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_an_old_key_that_cannot_be_made_inactive_is_told_and_the_new_one_works(self, case: RotationCase) -> None:
        case.deny("iam:UpdateAccessKey")

        with pytest.raises(AccessDeniedError, match="the new key is in use, and the old one"):
            case.rotate()

        assert case.stored.access_key_id != case.first.access_key_id
        assert case.sts.get_caller_identity(case.stored).user_name == "test-user"

    def test_the_next_run_makes_it_inactive_and_no_third_key(self, case: RotationCase) -> None:
        case.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            case.rotate()
        case.allow_all()

        case.rotate()

        assert not case.first.active
        assert case.actions.count("CreateAccessKey") == 1
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_key_in_the_store_that_is_not_the_users_is_not_rotated(self, case: RotationCase) -> None:
        case.store.set("test-user", AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"))

        with pytest.raises(AccessKeyNotFoundError, match="is none of user test-user's"):
            case.rotate()

        assert case.keys == [case.first]

    def test_a_store_without_a_key_is_an_error(self, case: RotationCase) -> None:
        case.store.delete("test-user")

        with pytest.raises(AccessKeyNotFoundError, match="has no key for profile test-user"):
            case.rotate()
