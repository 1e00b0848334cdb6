"""The demonstration shows no secret of the account that it makes up, and leaves nothing of it behind."""

import base64
import json
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.secrets.scene import WatchedMachine
from tests.machine import running_machine

# As long as AWS's secrets and tokens are, of which the account makes so many letters of random bytes.
LENGTHS = (40, 320)

WAYS: dict[str, tuple[str, ...]] = {"not a terminal": (), "--debug": ("--debug",), "terminal": ()}


def made_up(seen: Path) -> set[str]:
    """Return the secrets that the demonstration has made of random bytes: keys, tokens, and the seed of its phone."""
    notes = [json.loads(line) for file in seen.glob("*.json") for line in file.read_text().splitlines()]
    made = [bytes.fromhex(note["hex"]) for note in notes if note["kind"] == "random"]
    texts = {base64.b64encode(each).decode()[: len(each)] for each in made if len(each) in LENGTHS}
    return texts | {base64.b32encode(each).decode() for each in made if len(each) == LENGTHS[0]}


@pytest.mark.parametrize("way", scale.chosen(WAYS, quick_nth=3))
def test_the_demonstration_shows_no_secret(tmp_path: Path, way: str) -> None:
    (tmp_path / "home").mkdir()
    with running_machine(tmp_path / "home") as machine:
        scene = WatchedMachine(tmp_path, machine)
        run = scene.run_at_terminal if way == "terminal" else scene.run

        run(*WAYS[way], "demo", environment={})

        made = made_up(tmp_path / "seen")
        scene.know("secret of the demonstration", *made)
        leaks, left_behind = scene.leaks({}), scene.left_behind()
    # The key, the seed, and the secret and the token of a session.
    assert len(made) >= 4
    count("secrets", "demo", leaks=len(leaks), tracebacks=scene.tracebacks(), left_behind=len(left_behind))
    assert (leaks, left_behind) == ([], [])
