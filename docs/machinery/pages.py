"""The pages that come from the program itself: what they say now, and what is checked in."""

import re
from datetime import UTC, datetime
from pathlib import Path

from docs.machinery.command_reference import command_reference
from docs.machinery.commands import all_commands
from docs.machinery.manual import manual
from docs.machinery.tables import Row, rows

DOCS = Path(__file__).parent.parent
REFERENCE = DOCS / "reference"
MANUAL = DOCS / "man"

_FILES = [
    Row("~/.aws/credentials", "The session profiles; AWS_SHARED_CREDENTIALS_FILE names another file."),
    Row("~/.aws/config", "The settings of each profile; AWS_CONFIG_FILE names another file."),
    Row("~/.aws/mfa-session/", "Locks, used time steps, and the encrypted store where it is used; private."),
]


_DATE = re.compile(r'(?<= 1 )"[-0-9]+"')


def pages() -> dict[Path, str]:
    """Return every page that is written by the program, as it should stand there.

    A manual page is of the day on which it last changed; one that is as it was keeps its date.
    """
    commands = all_commands()
    manual_pages = manual(
        commands,
        exit_codes=rows(REFERENCE / "exit-codes.md"),
        variables=rows(REFERENCE / "environment.md"),
        files=_FILES,
        date=datetime.now(UTC).date().isoformat(),
    )
    return {
        REFERENCE / "commands.md": command_reference(commands),
        **{MANUAL / name: _unless_it_stands_there(MANUAL / name, text) for name, text in manual_pages.items()},
    }


def stale(wanted: dict[Path, str]) -> list[Path]:
    """Return which pages are not as they are *wanted*, and which manual pages are not wanted any more."""
    return [
        *(path for path, text in wanted.items() if _checked_in(path) != text),
        *(path for path in sorted(MANUAL.glob("*")) if path not in wanted),
    ]


def write() -> list[Path]:
    """Bring the pages up to date, and return those that were not."""
    wanted = pages()
    changed = stale(wanted)
    for path in changed:
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return changed


def _checked_in(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _unless_it_stands_there(path: Path, text: str) -> str:
    there = _checked_in(path)
    return there if there and _DATE.sub("", there, count=1) == _DATE.sub("", text, count=1) else text
