"""No write to the credentials file loses a long-term key that the caller did not name."""

import ast
from pathlib import Path

import pytest

import mfa_session
from mfa_session.aws_files.credential_lines import remove_lines, write_lines, write_lines_of_several
from mfa_session.aws_files.session_profiles import SessionProfiles
from mfa_session.errors import SessionProfileTakenError
from mfa_session.model.credentials import SessionCredentials, moment
from mfa_session.model.profile import Profile

PACKAGE = Path(mfa_session.__file__).parent
PROFILE = Profile("test-user", "test-user-mfa")
END = moment("2099-01-01T00:00:00Z")
assert END is not None
SESSION = SessionCredentials("ASIAIOSFODNN7EXAMPLE", "secret", "token", END)
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
PASTED = f"[test-user-mfa]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = x\nmfa_session_source = test-user\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "credentials"
    path.write_text(PASTED)
    return path


@pytest.mark.parametrize("key_id", [KEY_ID, "AKIA", "minioadmin"])
@pytest.mark.parametrize("named", [None, "AKIAI44QH8DHBEXAMPLE"])
def test_a_key_that_is_no_sessions_and_was_not_named_stays(path: Path, key_id: str, named: str | None) -> None:
    path.write_text(before := PASTED.replace(KEY_ID, key_id))

    with pytest.raises(SessionProfileTakenError, match=r"\(line 2 of .*credentials\): "):
        write_lines(path, "test-user-mfa", {"aws_access_key_id": "ASIANEW"}, key_that_may_go=named)
    with pytest.raises(SessionProfileTakenError):
        remove_lines(path, "test-user-mfa", ["aws_access_key_id", "aws_secret_access_key"], key_that_may_go=named)

    assert path.read_text() == before


def test_a_joint_write_loses_no_key_either(path: Path) -> None:
    changes = {"test-user-mfa": {"aws_access_key_id": "ASIANEW"}, "other-mfa": {"aws_access_key_id": "ASIAOTHER"}}

    with pytest.raises(SessionProfileTakenError):
        write_lines_of_several(path, changes, keys_that_may_go={})

    assert path.read_text() == PASTED


def test_a_key_that_was_named_goes(path: Path) -> None:
    remove_lines(path, "test-user-mfa", ["aws_access_key_id", "aws_secret_access_key"], key_that_may_go=KEY_ID)

    assert path.read_text() == "[test-user-mfa]\nmfa_session_source = test-user\n"


def test_a_key_that_is_pasted_while_the_code_is_asked_for_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    sessions = SessionProfiles(credentials_file=path, config_file=tmp_path / "config")
    path.write_text("")
    sessions.check_writable(PROFILE, replace=True)
    path.write_text(PASTED)

    with pytest.raises(SessionProfileTakenError):
        sessions.keep(PROFILE, SESSION)

    assert path.read_text() == PASTED


def test_a_key_that_is_in_a_store_is_overwritten_only_if_one_insists(path: Path, tmp_path: Path) -> None:
    sessions = SessionProfiles(
        credentials_file=path, config_file=tmp_path / "config", is_stored=lambda _, key_id: key_id == KEY_ID
    )

    with pytest.raises(SessionProfileTakenError):
        sessions.check_writable(PROFILE, replace=False)
    with pytest.raises(SessionProfileTakenError):
        sessions.keep(PROFILE, SESSION)
    sessions.check_writable(PROFILE, replace=True)
    sessions.keep(PROFILE, SESSION)

    assert sessions.session(PROFILE) == SESSION


def test_every_write_to_the_credentials_file_goes_through_here() -> None:
    writers = {"write_profile", "write_profiles", "remove_profile", "remove_keys"}
    found = {
        module.name
        for module in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in writers
        if not (isinstance(call.args[1], ast.Constant) and call.args[1].value == "config")
    }

    assert found == {"credential_lines.py"}
