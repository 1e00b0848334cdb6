"""A desktop's dialog shows the question as it is, and is trusted only where somebody would see it."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import CodeSourceError, PersonNeededError, PromptCancelledError, PromptTimeoutError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.dialogs import OPENERS, CommandDialog, DialogUser, Opener
from mfa_session.prompt.prompt import Deadline
from tests.clean_environment import clean_environment
from tests.programs import shell_program
from tests.terminal import TIMEOUT_SECONDS
from tests.virtual_screen import VirtualScreen, virtual_screen

BY_NAME = {opener.name: opener for opener in OPENERS}
PHONE = MFADevice("arn:aws:iam::123456789012:mfa/my_phone")

# What a shell, a markup language, a mnemonic and a printf would each read differently.
HOSTILE = "a_b <b>&amp;</b> $(id) `id` %s \\n 'q' \"q\" --text=x"


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen:
        yield screen


@pytest.fixture
def zenity(screen: VirtualScreen, tmp_path: Path) -> CommandDialog:
    if not shutil.which("zenity"):
        pytest.skip("zenity is not installed")
    return CommandDialog(BY_NAME["zenity"], clean_environment(tmp_path, DISPLAY=screen.display))


def ask(dialog: CommandDialog, text: str = "A question", *, seconds: float = TIMEOUT_SECONDS) -> str:
    return dialog.ask(Deadline().prompt(timeout=timedelta(seconds=seconds), text=text))


def scripted(opener: Opener, folder: Path, script: str) -> CommandDialog:
    """Return a dialog whose program is *script*, under the name of the real one."""
    shell_program(folder / opener.name, script)
    return CommandDialog(opener, clean_environment(folder) | {"PATH": f"{folder}:{os.environ['PATH']}"})


def test_what_is_typed_is_the_answer(screen: VirtualScreen, zenity: CommandDialog) -> None:
    zenity.be_ready()

    with screen.answered_by(lambda: screen.type("123456")):
        assert ask(zenity, HOSTILE) == "123456"


def test_closing_it_is_an_answer(screen: VirtualScreen, zenity: CommandDialog) -> None:
    with screen.answered_by(lambda: screen.press("Escape")), pytest.raises(PromptCancelledError):
        ask(zenity)


def test_it_closes_when_nobody_answers(screen: VirtualScreen, zenity: CommandDialog) -> None:
    with pytest.raises(PromptTimeoutError):
        ask(zenity, seconds=1)

    assert screen.windows("mfa-session") == []


def test_one_that_the_display_does_not_let_in_was_not_closed_by_a_person(tmp_path: Path) -> None:
    if not shutil.which("zenity"):
        pytest.skip("zenity is not installed")

    with pytest.raises(CodeSourceError, match=r"^zenity failed: .*cannot open display"):
        ask(CommandDialog(BY_NAME["zenity"], clean_environment(tmp_path, DISPLAY=":987")))


def test_no_dialog_opens_where_nobody_would_see_it(screen: VirtualScreen, tmp_path: Path) -> None:
    there = clean_environment(tmp_path, DISPLAY=screen.display)

    for environ in (clean_environment(tmp_path), there | {"DISPLAY": ":987"}, there | {"SSH_CONNECTION": "1 2 3 4"}):
        for opener in OPENERS:
            with pytest.raises(PersonNeededError):
                CommandDialog(opener, environ).be_ready()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (
            "zenity",
            [
                "--entry",
                "--hide-text",
                "--title=mfa-session",
                "--text=" + HOSTILE.replace("\\", "\\\\").replace("_", "__"),
            ],
        ),
        (
            "kdialog",
            [
                "--title",
                "mfa-session",
                "--password",
                "<qt>a_b &lt;b&gt;&amp;amp;&lt;/b&gt; $(id) `id` %s \\n &#x27;q&#x27; &quot;q&quot; --text=x</qt>",
            ],
        ),
    ],
)
def test_the_text_is_one_argument_in_which_nothing_has_a_meaning(
    tmp_path: Path, name: str, arguments: list[str]
) -> None:
    dialog = scripted(BY_NAME[name], tmp_path, f'printf "%s\\n" "$@" >{tmp_path}/arguments; echo 123456')

    assert ask(dialog, HOSTILE) == "123456"
    assert (tmp_path / "arguments").read_text().splitlines() == arguments


def test_apple_script_gets_the_text_beside_its_script(tmp_path: Path) -> None:
    dialog = scripted(BY_NAME["osascript"], tmp_path, f'printf "%s\\n" "$@" >{tmp_path}/arguments; echo 123456')

    assert ask(dialog, HOSTILE) == "123456"
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[-2:] == [HOSTILE, "mfa-session"]
    assert arguments[:-2:2] == ["-e"] * 3


def test_power_shell_gets_the_text_in_its_environment(tmp_path: Path) -> None:
    dialog = scripted(
        BY_NAME["powershell"],
        tmp_path,
        f'printf "%s" "$MFA_SESSION_QUESTION" >{tmp_path}/text; printf "%s" "$*" >{tmp_path}/arguments; echo 123456',
    )

    assert ask(dialog, HOSTILE) == "123456"
    assert (tmp_path / "text").read_text() == HOSTILE
    assert "<b>" not in (tmp_path / "arguments").read_text()


@pytest.mark.parametrize(
    ("name", "script", "error"),
    [
        ("kdialog", "exit 1", PromptCancelledError),
        ("kdialog", "echo 'qt.qpa.xcb: could not connect to display :0' >&2; exit 1", CodeSourceError),
        ("kdialog", "kill -ABRT $$", CodeSourceError),
        ("osascript", "echo 'execution error: User canceled. (-128)' >&2; exit 1", PromptCancelledError),
        ("osascript", "echo 'execution error: No user interaction allowed. (-1713)' >&2; exit 1", CodeSourceError),
        ("powershell", "exit 3", PromptCancelledError),
        ("powershell", "exit 1", CodeSourceError),
    ],
)
def test_a_dialog_that_was_closed_is_told_from_one_that_failed(
    tmp_path: Path, name: str, script: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(scripted(BY_NAME[name], tmp_path, script))


def test_kdialog_which_has_no_limit_of_its_own_is_ended(tmp_path: Path) -> None:
    begun = time.monotonic()

    with pytest.raises(PromptTimeoutError):
        ask(scripted(BY_NAME["kdialog"], tmp_path, "exec sleep 60"), seconds=0.2)

    assert time.monotonic() - begun < 10


def test_the_question_names_the_profile_the_device_and_where_the_code_goes(tmp_path: Path) -> None:
    dialog = scripted(BY_NAME["zenity"], tmp_path, f'printf "%s" "$4" >{tmp_path}/text; echo 123456')
    user = DialogUser(dialog, endpoint="http://127.0.0.1:8080/", deadline=Deadline())

    code = user.token_code(PHONE, profile=Profile("test\nuser" + "x" * 200, "test-user-mfa"))

    assert code == TokenCode("123456")
    assert (tmp_path / "text").read_text() == (
        "--text=MFA code for test\\\\nuser" + "x" * 89 + "…\n"
        "MFA device: my__phone (account 123456789012)\n"
        "Sent to http://127.0.0.1:8080/"
    )


def test_what_is_no_code_is_asked_for_again_with_the_reason(tmp_path: Path) -> None:
    script = f"cd {tmp_path}; test -e text && echo 123456 || echo 12345; printf '%s\\n' \"$4\" >>text"
    dialog = scripted(BY_NAME["zenity"], tmp_path, script)
    user = DialogUser(dialog, deadline=Deadline())

    user.tell("AWS did not accept it.")
    user.token_code(PHONE, profile=Profile("test-user", "test-user-mfa"))

    first, second = (tmp_path / "text").read_text().removeprefix("--text=").split("--text=")
    assert first.startswith("AWS did not accept it.\nMFA code for test-user")
    assert second.startswith("A token code is six digits.\nMFA code for test-user")
