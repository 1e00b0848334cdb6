"""The line that AWS tools start this program by."""

import pytest
from botocore.compat import compat_shell_split

from mfa_session.errors import ConfigurationError
from mfa_session.system.credential_process_line import credential_process_line, runs_this_program


@pytest.mark.parametrize(
    ("program", "first"),
    [
        ("/usr/bin/mfa-session", "/usr/bin/mfa-session"),
        ("/home/a b/mfa-session", "'/home/a b/mfa-session'"),
        (r"C:\Scripts\mfa-session.exe", r"C:\Scripts\mfa-session.exe"),
        (r"\\server\tools\mfa-session.exe", r"\\server\tools\mfa-session.exe"),
        (r"C:\Users\A~1\mfa-session.exe", r"C:\Users\A~1\mfa-session.exe"),
        (r"C:\Users\A B\mfa-session.exe", r'"C:\Users\A B\mfa-session.exe"'),
    ],
)
def test_the_line_names_the_program_as_it_is(program: str, first: str) -> None:
    assert credential_process_line([program], "test-user") == f"{first} credential-process --profile test-user"


@pytest.mark.parametrize(
    "program", [r"C:\Scripts\mfa-session.exe", r"C:\A B\mfa-session.exe", r"C:\USERS\A~1\mfa-session.exe"]
)
def test_botocore_on_windows_starts_the_program(program: str) -> None:
    line = credential_process_line([program], "test-user")

    assert compat_shell_split(line, "win32") == [program, "credential-process", "--profile", "test-user"]
    assert runs_this_program(line, "test-user")


@pytest.mark.parametrize(
    ("program", "profile"),
    [
        (r"C:\A B\mfa-session.exe", "me@work"),
        (r"C:\a%b\mfa-session.exe", "test-user"),
        (r"C:\a&b\mfa-session.exe", "test-user"),
        (r"C:\a,b\mfa-session.exe", "test-user"),
        (r"C:\a=b\mfa-session.exe", "test-user"),
        (r"C:\日本語\mfa-session.exe", "test-user"),
    ],
)
def test_a_line_that_cmd_would_read_differently_is_refused(program: str, profile: str) -> None:
    with pytest.raises(ConfigurationError, match="path of this program") as refused:
        credential_process_line([program], profile)

    assert refused.value.hint.startswith(r"install mfa-session in a plain folder: py -m venv C:\mfa-session, then: ")


@pytest.mark.parametrize("program", [r"/home/a\b/mfa-session", "/home/it's/mfa-session", "/home/$x/mfa-session"])
def test_a_path_that_a_shell_would_read_differently_is_refused(program: str) -> None:
    with pytest.raises(ConfigurationError, match="path of this program"):
        credential_process_line([program], "test-user")


@pytest.mark.parametrize(
    ("command", "first"),
    [
        (["/v/bin/python", "-I", "/v/bin/mfa-session"], "/v/bin/python -I /v/bin/mfa-session"),
        (["/usr/bin/python3", "-EP", "/a b/mfa-session"], "/usr/bin/python3 -EP '/a b/mfa-session'"),
        (["/a b/python", "-I", "/a b/mfa-session.pyz"], "'/a b/python' -I '/a b/mfa-session.pyz'"),
        ([r"C:\A B\python.exe", "-I", "-m", "mfa_session"], r'"C:\A B\python.exe" -I -m mfa_session'),
    ],
)
def test_the_line_names_the_interpreter_and_what_isolates_it(command: list[str], first: str) -> None:
    line = credential_process_line(command, "test-user")

    assert line == f"{first} credential-process --profile test-user"
    assert runs_this_program(line, "test-user")
    assert compat_shell_split(line, "win32" if "C:" in line else "linux")[: len(command)] == command


def test_two_quoted_paths_are_refused_where_cmd_would_take_the_quotes_off() -> None:
    with pytest.raises(ConfigurationError, match="path of this program"):
        credential_process_line([r"C:\A B\python.exe", "-I", r"C:\A B\mfa-session.pyz"], "test-user")


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/other -I credential-process --profile other",
        "/usr/bin/python -c x credential-process --profile test-user",
        "-m mfa_session credential-process --profile test-user extra",
    ],
)
def test_a_line_of_another_shape_is_not_ours(line: str) -> None:
    assert not runs_this_program(line, "test-user")
