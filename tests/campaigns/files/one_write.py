"""One write of a profile, in a process of its own, which ends as a command would."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mfa_session.aws_files.files import write_profile
from tests.campaigns.files.system_calls import Invocation
from tests.campaigns.files.users_files import AFTER, BEFORE
from tests.clean_environment import clean_environment

# It writes no bytecode: cut off by a limit, that would break the program for everybody.
_SCRIPT = """
import json, sys
from mfa_session.cli.output import exit_code, print_error
from mfa_session.errors import MFASessionError
from mfa_session.aws_files.files import write_profile
{first}
try:
    write_profile(sys.argv[1], "credentials", "test-user-mfa", json.loads(sys.argv[2]))
except MFASessionError as error:
    print_error(str(error), hint=error.hint)
    sys.exit(exit_code(error))
"""

_VALUES = """\
aws_access_key_id = ASIAOLDOLDOLDOLDOLD0
aws_secret_access_key = old-secret
aws_session_token = old-token
"""

VALUES = {
    "aws_access_key_id": "ASIANEWNEWNEWNEWNEW1",
    "aws_secret_access_key": "new-secret",
    "aws_session_token": "new-token" * 60,
}


@dataclass(frozen=True)
class Shape:
    """What a file looks like before the write: with a session of the same name or not, and with how many others."""

    name: str
    has_session: bool
    others: int

    @property
    def before(self) -> str:
        """Return what stands in the file before."""
        crowd = "".join(f"[crowd-{number}]\naws_access_key_id = AKIA{number:016}\n" for number in range(self.others))
        session = f"[test-user-mfa]\n{_VALUES}" if self.has_session else ""
        return BEFORE + crowd + session + AFTER

    def after(self, folder: Path) -> str:
        """Return what stands in the file once the write has ended; *folder* is where that is tried."""
        path = self.laid_down(folder)
        write_profile(path, "credentials", "test-user-mfa", VALUES)
        return path.read_text()

    def laid_down(self, folder: Path) -> Path:
        """Return the file in *folder*, which is new."""
        folder.mkdir(mode=0o700)
        path = folder / "credentials"
        path.write_text(self.before)
        path.chmod(0o600)
        os.utime(path, (1, 1))  # nobody seems to be in the middle of writing it
        return path


SHAPES = [
    Shape("a new section", has_session=False, others=0),
    Shape("a session replaced", has_session=True, others=0),
    Shape("a new section beside 2,000 profiles", has_session=False, others=2000),
    Shape("a session replaced beside 2,000 profiles", has_session=True, others=2000),
]


def write_to(path: Path, *, first: str = "", values: Mapping[str, str] = VALUES) -> Invocation:
    """Return the program that writes *values* to the session profile in the file *path*; *first* it runs that line."""
    words = [sys.executable, "-c", _SCRIPT.format(first=first), str(path), json.dumps(dict(values))]
    return Invocation(words, clean_environment(path.parent, PYTHONDONTWRITEBYTECODE="1", COVERAGE_PROCESS_START=""))
