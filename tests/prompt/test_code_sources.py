"""A code comes from the first that has one, in the order of the settings; why others had none is told."""

import shlex
import socket
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import (
    CodeSourceError,
    MFASessionError,
    PersonNeededError,
    PromptCancelledError,
    PromptTimeoutError,
    TokenCodeRefusedError,
    UsageError,
)
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.prompt.code_command import (
    Choice,
    CodeProgram,
    choices_in_order,
    command_of,
    has_program,
    mfa_process,
    parse_choices,
)
from mfa_session.prompt.code_sources import CodePrompt, CodeSources
from mfa_session.prompt.dialogs import OPENERS, CommandDialog, DialogUser
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from tests.clean_environment import clean_environment
from tests.fakes import SteppedClock, TypedLines
from tests.programs import shell_program

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/phone")
PROFILE = Profile("test-user", "test-user-mfa")
COMMAND = "mfa-session login --profile test-user"


def program(script: str, home: Path, *, deadline: Deadline | None = None) -> CodeProgram:
    """Return a program that runs *script*."""
    command = mfa_process(f"sh -c {shlex.quote(script)}")
    return CodeProgram(lambda _: command, environ=clean_environment(home), deadline=deadline or Deadline())


def somebody(*answers: str) -> tuple[User, TypedLines]:
    """Return a person at a terminal who types *answers*, and the terminal."""
    lines = TypedLines(*answers)
    return User(lambda: Terminal(lines), command=COMMAND), lines


def away() -> User:
    def open_terminal() -> Terminal:
        raise PersonNeededError("there is no terminal to ask on", hint="run it in one")

    return User(open_terminal, command=COMMAND)


class Desktop:
    """A desktop whose dialogs are scripts, and whose display takes connections."""

    def __init__(self, home: Path, display: socket.socket) -> None:
        self.home = home
        number = display.getsockname()[1] - 6000
        self._environ = clean_environment(home, DISPLAY=f"127.0.0.1:{number}")
        self._environ["PATH"] = f"{home}:{self._environ['PATH']}"

    def dialog(self, script: str, *, name: str = "zenity", timeout: timedelta | None = None) -> DialogUser:
        """Return somebody at the dialog *name*, which does what *script* says."""
        shell_program(self.home / name, f"cd {self.home}; {script}")
        opener = next(opener for opener in OPENERS if opener.name == name)
        return DialogUser(CommandDialog(opener, self._environ), deadline=Deadline.beginning_now(timeout))


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    with socket.socket() as display:
        display.bind(("127.0.0.1", 0))  # which is above 6000, where X11's begin
        display.listen()
        yield Desktop(tmp_path, display)


def sources(
    *those: CodeProgram | CodePrompt,
    user: User | NoUser,
    deadline: Deadline | None = None,
    clock: SteppedClock | None = None,
) -> CodeSources:
    clock = clock or SteppedClock()
    return CodeSources(
        those, user=user, command=COMMAND, deadline=deadline or Deadline(), now=clock.now, sleep=clock.sleep
    )


def code(from_: CodeSources) -> str:
    return from_.token_code(PHONE, profile=PROFILE).digits


def test_a_program_comes_before_a_person(tmp_path: Path) -> None:
    user, lines = somebody()

    assert code(sources(program("echo 111111", tmp_path), user, user=user)) == "111111"
    assert lines.shown == ""


def test_the_order_is_the_users(tmp_path: Path) -> None:
    user, _ = somebody("222222")

    assert code(sources(user, program("echo 111111", tmp_path), user=user)) == "222222"


def test_what_fails_is_followed_by_the_next_and_whoever_is_asked_is_told_why(tmp_path: Path) -> None:
    user, lines = somebody("333333")
    first, second = program("echo 'no key' >&2; exit 1", tmp_path), program("echo junk", tmp_path)

    assert code(sources(first, second, user, user=user)) == "333333"
    assert lines.shown == (
        "no key\n"
        "No code: mfa_process exited with code 1: no key.\n"
        "No code: mfa_process printed something other than one MFA code of six digits.\n"
        "MFA code for test-user (phone, account 123456789012):\nMFA code: \n"
    )


def test_programs_that_fail_where_nobody_is_are_the_reason(tmp_path: Path) -> None:
    user = away()
    first, second = program("exit 1", tmp_path), program("exit 2", tmp_path)

    with pytest.raises(CodeSourceError) as raised:
        code(sources(first, second, user, user=user))

    assert str(raised.value) == "mfa_process exited with code 1; mfa_process exited with code 2"
    assert raised.value.hint.endswith(f"; or run in a terminal: {COMMAND}")


def test_a_program_that_took_all_the_time_is_the_reason(tmp_path: Path) -> None:
    deadline = Deadline.beginning_now(timedelta(seconds=0.5))
    lines = TypedLines("333333")
    user = User(lambda: Terminal(lines), command=COMMAND)

    with pytest.raises(CodeSourceError, match="printed no code within"):
        code(sources(program("sleep 60", tmp_path, deadline=deadline), user, user=user, deadline=deadline))

    assert lines.shown == ""


def test_a_program_runs_once_a_login(tmp_path: Path) -> None:
    user, _ = somebody("222222", "333333")
    both = sources(program(f"echo x >>{tmp_path}/runs; echo 111111", tmp_path), user, user=user)
    both.be_ready()

    assert [code(both), code(both), code(both)] == ["111111", "222222", "333333"]
    assert (tmp_path / "runs").read_text() == "x\n"

    both.be_ready()
    assert code(both) == "111111"


def test_a_code_that_was_refused_is_the_reason_where_nobody_can_give_another(tmp_path: Path) -> None:
    for user in (away(), NoUser(COMMAND)):
        only = sources(program("echo 111111", tmp_path), user, user=user)
        code(only)

        with pytest.raises(TokenCodeRefusedError) as raised:
            code(only)

        assert "111111" not in f"{raised.value} {raised.value.hint}"


def test_with_a_program_nobody_need_be_there(tmp_path: Path) -> None:
    user = NoUser(COMMAND)

    sources(program("exit 1", tmp_path), user, user=user).be_ready()


def test_without_a_program_somebody_must_be_there() -> None:
    user = away()

    with pytest.raises(PersonNeededError, match="there is no terminal to ask on") as raised:
        sources(user, user=user).be_ready()

    assert COMMAND in raised.value.hint


def test_a_dialog_is_asked_where_there_is_no_terminal(desktop: Desktop) -> None:
    user = away()
    both = sources(user, desktop.dialog("echo 222222"), user=user)
    both.be_ready()

    assert code(both) == "222222"


@pytest.mark.parametrize(("closing", "no"), [("exit 1", PromptCancelledError), ("exec sleep 60", PromptTimeoutError)])
def test_who_says_no_or_nothing_is_not_asked_elsewhere(
    desktop: Desktop, closing: str, no: type[MFASessionError]
) -> None:
    user = away()
    first = desktop.dialog(closing, timeout=timedelta(seconds=0.5))

    with pytest.raises(no):
        code(sources(user, first, desktop.dialog("echo 222222", name="kdialog"), user=user))


def test_a_dialog_that_cannot_ask_is_followed_by_the_next_without_its_error_number(desktop: Desktop) -> None:
    user = away()
    first, second = desktop.dialog("exit 255"), desktop.dialog("echo 222222; echo $4 >text", name="kdialog")

    assert code(sources(user, first, second, user=user)) == "222222"
    assert "255" not in (desktop.home / "text").read_text()


def test_all_that_could_not_ask_is_told_where_nobody_is_left(desktop: Desktop) -> None:
    user = away()

    with pytest.raises(CodeSourceError, match=r"^zenity failed: exit code 9(?m:$)") as raised:
        code(sources(user, desktop.dialog("exit 9"), user=user))

    assert raised.value.hint.endswith(f"run in a terminal: {COMMAND}")


def test_a_used_code_is_waited_out_and_the_person_told(tmp_path: Path) -> None:
    clock = SteppedClock()
    lines = TypedLines()
    user = User(lambda: Terminal(lines), command=COMMAND, now=clock.now, sleep=clock.sleep)

    sources(program("exit 1", tmp_path), user, user=user, clock=clock).wait_for_a_new_code(
        clock.now() + timedelta(seconds=12)
    )

    assert clock.slept == 12
    assert "Wait for the next code (13 s)." in lines.shown


def test_a_used_code_is_waited_out_where_nobody_is(tmp_path: Path) -> None:
    clock = SteppedClock()
    user = NoUser(COMMAND)
    only = sources(program("exit 1", tmp_path), user, user=user, clock=clock)

    only.wait_for_a_new_code(clock.now() + timedelta(seconds=12))
    only.wait_for_a_new_code(clock.now() - timedelta(seconds=1))

    assert clock.slept == 12


def test_a_new_code_that_comes_too_late_is_not_waited_for(tmp_path: Path) -> None:
    clock = SteppedClock()
    user = NoUser(COMMAND)
    only = sources(user, user=user, clock=clock, deadline=Deadline.beginning_now(timedelta(seconds=5)))

    with pytest.raises(PromptTimeoutError, match="the next one comes too late"):
        only.wait_for_a_new_code(clock.now() + timedelta(seconds=12))

    assert clock.slept == 0


def words(settings: Mapping[str, str]) -> list[str]:
    return [choice.word for choice in choices_in_order(settings)]


@pytest.mark.parametrize(
    ("settings", "order"),
    [
        ({}, ["terminal", "pinentry", "dialog"]),
        ({"mfa_process": "x"}, ["mfa_process", "terminal", "pinentry", "dialog"]),
        ({"mfa_session_code_source": "ykman"}, ["ykman", "terminal", "pinentry", "dialog"]),
        (
            {"mfa_session_code_source": "ykman op", "mfa_process": "x"},
            ["mfa_process", "ykman", "op", "terminal", "pinentry", "dialog"],
        ),
        (
            {"mfa_session_code_source": "terminal mfa_process", "mfa_process": "x"},
            ["terminal", "mfa_process", "pinentry", "dialog"],
        ),
        ({"mfa_session_code_source": "dialog", "mfa_process": ""}, ["dialog", "terminal", "pinentry"]),
    ],
)
def test_what_is_named_comes_first_and_then_what_is_usual(settings: dict[str, str], order: list[str]) -> None:
    assert words(settings) == order


def test_an_item_is_named_behind_its_program() -> None:
    choices = parse_choices("op:AWS 'bw:my login' pass-otp")

    assert choices == [Choice("op", "AWS"), Choice("bw", "my login"), Choice("pass-otp")]


def test_an_item_without_a_name_is_called_as_the_device_is() -> None:
    for text, item in (("ykman", PHONE.serial_number), ("ykman:AWS", "AWS")):
        command = command_of(parse_choices(text)[0], {})

        assert command is not None
        assert command(PHONE).words[-1] == item


@pytest.mark.parametrize(
    "text", ["yubikey", "ykman,op", "ykman:", "op:--vault", "terminal:x", "mfa_process:x", "'ykman", ":", "''"]
)
def test_what_is_no_source_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(UsageError):
        parse_choices(text)


def test_a_process_that_is_named_must_be_there() -> None:
    with pytest.raises(UsageError, match="which is not set"):
        choices_in_order({"mfa_session_code_source": "mfa_process"})


def test_programs_need_no_person() -> None:
    assert has_program({"mfa_process": "x"})
    assert has_program({"mfa_session_code_source": "terminal ykman"})
    assert not has_program({"mfa_session_code_source": "pinentry"})
