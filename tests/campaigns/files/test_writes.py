"""One write of a profile, struck at each of its calls to the system: killed there, or told that the call failed.

The file is the old one or the new one afterwards, to the byte, and the next write leaves nothing over.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.files.one_write import SHAPES, Shape, write_to
from tests.campaigns.files.system_calls import KILL, Call, calls_of, needs_strace, strike
from tests.campaigns.files.users_files import AFTER, BEFORE, Damage, damage_in_words, damage_to, names_below

pytestmark = [needs_strace, pytest.mark.timeout(3600)]

ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS", "EINTR", "EMFILE"]

# Which share of the calls is struck in the quick form; the large file is rarely another matter.
QUICK_NTH = {0: 8, 2000: 40}

LEFT = {".mfa-session.lock", "credentials"}


def struck(shape: Shape, folder: Path, hows: list[str], *, quick_nth: int) -> Iterator[tuple[Call, str, Path, Damage]]:
    """Yield each call of a write and *how* it was struck there, the file, and what is wrong about how the write ended.

    What is not struck is yielded, too, as long as the call is made: a closed file is closed, whatever is reported.
    """
    calls = calls_of(write_to(shape.laid_down(folder / "alone")), folder / "alone")
    cases = [(call, how) for call in calls for how in hows]
    for number, (call, how) in enumerate(scale.chosen(cases, quick_nth=quick_nth)):
        path = shape.laid_down(folder / str(number))
        ended = strike(write_to(path), path.parent, call, how)
        if not ended.was_struck:
            count("files", "a write of a profile, came to no such call that time")
            continue
        words = Damage() if how == KILL else damage_in_words(ended.exit_code, ended.stderr)
        yield call, how, path, words | claim_that_is_false(path, shape, ended.exit_code)


def claim_that_is_false(path: Path, shape: Shape, exit_code: int) -> Damage:
    """Return what is wrong where a write said that it was done and was not, or the other way round."""
    changed = path.read_text() != shape.before
    return Damage(wrong_ending=(exit_code == 0 and not changed) or (exit_code == 253 and changed))


def damage_by(path: Path, shape: Shape, after: str) -> Damage:
    """Return what is wrong with the file now, and after the next write."""
    now = path.read_text()
    damage = damage_to(path, shape.before[: len(BEFORE)], AFTER, ours=ours(shape)) | Damage(
        torn=now not in (shape.before, after)
    )
    again = write_to(path).run()
    return damage | Damage(
        wrong_ending=again.returncode != 0 or path.read_text() != after, leftover=names_below(path.parent) != LEFT
    )


def ours(shape: Shape) -> list[str]:
    """Return the sections besides the foreign ones; whether the crowd is as it was, the bytes tell."""
    return ["test-user-mfa", *(f"crowd-{number}" for number in range(shape.others))]


@pytest.mark.parametrize("shape", scale.chosen(SHAPES, quick_nth=2), ids=lambda shape: shape.name)
def test_a_write_killed_at_any_call_to_the_system_leaves_the_old_file_or_the_new(tmp_path: Path, shape: Shape) -> None:
    after = shape.after(tmp_path / "after")

    damages = {}
    for call, how, path, words in struck(shape, tmp_path, [KILL], quick_nth=QUICK_NTH[shape.others]):
        damage = words | damage_by(path, shape, after)
        if damage.counted("files", f"a write of a profile ({shape.name}), killed at each system call"):
            damages[call, how] = damage

    assert damages == {}


@pytest.mark.parametrize("shape", scale.chosen(SHAPES[:2], quick_nth=2), ids=lambda shape: shape.name)
def test_a_write_whose_calls_fail_leaves_the_old_file_or_the_new_and_says_why(tmp_path: Path, shape: Shape) -> None:
    after = shape.after(tmp_path / "after")

    damages = {}
    hows = [f"error={error}" for error in ERRORS]
    for call, how, path, words in struck(shape, tmp_path, hows, quick_nth=80):
        damage = words | damage_by(path, shape, after)
        if damage.counted("files", f"a write of a profile, each system call failing once with {how[6:]}"):
            damages[call, how] = damage

    assert damages == {}


def test_a_write_whose_calls_fail_after_the_new_file_is_in_its_place_has_ended_well(tmp_path: Path) -> None:
    shape = SHAPES[0]
    after = shape.after(tmp_path / "after")
    calls = calls_of(write_to(shape.laid_down(tmp_path / "alone")), tmp_path / "alone")
    renamed = next(number for number, call in enumerate(calls) if call.name == "rename")

    for number, call in enumerate(calls[renamed + 1 :]):
        path = shape.laid_down(tmp_path / str(number))

        ended = strike(write_to(path), path.parent, call, "error=EIO")

        assert ended.was_struck
        assert (ended.exit_code, ended.stderr, path.read_text()) == (0, "", after), call
