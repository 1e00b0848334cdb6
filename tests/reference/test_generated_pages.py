"""The pages that come from the program are what it says now; `python -m docs pages` brings them up to date."""

from pathlib import Path

import pytest

from docs.machinery.pages import DOCS, pages, stale
from docs.machinery.tables import Row, rows


def test_every_page_that_comes_from_the_program_is_up_to_date() -> None:
    assert [str(page.relative_to(DOCS)) for page in stale(pages())] == [], "run: python -m docs pages"


def test_the_rows_of_a_table_are_read_without_its_head_and_its_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n\n| one | two |\n|---|---|\n| `a` | [b](c.md) \\| d |\n| e | f |\n\n| g | h |\n", encoding="utf-8"
    )

    assert rows(page) == [Row("`a`", "b | d"), Row("e", "f")]


def test_the_table_below_a_heading_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "| a | b |\n|---|---|\n| c | d |\n\n## Second\n\n| e | f |\n|---|---|\n| g | h |\n", encoding="utf-8"
    )

    assert rows(page, below="Second") == [Row("g", "h")]


@pytest.mark.parametrize("name", ["exit-codes.md", "environment.md"])
def test_what_the_manual_takes_from_other_documents_is_there(name: str) -> None:
    assert len(rows(DOCS / "reference" / name)) > 5
