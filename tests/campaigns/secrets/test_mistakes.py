"""A mistake of ours, in whatever function it is made, quotes no secret and leaves every file whole.

Each function that a command calls raises in turn, when it is first called, an error
whose message has all its local variables and a secret in it.
"""

import configparser
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.secrets.commands import Preparation, with_a_key_in_the_file, with_a_stored_key
from tests.campaigns.secrets.scene import WatchedMachine
from tests.machine import Machine, running_machine
from tests.stored_keys import encrypted_file, stored_key

PARTS = 16

# These find out that the program is there at all, and are not ours to guard.
UNGUARDED = {"__main__:main"}

# The thread that is not begun as it should be finds that out itself, and what fails on the way to AWS is no answer.
ONE_ERROR = re.compile(
    r"(?:mfa-session: (?!error|hint)[^\n]*\n)*"
    r"mfa-session: error: (internal error: (?:RuntimeError|AssertionError)|[^\n]*)\nmfa-session: hint: [^\n]*\n"
)


@dataclass(frozen=True)
class Story:
    """A command, and the machine that it is run on."""

    words: tuple[str, ...]
    prepare: Preparation
    gives_a_code: bool = False


def with_a_key_in_the_file_and_a_store(scene: WatchedMachine) -> None:
    with_a_key_in_the_file(scene)
    encrypted_file(scene.machine)


STORIES = {
    "login": Story(("login", "--profile", "test-user"), with_a_stored_key, gives_a_code=True),
    "keys import": Story(("keys", "import", "--profile", "test-user"), with_a_key_in_the_file_and_a_store),
}


@contextmanager
def set_scene(story: Story, folder: Path) -> Iterator[tuple[WatchedMachine, list[str]]]:
    (folder / "home").mkdir(parents=True)
    with running_machine(folder / "home") as machine:
        scene = WatchedMachine(folder, machine)
        story.prepare(scene)
        code = ["--token-code", scene.fresh_code()] if story.gives_a_code else []
        scene.begin()
        yield scene, [*story.words, *code]


def functions_of(story: Story, folder: Path) -> list[str]:
    listed = folder / "listed"
    with set_scene(story, folder / "listing") as (scene, words):
        assert scene.run(*words, environment={"LISTED_FILE": str(listed)}) == 0
    return sorted(set(listed.read_text().splitlines()) - UNGUARDED)


SESSION = {
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "x_security_token_expires",
    "mfa_session_source",
}
# None, one that the scene begins with, or one of a login, which notes what it wrote into the config file.
SESSIONS: tuple[set[str], ...] = (set(), SESSION, SESSION | {"mfa_session_region", "mfa_session_output"})


def is_whole(machine: Machine) -> bool:
    """Tell whether the long-term key is somewhere, the session all there or not at all, and every file readable."""
    parser = configparser.RawConfigParser()
    parser.read([machine.credentials_file, machine.config_file], encoding="utf-8")
    session = machine.credentials("test-user-mfa")
    plain = machine.credentials("test-user").get("aws_secret_access_key")
    stored = stored_key(machine)
    return machine.key.secret_access_key in (plain, stored and stored.secret_access_key) and session.keys() in SESSIONS


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(scale.cases(quick=1, full=PARTS)))
@pytest.mark.parametrize("name", STORIES)
def test_a_mistake_in_any_function_is_one_error_without_a_secret(tmp_path: Path, name: str, part: int) -> None:
    functions = functions_of(STORIES[name], tmp_path)
    problems = []
    for number, function in enumerate(functions[part :: scale.cases(quick=90, full=PARTS)]):
        with set_scene(STORIES[name], tmp_path / str(number)) as (scene, words):
            raised_with = " ".join((scene.machine.key.secret_access_key, *scene.secrets["token code"]))
            environment = {"RAISES_IN": function, "RAISED_WITH": raised_with}

            exit_code = scene.run(*words, environment=environment)

            said = scene.shown["standard error"].decode()
            one_error = ONE_ERROR.fullmatch(said)
            told = exit_code == 255 and one_error is not None and one_error[1].startswith("internal error: ")
            told_otherwise = exit_code > 0 and one_error is not None and not told
            went_on = exit_code == 0 and "error: " not in said
            leaks, tracebacks = scene.leaks({}), scene.tracebacks()
            torn, left_behind = not is_whole(scene.machine), scene.left_behind()
        count(
            "secrets",
            f"mistakes in each function of {name}",
            told=int(told),
            went_on=int(went_on),
            told_otherwise=int(told_otherwise),
            not_told=int(not (told or told_otherwise or went_on)),
            leaks=len(leaks),
            tracebacks=tracebacks,
            torn=int(torn),
            left_behind=len(left_behind),
        )
        if leaks or tracebacks or torn or left_behind or not (told or told_otherwise or went_on):
            problems.append((function, exit_code, said, leaks, torn, left_behind))
    assert problems == []
