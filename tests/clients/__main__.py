"""Install real clients, run each in every mode, and write docs/reference/clients.md.

    python -m tests.clients [--installed] [--folder FOLDER] [--page PAGE] [CLIENT …]

runs the clients whose name has one of the words, all by default. The exit code is 1 where a client fails in a
mode that the table does not list as one of its limits, or works in one that it lists.
"""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.clients.installers import CannotInstallError, Installation
from tests.clients.modes import Outcome, client_machine, try_mode
from tests.clients.page import PAGE, Row, page
from tests.clients.table import CLIENTS, Client, Mode


def main() -> int:
    """Run the clients that are asked for."""
    options = _options()
    installation = Installation(options.folder) if options.folder else Installation()
    rows = []
    surprises = []
    for client in CLIENTS:
        if not _is_chosen(client, options.clients):
            continue
        if options.installed and not installation.has(client.slug, client.installer):
            continue
        row = run_client(client, installation)
        rows.append(row)
        surprises += [
            f"{client.name}: {mode.value}: {outcome.text}"
            for mode, outcome in row.outcomes.items()
            if outcome.works == (mode in client.limits)
        ]
        # After each, so that a run that is cut short leaves what it found out.
        before = options.page.read_text(encoding="utf-8") if options.page.exists() else ""
        options.page.write_text(page(rows, today=datetime.now(UTC).date(), before=before), encoding="utf-8")
    print(*surprises, sep="\n", file=sys.stderr)
    return 1 if surprises else 0


def run_client(client: Client, installation: Installation) -> Row:
    """Install *client* and run it in every mode."""
    try:
        folder = installation.install(client.slug, client.installer)
    except CannotInstallError as error:
        print(f"{client.name}: not installed: {error}", flush=True)
        return Row(client, client.installer.version, {}, not_installed=str(error))
    outcomes: dict[Mode, Outcome] = {}
    with tempfile.TemporaryDirectory() as home, client_machine(Path(home)) as machine:
        for mode in Mode:
            if mode is Mode.NO_TERMINAL and Mode.ASKED in client.limits:
                continue  # it fails at a terminal, too, and for another reason
            outcome = try_mode(machine, client, folder, mode)
            print(f"{client.name}: {mode.value}: {'' if outcome.works else 'no: '}{outcome.text}", flush=True)
            if not outcome.works and mode in client.limits:
                outcome = Outcome(False, client.limits[mode])
            outcomes[mode] = outcome
    return Row(client, client.installer.version, outcomes)


def _is_chosen(client: Client, words: list[str]) -> bool:
    return not words or any(word.lower() in client.name.lower() for word in words)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients")
    parser.add_argument("--installed", action="store_true", help="only clients that an earlier run has installed")
    parser.add_argument("--folder", type=Path, help="where clients are installed; ~/.cache/mfa-session-clients")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that is written; %(default)s")
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help="a part of a name")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
