"""Run the campaigns and write down their figures.

    python -m tests.campaigns [--quick] [--markdown FILE] [PATH …]

runs those below each PATH, all by default. FILE gets the table, with the date, the version
and the command, between ``<!-- figures of PATH -->`` and ``<!-- end of figures -->``.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.campaigns.figures import table

# Beside the campaigns of their own, the suites that have a long form.
PATHS = (
    "tests/campaigns",
    "tests/cli/test_keys_kills.py",
    "tests/cli/test_login_kills.py",
    "tests/credential_server/test_fuzzed_requests.py",
    "tests/aws_files/test_files_crowd.py",
)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        figures.touch()
        started = time.monotonic()
        # A case may wait for a step of the device; a whole campaign in one test takes minutes.
        command = [sys.executable, "-m", "pytest", "--timeout", "3600", *(options.paths or PATHS)]
        exit_code = subprocess.run(command, env=_environment(figures, quick=options.quick)).returncode
        text = _report(figures, options, seconds=time.monotonic() - started)
    print(text, end="")
    if options.markdown:
        page = options.markdown.read_text(encoding="utf-8")
        page = _place(options.paths).sub(lambda found: found[1] + text + found[2], page)
        options.markdown.write_text(page, encoding="utf-8")
    return exit_code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns")
    parser.add_argument("--quick", action="store_true", help="a few cases of each kind")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the page that gets the table")
    parser.add_argument("paths", nargs="*", metavar="PATH")
    options = parser.parse_args()
    # Looked for before a campaign of hours, not after it.
    if options.markdown and not _place(options.paths).search(options.markdown.read_text(encoding="utf-8")):
        parser.error(f"{options.markdown} has no place for the figures of {_all_of(options.paths)}")
    return options


def _place(paths: list[str]) -> re.Pattern[str]:
    return re.compile(f"(<!-- figures of {re.escape(_all_of(paths))} -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def _all_of(paths: list[str]) -> str:
    return " ".join(paths or PATHS)


def _environment(figures: Path, *, quick: bool) -> dict[str, str]:
    environment = {**os.environ, "MFA_SESSION_FIGURES": str(figures)}
    environment.pop("MFA_SESSION_CAMPAIGN", None)
    return environment if quick else {**environment, "MFA_SESSION_CAMPAIGN": "1"}


def _report(figures: Path, options: argparse.Namespace, *, seconds: float) -> str:
    words = ["python -m tests.campaigns", *(["--quick"] if options.quick else []), *options.paths]
    where = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    head = f"`{' '.join(words)}`, {datetime.now(UTC):%Y-%m-%d}, mfa-session {version('mfa-session')}, {where}"
    return "\n".join([f"{head}, {seconds / 60:.0f} min.", "", *table(figures), ""])


if __name__ == "__main__":
    sys.exit(main())
