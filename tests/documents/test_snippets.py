"""No block of any page is skipped in silence: it is run, it is parsed, or it is excused with a reason."""

import ast
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import botocore.configloader
import pytest
import yaml

from tests.documents.excuses import EXCUSED, excuse
from tests.documents.pages import Block, every_block
from tests.documents.scenes import SCENES
from tests.documents.shells import SHELLS
from tests.documents.test_how_to import INSTALLS, blocks_of
from tests.documents.test_installing import INSTALLING
from tests.documents.test_tutorial import KEY_IN_THE_FILE, PAGES, WITHOUT_A_KEYRING, steps

ALIASES = "docs/how-to/aliases.md"


def parse_ini(text: str, folder: Path) -> None:
    file = folder / "config"
    # Where a page speaks of one line, it stands in a profile.
    file.write_text(text if text.startswith("[") else f"[profile test-user]\n{text}", encoding="utf-8")
    botocore.configloader.load_config(str(file))


def by_grammar(language: str) -> Callable[[str, Path], None]:
    def parse(text: str, folder: Path) -> None:
        missing = "tree-sitter is not installed: pip install -e '.[test-docs]'"
        tree_sitter = pytest.importorskip("tree_sitter", reason=missing)
        grammar = pytest.importorskip(f"tree_sitter_{language}", reason=missing)
        tree = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode())
        assert not tree.root_node.has_error, tree.root_node

    return parse


PARSERS: dict[str, Callable[[str, Path], object]] = {
    "ini": parse_ini,
    "json": lambda text, _: json.loads(text),
    "toml": lambda text, _: tomllib.loads(text),
    "yaml": lambda text, _: yaml.safe_load(text),
    "python": lambda text, _: ast.parse(text),
    "powershell": by_grammar("powershell"),
    "bat": by_grammar("batch"),
    "hcl": by_grammar("hcl"),
}

PARSED = [block for block in every_block() if block.language in PARSERS]


def blocks_that_are_run() -> set[Block]:
    followed = {block for scene in SCENES for block in blocks_of(scene)}
    stepped = {
        block for page in PAGES for part in ((), WITHOUT_A_KEYRING, KEY_IN_THE_FILE) for block in steps(page, part)
    }
    of_shells = {block for block in every_block() if block.page == ALIASES and block.language in SHELLS}
    return followed | stepped | of_shells | set(INSTALLING)


@pytest.mark.parametrize("block", PARSED, ids=str)
def test_a_file_that_a_page_shows_can_be_read_by_its_readers(block: Block, tmp_path: Path) -> None:
    PARSERS[block.language](block.text, tmp_path)


def test_every_block_is_run_or_parsed_or_excused() -> None:
    run = blocks_that_are_run()

    silent = [
        f"{block}: {block.language or 'no language'}"
        for block in every_block()
        if block not in run and block.language not in PARSERS and excuse(block) is None
    ]

    assert silent == []


def test_every_excuse_is_that_of_a_block() -> None:
    first_lines = {(block.page, block.text.split("\n", 1)[0]) for block in every_block()}

    assert EXCUSED.keys() <= first_lines


def test_every_scene_has_something_to_follow() -> None:
    assert [scene for scene in SCENES if not blocks_of(scene)] == []


def test_what_installs_the_project_stands_where_it_is_tried() -> None:
    installs = {block for block in every_block() if INSTALLS.search(block.text) and excuse(block) is None}

    assert installs <= {*INSTALLING, *PARSED}
