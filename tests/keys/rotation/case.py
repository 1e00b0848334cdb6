"""A rotation with real records and settings, and a clock that the test can step."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from mfa_session.aws_files.files import read_profiles
from mfa_session.aws_files.profile_settings import ProfileSettings
from mfa_session.keys.rotate import KeyRotation
from mfa_session.keys.second_key import confirm_deletion
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import TokenCode
from mfa_session.model.profile import Profile, read_profile
from mfa_session.model.rotation_record import Rotation, place_of_new_key, place_of_old_key
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from mfa_session.sessions.find_device import iam_user
from mfa_session.state.per_profile import RotationJournal
from tests.aws_case import PHONE, AWSCase
from tests.fakes import InMemoryKeys, TypedLines

PROFILE = Profile("test-user", "test-user-mfa")
NEW, OLD = place_of_new_key("test-user"), place_of_old_key("test-user")


def key_of(key: LongTermKey) -> tuple[str, str]:
    return key.access_key_id, key.secret_access_key


@dataclass
class RotationCase(AWSCase):
    """The key of ``test-user`` is rotated."""

    store: InMemoryKeys = field(default_factory=InMemoryKeys)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = RotationJournal(self.home / "rotations")
        [self.first] = self.keys
        self.store.set("test-user", self.key)
        self.session = self.sts.get_session_token(self.stored, PHONE, TokenCode(self.phone.code()), timedelta(hours=1))
        self.endpoint.journal.clear()

    @property
    def keys(self) -> list[LongTermKey]:
        return self.endpoint.account.keys_of(self.user)

    @property
    def stored(self) -> AccessKey:
        key = self.store.get("test-user")
        assert key is not None
        return key

    @property
    def remembered_date(self) -> datetime | None:
        config = read_profiles(self.home / "config", "config")
        return read_profile("test-user", config=config, credentials={}).key_created

    def rotation(self, user: User | NoUser | None = None, *, yes: bool = False) -> KeyRotation:
        return KeyRotation(
            PROFILE,
            self.session,
            iam_user(self.session, sts=self.sts),
            sts=self.sts,
            iam=self.iam,
            store=self.store,
            records=self.journal,
            settings=ProfileSettings(self.home / "config", program=["/usr/bin/mfa-session"]),
            confirm=partial(confirm_deletion, user=user or NoUser("…"), delete_unused=yes),
            tell=self.told.append,
            clock=self.clock.now,
            sleep=self.clock.sleep,
        )

    def rotate(self, *, delete_old: bool = False, yes: bool = False) -> Rotation | None:
        """Rotate where nobody can be asked."""
        return self.rotation(yes=yes).run(delete_old=delete_old)

    def rotate_asking(self, *answers: str) -> str:
        """Rotate while somebody types *answers*, and return what the screen shows."""
        lines = TypedLines(*answers)
        person = User(lambda: Terminal(lines), command="…")
        try:
            self.rotation(person).run(delete_old=False)
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
