"""`logout` removes what `login` has written, and nothing that is somebody else's."""

import pytest

from tests.cli.refusals import CONFIGURATION
from tests.cli.sections import LONG_AGO, long_term_key, session
from tests.machine import Machine

BEFORE = "# mine\n" + long_term_key() + "\n"
BEHIND = "\n# theirs\r\n[other]\r\naws_access_key_id=AKIAOTHERXXXXXXXXXXX\r\n  nested = \u65e5\u672c"


def logout(machine: Machine, *options: str) -> str:
    """Log out with success, and return what was said."""
    done = machine.run("logout", *options)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr


@pytest.mark.parametrize("profile", ["test-user", "test-user-mfa"])
@pytest.mark.parametrize(
    "left",
    [session(), session(end=LONG_AGO), session(token=""), session() + "aws_security_token = stale\n"],
    ids=["live", "expired", "damaged", "stale"],
)
def test_the_section_goes_and_every_other_byte_stays(machine: Machine, profile: str, left: str) -> None:
    machine.credentials_file.write_bytes((BEFORE + left + BEHIND).encode())
    config = machine.config_file.read_bytes()

    said = logout(machine, "--profile", profile)

    assert machine.credentials_file.read_bytes() == (BEFORE + BEHIND).encode()
    assert machine.config_file.read_bytes() == config
    assert said == "Logged out of test-user.\n"


def test_what_somebody_else_has_written_into_the_section_stays(machine: Machine) -> None:
    machine.write_credentials(BEFORE + session() + "region = eu-west-1\n# a note\n" + BEHIND)

    logout(machine, "--profile", "test-user")

    assert machine.credentials("test-user-mfa") == {"region": "eu-west-1"}
    assert "# a note\n" in machine.credentials_file.read_text()


@pytest.mark.parametrize(
    "section",
    [
        long_term_key("test-user-mfa"),
        session(source="somebody"),
        session().replace("mfa_session_source = test-user\n", ""),
        "",
    ],
    ids=["long-term key", "session of another", "session that is not ours", "nothing"],
)
def test_what_is_not_our_session_stays(machine: Machine, section: str) -> None:
    machine.write_credentials(BEFORE + section)

    said = logout(machine, "--profile", "test-user")

    assert machine.credentials_file.read_text() == BEFORE + section
    assert said == "Not logged in: test-user.\n"


def test_all_removes_every_session_that_we_have_written(machine: Machine) -> None:
    foreign = session("theirs").replace("mfa_session_source = test-user\n", "")
    machine.write_credentials(
        BEFORE + session() + session("left-over", source="gone", token="") + session("old", end=LONG_AGO) + foreign
    )

    said = logout(machine, "--all")

    assert machine.credentials_file.read_text() == BEFORE + foreign
    assert said.splitlines() == [f"Logged out of {name}." for name in ("test-user-mfa", "left-over", "old")]


PASTED = long_term_key("test-user-mfa") + "mfa_session_source = test-user\nx_security_token_expires = soon\n"


@pytest.mark.parametrize("profile", ["test-user", "test-user-mfa"])
def test_a_long_term_key_in_the_session_profile_is_refused_by_name(machine: Machine, profile: str) -> None:
    machine.write_credentials(BEFORE + PASTED + BEHIND)
    before = machine.credentials_file.read_bytes()

    refused = machine.run("logout", "--profile", profile)

    error, hint = refused.stderr.splitlines()
    assert refused.returncode == CONFIGURATION
    assert "profile test-user-mfa holds a long-term access key" in error
    assert error.endswith("AKIA…MPLE")
    assert "rename the section [test-user-mfa]" in hint
    assert machine.credentials_file.read_bytes() == before


def test_all_goes_on_with_the_others_and_names_what_it_left(machine: Machine) -> None:
    machine.write_credentials(BEFORE + PASTED + session("old", source="gone", end=LONG_AGO))

    ended = machine.run("logout", "--all")

    assert ended.returncode == CONFIGURATION
    assert machine.credentials_file.read_text() == BEFORE + PASTED
    assert "profile test-user-mfa holds a long-term access key" in ended.stderr
    assert "Logged out of old." in ended.stderr


def test_a_comment_between_the_lines_of_a_session_stays(machine: Machine) -> None:
    machine.write_credentials(session().replace("aws_session_token", "# a note\naws_session_token"))

    logout(machine, "--profile", "test-user")

    assert machine.credentials_file.read_text() == "# a note\n"


def test_status_says_that_the_session_profile_holds_a_long_term_key(machine: Machine) -> None:
    machine.write_credentials(BEFORE + PASTED)

    table = machine.run("status", COLUMNS="200").stdout
    in_full = machine.run("status", "--profile", "test-user").stdout

    assert "holds a long-term key" in table
    assert "holds a long-term key" in in_full
    assert "damaged" not in table + in_full


def test_where_there_is_no_session_all_says_so(machine: Machine) -> None:
    assert logout(machine, "--all") == "Not logged in.\n"


def test_aws_tools_are_asked_for_a_code_again_afterwards(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.log_in()
    logged_in = machine.run("credential-process", "--profile", "test-user")

    logout(machine, "--profile", "test-user")

    assert logged_in.returncode == 0
    assert machine.run("credential-process", "--profile", "test-user").returncode == 255


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--all", "--profile", "test-user"), 2, "--all and --profile contradict each other"),
        (("--profile", "nobody"), 253, "there is no profile nobody in the AWS files"),
        (("--profile", "default"), 253, "there is no profile default in the AWS files"),
    ],
)
def test_what_cannot_be_logged_out_is_one_error_with_a_hint(
    machine: Machine, options: tuple[str, ...], code: int, message: str
) -> None:
    machine.write_credentials(BEFORE + session())

    refused = machine.run("logout", *options)

    error, hint = refused.stderr.splitlines()
    assert (refused.returncode, refused.stdout) == (code, "")
    assert error == f"mfa-session: error: {message}"
    assert hint.startswith("mfa-session: hint: ")
    assert machine.credentials_file.read_text() == BEFORE + session()


@pytest.mark.parametrize("options", [("--all",), ("--profile", "test-user")])
@pytest.mark.parametrize("damage", ["read-only", "duplicate"])
def test_a_file_that_cannot_be_changed_is_left_as_it_is(
    machine: Machine, options: tuple[str, ...], damage: str
) -> None:
    content = BEFORE + session() + ("[test-user]\n" if damage == "duplicate" else "")
    machine.write_credentials(content)
    machine.credentials_file.chmod(0o400 if damage == "read-only" else 0o600)

    refused = machine.run("logout", *options)

    error, hint = refused.stderr.splitlines()
    assert (refused.returncode, refused.stdout) == (253, "")
    assert str(machine.credentials_file) in error
    assert hint.startswith("mfa-session: hint: ")
    assert machine.credentials_file.read_text() == content
