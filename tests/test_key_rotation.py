"""A key is rotated: a real AWS on the loopback, real journals and settings, and a clock that can be stepped."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mfa_session.ask.person import Nobody, Person
from mfa_session.ask.terminal import Terminal
from mfa_session.aws.connection import AWS, Endpoints
from mfa_session.credentials import AccessKey
from mfa_session.demo.account import User
from mfa_session.demo.clock import Clock
from mfa_session.demo.endpoint import Endpoint
from mfa_session.demo.faults import DropReply, HostileFields, Refuse, ResetConnection
from mfa_session.demo.presets import demo_account
from mfa_session.demo.sessions import LongTermKey
from mfa_session.discovery import iam_user
from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyNotFoundError,
    AccessKeyRefusedError,
    AWSAnswerError,
    KeyringLockedError,
    MFASessionError,
    PersonNeededError,
    PromptCancelledError,
    ReplyLostError,
    StateError,
)
from mfa_session.key_rotation import KeyRotation, mend
from mfa_session.mfa import MFADevice, TokenCode
from mfa_session.profiles import Profile, read_profile
from mfa_session.rotation import Rotation, place_of_new_key, place_of_old_key
from mfa_session.second_key import OwnersConsent
from mfa_session.store.profile_settings import ProfileSettings
from mfa_session.store.rotation_journal import RotationJournal
from mfa_session.store.shared_files import read_profiles
from tests.fakes import InMemoryKeys, SteppedClock, TypedLines

PHONE = "arn:aws:iam::123456789012:mfa/test-user-phone"
PROFILE = Profile("test-user", "test-user-mfa")
NEW, OLD = place_of_new_key("test-user"), place_of_old_key("test-user")


def key_of(key: LongTermKey) -> tuple[str, str]:
    return key.access_key_id, key.secret_access_key


@dataclass
class Desk:
    """Where the key of ``test-user`` is rotated."""

    home: Path
    endpoint: Endpoint
    clock: SteppedClock
    store: InMemoryKeys = field(default_factory=InMemoryKeys)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.aws = AWS(Endpoints(sts_url=self.endpoint.url, iam_url=self.endpoint.url))
        self.journal = RotationJournal(self.home / "rotations")
        [key] = self.keys
        self.store.set("test-user", AccessKey(key.access_key_id, key.secret_access_key))
        self.first = key
        code = TokenCode(self.endpoint.account.devices[PHONE].code())
        self.session = self.aws.get_session_token(self.stored, MFADevice(PHONE), code, timedelta(hours=1))
        self.endpoint.journal.clear()

    @property
    def user(self) -> User:
        return self.endpoint.account.users["test-user"]

    @property
    def keys(self) -> list[LongTermKey]:
        return self.endpoint.account.keys_of(self.user)

    @property
    def stored(self) -> AccessKey:
        key = self.store.get("test-user")
        assert key is not None
        return key

    @property
    def actions(self) -> list[str]:
        return [call.action for call in self.endpoint.journal]

    @property
    def remembered_date(self) -> datetime | None:
        config = read_profiles(self.home / "config", "config")
        return read_profile("test-user", config=config, credentials={}).key_created

    def rotation(self) -> KeyRotation:
        return KeyRotation(
            PROFILE,
            self.session,
            iam_user(self.session, directory=self.aws),
            iam=self.aws,
            store=self.store,
            journal=self.journal,
            settings=ProfileSettings(self.home / "config", program="/usr/bin/mfa-session"),
            tell=self.told.append,
            clock=self.clock.now,
            sleep=self.clock.sleep,
        )

    def rotate(self, *, delete_old: bool = False, yes: bool = False) -> Rotation | None:
        """Rotate where nobody can be asked."""
        consent = OwnersConsent(Nobody("…"), unused_may_go=yes)
        return self.rotation().run(consent=consent, delete_old=delete_old)

    def rotate_asking(self, *answers: str) -> str:
        """Rotate while somebody types *answers*, and return what the screen shows."""
        lines = TypedLines(*answers)
        person = Person(lambda: Terminal(lines), command="…")
        try:
            self.rotation().run(consent=OwnersConsent(person, unused_may_go=False), delete_old=False)
        finally:
            self.screen = lines.shown
        return lines.shown

    def deny(self, *actions: str) -> None:
        statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        self.user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def allow_all(self) -> None:
        del self.user.grants.inline["deny"]

    def assert_one_key_works_and_nothing_is_left_over(self) -> None:
        """Assert what is true after every rotation that has ended."""
        [active] = [key for key in self.keys if key.active]
        assert (self.stored.access_key_id, self.stored.secret_access_key) == (
            active.access_key_id,
            active.secret_access_key,
        )
        assert self.store.get(NEW) is None
        assert self.store.get(OLD) is None


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    clock = SteppedClock()
    account = demo_account(clock=Clock(clock.now))
    account.sessions_must_name_their_user = True
    with Endpoint(account) as endpoint:
        yield Desk(tmp_path, endpoint, clock)


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


class TestTwoKeys:
    def test_the_owner_is_told_which_of_them_nobody_uses(self, desk: Desk) -> None:
        other = desk.endpoint.account.add_access_key(desk.user, age=timedelta(days=400))

        screen = desk.rotate_asking("y")

        day = desk.clock.now() - timedelta(days=400)
        assert f"AKIA…{other.access_key_id[-4:]}, made on {day:%Y-%m-%d}, active, never used\n" in screen
        assert f"AKIA…{desk.first.access_key_id[-4:]}" in screen
        assert ": the one in use here\n" in screen
        assert other not in desk.keys
        desk.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize(("is_active", "used"), [(False, True), (False, False), (True, False)])
    def test_enter_deletes_a_key_that_nobody_uses(self, desk: Desk, is_active: bool, used: bool) -> None:
        other = desk.endpoint.account.add_access_key(desk.user)
        if used:
            desk.aws.get_caller_identity(AccessKey(other.access_key_id, other.secret_access_key))
        other.active = is_active

        desk.rotate_asking("")

        assert other not in desk.keys

    def test_enter_keeps_a_key_that_somebody_uses(self, desk: Desk) -> None:
        other = desk.endpoint.account.add_access_key(desk.user)
        desk.aws.get_caller_identity(AccessKey(other.access_key_id, other.secret_access_key))
        desk.endpoint.journal.clear()

        with pytest.raises(PromptCancelledError, match="nothing was changed"):
            desk.rotate_asking("")

        assert desk.keys == [desk.first, other]
        assert "CreateAccessKey" not in desk.actions

    def test_a_key_that_is_unused_goes_unasked_where_that_was_said_beforehand(self, desk: Desk) -> None:
        other = desk.endpoint.account.add_access_key(desk.user)

        desk.rotate(yes=True)

        assert other not in desk.keys

    def test_a_key_that_is_used_never_goes_unasked(self, desk: Desk) -> None:
        other = desk.endpoint.account.add_access_key(desk.user)
        desk.aws.get_caller_identity(AccessKey(other.access_key_id, other.secret_access_key))

        with pytest.raises(PersonNeededError, match="second access key"):
            desk.rotate(yes=True)

        assert desk.keys == [desk.first, other]

    def test_without_anybody_to_ask_it_is_said_what_to_do(self, desk: Desk) -> None:
        desk.endpoint.account.add_access_key(desk.user)

        with pytest.raises(PersonNeededError) as caught:
            desk.rotate()

        assert "--yes" in caught.value.hint

    def test_a_key_whose_use_aws_does_not_tell_counts_as_used(self, desk: Desk) -> None:
        desk.endpoint.account.add_access_key(desk.user)
        desk.deny("iam:GetAccessKeyLastUsed")

        with pytest.raises(PersonNeededError, match="AWS does not tell when it was last used"):
            desk.rotate(yes=True)


class TestWhatIsForbidden:
    @pytest.mark.parametrize("action", ["ListAccessKeys", "CreateAccessKey"])
    def test_what_is_forbidden_before_the_first_change_changes_nothing(self, desk: Desk, action: str) -> None:
        desk.deny(f"iam:{action}")

        with pytest.raises(AccessDeniedError, match=f"AWS does not allow iam:{action}"):
            desk.rotate()

        assert desk.keys == [desk.first]
        assert desk.journal.read(PROFILE) is None
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_an_old_key_that_cannot_be_made_inactive_is_told_and_the_new_one_works(self, desk: Desk) -> None:
        desk.deny("iam:UpdateAccessKey")

        with pytest.raises(AccessDeniedError, match="the new key is in use, and the old one"):
            desk.rotate()

        assert desk.stored.access_key_id != desk.first.access_key_id
        assert desk.aws.get_caller_identity(desk.stored).user_name == "test-user"

    def test_the_next_run_makes_it_inactive_and_no_third_key(self, desk: Desk) -> None:
        desk.deny("iam:UpdateAccessKey")
        with pytest.raises(AccessDeniedError):
            desk.rotate()
        desk.allow_all()

        desk.rotate()

        assert not desk.first.active
        assert desk.actions.count("CreateAccessKey") == 1
        desk.assert_one_key_works_and_nothing_is_left_over()

    def test_a_key_in_the_store_that_is_not_the_users_is_not_rotated(self, desk: Desk) -> None:
        desk.store.set("test-user", AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"))

        with pytest.raises(AccessKeyNotFoundError, match="is none of user test-user's"):
            desk.rotate()

        assert desk.keys == [desk.first]

    def test_a_store_without_a_key_is_an_error(self, desk: Desk) -> None:
        desk.store.delete("test-user")

        with pytest.raises(AccessKeyNotFoundError, match="has no key for profile test-user"):
            desk.rotate()


class TestWhatIsCutShort:
    @pytest.mark.parametrize("fault", [DropReply(), HostileFields({"SecretAccessKey": "a b"})])
    def test_a_key_whose_secret_was_lost_on_the_way_is_deleted_by_the_next_run(
        self, desk: Desk, fault: DropReply | HostileFields
    ) -> None:
        desk.endpoint.faults.add("CreateAccessKey", fault)
        with pytest.raises((ReplyLostError, AWSAnswerError)) as caught:
            desk.rotate()
        [_, lost] = desk.keys

        desk.rotate()

        assert "run this again" in caught.value.hint
        assert lost not in desk.keys
        desk.assert_one_key_works_and_nothing_is_left_over()

    @pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=1)])
    def test_a_key_that_is_used_or_was_made_at_another_time_is_not_taken_for_a_lost_one(
        self, desk: Desk, age: timedelta
    ) -> None:
        desk.endpoint.faults.add("CreateAccessKey", ResetConnection())
        with pytest.raises(ReplyLostError):
            desk.rotate()
        theirs = desk.endpoint.account.add_access_key(desk.user, age=age)
        if not age:
            desk.aws.get_caller_identity(AccessKey(theirs.access_key_id, theirs.secret_access_key))

        with pytest.raises(PersonNeededError):
            desk.rotate()

        assert theirs in desk.keys

    def test_a_store_that_does_not_take_the_new_key_has_it_deleted_at_once(self, desk: Desk) -> None:
        class Full(InMemoryKeys):
            def set(self, profile: str, key: AccessKey) -> None:
                raise KeyringLockedError("the keyring is locked", hint="unlock it")

        desk.store = Full({"test-user": desk.stored})

        with pytest.raises(KeyringLockedError):
            desk.rotate()

        assert desk.keys == [desk.first]
        assert desk.journal.read(PROFILE) is None

    def test_a_network_that_fails_during_the_proof_is_no_reason_to_give_up_the_key(self, desk: Desk) -> None:
        rotation = desk.rotation()
        desk.endpoint.faults.add("GetCallerIdentity", *[Refuse(500, "InternalFailure", "An internal error.")] * 3)
        consent = OwnersConsent(Nobody("…"), unused_may_go=False)
        with pytest.raises(ReplyLostError):
            rotation.run(consent=consent, delete_old=False)

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

    @pytest.mark.parametrize("place", [NEW, OLD])
    def test_a_profile_without_its_key_is_given_back_the_one_beside(self, desk: Desk, place: str) -> None:
        key = desk.stored
        desk.journal.write(PROFILE, Rotation(old="AKIA", begun=desk.clock.now()))
        desk.store.delete("test-user")
        desk.store.set(place, key)

        mend(PROFILE, store=desk.store, journal=desk.journal)

        assert desk.stored == key

    def test_without_a_rotation_that_has_begun_nothing_is_mended(self, desk: Desk) -> None:
        desk.store.set(NEW, desk.stored)
        desk.store.delete("test-user")

        mend(PROFILE, store=desk.store, journal=desk.journal)

        assert desk.store.get("test-user") is None


class TestTheJournal:
    def test_a_rotation_comes_back_as_it_was_written(self, desk: Desk) -> None:
        begun = desk.clock.now().replace(microsecond=0)
        rotation = Rotation(old="AKIAOLD", begun=begun, new="AKIANEW", is_finished=True)

        desk.journal.write(PROFILE, rotation)

        assert desk.journal.read(PROFILE) == rotation

    def test_one_that_was_forgotten_is_gone_and_may_be_forgotten_again(self, desk: Desk) -> None:
        desk.journal.write(PROFILE, Rotation(old="AKIAOLD", begun=desk.clock.now()))

        desk.journal.forget(PROFILE)
        desk.journal.forget(PROFILE)

        assert desk.journal.read(PROFILE) is None

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"old": "AKIA", "begun": "today"}'])
    def test_one_that_cannot_be_read_is_an_error_that_names_the_file(self, desk: Desk, content: str) -> None:
        desk.journal.write(PROFILE, Rotation(old="AKIAOLD", begun=desk.clock.now()))
        file = desk.home / "rotations" / "test-user"
        file.write_text(content)

        with pytest.raises(MFASessionError) as caught:
            desk.journal.read(PROFILE)

        assert str(file) in str(caught.value)
        assert f"delete {file}" in caught.value.hint
