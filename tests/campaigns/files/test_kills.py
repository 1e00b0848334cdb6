"""Killed at each of its calls to the system, a command leaves every file as it was or as it was to be.

No moment is drawn by lot: the calls are those that the same command made when it was left alone.
"""

from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.files.stories import STORIES, Story, damage_after_the_next_run, damage_on, prepared
from tests.campaigns.files.system_calls import KILL, Call, calls_of, needs_strace, strike
from tests.campaigns.files.users_files import Damage, names_below

pytestmark = [needs_strace, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("story", scale.chosen(STORIES, quick_nth=4), ids=lambda story: story.name)
def test_a_command_killed_at_any_call_to_the_system_loses_nothing_and_the_next_one_ends_clean(
    tmp_path: Path, story: Story
) -> None:
    row = f"{story.name}, killed at each system call"
    with prepared(story, tmp_path / "alone") as machine:
        calls = calls_of(story.program(machine), machine.home)
        names = names_below(machine.home)

    damages: dict[Call, Damage] = {}
    for number, call in enumerate(scale.chosen(calls, quick_nth=len(calls) // 2 + 1)):
        with prepared(story, tmp_path / str(number)) as machine:
            killed = strike(story.program(machine), machine.home, call, KILL)
            if not killed.was_struck:
                count("files", f"{story.name}, came to no such call that time")
                continue
            damage = damage_on(machine, story) | damage_after_the_next_run(machine, story, names=names)
            if damage.counted("files", row):
                damages[call] = damage

    assert damages == {}
