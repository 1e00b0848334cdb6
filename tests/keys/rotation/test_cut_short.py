"""A rotation that was cut short, and is finished or taken back by the next run."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyRefusedError,
    AWSAnswerError,
    KeyringLockedError,
    PersonNeededError,
    PromptCancelledError,
    ReplyLostError,
    StateError,
)
from mfa_session.keys.rotate import recover
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation
from mfa_session.state.per_profile import RotationJournal
from tests.fakes import InMemoryKeys
from tests.faults import DropReply, HostileFields, Refuse, ResetConnection, ServerError
from tests.keys.rotation.desk import NEW, OLD, PROFILE, Desk, key_of

# How far the clock was off when a rotation was written down.
JUMPS = [timedelta(hours=2), timedelta(days=400), timedelta(hours=-2), timedelta(days=-400)]


class TestWhatIsCutShort:
    @pytest.mark.parametrize("fault", [DropReply(), HostileFields({"SecretAccessKey": "a b"})])
    def test_a_key_whose_secret_was_lost_on_the_way_is_deleted_by_the_next_run_if_the_owner_agrees(
        self, desk: Desk, fault: DropReply | HostileFields
    ) -> None:
        desk.endpoint.faults.add("CreateAccessKey", fault)
        with pytest.raises((ReplyLostError, AWSAnswerError)) as caught:
            desk.rotate()
        [_, lost] = desk.keys

        desk.rotate_asking("y")

        assert "mfa-session keys rotate --profile test-user" in caught.value.hint
        assert lost not in desk.keys
        desk.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=1)])
    @pytest.mark.parametrize("is_used", [True, False])
    def test_no_key_whose_id_was_in_no_answer_is_taken_for_a_lost_one(
        self, desk: Desk, age: timedelta, is_used: bool
    ) -> None:
        desk.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            desk.rotate()
        theirs = desk.endpoint.account.add_access_key(desk.user, age=age)
        if is_used:
            desk.sts.get_caller_identity(AccessKey(theirs.access_key_id, theirs.secret_access_key))

        for _ in range(2):
            with pytest.raises(PersonNeededError):
                desk.rotate()

        assert theirs in desk.keys
        assert f"AKIA…{theirs.access_key_id[-4:]}, made at {theirs.create_date:%Y-%m-%d %H:%M} UTC" in desk.told[-1]
        assert "or one that you made" in desk.told[-1]

    def test_enter_keeps_a_key_that_may_be_the_owners(self, desk: Desk) -> None:
        desk.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            desk.rotate()
        theirs = desk.endpoint.account.add_access_key(desk.user)

        with pytest.raises(PromptCancelledError, match="nothing was changed"):
            desk.rotate_asking("")

        assert desk.keys == [desk.first, theirs]

    def test_where_nothing_was_made_after_all_the_next_run_asks_nothing(self, desk: Desk) -> None:
        desk.endpoint.faults.add("CreateAccessKey", ServerError(503))
        with pytest.raises(ReplyLostError):
            desk.rotate()

        desk.rotate()

        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_key_that_was_the_profiles_before_the_lost_answer_is_not_taken_for_a_lost_one(self, desk: Desk) -> None:
        desk.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            desk.rotate()
        theirs = desk.endpoint.account.add_access_key(desk.user)
        desk.store.set("test-user", AccessKey(*key_of(theirs)))

        with pytest.raises(PersonNeededError, match="second access key"):
            desk.rotate()

        assert desk.keys == [desk.first, theirs]
        assert desk.told == []

    def test_a_key_whose_id_came_and_whose_secret_was_never_stored_is_deleted_by_the_next_run(self, desk: Desk) -> None:
        lost = desk.endpoint.account.add_access_key(desk.user)
        rotation = Rotation(old=desk.first.access_key_id, begun=desk.clock.now(), new=lost.access_key_id)
        desk.journal.write(PROFILE, rotation)

        desk.rotate()

        assert lost not in desk.keys
        desk.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("jump", JUMPS, ids=str)
    def test_a_rotation_is_finished_whatever_the_clock_said_when_it_began(self, desk: Desk, jump: timedelta) -> None:
        new = AccessKey(*key_of(desk.endpoint.account.add_access_key(desk.user)))
        desk.store.set(NEW, new)
        begun = desk.clock.now() + jump
        desk.journal.write(PROFILE, Rotation(desk.first.access_key_id, begun, new=new.access_key_id))

        desk.rotate()

        assert desk.stored.access_key_id == new.access_key_id
        assert "CreateAccessKey" not in desk.actions
        desk.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("jump", JUMPS, ids=str)
    @pytest.mark.parametrize("delete_old", [True, False])
    def test_a_finished_rotation_of_the_future_allows_no_deletion_unasked(
        self, desk: Desk, jump: timedelta, delete_old: bool
    ) -> None:
        finished = desk.rotate()
        assert finished is not None
        desk.journal.write(PROFILE, replace(finished, begun=desk.clock.now() + jump))

        if jump > timedelta(0):
            with pytest.raises(PersonNeededError, match="second access key"):
                desk.rotate(delete_old=delete_old)
            assert desk.first in desk.keys
        desk.rotate(delete_old=delete_old, yes=jump > timedelta(0))

        assert desk.first not in desk.keys
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_store_that_does_not_take_the_new_key_has_it_deleted_at_once(self, desk: Desk) -> None:
        class Full(InMemoryKeys):
            def set(self, profile: str, key: AccessKey) -> None:
                raise KeyringLockedError("the keyring is locked", hint="unlock it")

        desk.store = Full({"test-user": desk.stored})

        with pytest.raises(KeyringLockedError):
            desk.rotate()

        assert desk.keys == [desk.first]
        assert desk.journal.read(PROFILE) is None

    def test_a_journal_that_cannot_be_written_any_more_has_the_new_key_deleted_at_once(self, desk: Desk) -> None:
        class Full(RotationJournal):
            def write(self, profile: Profile, rotation: Rotation) -> None:
                if rotation.new is not None:
                    raise StateError("the disk is full", hint="make room")
                super().write(profile, rotation)

        desk.journal = Full(desk.home / "rotations")

        with pytest.raises(StateError):
            desk.rotate()

        assert desk.keys == [desk.first]
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_network_that_fails_during_the_proof_is_no_reason_to_give_up_the_key(self, desk: Desk) -> None:
        rotation = desk.rotation()
        desk.endpoint.faults.add("GetCallerIdentity", *[Refuse(500, "InternalFailure", "An internal error.")] * 3)
        with pytest.raises(ReplyLostError):
            rotation.run(delete_old=False)

        desk.rotate()

        assert desk.actions.count("CreateAccessKey") == 1
        assert not desk.first.active
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_run_that_finishes_another_makes_no_key_of_its_own(self, desk: Desk) -> None:
        desk.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            desk.rotate()
        desk.allow_all()

        assert desk.rotate(delete_old=True) is None

        assert [key.access_key_id for key in desk.keys] == [desk.stored.access_key_id]
        assert desk.journal.read(PROFILE) is None

    def test_a_rotation_that_is_cut_short_again_at_its_very_end_is_known_to_be_done(self, desk: Desk) -> None:
        class Full(RotationJournal):
            """A journal on a disk that is full when the last line is to be written."""

            def write(self, profile: Profile, rotation: Rotation) -> None:
                if rotation.is_finished:
                    raise StateError("the disk is full", hint="make room")
                super().write(profile, rotation)

        new = AccessKey(*key_of(desk.endpoint.account.add_access_key(desk.user)))
        desk.store.set(NEW, new)
        desk.journal.write(PROFILE, Rotation(old=desk.first.access_key_id, begun=desk.clock.now()))
        journal, desk.journal = desk.journal, Full(desk.home / "rotations")
        with pytest.raises(StateError):
            desk.rotate()
        desk.journal = journal

        left = desk.rotate()

        assert left is not None
        assert left.old == desk.first.access_key_id
        assert "CreateAccessKey" not in desk.actions
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_new_key_that_somebody_has_deleted_meanwhile_gives_way_to_the_old_one(self, desk: Desk) -> None:
        desk.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            desk.rotate()
        desk.allow_all()
        del desk.endpoint.account.access_keys[desk.stored.access_key_id]

        with pytest.raises(AccessKeyRefusedError):
            desk.rotate()

        assert desk.first.active
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_profile_that_was_given_a_third_key_meanwhile_keeps_that_and_its_owner_is_asked_about_the_other(
        self, desk: Desk
    ) -> None:
        desk.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            desk.rotate()
        desk.allow_all()
        made = desk.stored.access_key_id
        del desk.endpoint.account.access_keys[desk.first.access_key_id]
        third = desk.endpoint.account.add_access_key(desk.user)
        desk.store.set("test-user", AccessKey(*key_of(third)))

        with pytest.raises(PersonNeededError, match="second access key"):
            desk.rotate(yes=True)

        assert third.active
        assert desk.stored.access_key_id == third.access_key_id
        assert made in desk.endpoint.account.access_keys
        beside = desk.store.get(NEW)
        assert beside is not None, "its secret is nowhere else"
        assert beside.access_key_id == made

    @pytest.mark.parametrize("place", [NEW, OLD])
    def test_a_profile_without_its_key_is_given_back_the_one_beside(self, desk: Desk, place: str) -> None:
        key = desk.stored
        desk.journal.write(PROFILE, Rotation(old="AKIA", begun=desk.clock.now()))
        desk.store.delete("test-user")
        desk.store.set(place, key)

        recover(PROFILE, store=desk.store, records=desk.journal)

        assert desk.stored == key

    def test_without_a_rotation_that_has_begun_nothing_is_mended(self, desk: Desk) -> None:
        desk.store.set(NEW, desk.stored)
        desk.store.delete("test-user")

        recover(PROFILE, store=desk.store, records=desk.journal)

        assert desk.store.get("test-user") is None
