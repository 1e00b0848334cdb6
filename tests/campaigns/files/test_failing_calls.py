"""Each call of a command to the system fails once: the command says why, or does its work all the same.

It never does half of it: the files are whole, and where it failed, the next run ends clean.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.files.stories import STORIES, Story, damage_after_the_next_run, damage_on, prepared
from tests.campaigns.files.system_calls import Call, calls_of, needs_strace, strike
from tests.campaigns.files.users_files import Damage, damage_in_words, names_below

pytestmark = [needs_strace, pytest.mark.timeout(3600)]

ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS", "EINTR", "EMFILE"]


def cases(calls: list[Call]) -> Iterator[tuple[Call, str]]:
    """Yield each call with one of the errors, in turn; every call of a write has all seven, in its own campaign.

    strace lets a call fail by not making it. A lock whose closing were not made would be held on to the end, where a
    true error closes it: those calls are left out.
    """
    of_files = [call for call in calls if call.path is not None and not is_closing_of_lock(call)]
    return zip(of_files, itertools.cycle(ERRORS), strict=False)


def is_closing_of_lock(call: Call) -> bool:
    path = call.path or ""
    return call.name == "close" and (path.endswith(".lock") or "/locks/" in path)


@pytest.mark.parametrize("story", scale.chosen(STORIES, quick_nth=4), ids=lambda story: story.name)
def test_a_command_whose_calls_fail_leaves_whole_files_and_says_why(tmp_path: Path, story: Story) -> None:
    with prepared(story, tmp_path / "alone") as machine:
        calls = calls_of(story.program(machine), machine.home)
        names = names_below(machine.home)

    damages: dict[tuple[Call, str], Damage] = {}
    for number, (call, error) in enumerate(scale.chosen(cases(calls), quick_nth=len(calls) // 2 + 1)):
        with prepared(story, tmp_path / str(number)) as machine:
            ended = strike(story.program(machine), machine.home, call, f"error={error}")
            if not ended.was_struck:
                count("files", f"{story.name}, came to no such call that time")
                continue
            damage = damage_on(machine, story) | damage_in_words(ended.exit_code, ended.stderr)
            if ended.exit_code:
                damage |= damage_after_the_next_run(machine, story, names=names)
            else:
                damage |= Damage(wrong_ending=not story.is_done(machine))
            if damage.counted("files", f"{story.name}, each system call failing once"):
                print(call, error, ended, sep="\n")  # shown by pytest where the test fails
                damages[call, error] = damage

    assert damages == {}
