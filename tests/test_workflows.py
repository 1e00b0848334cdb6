"""The workflows of the repository run only what was reviewed, and may do only what they need."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_documents import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

# An action at a full commit; the comment behind it, which YAML drops, is for people.
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
NAMED = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

# What each job may do beyond reading the repository: one line for each right that somebody has agreed to.
WRITES = {
    ("release.yml", "attest"): {"attestations", "id-token"},
    ("release.yml", "publish"): {"id-token"},
    ("release.yml", "release-page"): {"contents"},
}

every_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


def workflow(file: Path) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return read


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in workflow(file)["jobs"].items():
            yield file.name, name, job


every_job = pytest.mark.parametrize(
    ("file", "name", "job"), list(jobs()), ids=[f"{file} {name}" for file, name, _ in jobs()]
)


def triggers(file: Path) -> dict[str, Any]:
    # YAML 1.1 takes the word `on` for true.
    return {name: details or {} for name, details in workflow(file)[True].items()}


def test_there_is_one_workflow_for_changes_and_one_for_releases() -> None:
    assert [file.name for file in WORKFLOWS] == ["release.yml", "test.yml"]
    assert set(triggers(WORKFLOWS[0])) == {"push"}
    assert set(triggers(WORKFLOWS[0])["push"]) == {"tags"}
    assert set(triggers(WORKFLOWS[1])) == {"push", "pull_request"}


@every_workflow
def test_a_workflow_gives_no_right_to_all_of_its_jobs(file: Path) -> None:
    assert workflow(file)["permissions"] == {}


@every_job
def test_a_job_may_write_only_what_was_agreed_to(file: str, name: str, job: dict[str, Any]) -> None:
    rights = job["permissions"]

    assert {right for right, level in rights.items() if level == "write"} == WRITES.get((file, name), set())
    assert set(rights.values()) <= {"read", "write"}


@every_job
def test_every_action_of_a_job_is_pinned_to_a_commit(file: str, name: str, job: dict[str, Any]) -> None:
    used = [step["uses"] for step in job["steps"] if "uses" in step]

    assert used
    assert all(PINNED.fullmatch(action) for action in used)


@every_workflow
def test_every_pin_names_its_version(file: Path) -> None:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]

    assert all(NAMED.search(line) for line in lines)


def test_one_action_has_one_pin() -> None:
    used = {step["uses"] for _, _, job in jobs() for step in job["steps"] if "uses" in step}

    assert len(used) == len({action.partition("@")[0] for action in used})


@every_job
def test_a_job_leaves_no_token_behind_and_has_an_end(file: str, name: str, job: dict[str, Any]) -> None:
    checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]

    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert job["timeout-minutes"] <= 60


@every_job
def test_no_command_is_made_of_what_others_choose(file: str, name: str, job: dict[str, Any]) -> None:
    """A branch may be called `$(…)`: what is not ours comes by the environment."""
    assert not [step["run"] for step in job["steps"] if "${{" in step.get("run", "")]


def test_no_job_that_publishes_builds_or_runs_code_of_the_repository() -> None:
    publishing = [job for file, name, job in jobs() if (file, name) in WRITES]

    assert publishing
    for job in publishing:
        words = " ".join(step.get("uses", "") + step.get("run", "") for step in job["steps"])
        assert not re.search(r"actions/checkout|pip install|python ", words)


def test_a_release_is_made_with_what_is_known_by_its_hash() -> None:
    installs = [
        step["run"]
        for file, _, job in jobs()
        for step in job["steps"]
        if file == "release.yml" and "pip install" in step.get("run", "")
    ]

    assert installs
    assert set(installs) == {"python -m pip install --require-hashes -r requirements/release.txt"}


@pytest.mark.skipif(shutil.which("zizmor") is None, reason="zizmor comes with the extra `release`")
def test_zizmor_finds_nothing() -> None:
    ran = subprocess.run(
        ["zizmor", "--offline", "--pedantic", ROOT / ".github"], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout
