"""A program that others than the user may have chosen is not run."""

import os
import socket
from pathlib import Path

import pytest

from tests.cli.mfa_process.code_program import (
    LOGIN,
    QUESTION,
    configure,
    let_codes_come_from,
    print_fresh_code,
    times_run,
)
from tests.machine import Machine
from tests.programs import shell_program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead")


@pytest.mark.parametrize(("place", "mode"), [("config", 0o666), ("credentials", 0o620), ("", 0o777), ("", 0o770)])
def test_its_program_is_not_run_where_others_can_write_the_files_and_one_command_mends_it(
    machine: Machine, place: str, mode: int
) -> None:
    runs = let_codes_come_from(machine, print_fresh_code(machine))
    named = machine.home / ".aws" / place
    named.chmod(mode)

    refused = machine.run(*LOGIN)

    assert (refused.returncode, times_run(runs)) == (255, 0)
    error, hint = refused.stderr.splitlines()
    assert error == f"mfa-session: error: mfa_process is not run: others can write {named}, whose mode is {mode:04o}"
    assert f"then run: chmod go-w {named};" in hint
    named.chmod(mode & ~0o022)
    assert machine.run(*LOGIN).returncode == 0
    assert times_run(runs) == 1


def test_a_program_that_is_known_by_a_word_is_not_run_either(machine: Machine) -> None:
    program = shell_program(machine.home / "ykman", f"echo run >>{machine.home}/runs\n{print_fresh_code(machine)}")
    configure(machine, "mfa_session_code_source = ykman")
    machine.config_file.chmod(0o622)

    refused = machine.run(*LOGIN, PATH=f"{program.parent}:{os.environ['PATH']}")

    assert "ykman is not run: others can write" in refused.stderr
    assert not (machine.home / "runs").exists()


def test_who_is_there_is_told_what_to_run_and_asked_for_the_code(machine: Machine) -> None:
    runs = let_codes_come_from(machine, print_fresh_code(machine))
    machine.config_file.chmod(0o666)

    with machine.terminal() as terminal:
        program = machine.start(terminal, *LOGIN, "--quiet")
        terminal.expect(f"mfa_process is not run: others can write {machine.config_file}, whose mode is 0666")
        terminal.expect(f"chmod go-w {machine.config_file}.")
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert program.wait() == 0
    assert times_run(runs) == 0


def test_a_pinentry_that_others_may_have_chosen_is_not_run(machine: Machine) -> None:
    runs = machine.home / "runs"
    pinentry = shell_program(machine.home / "pinentry", f"echo run >>{runs}\necho OK")
    configure(machine, f"mfa_session_pinentry = {pinentry}", "mfa_session_code_source = pinentry")
    machine.config_file.chmod(0o666)

    with socket.create_server(("127.0.0.1", 0)) as display:
        screen = f"127.0.0.1:{display.getsockname()[1] - 6000}"
        refused = machine.run(*LOGIN, DISPLAY=screen, PATH=str(machine.home / "without-dialogs"))

    assert refused.returncode == 255
    assert "mfa_session_pinentry is not run: others can write" in refused.stderr
    assert not runs.exists()


def test_a_keyring_that_others_may_have_chosen_is_not_used(machine: Machine) -> None:
    configure(machine, "mfa_session_keyring = their.Keyring", "mfa_session_store = keyring")
    machine.config_file.chmod(0o666)

    refused = machine.run(*LOGIN)

    assert refused.returncode == 253
    assert "mfa_session_keyring is not used: others can write" in refused.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
def test_root_does_not_run_the_program_of_a_user_unless_that_user_became_root_by_sudo(machine: Machine) -> None:
    runs = let_codes_come_from(machine, print_fresh_code(machine))
    for path in (machine.home, *machine.home.rglob("*")):
        os.chown(path, 54321, 54321)

    refused = machine.run(*LOGIN)
    assert (refused.returncode, times_run(runs)) == (255, 0)
    assert f"mfa_process is not run: {machine.home} belongs to 54321" in refused.stderr

    assert machine.run(*LOGIN, SUDO_UID="54321").returncode == 0
    assert times_run(runs) == 1


def test_doctor_tells_of_each_of_the_files(machine: Machine) -> None:
    machine.config_file.chmod(0o666)
    machine.credentials_file.chmod(0o620)

    shown = machine.run("doctor", "--offline", "--profile", "test-user").stdout

    for path in (machine.config_file, machine.credentials_file):
        assert f"others can write {path}" in shown
        assert f"chmod go-w {path}\n" in shown


def test_doctor_tells_of_the_folder_once(machine: Machine) -> None:
    folder: Path = machine.home / ".aws"
    folder.chmod(0o777)

    shown = machine.run("doctor", "--offline", "--profile", "test-user").stdout

    assert shown.count(f"others can write {folder}, whose mode is 0777; programs that it names are not run") == 1
