"""Different clients at once, without a session."""

from pathlib import Path

from tests.clients.at_once import run_at_once
from tests.clients.installers import Installation
from tests.clients.modes import client_machine
from tests.clients.table import CLIENTS, Mode

# Its SDK gives a helper less time than a user needs under load to type two codes.
IN_A_HURRY = {"SDK for Rust"}


def test_all_installed_clients_ask_one_question_and_make_one_call(tmp_path: Path) -> None:
    installation = Installation()
    for client in CLIENTS[:2]:  # which are of the environment of the tests
        installation.install(client.slug, client.installer)
    clients = [
        (client, installation.path(client.slug, client.installer))
        for client in CLIENTS
        if client.name not in IN_A_HURRY
        and Mode.ASKED not in client.limits
        and installation.has(client.slug, client.installer)
    ]

    with client_machine(tmp_path) as machine:
        machine.run("logout", "--profile", "test-user")
        machine.forget_used_codes()
        seen = len(machine.calls("GetSessionToken"))
        failed = run_at_once(machine, clients)
        calls = machine.calls("GetSessionToken")[seen:]

    assert failed == {}
    assert [call.status for call in calls] == [403, 200]
