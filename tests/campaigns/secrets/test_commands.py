"""No asset is where it was not asked for: each command, while something fails, in each way to run it.

Each case runs on a machine of its own. It is searched for every asset in what was shown, in
the arguments and environments of all processes, and in every file of the home and of the
folder for temporary files: when it is over, and whenever AWS is called.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.secrets.commands import COMMANDS, Command
from tests.campaigns.secrets.failures import AT_AWS, ON_THE_MACHINE
from tests.campaigns.secrets.scene import COLUMNS, WatchedMachine
from tests.machine import running_machine

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="what a process has is in /proc")

NO_TERMINAL = "not a terminal"
DEBUG = "--debug"
JSON = "--json"
TERMINAL = f"terminal of {COLUMNS} columns"

FAILURES = {**ON_THE_MACHINE, **AT_AWS}


@dataclass(frozen=True)
class Case:
    """One command, while something fails, in one way to run it."""

    command: str
    failure: str
    way: str

    def __str__(self) -> str:
        return f"{self.command}, {self.failure}, {self.way}"


def cases() -> Iterator[Case]:
    for name, command in COMMANDS.items():
        ways = [NO_TERMINAL, *([JSON] if command.has_json else []), TERMINAL]
        for failure in ON_THE_MACHINE if command.reads_files else ("nothing", "output closed"):
            yield from (Case(name, failure, way) for way in ways)
        # What is logged is what is asked of AWS.
        for failure in AT_AWS if command.asks_aws else ():
            yield from (Case(name, failure, way) for way in [*ways, DEBUG])
        yield Case(name, "nothing", DEBUG)


def spelled(scene: WatchedMachine, command: Command, way: str) -> list[str]:
    """Return the words of *command* as they are typed; at a terminal, what can be asked for is not given."""
    words = list(command.words)
    if way == TERMINAL:
        words = [word for word in words if word != "--stdin"]
        if "--token-code" in words and "CODE" in words:
            at = words.index("--token-code")
            del words[at : at + 2]
    return [*([way] if way == DEBUG else []), *(said(scene, word) for word in words), *([way] if way == JSON else [])]


def said(scene: WatchedMachine, word: str) -> str:
    if word.startswith("CODE"):
        return scene.fresh_code() + word.removeprefix("CODE")
    stands_for = {
        "WITNESS": lambda: str(scene.witness("witness")),
        "KEY_ID": lambda: scene.machine.key.access_key_id,
        "SECRET": lambda: scene.machine.key.secret_access_key,
    }
    return stands_for[word]() if word in stands_for else word.replace("HOME", str(scene.machine.home))


@pytest.mark.parametrize("case", scale.chosen(cases(), quick_nth=211), ids=str)
def test_no_asset_is_where_it_was_not_asked_for(tmp_path: Path, case: Case) -> None:
    command = COMMANDS[case.command]
    (tmp_path / "home").mkdir()
    with running_machine(tmp_path / "home") as machine:
        scene = WatchedMachine(tmp_path, machine)
        for prepare in command.prepared:
            prepare(scene)
        words = spelled(scene, command, case.way)
        environment = {name: said(scene, value) for name, value in command.environment.items()}
        FAILURES[case.failure](scene)
        scene.begin()

        if case.way == TERMINAL:
            scene.run_at_terminal(*words, environment=environment)
        else:
            key = {"AccessKeyId": machine.key.access_key_id, "SecretAccessKey": machine.key.secret_access_key}
            scene.run(*words, stdin=json.dumps(key) if command.gives_the_key else None, environment=environment)

        asked_for = dict(command.asked_for)
        for place in ("the terminal's bytes", "screen"):
            asked_for[place] = asked_for.get("standard output", set())
        leaks, tracebacks = scene.leaks(asked_for), scene.tracebacks()
        open_files, left_behind = scene.open_files(), scene.left_behind()
        count(
            "secrets",
            f"commands, {case.way}",
            leaks=len(leaks),
            tracebacks=tracebacks,
            open_files=len(open_files),
            left_behind=len(left_behind),
        )
        assert (leaks, tracebacks, open_files, left_behind) == ([], 0, [], []), scene.shown
