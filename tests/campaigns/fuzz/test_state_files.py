"""Our own files, after anybody has been at them: each says something or an error does, and no login is blocked."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import strategies as st

from mfa_session import errors
from mfa_session.errors import MFASessionError, StateError
from mfa_session.filesystem.atomic_write import LOCK_NAME
from mfa_session.filesystem.private_files import delete_private, read_private, write_private
from mfa_session.keystore.stores import item_of, key_of
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation
from mfa_session.state.per_profile import DeclinedMoves, FailedLogins, RotationJournal
from mfa_session.state.used_codes import UsedCodes
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.json_texts import FAR, objects
from tests.campaigns.fuzz.texts import any_bytes, any_text, like

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/alice-phone")
PROFILE = Profile("test-user", session_profile="test-user-mfa", mfa_device=PHONE)
KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def only_file_in(folder: Path) -> Path:
    return next(file for file in folder.iterdir() if file.name != LOCK_NAME)


class Written:
    """A file of ours, whose content is replaced by that of each case."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def hold(self, content: bytes) -> None:
        with self._file.open("r+b") as file:
            file.write(content)
            file.truncate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def used_codes(folder: Path) -> tuple[UsedCodes, Written]:
    codes = UsedCodes(folder / "used-codes")
    codes.set_last_step(PHONE, 1)
    return codes, Written(only_file_in(folder / "used-codes"))


@fuzzed(
    "used codes",
    quick=300,
    full=20_000,
    content=st.one_of(like("59468512\n", "59468512", "9" * 5000, " 7 "), any_text).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
)
def test_a_used_code_that_cannot_be_known_is_none(used_codes: tuple[UsedCodes, Written], content: bytes) -> None:
    codes, file = used_codes
    file.hold(content)

    last = codes.last_step(PHONE)

    assert last is None or int(content) == last


@fuzzed("used codes that are written", quick=10, full=200, step=st.one_of(st.none(), st.integers(0, 10**12)))
def test_a_used_code_is_remembered(folder: Path, step: int | None) -> None:
    codes = UsedCodes(folder / "remembered")

    codes.set_last_step(PHONE, step)

    assert codes.last_step(PHONE) == step


@pytest.fixture(scope="module")
def failed_logins(folder: Path) -> tuple[FailedLogins, Written]:
    failures = FailedLogins(folder / "failed-logins")
    failures.remember(PROFILE, StateError("x", hint="y"))
    return failures, Written(only_file_in(folder / "failed-logins"))


@fuzzed(
    "remembered refusals",
    quick=300,
    full=20_000,
    content=objects(
        at=st.one_of(st.just(1.8e9), st.floats(), st.sampled_from(FAR)),
        kind=st.sampled_from([*vars(errors), "MFASessionError", "__builtins__", "Exception"]),
        message=any_text,
        hint=any_text,
    ),
)
def test_a_refusal_that_cannot_be_known_is_none(failed_logins: tuple[FailedLogins, Written], content: bytes) -> None:
    failures, file = failed_logins
    file.hold(content)

    error = failures.since(PROFILE, datetime(2026, 1, 1, tzinfo=UTC))

    assert error is None or (
        isinstance(error, MFASessionError) and isinstance(error.hint, str) and str(error) == error.args[0]
    )


@pytest.fixture(scope="module")
def journal(folder: Path) -> tuple[RotationJournal, Written]:
    rotations = RotationJournal(folder / "rotations")
    rotations.write(PROFILE, Rotation("AKIA1", datetime.now(UTC), None, is_finished=False))
    return rotations, Written(only_file_in(folder / "rotations"))


@fuzzed(
    "rotation journals",
    quick=300,
    full=20_000,
    content=objects(
        old=like("AKIAIOSFODNN7EXAMPLE"),
        begun=like("2026-11-24T01:29:50Z"),
        new=st.one_of(st.none(), like("AKIAIOSFODNN7EXAMPLE")),
        is_finished=st.booleans(),
    ),
)
def test_a_journal_tells_of_a_rotation_or_says_that_it_cannot_be_read(
    journal: tuple[RotationJournal, Written], content: bytes
) -> None:
    rotations, file = journal
    file.hold(content)

    rotation = rotations.read(PROFILE)

    assert rotation is not None
    assert rotation.begun.tzinfo is UTC
    assert isinstance(rotation.old, str)
    assert isinstance(rotation.new, str | None)


rotations = st.builds(
    Rotation,
    old=any_text,
    begun=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    new=st.one_of(st.none(), any_text),
    is_finished=st.booleans(),
)


@fuzzed("rotation journals that are written", quick=10, full=200, rotation=rotations)
def test_a_rotation_is_read_back_as_it_was_written(folder: Path, rotation: Rotation) -> None:
    journal = RotationJournal(folder / "written")

    journal.write(PROFILE, rotation)

    assert journal.read(PROFILE) == rotation


@pytest.fixture(scope="module")
def declined(folder: Path) -> tuple[DeclinedMoves, Written]:
    moves = DeclinedMoves(folder / "declined")
    moves.remember(PROFILE, KEY)
    assert moves.has(PROFILE, KEY)
    return moves, Written(only_file_in(folder / "declined"))


@fuzzed("declined moves", quick=100, full=5000, content=st.one_of(any_bytes, like(KEY.access_key_id).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)))  # fmt: skip
def test_a_move_was_declined_where_the_file_has_the_keys_id_and_nothing_else(
    declined: tuple[DeclinedMoves, Written], content: bytes
) -> None:
    moves, file = declined
    file.hold(content)

    assert moves.has(PROFILE, KEY) == (content == KEY.access_key_id.encode())


@fuzzed("names of profiles in the state folder", quick=30, full=1000, name=st.text(min_size=1, max_size=40).filter(
    lambda name: name.isprintable() and len(name.encode()) < 80
), other=any_text)  # fmt: skip
def test_each_profile_has_a_file_of_its_own_inside_the_folder(folder: Path, name: str, other: str) -> None:
    moves = DeclinedMoves(folder / "names")
    profile = Profile(name, session_profile="x")

    moves.remember(profile, KEY)

    assert moves.has(profile, KEY)
    assert name == other or not (other and other.isprintable() and moves.has(Profile(other, session_profile="x"), KEY))
    moves.forget(profile)
    assert not moves.has(profile, KEY)


keys = st.builds(
    AccessKey,
    st.just("AKIAIOSFODNN7EXAMPLE"),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
    st.one_of(st.none(), st.just("123456789012")),
    st.one_of(st.none(), st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=0)
    )),
)  # fmt: skip


@fuzzed(
    "items of the stores",
    quick=300,
    full=20_000,
    item=objects(
        AccessKeyId=like("AKIAIOSFODNN7EXAMPLE"),
        SecretAccessKey=any_text,
        AccountId=like("123456789012"),
        CreateDate=like("2026-11-24T01:29:50Z"),
    ).map(lambda content: content.decode("utf-8", "replace")),
    key=keys,
)
def test_an_item_is_a_key_or_is_refused(item: str, key: AccessKey) -> None:
    assert key_of(item_of(key), "test-user", place="the store") == key

    held = key_of(item, "test-user", place="the store")

    assert held.access_key_id.startswith("AKIA")
    assert isinstance(held.account_id, str | None)
    assert held.create_date is None or held.create_date.tzinfo is UTC


@fuzzed("private files", quick=20, full=500, content=any_bytes)
def test_a_private_file_is_read_back_as_it_was_written(folder: Path, content: bytes) -> None:
    file = folder / "private"

    write_private(file, content)

    assert read_private(file) == content
    delete_private(file)
    assert read_private(file) is None
