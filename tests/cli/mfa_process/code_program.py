"""A program that prints codes, and how often it ran."""

from pathlib import Path

from tests.machine import Machine
from tests.programs import shell_program

LOGIN = ("login", "--profile", "test-user")
ASK = ("credential-process", "--profile", "test-user")
QUESTION = "(test-user-phone"


def let_codes_come_from(machine: Machine, script: str, *settings: str) -> Path:
    """Configure *script* as the program that prints codes; return the file with a line for each time that it ran."""
    runs = machine.home / "runs"
    program = shell_program(machine.home / "code", f"echo run >>{runs}\n{script}")
    configure(machine, f"mfa_process = {program}", *settings)
    return runs


def configure(machine: Machine, *settings: str, profile: str = "test-user") -> None:
    """Put *settings* at the top of the section of *profile*."""
    header = f"[profile {profile}]\n"
    lines = "".join(f"{setting}\n" for setting in settings)
    machine.write_config(machine.config_file.read_text().replace(header, header + lines))


def move_the_key(machine: Machine) -> None:
    """Let the key rest in its store, and AWS tools ask us for the session."""
    moved = machine.run("keys", "import", "--profile", "test-user")
    assert moved.returncode == 0, moved.stderr


def times_run(runs: Path) -> int:
    return len(runs.read_text().splitlines()) if runs.exists() else 0


def print_fresh_code(machine: Machine) -> str:
    return f"echo {machine.fresh_code()}"
