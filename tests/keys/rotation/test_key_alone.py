"""The only key of a user gives way to a new one, and that to the next."""

from datetime import timedelta

import pytest

from mfa_session.errors import AccessKeyRefusedError, PersonNeededError
from tests.keys.rotation.desk import PROFILE, Desk


class TestAKeyAlone:
    def test_a_new_key_takes_the_place_of_the_old_which_is_inactive_then(self, desk: Desk) -> None:
        left = desk.rotate()

        assert left is not None
        assert left.old == desk.first.access_key_id
        assert not desk.first.active
        assert len(desk.keys) == 2
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_the_new_key_knows_its_account_and_its_date_and_so_does_the_config_file(self, desk: Desk) -> None:
        desk.rotate()

        assert desk.stored.account_id == "123456789012"
        assert desk.stored.create_date == desk.clock.now().replace(microsecond=0)
        assert desk.remembered_date == desk.stored.create_date

    def test_nothing_is_given_up_before_the_new_key_is_proven(self, desk: Desk) -> None:
        desk.rotate(delete_old=True)

        made, proven, retired, deleted = (
            desk.actions.index(action)
            for action in ("CreateAccessKey", "GetCallerIdentity", "UpdateAccessKey", "DeleteAccessKey")
        )
        proven = desk.actions.index("GetCallerIdentity", made)
        assert made < proven < retired < deleted

    def test_the_old_key_is_deleted_where_that_is_asked_for(self, desk: Desk) -> None:
        assert desk.rotate(delete_old=True) is None

        [only] = desk.keys
        assert only.access_key_id == desk.stored.access_key_id
        assert desk.journal.read(PROFILE) is None

    def test_every_step_is_told_and_no_secret(self, desk: Desk) -> None:
        desk.rotate(delete_old=True)

        told = "\n".join(desk.told)
        assert len(desk.told) == 5
        assert desk.stored.masked_id in told
        assert desk.stored.secret_access_key not in told
        assert desk.first.secret_access_key not in told

    @pytest.mark.parametrize("seconds", [0, 3, 15, 59])
    def test_a_key_that_aws_knows_only_later_is_waited_for(self, desk: Desk, seconds: int) -> None:
        desk.endpoint.account.propagation = timedelta(seconds=seconds)

        desk.rotate()

        assert seconds <= desk.clock.slept <= seconds + 1
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_key_that_aws_never_accepts_is_taken_back_after_a_minute(self, desk: Desk) -> None:
        desk.endpoint.account.propagation = timedelta(hours=1)

        with pytest.raises(AccessKeyRefusedError, match="does not accept the new key") as caught:
            desk.rotate()

        assert 60 <= desk.clock.slept <= 61
        assert "run this again" in caught.value.hint
        assert desk.keys == [desk.first]
        assert desk.journal.read(PROFILE) is None
        desk.assert_one_key_works_and_nothing_is_left_over()


class TestTheNextRotation:
    def test_it_deletes_the_key_that_the_last_one_left_inactive(self, desk: Desk) -> None:
        desk.rotate()

        desk.rotate()

        assert desk.first not in desk.keys
        assert len(desk.keys) == 2
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_to_delete_the_old_key_is_all_that_is_done_where_that_is_asked_for(self, desk: Desk) -> None:
        desk.rotate()
        in_use = desk.stored

        assert desk.rotate(delete_old=True) is None

        assert desk.stored == in_use
        assert [key.access_key_id for key in desk.keys] == [in_use.access_key_id]
        assert desk.journal.read(PROFILE) is None

    def test_an_old_key_that_somebody_has_deleted_is_not_missed(self, desk: Desk) -> None:
        desk.rotate()
        del desk.endpoint.account.access_keys[desk.first.access_key_id]

        desk.rotate()

        assert len(desk.keys) == 2
        desk.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("delete_old", [False, True])
    def test_an_old_key_that_somebody_has_made_active_again_is_not_deleted_unasked(
        self, desk: Desk, delete_old: bool
    ) -> None:
        desk.rotate()
        desk.first.active = True

        with pytest.raises(PersonNeededError, match="last used on"):
            desk.rotate(delete_old=delete_old, yes=True)

        assert desk.first in desk.keys
