"""The page of the clients: docs/reference/clients.md, of which a run replaces the rows that it has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.clients.modes import Outcome
from tests.clients.table import CLIENTS, Client, Mode

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "clients.md"

_HEAD = """\
# Clients

Programs and SDKs that were run against the local AWS of the tests, which checks each signature, in every way to get a
session. `python -m tests.clients` installs each by name and writes this page; a row says when it was run.

- **session profile**: `AWS_PROFILE=test-user-mfa`, the keys that `login` writes.
- **process**: `AWS_PROFILE=test-user`, whose `credential_process` is `mfa-session`: with a live session; without one at
  a terminal, where it asks for a code; and without one and without a terminal, where it fails.
- **`exec`**, **`serve`**: the client is run by `mfa-session exec` or `mfa-session serve`.
- **role over a process**: a profile with `role_arn` and `source_profile = test-user`.
- **role's own process**: a profile whose `credential_process` is `mfa-session credential-process --profile admin`, as
  in [Work with roles](../how-to/roles.md).

"works" means that AWS accepted a call with a session that has MFA. In the last column, some clients hide what a
`credential_process` writes to stderr: `mfa-session doctor --profile test-user` then says what to do.

Clients that start at the same time without a session share one question: `tests/clients/test_at_once.py` starts all
that are installed, gives a wrong and then the right code, and each of them gets the session. The SDK for Rust is left
out, because it does not wait long enough for two codes.
"""

_COLUMNS = ("client", "version", *(mode.value for mode in Mode), "run on")


@dataclass(frozen=True)
class Row:
    """What one run found out about a client."""

    client: Client
    version: str
    outcomes: Mapping[Mode, Outcome]
    not_installed: str = ""

    def line(self, today: date) -> str:
        """Return it as a line of the table."""
        if self.not_installed:
            cells = [f"not run: {self.not_installed}", *[""] * (len(Mode) - 1)]
        else:
            cells = [_cell(self.outcomes.get(mode)) for mode in Mode]
        return _line([self.client.name, self.version, *cells, f"{today:%Y-%m-%d}"])


def page(rows: Iterable[Row], *, today: date, before: str = "") -> str:
    """Return the page with *rows* in it, and what the page *before* has of other clients, in the order of the table."""
    lines = {found[1]: found[0] for found in re.finditer(r"^\| (.+?) \|.*$", before, re.MULTILINE)}
    lines |= {row.client.name: row.line(today) for row in rows}
    known = [lines[client.name] for client in CLIENTS if client.name in lines]
    return "\n".join([_HEAD, _line(_COLUMNS), _line(["---"] * len(_COLUMNS)), *known, ""])


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    return outcome.text if outcome.works else f"**no**: {outcome.text}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
