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
from tests.keys.rotation.case import NEW, OLD, PROFILE, RotationCase, key_of

# How far the clock was off when a rotation was written down.
JUMPS = [timedelta(hours=2), timedelta(days=400), timedelta(hours=-2), timedelta(days=-400)]


class TestWhatIsCutShort:
    @pytest.mark.parametrize("fault", [DropReply(), HostileFields({"SecretAccessKey": "a b"})])
    def test_a_key_whose_secret_was_lost_on_the_way_is_deleted_by_the_next_run_if_the_owner_agrees(
        self, case: RotationCase, fault: DropReply | HostileFields
    ) -> None:
        case.endpoint.faults.add("CreateAccessKey", fault)
        with pytest.raises((ReplyLostError, AWSAnswerError)) as caught:
            case.rotate()
        [_, lost] = case.keys

        case.rotate_asking("y")

        assert "mfa-session keys rotate --profile test-user" in caught.value.hint
        assert lost not in case.keys
        case.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=1)])
    @pytest.mark.parametrize("is_used", [True, False])
    def test_no_key_whose_id_was_in_no_answer_is_taken_for_a_lost_one(
        self, case: RotationCase, age: timedelta, is_used: bool
    ) -> None:
        case.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            case.rotate()
        theirs = case.endpoint.account.add_access_key(case.user, age=age)
        if is_used:
            case.sts.get_caller_identity(AccessKey(theirs.access_key_id, theirs.secret_access_key))

        for _ in range(2):
            with pytest.raises(PersonNeededError):
                case.rotate()

        assert theirs in case.keys
        assert f"AKIA…{theirs.access_key_id[-4:]}, made at {theirs.create_date:%Y-%m-%d %H:%M} UTC" in case.told[-1]
        assert "or one that you made" in case.told[-1]

    def test_enter_keeps_a_key_that_may_be_the_owners(self, case: RotationCase) -> None:
        case.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            case.rotate()
        theirs = case.endpoint.account.add_access_key(case.user)

        with pytest.raises(PromptCancelledError, match="nothing was changed"):
            case.rotate_asking("")

        assert case.keys == [case.first, theirs]

    def test_where_nothing_was_made_after_all_the_next_run_asks_nothing(self, case: RotationCase) -> None:
        case.endpoint.faults.add("CreateAccessKey", ServerError(503))
        with pytest.raises(ReplyLostError):
            case.rotate()

        case.rotate()

        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_key_that_was_the_profiles_before_the_lost_answer_is_not_taken_for_a_lost_one(
        self, case: RotationCase
    ) -> None:
        case.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            case.rotate()
        theirs = case.endpoint.account.add_access_key(case.user)
        case.store.set("test-user", AccessKey(*key_of(theirs)))

        with pytest.raises(PersonNeededError, match="second access key"):
            case.rotate()

        assert case.keys == [case.first, theirs]
        assert case.told == []

    def test_a_key_whose_id_came_and_whose_secret_was_never_stored_is_deleted_by_the_next_run(
        self, case: RotationCase
    ) -> None:
        lost = case.endpoint.account.add_access_key(case.user)
        rotation = Rotation(old=case.first.access_key_id, begun=case.clock.now(), new=lost.access_key_id)
        case.journal.write(PROFILE, rotation)

        case.rotate()

        assert lost not in case.keys
        case.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("jump", JUMPS, ids=str)
    def test_a_rotation_is_finished_whatever_the_clock_said_when_it_began(
        self, case: RotationCase, jump: timedelta
    ) -> None:
        new = AccessKey(*key_of(case.endpoint.account.add_access_key(case.user)))
        case.store.set(NEW, new)
        begun = case.clock.now() + jump
        case.journal.write(PROFILE, Rotation(case.first.access_key_id, begun, new=new.access_key_id))

        case.rotate()

        assert case.stored.access_key_id == new.access_key_id
        assert "CreateAccessKey" not in case.actions
        case.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("jump", JUMPS, ids=str)
    @pytest.mark.parametrize("delete_old", [True, False])
    def test_a_finished_rotation_of_the_future_allows_no_deletion_unasked(
        self, case: RotationCase, jump: timedelta, delete_old: bool
    ) -> None:
        finished = case.rotate()
        assert finished is not None
        case.journal.write(PROFILE, replace(finished, begun=case.clock.now() + jump))

        if jump > timedelta(0):
            with pytest.raises(PersonNeededError, match="second access key"):
                case.rotate(delete_old=delete_old)
            assert case.first in case.keys
        case.rotate(delete_old=delete_old, yes=jump > timedelta(0))

        assert case.first not in case.keys
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_store_that_does_not_take_the_new_key_has_it_deleted_at_once(self, case: RotationCase) -> None:
        class Full(InMemoryKeys):
            def set(self, profile: str, key: AccessKey) -> None:
                raise KeyringLockedError("the keyring is locked", hint="unlock it")

        case.store = Full({"test-user": case.stored})

        with pytest.raises(KeyringLockedError):
            case.rotate()

        assert case.keys == [case.first]
        assert case.journal.read(PROFILE) is None

    def test_a_journal_that_cannot_be_written_any_more_has_the_new_key_deleted_at_once(
        self, case: RotationCase
    ) -> None:
        class Full(RotationJournal):
            def write(self, profile: Profile, rotation: Rotation) -> None:
                if rotation.new is not None:
                    raise StateError("the disk is full", hint="make room")
                super().write(profile, rotation)

        case.journal = Full(case.home / "rotations")

        with pytest.raises(StateError):
            case.rotate()

        assert case.keys == [case.first]
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_network_that_fails_during_the_proof_is_no_reason_to_give_up_the_key(self, case: RotationCase) -> None:
        rotation = case.rotation()
        case.endpoint.faults.add("GetCallerIdentity", *[Refuse(500, "InternalFailure", "An internal error.")] * 3)
        with pytest.raises(ReplyLostError):
            rotation.run(delete_old=False)

        case.rotate()

        assert case.actions.count("CreateAccessKey") == 1
        assert not case.first.active
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_run_that_finishes_another_makes_no_key_of_its_own(self, case: RotationCase) -> None:
        case.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            case.rotate()
        case.allow_all()

        assert case.rotate(delete_old=True) is None

        assert [key.access_key_id for key in case.keys] == [case.stored.access_key_id]
        assert case.journal.read(PROFILE) is None

    def test_a_rotation_that_is_cut_short_again_at_its_very_end_is_known_to_be_done(self, case: RotationCase) -> None:
        class Full(RotationJournal):
            """A journal on a disk that is full when the last line is to be written."""

            def write(self, profile: Profile, rotation: Rotation) -> None:
                if rotation.is_finished:
                    raise StateError("the disk is full", hint="make room")
                super().write(profile, rotation)

        new = AccessKey(*key_of(case.endpoint.account.add_access_key(case.user)))
        case.store.set(NEW, new)
        case.journal.write(PROFILE, Rotation(old=case.first.access_key_id, begun=case.clock.now()))
        journal, case.journal = case.journal, Full(case.home / "rotations")
        with pytest.raises(StateError):
            case.rotate()
        case.journal = journal

        left = case.rotate()

        assert left is not None
        assert left.old == case.first.access_key_id
        assert "CreateAccessKey" not in case.actions
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_new_key_that_somebody_has_deleted_meanwhile_gives_way_to_the_old_one(self, case: RotationCase) -> None:
        case.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            case.rotate()
        case.allow_all()
        del case.endpoint.account.access_keys[case.stored.access_key_id]

        with pytest.raises(AccessKeyRefusedError):
            case.rotate()

        assert case.first.active
        case.assert_one_key_works_and_nothing_is_left_over()

    def test_a_profile_that_was_given_a_third_key_meanwhile_keeps_that_and_its_owner_is_asked_about_the_other(
        self, case: RotationCase
    ) -> None:
        case.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            case.rotate()
        case.allow_all()
        made = case.stored.access_key_id
        del case.endpoint.account.access_keys[case.first.access_key_id]
        third = case.endpoint.account.add_access_key(case.user)
        case.store.set("test-user", AccessKey(*key_of(third)))

        with pytest.raises(PersonNeededError, match="second access key"):
            case.rotate(yes=True)

        assert third.active
        assert case.stored.access_key_id == third.access_key_id
        assert made in case.endpoint.account.access_keys
        beside = case.store.get(NEW)
        assert beside is not None, "its secret is nowhere else"
        assert beside.access_key_id == made

    @pytest.mark.parametrize("place", [NEW, OLD])
    def test_a_profile_without_its_key_is_given_back_the_one_beside(self, case: RotationCase, place: str) -> None:
        key = case.stored
        case.journal.write(PROFILE, Rotation(old="AKIA", begun=case.clock.now()))
        case.store.delete("test-user")
        case.store.set(place, key)

        recover(PROFILE, store=case.store, records=case.journal)

        assert case.stored == key

    def test_without_a_rotation_that_has_begun_nothing_is_mended(self, case: RotationCase) -> None:
        case.store.set(NEW, case.stored)
        case.store.delete("test-user")

        recover(PROFILE, store=case.store, records=case.journal)

        assert case.store.get("test-user") is None
