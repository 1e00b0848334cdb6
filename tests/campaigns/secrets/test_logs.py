"""No log tells a secret, ours or of a library, when somebody has every logger tell everything."""

from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.secrets.commands import COMMANDS
from tests.campaigns.secrets.failures import AT_AWS, ON_THE_MACHINE
from tests.campaigns.secrets.scene import WatchedMachine
from tests.campaigns.secrets.test_commands import said
from tests.machine import running_machine

FAILURES = {**ON_THE_MACHINE, **AT_AWS}

ASK_AWS = [name for name, command in COMMANDS.items() if command.asks_aws and not command.needs_terminal]

CASES = [
    (name, failure) for failure in ("nothing", "reset", "access denied", "every secret quoted") for name in ASK_AWS
]


@pytest.mark.parametrize(("name", "failure"), scale.chosen(CASES, quick_nth=53))
def test_no_logger_tells_a_secret(tmp_path: Path, name: str, failure: str) -> None:
    command = COMMANDS[name]
    (tmp_path / "home").mkdir()
    with running_machine(tmp_path / "home") as machine:
        scene = WatchedMachine(tmp_path, machine)
        for prepare in command.prepared:
            prepare(scene)
        words = [said(scene, word) for word in command.words]
        environment = {variable: said(scene, value) for variable, value in command.environment.items()}
        FAILURES[failure](scene)
        scene.begin()

        scene.run("--debug", *words, environment={**environment, "EVERY_LOG": "1"})

        leaks = scene.leaks(command.asked_for)
    lines = scene.shown["standard error"].count(b"DEBUG:")
    count("secrets", "every logger tells everything", leaks=len(leaks), lines_logged=lines)
    assert leaks == []
