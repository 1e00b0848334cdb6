"""Many writers at once, a writer that takes no lock, and writers that are killed: nothing is ever lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mfa_session.aws_files.files import read_profiles
from tests.campaigns import scale
from tests.clean_environment import clean_environment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the crowd is forked")

KILLS = scale.cases(quick=25, full=1000)

CROWD = """
import os, sys, time
from pathlib import Path
from mfa_session.aws_files.files import write_profile

def write(number):
    time.sleep(max(0, start - time.time()))
    for turn in range(2):
        path = paths[number % len(paths)]
        write_profile(path, "credentials", f"p{number}", {"aws_session_token": f"token-{number}-{turn}"})

paths = [Path(name) for name in sys.argv[1:]]
start = time.time() + 0.1
children = []
for number in range(20):
    child = os.fork()
    if not child:
        write(number)
        os._exit(0)
    children.append(child)
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""

# As aws configure set does it: read, change, truncate, write. It says how often it was so slow between the reading and
# the writing that nobody could notice it: on a machine that is too busy, such a turn writes a stale copy over ours.
FOREIGN = """
import os, random, sys, time
from pathlib import Path

path, stop = Path(sys.argv[1]), Path(sys.argv[2])
turn = slow = 0
while not stop.exists():
    began = time.monotonic()
    text = path.read_text()
    if f"theirs = {turn}\\n" not in text:
        sys.exit(f"turn {turn} is lost")
    turn += 1
    time.sleep(random.uniform(0, 0.001))
    path.write_text(text.replace(f"theirs = {turn - 1}\\n", f"theirs = {turn}\\n"))
    slow += time.monotonic() - began > 0.009
    time.sleep(random.uniform(0, 0.1))
print(turn, slow)
"""

BESIDE = """
import sys, time
from mfa_session.aws_files.files import write_profile
for turn in range(25):
    write_profile(sys.argv[1], "credentials", f"p{turn}", {"aws_session_token": f"token-{turn}"})
    time.sleep(0.01)
"""

# Each writer writes without a pause until it is killed; the file is made to look old, so that none waits.
KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from mfa_session.aws_files.files import write_profile

def write_for_ever():
    turn = 0
    while True:
        os.utime(path, (1, 1))
        write_profile(path, "credentials", "dev", {"aws_session_token": f"{turn}:" + "t" * 20000 + ":end"})
        turn += 1

path = Path(sys.argv[1])
leftovers = 0
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        write_for_ever()
    time.sleep(random.uniform(0.001, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lines = path.read_text().splitlines()
    assert lines[:4] == ["# mine", "[a]", "k = v", "[dev]"], lines[:4]
    assert len(lines) == 5 and lines[4].endswith(":end"), len(lines)
    leftovers += path.with_name(".credentials.mfa-session.tmp").exists()
    os.utime(path, (1, 1))
    write_profile(path, "credentials", "dev", {"aws_session_token": "next:end"})
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".mfa-session.lock", "credentials"]
print(leftovers)
"""


def run(code: str, *arguments: object, home: Path) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, env=clean_environment(home), capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_of_twenty_writers_at_once_none_is_lost_whichever_name_of_the_file_they_use(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(b"# mine\n[a]\nk = v\n")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to(path)

    run(CROWD, path, link, home=tmp_path)

    profiles = read_profiles(path, "credentials")
    assert profiles.pop("a") == {"k": "v"}
    assert profiles == {f"p{number}": {"aws_session_token": f"token-{number}-1"} for number in range(20)}
    assert path.read_bytes().startswith(b"# mine\n[a]\nk = v\n")


def test_beside_a_writer_that_takes_no_lock_neither_loses_a_change(tmp_path: Path) -> None:
    path, stop = tmp_path / "credentials", tmp_path / "stop"
    path.write_bytes(b"[theirs]\ntheirs = 0\n")
    with subprocess.Popen(
        [sys.executable, "-c", FOREIGN, path, stop], env=clean_environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as foreign:
        run(BESIDE, path, home=tmp_path)
        stop.touch()
        turns, slow = map(int, foreign.communicate(timeout=10)[0].split())

    profiles = read_profiles(path, "credentials")
    assert profiles.pop("theirs") == {"theirs": str(turns)}
    assert len(profiles) >= 25 - slow
    assert all(values == {"aws_session_token": f"token-{name[1:]}"} for name, values in profiles.items())


def test_a_writer_killed_at_any_moment_leaves_a_whole_file_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    path = tmp_path / "aws" / "credentials"
    path.parent.mkdir()
    path.write_bytes(b"# mine\n[a]\nk = v\n[dev]\naws_session_token = first:end\n")
    path.chmod(0o600)

    run(KILLED, path, KILLS, home=tmp_path)

    assert path.read_bytes() == b"# mine\n[a]\nk = v\n[dev]\naws_session_token = next:end\n"
