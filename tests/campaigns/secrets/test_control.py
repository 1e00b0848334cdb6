"""Whoever looks for leaks finds every kind of them: a program that leaks everything everywhere is caught everywhere."""

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.figures import count
from tests.campaigns.secrets.scene import WatchedMachine
from tests.campaigns.secrets.test_search import ASSETS
from tests.machine import running_machine

# Stands in the place of the program. AWS is called while the file that is passing is there.
LEAKS = """\
import base64, json, os, subprocess, sys, urllib.parse, urllib.request
from pathlib import Path
planted = json.loads(os.environ["PLANTED"])
print(base64.b64encode(json.dumps(planted).encode()).decode())
print(urllib.parse.urlencode(planted), file=sys.stderr)
print("Traceback (most recent call last):", file=sys.stderr)
home = Path(os.environ["HOME"])
(home / "note").write_text(json.dumps(list(planted.values())))
(Path(os.environ["TMPDIR"]) / "temporary").write_text(" ".join(each.encode().hex() for each in planted.values()))
(home / "passing").write_text(repr(planted))
try:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(os.environ["AWS_ENDPOINT_URL"])
except OSError:
    (home / "passing").unlink()
subprocess.run(["true", *planted.values()], env={})
subprocess.run(["true"], env={"PLANTED": os.environ["PLANTED"]})
"""

EVERYWHERE = ("arguments", "environment", "note", "temporary", "passing")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[WatchedMachine]:
    """A scene with a program that leaks."""
    (tmp_path / "home").mkdir()
    program = tmp_path / "leaks"
    program.write_text(f"#!{sys.executable}\n{LEAKS}")
    program.chmod(0o700)
    with running_machine(tmp_path / "home") as machine:
        scene = WatchedMachine(tmp_path, machine, program=program)
        for asset, secret in ASSETS.items():
            scene.know(asset, secret)
        scene.begin()
        yield scene


@pytest.mark.parametrize("at_terminal", [False, True], ids=["no-terminal", "terminal"])
def test_every_asset_is_found_wherever_it_is_planted(scene: WatchedMachine, at_terminal: bool) -> None:
    planted = {"PLANTED": json.dumps(ASSETS)}
    if at_terminal:
        shown = ("the terminal's bytes", "screen")
        scene.run_at_terminal(environment=planted)
    else:
        shown = ("standard output", "standard error")
        scene.run(environment=planted)

    found = set(scene.leaks({}))

    expected = {f"{asset} in {place}" for asset, place in itertools.product(ASSETS, (*EVERYWHERE, *shown))}
    count("secrets", "control: places where it is planted", cases=len(expected), missed=len(expected - found))
    assert found == expected
    assert scene.tracebacks() > 0
    assert {path.name for path in scene.open_files()} == {"note", "passing", "temporary"}
    assert {path.name for path in scene.left_behind()} == {"note", "temporary"}
