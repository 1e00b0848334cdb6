"""The sessions of many roles are written together, and each is written or its error is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mfa_session.aws_files import editor, reader
from mfa_session.aws_files.files import read_profiles, remembering_reads
from mfa_session.aws_files.parser import Sections, read_sections
from mfa_session.aws_files.session_profiles import RoleSessionsWrittenTogether
from mfa_session.errors import SessionProfileTakenError
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.model.role import Role
from mfa_session.sessions.login import LoginResult
from mfa_session.sessions.login_many import BatchItem, when_written

USER = Profile("user", "user-mfa", region="eu-west-1")
CREDENTIALS = SessionCredentials(
    "ASIAIOSFODNN7EXAMPLE", "s" * 40, "t" * 100, datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
)


@pytest.fixture
def credentials_file(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


@pytest.fixture
def sessions(tmp_path: Path, credentials_file: Path) -> RoleSessionsWrittenTogether:
    return RoleSessionsWrittenTogether(
        credentials_file=credentials_file, config_file=tmp_path / "config", is_stored=lambda *_: False
    )


def role(number: int) -> Profile:
    name = f"r{number}"
    arn = Role(f"arn:aws:iam::123456789012:role/{name}", "session")
    return replace(USER, name=name, session_profile=f"{name}-mfa", role=arn, source=USER)


def written(file: Path) -> set[str]:
    return {name for name, section in read_profiles(file, "credentials").items() if "aws_session_token" in section}


def take(sessions: RoleSessionsWrittenTogether, profile: Profile) -> None:
    sessions.check_writable(profile, replace=False)
    sessions.keep(profile, CREDENTIALS)


def test_the_session_of_a_user_is_written_at_once_and_those_of_roles_are_seen_before_they_are_written(
    sessions: RoleSessionsWrittenTogether, credentials_file: Path
) -> None:
    for profile in (USER, role(1), role(2)):
        take(sessions, profile)

    assert written(credentials_file) == {"user-mfa"}
    assert sessions.session(role(1)) == CREDENTIALS
    assert sessions.flush() == {}
    assert written(credentials_file) == {"user-mfa", "r1-mfa", "r2-mfa"}
    assert sessions.session(role(1)) == CREDENTIALS


def test_a_section_that_cannot_be_changed_keeps_no_other_from_being_written(
    sessions: RoleSessionsWrittenTogether, credentials_file: Path
) -> None:
    for number in (1, 2, 3):
        take(sessions, role(number))
    # Another program has written it meanwhile.
    credentials_file.write_text("[r2-mfa]\nmfa_session_source = r2\nother = x\n  aws_session_token = y\n")

    failures = sessions.flush()

    assert set(failures) == {"r2-mfa"}
    assert "indented" in str(failures["r2-mfa"])
    assert written(credentials_file) == {"r1-mfa", "r3-mfa"}


def test_two_roles_cannot_have_one_session_profile(sessions: RoleSessionsWrittenTogether) -> None:
    take(sessions, role(1))

    with pytest.raises(SessionProfileTakenError, match="holds the session of r1"):
        sessions.check_writable(replace(role(2), session_profile="r1-mfa"), replace=False)


@pytest.mark.parametrize("ends", [KeyboardInterrupt, RuntimeError])
def test_what_was_had_when_the_round_was_ended_is_written(
    sessions: RoleSessionsWrittenTogether, credentials_file: Path, ends: type[BaseException]
) -> None:
    sessions.flush()  # the next is due in half a second

    def turns() -> Iterator[BatchItem]:
        for number in (1, 2):
            take(sessions, role(number))
            yield BatchItem(role(number), number, 3, outcome=LoginResult(CREDENTIALS, device=None, kept=False))
        raise ends

    with pytest.raises(ends):
        list(when_written(turns(), is_due=sessions.is_due, flush=sessions.flush))

    assert written(credentials_file) == {"r1-mfa", "r2-mfa"}


def test_a_role_is_told_to_be_live_once_its_session_is_written_and_what_cost_a_code_does_not_wait(
    sessions: RoleSessionsWrittenTogether, credentials_file: Path
) -> None:
    sessions.flush()
    phone = MFADevice("arn:aws:iam::123456789012:mfa/phone")
    seen: list[set[str]] = []

    def turns() -> Iterator[BatchItem]:
        for number, device in ((1, None), (2, phone), (3, None)):
            take(sessions, role(number))
            yield BatchItem(role(number), number, 3, outcome=LoginResult(CREDENTIALS, device=device, kept=False))
            seen.append(written(credentials_file))

    for turn in when_written(turns(), is_due=sessions.is_due, flush=sessions.flush):
        assert turn.profile.session_profile in written(credentials_file)

    assert seen == [set(), {"r1-mfa", "r2-mfa"}, {"r1-mfa", "r2-mfa"}]


def test_files_are_parsed_as_often_for_200_roles_as_for_20(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lines_parsed(roles: int) -> int:
        folder = tmp_path / str(roles)
        sessions = RoleSessionsWrittenTogether(
            credentials_file=folder / "credentials", config_file=folder / "config", is_stored=lambda *_: False
        )
        parsed = []

        def counted(data: bytes) -> Sections:
            parsed.append(data)
            return read_sections(data)

        with monkeypatch.context() as patches, remembering_reads():
            for module in (reader, editor):
                patches.setattr(module, "read_sections", counted)
            for number in range(roles):
                take(sessions, role(number))
                assert sessions.session(role(number))
            assert sessions.flush() == {}
        assert len(written(folder / "credentials")) == roles
        return sum(data.count(b"\n") for data in parsed)

    assert lines_parsed(200) <= 12 * lines_parsed(20)


def test_what_is_remembered_of_a_file_is_forgotten_when_that_changes(credentials_file: Path) -> None:
    with remembering_reads():
        for number in range(5):
            credentials_file.write_text(f"[r{number}]\n")
            assert set(read_profiles(credentials_file, "credentials")) == {f"r{number}"}
            assert set(read_profiles(credentials_file, "credentials")) == {f"r{number}"}
        credentials_file.unlink()
        assert not read_profiles(credentials_file, "credentials")
