"""The hashed requirements name what the project needs, everything by its hash, and no place that it comes from."""

import re
import tomllib

import pytest

from tests.test_documents import ROOT

FILES = sorted((ROOT / "requirements").glob("*.txt"))

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

every_file = pytest.mark.parametrize("text", [file.read_text() for file in FILES], ids=[file.name for file in FILES])


def name(requirement: str) -> str:
    """Return the name in *requirement* as package indexes compare names."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def pinned(text: str) -> set[str]:
    return {name(line) for line in re.findall(r"^(\S+)==", text, re.MULTILINE)}


@every_file
def test_everything_has_a_hash(text: str) -> None:
    lines = text.replace("\\\n", "").splitlines()

    assert all("--hash=sha256:" in line for line in lines if not line.startswith("#"))


@every_file
def test_no_place_is_named(text: str) -> None:
    assert "://" not in text
    assert "index" not in text
    assert "find-links" not in text


def test_the_program_runs_with_what_is_pinned() -> None:
    wanted = {name(dependency) for dependency in PROJECT["dependencies"]}

    assert wanted <= pinned((ROOT / "requirements" / "run.txt").read_text())


def test_a_release_is_made_with_what_is_pinned() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = {name(tool) for tool in [*extras["release"], *extras["dev"]]}

    assert wanted <= pinned((ROOT / "requirements" / "release.txt").read_text())


@pytest.mark.parametrize("extra", ["bench", "dev", "release", "test", "test-docs"])
def test_every_dependency_has_a_lower_bound(extra: str) -> None:
    requirements = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]]

    assert [requirement for requirement in requirements if ">=" not in requirement] == []


def test_the_long_description_has_no_relative_link() -> None:
    text = (ROOT / PROJECT["readme"]).read_text(encoding="utf-8")

    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if "://" not in link] == []
