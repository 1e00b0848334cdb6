"""An SSH connection through which a remote host reaches the credentials endpoint of this machine.

OpenSSH does the work: one connection (``ControlMaster``) carries the reverse tunnel, a
session that keeps the token's file on the host, and the user's command. The token goes to the host by
standard input, so it is in no process's arguments. When the connection ends, so does the first
session, which deletes the file.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from mfa_session.environment import STALE
from mfa_session.errors import ConfigurationError, UsageError

# From a newline on standard input to the end of the connection.
_CLOSE_SECONDS = 5.0

# What the host's login scripts print before it is skipped.
_MARK = "mfa-session-folder:"

# Keeps the token in a private file until standard input ends, which it does with the connection.
_KEEP_TOKEN = (
    "umask 077; "
    'd=$(mktemp -d) || exit 1; trap "rm -rf $d" EXIT; trap "exit 1" HUP INT TERM PIPE; '
    'IFS= read -r token; printf %s "$token" > "$d/token"; unset token; '
    f'echo "{_MARK}$d"; read -r end; exit 0'
)

# A [default] of the host would be used instead of the endpoint.
_HIDE_DEFAULT = (
    'f="${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}"; '
    'if grep -q "^ *\\[ *default *\\]" "$f" 2>/dev/null; '
    "then export AWS_SHARED_CREDENTIALS_FILE=/dev/null; fi; unset f; "
)

_LOGIN_SHELL = '"${SHELL:-sh}" -l'


class SSHConnection:
    """A connection to *host*, which is anything that ``ssh`` takes. Used as a context manager."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._folder = ""
        if sys.platform == "win32":
            raise ConfigurationError(
                "--ssh needs connection sharing (ControlMaster), which OpenSSH for Windows does not have",
                hint="run it in WSL",
            )
        if not host or host.startswith("-"):
            raise UsageError("--ssh takes the name of a host", hint="as in: --ssh user@host")

    def __enter__(self) -> Self:
        self._temporary = tempfile.TemporaryDirectory(prefix="mfa-session-")
        self._socket = str(Path(self._temporary.name) / "ssh")
        try:
            self._master = subprocess.Popen(
                [
                    *("ssh", "-M", "-S", self._socket, "-T", "-o", "ControlPersist=no", "-o", "RemoteCommand=none"),
                    *(self._host, _in_sh(_KEEP_TOKEN)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Ctrl-C is for the user's command, not for the connection.
                preexec_fn=_ignore_interrupts,
            )
        except OSError as error:
            self._temporary.cleanup()
            raise ConfigurationError(f"cannot run ssh: {error.strerror}", hint="install OpenSSH") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(OSError):
            assert self._master.stdin is not None  # noqa: S101  it is a pipe
            self._master.stdin.write(b"\n")  # not by closing alone: the sidecar has the pipe too
            self._master.stdin.close()
        try:
            self._master.wait(_CLOSE_SECONDS if error is None and self._folder else 0)
        except subprocess.TimeoutExpired:
            self._master.terminate()
            self._master.wait()
        self._temporary.cleanup()

    def hand_over(self, token: str) -> None:
        """Keep *token* on the host, in a file that only its user and root can read.

        Raises:
            ConfigurationError: there is no connection, or no file can be written; ssh has said why.
        """
        assert self._master.stdin is not None  # noqa: S101  both are pipes
        assert self._master.stdout is not None  # noqa: S101  it was started with a pipe
        with suppress(OSError):
            self._master.stdin.write(token.encode("ascii") + b"\n")
            self._master.stdin.flush()
        for line in self._master.stdout:
            if found := re.search(rf"{_MARK}([\w./-]+)$", line.decode("utf-8", "replace").rstrip()):
                self._folder = found[1]
                return
        raise self._failed("no connection")

    def forward(self, port: int) -> int:
        """Forward a free loopback port of the host to *port* here, and return it.

        Raises:
            ConfigurationError: the host does not allow it.
        """
        asked = subprocess.run(
            ["ssh", "-S", self._socket, "-O", "forward", "-R", f"127.0.0.1:0:127.0.0.1:{port}", self._host],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
        number = asked.stdout.decode("ascii", "replace").strip()
        if asked.returncode or not number.isdecimal():
            raise self._failed("it does not allow a reverse tunnel")
        return int(number)

    def run(self, command: list[str], variables: Mapping[str, str]) -> int:
        """Run *command* on the host, or a login shell, with *variables* and the token; return its exit code."""
        token_file = f"{self._folder}/token"
        exports = {**variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token_file}
        script = (
            f"unset {' '.join(STALE)}; {_HIDE_DEFAULT}"
            f"AWS_CONTAINER_AUTHORIZATION_TOKEN=$(cat {token_file}) || exit 1; "
            "export AWS_CONTAINER_AUTHORIZATION_TOKEN "
            f"{' '.join(f'{name}={shlex.quote(value)}' for name, value in exports.items())}; "
            f"exec {shlex.join(command) if command else _LOGIN_SHELL}"
        )
        at_terminal = not command or (os.isatty(0) and os.isatty(1))
        program = subprocess.Popen(
            [
                *("ssh", "-S", self._socket, "-o", "RemoteCommand=none", "-t" if at_terminal else "-T"),
                *(self._host, _in_sh(script)),
            ]
        )
        while True:
            try:
                code = program.wait()
            except KeyboardInterrupt:
                continue  # the terminal has interrupted ssh too
            return 128 - code if code < 0 else code

    def _failed(self, why: str) -> ConfigurationError:
        return ConfigurationError(f"ssh {self._host}: {why}", hint=f"try: ssh {shlex.quote(self._host)} true")


def _in_sh(script: str) -> str:
    """Return the command that runs *script* by sh, whatever the login shell of the host is."""
    return f"exec sh -c {shlex.quote(script)}"


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
