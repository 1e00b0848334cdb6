"""Codes without typing, where somebody can be asked: a program goes first, and says what it has to say."""

from tests.cli.mfa_process.code_program import ASK, LOGIN, QUESTION, let_codes_come_from, print_fresh_code, times_run
from tests.machine import MFA_SESSION, Machine
from tests.processes import is_running
from tests.terminal import Stream


class TestAtATerminal:
    def test_what_it_says_is_shown_and_is_not_on_our_standard_error(self, machine: Machine) -> None:
        let_codes_come_from(machine, f"echo 'Touch your YubiKey...' >&2; {print_fresh_code(machine)}")

        with machine.terminal() as terminal:
            program = terminal.run(
                MFA_SESSION, *ASK, stdout=Stream.PIPE, stderr=Stream.PIPE, environment=machine.environment
            )
            terminal.expect("Touch your YubiKey...")

            assert (program.wait(), program.stderr) == (0, b"")
            assert QUESTION not in terminal.text

    def test_who_is_there_is_asked_when_it_fails_and_told_why(self, machine: Machine) -> None:
        let_codes_come_from(machine, "echo 'ERROR: no YubiKey' >&2; exit 1")

        with machine.terminal() as terminal:
            program = machine.start(terminal, *LOGIN, "--quiet")
            terminal.expect("No code: mfa_process exited with code 1: ERROR: no YubiKey.")
            terminal.expect(QUESTION)
            terminal.type(machine.fresh_code() + "\n")

            assert program.wait() == 0

    def test_who_is_there_is_asked_when_its_code_is_refused(self, machine: Machine) -> None:
        code = machine.fresh_code()
        machine.phone.accepts(code)
        runs = let_codes_come_from(machine, f"echo {code}")

        with machine.terminal() as terminal:
            program = machine.start(terminal, *LOGIN, "--quiet")
            terminal.expect("AWS did not accept this code")
            terminal.expect(QUESTION)
            terminal.type(machine.fresh_code() + "\n")

            assert program.wait() == 0
        assert times_run(runs) == 1
        assert len(machine.calls("GetSessionToken")) == 2

    def test_ctrl_c_ends_the_program_too(self, machine: Machine) -> None:
        let_codes_come_from(machine, f"echo $$ >{machine.home}/child; echo 'Touch it' >&2; sleep 60; sleep 60")

        with machine.terminal() as terminal:
            program = machine.start(terminal, *LOGIN)
            terminal.expect("Touch it")
            terminal.press("^C")

            assert program.wait() == 130
        child = int((machine.home / "child").read_text())
        assert not is_running(child)
