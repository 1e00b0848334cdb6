"""Nasty AWS files of the real world, where a corpus of them is at hand; the corpus brings its own judge, score.py."""

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mfa_session.aws_files.files import Kind, write_profile
from mfa_session.errors import SharedFileError

CORPUS = Path(os.environ.get("MFA_SESSION_CORPUS", Path(__file__).parents[2].parent / "shared" / "corpus"))

# The judge leaves the closing of its files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

# Root may write everywhere; these are judged by score.py itself, which gives root's rights up.
FOR_A_USER_ONLY = {"readonly", "readonly-dir", "symlink-readonly"}


def cases() -> list[Any]:
    try:
        items = json.loads((CORPUS / "corpus.json").read_text(encoding="utf-8"))
    except OSError:
        reason = f"no corpus in {CORPUS}; name one with MFA_SESSION_CORPUS"
        return [pytest.param(None, None, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [
        pytest.param(item, target, id=f"{item['name']}@{target['profile']}")
        for item in items
        for target in item["targets"]
    ]


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", CORPUS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(path: str, kind: Kind, profile: str, values: dict[str, str]) -> bool:
    try:
        write_profile(path, kind, profile, values)
    except SharedFileError as error:
        assert "nothing was changed" in str(error)
        assert not any(value in f"{error} {error.hint}" for value in values.values())
        return False
    return True


@pytest.mark.parametrize(("item", "target"), cases())
def test_a_nasty_file_is_changed_in_its_one_section_or_not_at_all(
    item: dict[str, Any], target: dict[str, Any], judge: ModuleType, tmp_path: Path
) -> None:
    if item["setup"] in FOR_A_USER_ONLY and os.geteuid() == 0:
        pytest.skip("root may write here")
    kind, profile = item["kind"], target["profile"]
    path, _, undo, _ = judge.place(item, str(tmp_path))
    try:
        state, view = judge.state(path), judge.view(path, kind) if Path(path).is_file() else {"error": "no file"}
        expected = target["expect"] or ("refuse" if "error" in view and item["setup"] != "missing" else "write")

        done = [written(path, kind, profile, values[kind]) for values in judge.ROUND]

        assert expected in ("either", "write" if done[0] else "refuse")
        if not done[0]:
            assert judge.state(path) == state
            return
        assert done == [True, True]
        after = judge.view(path, kind)
        assert judge.bytes_same(state[5], judge.state(path)[5], kind, profile) == (True, "")
        assert judge.eol_kept(state[5], judge.state(path)[5])
        others, others_after = (judge.strip_target(v, kind, profile)[:3] for v in (view, after))
        assert "[DEFAULT]" in state[5].decode() or others == others_after
        assert judge.target_right(path, kind, profile, judge.ROUND[-1][kind], after) == (True, "")
        assert judge.state(path)[1] == state[1]
        assert not judge.state(path)[2] & ~state[2]
        assert judge.state(path)[3:5] == state[3:5]
    finally:
        for step in undo:
            step()
