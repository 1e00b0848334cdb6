"""Run mutmut over what writes, locks, parses and checks, and print the score of each module.

    python -m tests.campaigns.mutation [--again]

mutmut, of the extra ``mutation``, changes one thing of the code at a time and runs the tests
that reach it: a mutant is *killed* if one fails, or ends too late. Results stay in ``mutants/``;
with ``--again`` only what has none yet is run. Which modules and tests it is, pyproject.toml says.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path("mutants")

# What mutmut writes down of a mutant, besides the exit code of pytest: 33 where no test reaches it.
_SURVIVED, _UNREACHED = 0, 33


def main() -> int:
    if "--again" not in sys.argv:
        shutil.rmtree(_FOLDER, ignore_errors=True)
    ran = subprocess.run(["mutmut", "run", "--max-children", str(os.cpu_count() or 1)], check=False)
    print(*_table(), sep="\n")
    return ran.returncode


def _table() -> Iterator[str]:
    yield "| module | mutants | killed | survived | reached by no test | not run |"
    yield "|---|---:|---:|---:|---:|---:|"
    total = [0] * 5
    for file in sorted(_FOLDER.rglob("*.py.meta")):
        codes = list(json.loads(file.read_text())["exit_code_by_key"].values())
        if codes:
            survived, unreached, unknown = (codes.count(code) for code in (_SURVIVED, _UNREACHED, None))
            row = [len(codes), len(codes) - survived - unreached - unknown, survived, unreached, unknown]
            total = [sum(pair) for pair in zip(total, row, strict=True)]
            name = file.relative_to(_FOLDER / "mfa_session").with_suffix("")
            yield f"| `{name}` | {' | '.join(map(str, row))} |"
    yield f"| all | {' | '.join(map(str, total))} |"


if __name__ == "__main__":
    sys.exit(main())
