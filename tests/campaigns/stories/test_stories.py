"""After any sequence of our commands, every long-term key is in at least one place, and every line of others stands."""

import random
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.stories.world import World
from tests.machine import running_machine
from tests.stored_keys import encrypted_file

# A test runs so many sequences, by seeds of its own; what fails names its seed.
PER_TEST = 20
SEQUENCES = scale.cases(quick=300, full=20_000)
MAX_STEPS = 8


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first_seed", range(0, SEQUENCES, PER_TEST))
def test_no_key_and_no_line_of_others_is_lost(tmp_path: Path, first_seed: int) -> None:
    for seed in range(first_seed, first_seed + PER_TEST):
        home = tmp_path / str(seed)
        home.mkdir()
        try:
            _tell_a_story(home, seed)
        except AssertionError as error:
            count("stories", "sequences of our commands and others'", lost=1)
            raise AssertionError(f"seed {seed}: {error}") from None
        count("stories", "sequences of our commands and others'", lost=0)


def _tell_a_story(home: Path, seed: int) -> None:
    chance = random.Random(seed)
    with running_machine(home) as machine:
        machine.account.sessions_must_name_their_user = True
        encrypted_file(machine)  # one that opens quickly
        world = World(machine, chance)
        world.begin()
        for _ in range(chance.randint(2, MAX_STEPS)):
            if chance.random() < 0.5:
                world.act_as_others()
            world.run_ours()


class _Careless(World):
    """A program that loses what it finds."""

    def _run(self, words: list[str], stdin: str) -> tuple[int, str]:
        self.machine.credentials_file.unlink()
        return 0, ""


def test_the_rule_finds_a_key_that_is_lost(tmp_path: Path) -> None:
    with running_machine(tmp_path) as machine:
        machine.lay_down_the_key()

        with pytest.raises(AssertionError, match="moved without being named"):
            _Careless(machine, random.Random(0)).run_ours(["logout"])
