"""The whole story, told with the real commands against a local AWS, in a home that is thrown away."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mfa_session.demo.pty_runner import run_at_a_terminal, run_without_a_terminal
from mfa_session.local_aws.account import Account
from mfa_session.local_aws.endpoint import Endpoint
from mfa_session.local_aws.fixtures import DEVICE_NAME, USER_NAME, demo_account
from mfa_session.local_aws.mfa_devices import VirtualDevice

# What the programs of the story are given of the real environment: enough to start.
_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONUTF8",
    "SYSTEMROOT",
    "TERM",
    "VIRTUAL_ENV",
)

_PASSPHRASE = "only for this story"  # noqa: S105  it guards a file that is deleted at the end

# boto3 asks for what `aws s3 ls` asks for.
_STAND_IN = """\
import boto3, sys
try:
    for bucket in boto3.Session(profile_name=sys.argv[1]).client("s3").list_buckets()["Buckets"]:
        print(bucket["CreationDate"].strftime("%Y-%m-%d %H:%M:%S"), bucket["Name"])
except Exception as error:
    sys.exit(str(error))
"""


class Story:
    """One telling; *program* starts this very program, *write* takes what the reader is to see."""

    def __init__(self, program: Sequence[str], write: Callable[[str], None]) -> None:
        self._program = list(program)
        self._write = write
        self._environ: dict[str, str] = {}
        self._account: Account = demo_account()

    def tell(self) -> bool:
        """Tell it from beginning to end; tell whether everything went as the story says. Nothing is left behind."""
        with tempfile.TemporaryDirectory(prefix="mfa-session-demo-") as home, Endpoint(self._account) as endpoint:
            self._environ = self._surroundings(home, endpoint)
            self._move_in(Path(home))
            self._say(
                f"A strict local AWS runs at {endpoint.url} for this story, and no other is asked.",
                f"Its {USER_NAME} has an access key in ~/.aws/credentials, and an MFA device on a phone.",
                "A policy denies nearly everything to a caller without MFA:",
            )
            return self._chapters()

    def _chapters(self) -> bool:
        source, session = f"--profile {USER_NAME}", f"--profile {USER_NAME}-mfa"
        denied = self._list_buckets(source) != 0
        self._say(
            "One code opens it, for every AWS tool and for twelve hours;",
            "and the key can leave the plain file:",
        )
        logged_in = self._run_ours(f"login {source}") == 0
        self._say("The same command with the session:")
        allowed = self._list_buckets(session) == 0
        self._say("A second login keeps the live session, and asks for nothing:")
        kept = self._run_ours(f"login {source}") == 0
        allowed_by_the_old_name = True
        if os.name == "posix":
            self._say(f"And as the key is in the store now, even --profile {USER_NAME} answers with MFA:")
            allowed_by_the_old_name = self._list_buckets(source) == 0
        went_well = denied and logged_in and allowed and kept and allowed_by_the_old_name
        self._say(
            "That is all. The files of this story are deleted; yours were not touched."
            if went_well
            else "This did not go as it should; please report it with the lines above."
        )
        return went_well

    @staticmethod
    def _surroundings(home: str, endpoint: Endpoint) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": home,
            "USERPROFILE": home,
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            # Not the user's own keyring.
            "MFA_SESSION_STORE": "file",
            "MFA_SESSION_PASSPHRASE": _PASSPHRASE,
        }

    def _move_in(self, home: Path) -> None:
        key = self._account.keys_of(self._account.users[USER_NAME])[0]
        folder = home / ".aws"
        folder.mkdir(mode=0o700)
        (folder / "config").write_text(f"[profile {USER_NAME}]\nregion = ap-northeast-1\noutput = json\n")
        credentials = folder / "credentials"
        credentials.touch(mode=0o600)
        credentials.write_text(
            f"[{USER_NAME}]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
        )

    def _say(self, *lines: str) -> None:
        self._write("\n" + "".join(f"# {line}\n" for line in lines))

    def _list_buckets(self, profile: str) -> int:
        aws = shutil.which("aws", path=self._environ.get("PATH"))
        self._write(f"$ aws s3 ls {profile}\n")
        if aws:
            # An AWS CLI older than July 2023 does not know the variable, and would ask the real AWS.
            command = [aws, "s3", "ls", *profile.split(), "--endpoint-url", self._environ["AWS_ENDPOINT_URL"]]
            return run_without_a_terminal(command, environ=self._environ, show=self._write)
        self._write("(there is no AWS CLI on this machine: boto3 stands in for it)\n")
        stand_in = [sys.executable, "-c", _STAND_IN, profile.split()[1]]
        return run_without_a_terminal(stand_in, environ=self._environ, show=self._write)

    def _run_ours(self, arguments: str) -> int:
        self._write(f"$ mfa-session {arguments}\n")
        command = [*self._program, *arguments.split()]
        if os.name == "posix":
            return run_at_a_terminal(command, environ=self._environ, answer=self._answer, show=self._write)
        return run_without_a_terminal(
            [*command, "--token-code", self._phone.code()], environ=self._environ, show=self._write
        )

    def _answer(self, question: str) -> str:
        if not question.startswith("MFA code"):
            return "y"
        code = self._phone.code()
        self._write(f"({code}, read off the phone and typed unseen)")
        return code

    @property
    def _phone(self) -> VirtualDevice:
        device = self._account.users[USER_NAME].devices[self._account.arn(f"mfa/{DEVICE_NAME}")]
        assert isinstance(device, VirtualDevice)  # noqa: S101  the preset adds no other
        return device
