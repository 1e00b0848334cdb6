"""Runs of `mfa-session` that are killed right before one of the changes they make, whichever one wants.

A change is a file that is opened for writing, a name that is given or taken away, or a
connection to AWS: what happens between two of them leaves nothing that anybody could see. A driver has all of
the program loaded and forks for each run; the run counts its changes by CPython's audit
events, and sends itself SIGKILL at the right one.

    with Driver() as driver:
        run = driver.run(["keys", "rotate"], environment, kill_before=7)
        assert run.was_killed
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "socket.connect"}


@dataclass(frozen=True)
class Run:
    """How a run ended, and before which *changes* it stood: the last one is the one that it was killed before."""

    exit_code: int
    stderr: str
    changes: list[str]

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


class Driver:
    """The process that runs are forked from."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed_runs"],
            env={"PATH": os.environ["PATH"]},
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=20)

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], *, kill_before: int | None = None) -> Run:
        """Run `mfa-session` where there is no terminal, and kill it before that change; the first one is 1."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"arguments": [*arguments], "environment": {**environment}, "kill_before": kill_before}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Run(**json.loads(self._process.stdout.readline()))


def _serve() -> None:
    import mfa_session.aws.signing_transport
    import mfa_session.keystore.encryption  # noqa: F401 -- for the runs to have
    from mfa_session.cli.app import program

    program()
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)


def _forked(request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    errors_reading, errors_writing = os.pipe()
    if (pid := os.fork()) == 0:
        _be_the_run(request, changes=writing, errors=errors_writing)
    os.close(writing)
    os.close(errors_writing)
    # Both are short: neither pipe fills up while the other is read.
    with open(reading) as changes, open(errors_reading) as errors:
        stderr, told = errors.read(), changes.read()
    _, status = os.waitpid(pid, 0)
    return {"exit_code": os.waitstatus_to_exitcode(status), "stderr": stderr, "changes": told.splitlines()}


def _be_the_run(request: dict[str, Any], *, changes: int, errors: int) -> None:
    exit_code = 255
    with contextlib.suppress(BaseException):
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor, standard in ((nothing, 0), (nothing, 1), (errors, 2)):
            os.dup2(descriptor, standard)
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.addaudithook(_Counter(request["kill_before"], home=request["environment"]["HOME"], told=changes))
        from mfa_session.cli.app import run

        exit_code = run(request["arguments"])
    os._exit(exit_code)


class _Counter:
    """The hook that counts changes, and kills."""

    def __init__(self, kill_before: int | None, *, home: str, told: int) -> None:
        self._left = kill_before
        self._home = home
        self._told = told

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        change = self._change(event, arguments)
        if change is None:
            return
        os.write(self._told, f"{change}\n".encode())
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def _change(self, event: str, arguments: tuple[object, ...]) -> str | None:
        if event == "socket.connect":
            return "ask AWS"
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & _WRITING:
                return None
        elif event not in _CHANGES:
            return None
        else:
            path = arguments[0]
        place = str(path)
        # A lock is held by whoever has it open, and says nothing once he is gone.
        if not place.startswith(self._home) or place.endswith(".lock") or "/locks" in place:
            return None
        if event == "os.remove" and not Path(place).exists():
            return None
        return f"{event} {place.removeprefix(self._home)}"


if __name__ == "__main__":
    _serve()
