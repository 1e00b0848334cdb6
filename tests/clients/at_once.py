"""Many different clients at once without a session: one question, one call of AWS, and all of them work."""

from collections.abc import Sequence
from pathlib import Path

from tests.clients.modes import CLIENT_SECONDS, QUESTION, client_command, client_environment
from tests.clients.table import Client
from tests.machine import Machine
from tests.terminal import Program, Stream


def run_at_once(machine: Machine, clients: Sequence[tuple[Client, Path]]) -> dict[str, str]:
    """Start all *clients* at one terminal, answer with a wrong and then a right code, and return who failed, and how.

    Raises:
        AssertionError: nothing was asked.
    """
    wrong = f"{(int(machine.phone.code(machine.account.now())) + 500_000) % 1_000_000:06}"
    with machine.terminal() as terminal:
        shared = {**machine.environment, "AWS_PROFILE": "test-user"}
        programs: dict[str, Program] = {}
        for client, folder in clients:
            programs[client.name] = terminal.run(
                *client_command(machine, client, folder),
                stdout=Stream.PIPE,
                stderr=Stream.PIPE,
                environment={**shared, **client_environment(machine, client, folder)},
                # One process group, as the programs of one script have: all may ask at the terminal.
                beside=next(iter(programs.values()), None),
            )
        terminal.expect(QUESTION, timeout=CLIENT_SECONDS)
        terminal.type(f"{wrong}\n")
        terminal.expect(QUESTION, timeout=CLIENT_SECONDS)
        terminal.type(f"{machine.fresh_code()}\n")
        failed = {}
        for name, program in programs.items():
            if program.wait(timeout=CLIENT_SECONDS):
                failed[name] = program.stderr.decode(errors="replace")[-300:]
        return failed
