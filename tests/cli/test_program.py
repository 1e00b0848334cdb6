"""The program as a whole: its flags, its help, and how it ends when it is called wrongly."""

import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import mfa_session
from mfa_session.cli.app import COMMANDS, VALUE_OPTIONS, program
from mfa_session.cli.lazy_commands import Command, Group
from tests.cli.sections import session
from tests.machine import MFA_SESSION, Machine

# How Python hands on an argument that is not text in UTF-8.
NO_UTF_8 = "a\udcff"

# For Python, which runs this before anything of a program: some function of it fails, or every logger tells everything.
INSIDE = str(Path(__file__).parent.parent / "campaigns" / "secrets" / "inside")

RUN = "import sys; from mfa_session.cli.app import run; "


def test_called_without_a_command_it_shows_its_help_on_stderr_and_is_wrong_usage(machine: Machine) -> None:
    ran = machine.run()

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Usage: mfa-session")
    assert "\n  login " in ran.stderr


def test_called_without_a_command_it_shows_the_sessions_and_what_to_type_next(machine: Machine) -> None:
    machine.write_config("[profile work]\nmfa_session_store = file\n")

    before = machine.run()
    machine.write_credentials(session("work-mfa", source="work"))
    after = machine.run()

    assert before.returncode == after.returncode == 0
    assert "work-mfa         not logged in" in before.stdout
    assert before.stderr == "To log in: mfa-session login --profile work\n"
    assert "work-mfa         valid until 2099-01-01" in after.stdout
    assert after.stderr == "To use a session: aws s3 ls --profile work-mfa. All commands: mfa-session --help\n"


def test_the_version_is_on_stdout(machine: Machine) -> None:
    ran = machine.run("--version")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"mfa-session {mfa_session.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("frobnicate",), "no such command 'frobnicate'"),
        (("login", "--colour"), "no such option: --colour"),
        (("login", "--serial"), "option '--serial' requires an argument"),
        (("demo", "surplus"), "got unexpected extra argument"),
        (("keys", "frobnicate"), "no such command 'frobnicate'"),
        (("device", "list", "--colour"), "no such option: --colour"),
    ],
)
def test_a_call_that_is_wrong_is_one_error_that_names_the_help_of_the_command(
    machine: Machine, arguments: tuple[str, ...], said: str
) -> None:
    ran = machine.run(*arguments)

    assert (ran.returncode, ran.stdout) == (2, "")
    error, hint = ran.stderr.splitlines()
    assert error.startswith(f"mfa-session: error: {said}")
    assert hint == f"mfa-session: hint: see: {' '.join(('mfa-session', *arguments[:-1]))} --help"


@pytest.mark.parametrize("where", ["before", "behind"])
def test_a_global_flag_may_stand_before_the_command_or_behind_it(machine: Machine, where: str) -> None:
    machine.lay_down_the_key()
    command = ("login", "--profile", "test-user")

    with machine.terminal() as terminal:
        arguments = ("--no-prompt", *command) if where == "before" else (*command, "--no-prompt")
        program = machine.start(terminal, *arguments)

        assert program.wait() == 255
        assert "prompting is disabled" in terminal.text


def test_no_prompt_may_be_said_by_the_environment(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = machine.start(terminal, "login", "--profile", "test-user", MFA_SESSION_NO_PROMPT="1")

        assert program.wait() == 255


def test_debug_tells_what_is_done_and_neither_a_code_nor_a_secret(machine: Machine) -> None:
    machine.lay_down_the_key()
    code = machine.fresh_code()

    ran = machine.run("--debug", "login", "--profile", "test-user", "--token-code", code)

    session = machine.credentials("test-user-mfa")
    assert "mfa-session: debug: " in ran.stderr
    assert "GetSessionToken" in ran.stderr
    for secret in (
        code,
        machine.key.secret_access_key,
        session["aws_secret_access_key"],
        session["aws_session_token"],
    ):
        assert secret not in ran.stderr + ran.stdout


def test_not_even_the_logs_of_libraries_tell_a_session_token(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    ran = machine.run("status", "--verify", PYTHONPATH=INSIDE, EVERY_LOG="1")

    assert "DEBUG:urllib3.connectionpool:" in ran.stderr
    assert machine.credentials("test-user-mfa")["aws_session_token"] not in ran.stderr


@pytest.mark.parametrize("flags", [(), ("--debug",)], ids=["plain", "debug"])
@pytest.mark.parametrize(("module", "function"), [("sessions.login", "log_in"), ("aws.transport", "_Loading.run")])
def test_a_mistake_of_ours_is_one_error_that_quotes_nothing(
    machine: Machine, module: str, function: str, flags: tuple[str, ...]
) -> None:
    machine.lay_down_the_key()
    raising = {"RAISES_IN": f"{module}:{function}", "RAISED_WITH": "a secret"}

    ran = machine.run(*flags, "login", "--profile", "test-user", "--token-code", "123456", PYTHONPATH=INSIDE, **raising)

    *traceback, error, hint = ran.stderr.splitlines()
    assert error == "mfa-session: error: internal error: RuntimeError"
    assert hint == "mfa-session: hint: run it again with --debug, and report what it says"
    assert all(line.startswith("mfa-session: debug: ") for line in traceback)
    assert any(line.endswith(f" {function.rpartition('.')[2]}") for line in traceback) == ("--debug" in flags)
    assert "a secret" not in ran.stderr


@pytest.mark.parametrize("function", ["__main__:_hold_closed_streams", "cli.app:run", "cli.app:leave"])
def test_a_mistake_that_the_program_cannot_tell_of_is_told_by_the_front_door(machine: Machine, function: str) -> None:
    ran = machine.run("status", PYTHONPATH=INSIDE, RAISES_IN=function, RAISED_WITH="a secret")

    assert ran.returncode == 255
    assert ran.stderr.splitlines()[-2:] == [
        "mfa-session: error: internal error: RuntimeError",
        "mfa-session: hint: please report it, with the command that you ran",
    ]
    assert "a secret" not in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [("login", "--profile", NO_UTF_8), ("exec", "--profile", NO_UTF_8, "--", "true")],
    ids=lambda arguments: arguments[0],
)
def test_what_the_front_door_cannot_cope_with_is_left_to_the_program(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    ran = machine.run(*arguments)

    assert ran.returncode in (253, 255)
    assert ran.stderr.count("mfa-session: error: ") == 1
    assert "Traceback" not in ran.stderr


def test_help_is_cut_short_without_a_traceback_when_its_reader_has_enough(machine: Machine) -> None:
    ran = machine.run_program("sh", "-c", '"$0" login --help | head -n 1', MFA_SESSION)

    assert ran.stdout == "Usage: mfa-session login [OPTIONS] [PROFILE]...\n"
    assert "Traceback" not in ran.stderr


def entries(table: Mapping[str, Command | Group], *words: str) -> Iterator[tuple[tuple[str, ...], Command | Group]]:
    """Yield each command of the table with its words, and those of its groups."""
    for name, entry in table.items():
        yield (*words, name), entry
        if isinstance(entry, Group):
            yield from entries(entry.commands, *words, name)


def test_the_help_has_every_command_with_its_whole_summary_on_one_line_of_80_columns(machine: Machine) -> None:
    for words, table in ((), COMMANDS), *((w, e.commands) for w, e in entries(COMMANDS) if isinstance(e, Group)):
        listed = machine.run(*words, "--help", COLUMNS="80").stdout.partition("Commands:\n")[2].partition("\n\n")[0]

        assert [tuple(line.split(maxsplit=1)) for line in listed.splitlines()] == [
            (name, entry.summary) for name, entry in table.items()
        ]


@pytest.mark.parametrize(
    ("words", "entry"),
    [(words, entry) for words, entry in entries(COMMANDS) if isinstance(entry, Command)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_summary_of_a_command_is_the_first_line_of_its_own_help(words: tuple[str, ...], entry: Command) -> None:
    module, _, function = entry.function.partition(":")
    run = getattr(importlib.import_module(f"mfa_session.cli.commands.{module}"), function)

    assert inspect.getdoc(run).split("\n\n")[0] == entry.summary  # type: ignore[union-attr]  # None fails too


def test_the_options_with_a_value_are_known_of_each_command_that_runs_a_program() -> None:
    group: Any = get_command(program())
    running = [name for name, entry in COMMANDS.items() if isinstance(entry, Command) and entry.runs_a_program]

    options = [parameter for name in running for parameter in group.commands[name].params if parameter.nargs == 1]
    names = {name for option in options if not getattr(option, "is_flag", True) for name in option.opts}

    assert names == set(VALUE_OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "its_own"),
    [
        (["--help"], set()),
        (["keys", "--help"], set()),
        (["status"], {"status"}),
        (["keys", "list", "--help"], {"keys_list"}),
    ],
    ids=" ".join,
)
def test_a_command_loads_the_module_of_no_other_and_help_none(
    machine: Machine, arguments: list[str], its_own: set[str]
) -> None:
    loaded = machine.run_program(sys.executable, "-c", f"{RUN}run({arguments}); print(*sys.modules)").stdout.split()

    package = "mfa_session.cli.commands."
    assert {name.removeprefix(package) for name in loaded if name.startswith(package)} == its_own


def test_the_program_ends_as_it_should_while_libraries_are_still_being_loaded(machine: Machine) -> None:
    # The key is refused long before the thread that loads botocore is done.
    machine.write_credentials("[test-user]\naws_access_key_id = nonsense\naws_secret_access_key = x\n")

    codes = {machine.run("login", "--profile", "test-user", "--token-code", "123456").returncode for _ in range(5)}

    assert codes == {253}
