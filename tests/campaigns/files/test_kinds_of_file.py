"""Files that are not plain: links, mounts, other owners, other rights. Each stays what it is, or is refused.

The mode of a file is judged where it is created, by the arguments of the call, and not afterwards.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.files.one_write import SHAPES, write_to
from tests.campaigns.files.stories import STORIES, Story, prepared
from tests.campaigns.files.system_calls import Invocation, modes_at_creation, needs_strace, traced
from tests.campaigns.files.users_files import Damage, damage_in_words
from tests.unreadable_file import content

ROW = "a write to a file that is not plain (links, mounts, owners, rights)"

SHAPE = SHAPES[1]

NOBODY = 65534

# Root is refused nothing; without these rights it is as any other owner of its files.
AS_ANY_OWNER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")

needs_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can do this")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return SHAPE.laid_down(tmp_path / "aws")


@pytest.fixture
def after(tmp_path: Path) -> str:
    return SHAPE.after(tmp_path / "after")


def do(*words: object) -> None:
    """Run a program of the system, or skip the test where this machine does not let it work."""
    if shutil.which(str(words[0])) is None:
        pytest.skip(f"there is no {words[0]} here")
    if subprocess.run([str(word) for word in words], capture_output=True, check=False).returncode:
        pytest.skip(f"{words[0]} does not work here")


@contextmanager
def undone_by(*words: object) -> Iterator[None]:
    try:
        yield
    finally:
        subprocess.run([str(word) for word in words], check=True)


def refusal_of(program: Invocation, path: Path, *through: str) -> Damage:
    """Run it, and return what is wrong about how it was refused."""
    ended = program.run(*through)
    print(ended.stderr)  # shown by pytest where the test fails
    return damage_in_words(ended.returncode, ended.stderr, may_succeed=False) | Damage(
        torn=content(path) != SHAPE.before.encode(),
        leftover=path.with_name(".credentials.mfa-session.tmp").exists(),
    )


def success_of(program: Invocation, path: Path, after: str, *through: str) -> Damage:
    ended = program.run(*through)
    print(ended.stderr)
    return Damage(
        torn=path.read_text() != after,
        leftover=path.with_name(".credentials.mfa-session.tmp").exists(),
        wrong_ending=(ended.returncode, ended.stderr) != (0, ""),
    )


def test_symbolic_links_stay_and_the_file_behind_them_is_written(path: Path, tmp_path: Path, after: str) -> None:
    (tmp_path / "home").mkdir()
    first, second = tmp_path / "home" / "first", tmp_path / "home" / "second"
    first.symlink_to(path)
    second.symlink_to("first")

    damage = success_of(write_to(second), path, after)

    assert first.is_symlink() and second.is_symlink()
    assert not damage.counted("files", ROW)


def test_a_file_with_a_second_name_is_refused(path: Path) -> None:
    (path.parent / "second").hardlink_to(path)

    assert not refusal_of(write_to(path), path).counted("files", ROW)


@needs_root
def test_a_file_that_is_mounted_by_itself_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(SHAPE.before)
    do("mount", "--bind", tmp_path / "outside", path)

    with undone_by("umount", path):
        assert not refusal_of(write_to(path), path).counted("files", ROW)


@needs_root
def test_a_file_in_a_folder_that_is_mounted_is_written(path: Path, tmp_path: Path, after: str) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    do("mount", "--bind", path.parent, mounted)

    with undone_by("umount", mounted):
        assert not success_of(write_to(mounted / path.name), path, after).counted("files", ROW)


@needs_root
@pytest.mark.parametrize(("what", "flag"), [("file", "i"), ("file", "a"), ("folder", "i")])
def test_what_is_immutable_or_may_only_grow_is_refused(path: Path, what: str, flag: str) -> None:
    target = path if what == "file" else path.parent
    do("chattr", f"+{flag}", target)

    with undone_by("chattr", f"-{flag}", target):
        assert not refusal_of(write_to(path), path).counted("files", ROW)


@pytest.mark.parametrize("mode", [0o400, 0o444, 0o000])
def test_a_file_that_is_read_only_is_refused_even_to_root(path: Path, mode: int) -> None:
    path.chmod(mode)

    assert not refusal_of(write_to(path), path).counted("files", ROW)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@needs_root
@pytest.mark.parametrize("mode", [0o500, 0o400, 0o000])
def test_a_folder_in_which_nothing_may_be_written_is_refused(path: Path, mode: int) -> None:
    do(*AS_ANY_OWNER, "true")
    path.parent.chmod(mode)

    assert not refusal_of(write_to(path), path, *AS_ANY_OWNER).counted("files", ROW)


@needs_root
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660])
def test_a_file_of_another_owner_that_root_writes_stays_with_its_owner(path: Path, after: str, mode: int) -> None:
    for place in (path, path.parent):
        os.chown(place, NOBODY, NOBODY)
    path.chmod(mode)

    damage = success_of(write_to(path), path, after)

    status = path.stat()
    lock = (path.parent / ".mfa-session.lock").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (NOBODY, NOBODY, 0o600)
    assert (lock.st_uid, stat.S_IMODE(lock.st_mode)) == (NOBODY, 0o600)
    assert not damage.counted("files", ROW)


@needs_strace
@pytest.mark.timeout(600)
@pytest.mark.parametrize("existed", [True, False], ids=["over a file", "as a new file"])
def test_whatever_the_umask_no_file_is_ever_open_to_others(tmp_path: Path, existed: bool) -> None:
    wide: dict[str, str] = {}
    wrong: dict[Path, str] = {}
    for mask in scale.chosen(range(0o1000), quick_nth=0o222):
        folder = tmp_path / f"{mask:03o}"
        path = SHAPE.laid_down(folder)
        if not existed:
            shutil.rmtree(folder)
        program = write_to(path, first=f"import os; os.umask({mask})")

        created = dict(modes_at_creation(traced(program, folder), folder))

        assert created
        wide_here = {name: f"{mode:o}" for name, mode in created.items() if mode & 0o077}
        modes = {found: stat.S_IMODE(found.stat().st_mode) for found in [folder, *folder.iterdir()]}
        wrong_here = {found: f"{mode:o}" for found, mode in modes.items() if mode & 0o777 not in (0o600, 0o700)}
        count_modes(
            "a write under a umask of 000 to 777, modes asked for when files are created", wide_here, wrong_here
        )
        wide |= wide_here
        wrong |= wrong_here

    assert (wide, wrong) == ({}, {})


@needs_strace
@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", scale.chosen(STORIES, quick_nth=4), ids=lambda story: story.name)
def test_no_command_creates_a_file_that_is_open_to_others_even_for_a_moment(tmp_path: Path, story: Story) -> None:
    for mask in scale.chosen([0o022, 0o000, 0o002, 0o077, 0o777], quick_nth=5):
        with prepared(story, tmp_path / f"{mask:03o}") as machine:
            program = story.program(machine)
            masked = Invocation(["sh", "-c", f'umask {mask:03o}; exec "$@"', "sh", *program.words], program.environment)

            created = dict(modes_at_creation(traced(masked, machine.home), machine.home))

            wide = {name: f"{mode:o}" for name, mode in created.items() if mode & 0o077}
            below = [found for found in machine.home.rglob("*") if not found.is_symlink()]
            wrong = {found: f"{found.stat().st_mode:o}" for found in below if found.stat().st_mode & 0o077}
            count_modes(f"{story.name} under five umasks, modes asked for when files are created", wide, wrong)
            assert (wide, wrong) == ({}, {})


def count_modes(what: str, wide: dict[str, str], wrong: dict[Path, str]) -> None:
    count("files", what, created_wide=len(wide), wrong_in_the_end=len(wrong))
