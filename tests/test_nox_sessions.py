"""The sessions of noxfile.py name only what is there."""

import ast
import re
from typing import Any

from tests.test_documents import DOCUMENTS, ROOT

NOXFILE = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
SESSIONS = {node.name for node in NOXFILE.body if isinstance(node, ast.FunctionDef) and node.decorator_list}
SCRIPTS = [ROOT / ".ci" / "run", *(ROOT / ".github" / "workflows").glob("*.yml")]


def constant(name: str, tree: ast.Module = NOXFILE) -> Any:
    """Return the value of the constant of this name at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(name)


def test_each_folder_and_file_of_tests_is_there() -> None:
    named = [*constant("SLOW"), *constant("OF_LIBRARIES"), constant("OF_AN_INSTALLATION").partition("::")[0]]

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_program_in_one_file_is_tried_with_the_versions_of_python_that_it_is_for() -> None:
    single_file = ast.parse((ROOT / "release" / "single_file.py").read_text(encoding="utf-8"))

    assert list(constant("_PYTHONS", single_file)) == constant("PYTHONS")


def test_each_session_that_a_document_or_a_workflow_names_is_there() -> None:
    named = set()
    for file in [*DOCUMENTS, *SCRIPTS]:
        for call in re.findall(r"\bnox [^`\n|#]*", file.read_text(encoding="utf-8")):
            for words in re.findall(r"(?:-s|--session) ((?:[a-z_0-9.]+ ?)+)", call):
                named |= {word.partition("-")[0] for word in words.split()}

    assert {"quick", "lint", "oldest"} <= named
    assert named <= SESSIONS
