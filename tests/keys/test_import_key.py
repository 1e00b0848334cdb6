"""A key is moved out of the plain file: never lost, whatever fails on the way."""

from pathlib import Path

import pytest

from mfa_session.aws_files.files import read_profiles
from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.aws_files.profile_settings import ProfileSettings
from mfa_session.errors import ConfigurationError, KeyringLockedError, SharedFileError
from mfa_session.keys.lookup import KeyLookup
from mfa_session.keys.move import import_key
from mfa_session.keystore.stores import AccessKeys
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile, read_profile
from mfa_session.system.credential_process_line import credential_process_line
from tests.fakes import InMemoryKeys

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PROGRAM = ("/usr/bin/mfa-session",)

LINES = """\
[test-user]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""
OTHERS = "# mine\n[other]\nregion = eu-west-1\n"


class Files:
    """The two files of ``test-user``, whose key lies in one of them."""

    def __init__(self, folder: Path) -> None:
        self.credentials = folder / "credentials"
        self.config = folder / "config"
        self.credentials.write_text(OTHERS + LINES)
        self.config.write_text("[profile test-user]\noutput = json\n")

    @property
    def profile(self) -> Profile:
        return read_profile(
            "test-user",
            config=read_profiles(self.config, "config"),
            credentials=read_profiles(self.credentials, "credentials"),
        )

    def move_to(self, store: InMemoryKeys) -> None:
        settings = ProfileSettings(self.config, program=PROGRAM)
        import_key(self.profile, KEY, store=store, source=PlainKeys(self.credentials), settings=settings)

    def look_up(self, store: InMemoryKeys) -> tuple[AccessKey, AccessKey | None]:
        """Return the key, and the one that still lies in the file."""
        lookup = KeyLookup(stored=AccessKeys({store.name: store}).get, in_file=PlainKeys(self.credentials).get)
        return lookup.access_key(self.profile), lookup.plain


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_key_that_was_moved_is_in_the_store_and_not_in_the_file(files: Files) -> None:
    store = InMemoryKeys()

    files.move_to(store)

    assert files.look_up(store) == (KEY, None)
    assert files.credentials.read_text() == OTHERS


def test_the_profile_goes_on_working_by_its_credential_process(files: Files) -> None:
    files.move_to(InMemoryKeys(name="file"))

    assert files.profile.settings["credential_process"] == credential_process_line(PROGRAM, "test-user")
    assert files.profile.store == "file"


def test_what_else_stands_in_the_section_stays(files: Files) -> None:
    files.credentials.write_text(LINES + "region = eu-west-1\n")

    files.move_to(InMemoryKeys())

    assert files.credentials.read_text() == "[test-user]\nregion = eu-west-1\n"


def test_every_step_is_told_when_it_is_done(files: Files) -> None:
    told: list[str] = []
    settings = ProfileSettings(files.config, program=PROGRAM)

    import_key(
        files.profile,
        KEY,
        store=InMemoryKeys(),
        source=PlainKeys(files.credentials),
        settings=settings,
        tell=told.append,
    )

    assert told == [
        "it is in the memory of this test, and was read back",
        "profile test-user asks mfa-session for its keys",
        f"it is gone from {files.credentials}",
    ]


def test_lines_that_could_not_be_deleted_keep_the_key_from_being_stored(files: Files) -> None:
    files.credentials.chmod(0o400)
    store = InMemoryKeys()

    with pytest.raises(SharedFileError, match="read-only"):
        files.move_to(store)

    assert store.get("test-user") is None
    assert "mfa_session_store" not in files.config.read_text()


def test_a_key_that_has_come_to_stand_there_meanwhile_is_left_there(files: Files) -> None:
    other = LINES.replace("IOSFODNN7", "I44QH8DHB")

    class Rival(InMemoryKeys):
        """A store during whose work somebody puts another key into the file."""

        def set(self, profile: str, key: AccessKey) -> None:
            super().set(profile, key)
            files.credentials.write_text(OTHERS + other)

    with pytest.raises(SharedFileError, match="another key"):
        files.move_to(Rival())

    assert files.credentials.read_text() == OTHERS + other


def test_a_store_that_does_not_take_the_key_leaves_it_where_it_is(files: Files) -> None:
    before = files.config.read_bytes()

    with pytest.raises(KeyringLockedError):
        files.move_to(InMemoryKeys(refusal=KeyringLockedError("it is locked", hint="unlock it")))

    assert files.credentials.read_text() == OTHERS + LINES
    assert files.config.read_bytes() == before


@pytest.mark.parametrize(
    "lines",
    [
        "credential_process = /opt/other",
        "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = other",
        "sso_session = work",
    ],
)
def test_a_profile_with_credentials_from_elsewhere_is_left_alone(files: Files, lines: str) -> None:
    files.config.write_text(f"[profile test-user]\n{lines}\n")
    store = InMemoryKeys()

    with pytest.raises(ConfigurationError, match=r"profile test-user .*\(\w+ at line 2 of "):
        files.move_to(store)

    assert store.get("test-user") is None
    assert files.credentials.read_text() == OTHERS + LINES


def test_a_move_that_ended_before_the_lines_were_deleted_is_found_and_done_again(files: Files) -> None:
    class Slow(InMemoryKeys):
        """A store during whose work the file becomes read-only."""

        def set(self, profile: str, key: AccessKey) -> None:
            super().set(profile, key)
            files.credentials.chmod(0o400)

    slow = Slow()
    with pytest.raises(SharedFileError, match="read-only"):
        files.move_to(slow)
    files.credentials.chmod(0o600)
    store = InMemoryKeys({"test-user": KEY})

    assert files.look_up(slow) == (KEY, KEY)
    files.move_to(store)

    assert files.look_up(store) == (KEY, None)


def test_another_key_in_the_file_is_not_taken_for_the_one_in_the_store(files: Files) -> None:
    store = InMemoryKeys()
    files.move_to(store)

    files.credentials.write_text(LINES.replace("EXAMPLE\n", "ANOTHER\n", 1))

    assert files.look_up(store) == (KEY, None)


def test_a_session_of_another_tool_in_the_file_does_not_hide_the_key_in_the_store(files: Files) -> None:
    store = InMemoryKeys()
    files.move_to(store)

    files.credentials.write_text(LINES.replace("AKIA", "ASIA"))

    assert files.look_up(store) == (KEY, None)


def test_another_key_that_the_store_has_is_not_overwritten_unless_one_insists(files: Files) -> None:
    other = AccessKey("AKIAI44QH8DHBEXAMPLE", KEY.secret_access_key)
    store = InMemoryKeys({"test-user": other})

    with pytest.raises(ConfigurationError, match="another key for profile test-user, AKIA…MPLE"):
        files.move_to(store)

    assert store.get("test-user") == other
    assert files.credentials.read_text() == OTHERS + LINES
