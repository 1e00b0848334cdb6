"""A clock that is off: what is done all the same, and what is said when AWS does not have it."""

from datetime import timedelta

import pytest

from tests.campaigns import scale
from tests.campaigns.aws.errands import ERRANDS
from tests.campaigns.figures import count
from tests.cli.refusals import SERVICE, files
from tests.machine import Machine

# How far AWS's clock is ahead of this machine's, and what is said; AWS takes a signature that is five minutes off.
OFFSETS: dict[timedelta, str | None] = {
    timedelta(minutes=1): None,
    timedelta(minutes=-1): None,
    timedelta(minutes=4, seconds=45): None,
    timedelta(minutes=-4, seconds=-45): None,
    timedelta(minutes=5, seconds=10): "5 min behind",
    timedelta(minutes=-5, seconds=-10): "5 min ahead of",
    timedelta(minutes=16): "16 min behind",
    timedelta(minutes=-16): "16 min ahead of",
    timedelta(days=1): "24 h behind",
    timedelta(days=-1): "24 h ahead of",
    timedelta(days=3650): "87600 h behind",
    timedelta(days=-3650): "87600 h ahead of",
}

# A session that was given by such a clock is over, or is not for long.
WITH_A_CODE = [name for name in ERRANDS if name != "keys rotate, the new key"]

HINT = "set the clock, and turn on automatic time"


def cases() -> list[tuple[str, timedelta]]:
    return scale.chosen([(name, offset) for offset in OFFSETS for name in WITH_A_CODE], quick_nth=23)


@pytest.mark.parametrize(("name", "offset"), cases(), ids=str)
def test_a_clock_that_is_off_is_told_by_how_much_and_which_way(machine: Machine, name: str, offset: timedelta) -> None:
    errand = ERRANDS[name]
    machine.account.clock.offset = offset
    machine.key.create_date += offset
    errand.prepare(machine)
    before = files(machine)

    ended = errand.run(machine)

    words = OFFSETS[offset]
    error = f"mfa-session: error: the clock of this machine is {words} AWS's"
    joint = "; " if name.startswith("credential-process") else "\nmfa-session: hint: "
    found = {
        "other_words": words is not None and ended.said != f"{error}{joint}{HINT}\n",
        "other_exit_codes": ended.exit_code != (0 if words is None else SERVICE),
        "files_changed": words is not None and files(machine) != before,
    }
    count("AWS", "a clock that is off", **found)
    assert not any(found.values()), (found, ended)
