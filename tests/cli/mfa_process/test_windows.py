"""A person without a terminal of ours: a pinentry or a dialog asks for the code."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.cli.mfa_process.code_program import ASK, configure
from tests.machine import MFA_SESSION, Machine
from tests.terminal import Stream
from tests.virtual_screen import VirtualScreen, virtual_screen


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen:
        yield screen


class TestWithoutATerminalButWithAPerson:
    def test_a_pinentry_is_asked_on_the_terminal_of_gpg(self, machine: Machine) -> None:
        if not shutil.which("pinentry-curses"):
            pytest.skip("pinentry-curses is not installed")
        configure(machine, "mfa_session_pinentry = pinentry-curses")

        with machine.terminal() as terminal:
            program = terminal.run(
                "bash",
                "-c",
                'GPG_TTY=$(tty) exec setsid --wait "$@"',
                "bash",
                MFA_SESSION,
                *ASK,
                stdout=Stream.PIPE,
                stderr=Stream.PIPE,
                environment=machine.environment,
            )
            terminal.expect("MFA device: test-user-phone (account 123456789012)")
            terminal.expect("Code:")
            terminal.type(machine.fresh_code() + "\n")

            assert (program.wait(), program.stderr) == (0, b"")
            assert json.loads(program.stdout)["Version"] == 1

    @pytest.mark.parametrize("pinentry", ["pinentry-gtk-2", "/nowhere/pinentry"])
    def test_a_window_opens_on_the_screen(self, machine: Machine, screen: VirtualScreen, pinentry: str) -> None:
        """Where the pinentry does not work, it is zenity's."""
        for program in ("pinentry-gtk-2", "zenity"):
            if not shutil.which(program):
                pytest.skip(f"{program} is not installed")
        configure(machine, f"mfa_session_pinentry = {pinentry}")

        with screen.answered_by(lambda: screen.type(machine.fresh_code())):
            answered = machine.run(*ASK, DISPLAY=screen.display)

        assert (answered.returncode, answered.stderr) == (0, "")

    def test_a_window_that_is_closed_is_an_answer_for_all(self, machine: Machine, screen: VirtualScreen) -> None:
        if not shutil.which("pinentry-gtk-2"):
            pytest.skip("pinentry-gtk-2 is not installed")
        configure(machine, "mfa_session_pinentry = pinentry-gtk-2")

        with screen.answered_by(lambda: screen.press("Escape")):
            closed = machine.run(*ASK, DISPLAY=screen.display)
        again = machine.run(*ASK, DISPLAY=screen.display)

        assert closed.returncode == again.returncode == 1
        assert screen.windows("mfa-session") == []

    def test_no_window_opens_over_ssh(self, machine: Machine, screen: VirtualScreen) -> None:
        refused = machine.run(*ASK, DISPLAY=screen.display, SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")

        assert refused.returncode == 255
        assert "there is no terminal to ask on; run in a terminal: mfa-session login" in refused.stderr
