"""`demo` tells the whole story on any machine, and leaves nothing behind."""

import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.machine import MFA_SESSION, PROGRAMS
from tests.terminal import Program, PseudoTerminal

CHAPTERS = (
    "A policy denies nearly everything to a caller without MFA:",
    "$ aws s3 ls --profile test-user\n",
    "(AccessDenied)",
    "$ mfa-session login --profile test-user\n",
    "(test-user-phone, account 123456789012",
    "Logged in. Profile test-user-mfa is valid until ",
    "$ aws s3 ls --profile test-user-mfa\n",
    "test-user-photos\n",
    "$ mfa-session login --profile test-user\n",
    "Already logged in. Profile test-user-mfa is valid until ",
    "$ aws s3 ls --profile test-user\n",
    "test-user-photos\n",
    "That is all. The files of this story are deleted; yours were not touched.\n",
)


class Watcher:
    """Somebody with AWS files and settings of his own, none of which are for the story."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        (self.home / ".aws").mkdir(parents=True)
        (self.home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
        self.environment = {
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
            "TMPDIR": str(self.temporary),
            "AWS_PROFILE": "nobody",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_REGION": "not a region",
            "MFA_SESSION_NO_PROMPT": "1",
            "HTTP_PROXY": "http://127.0.0.1:1",
        }

    def install_aws(self, script: str) -> None:
        """Let *script* be the AWS CLI of this machine."""
        programs = self.home.with_name("programs")
        programs.mkdir()
        (programs / "aws").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "aws").chmod(0o700)
        self.environment["PATH"] = f"{programs}:/usr/bin:/bin"

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=clean_environment(self.home, **self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=100,
            check=False,
        )

    def terminal(self) -> PseudoTerminal:
        return PseudoTerminal(self.home, columns=300)

    def start(self, terminal: PseudoTerminal) -> Program:
        return terminal.run(MFA_SESSION, "demo", environment=self.environment)

    def leftovers(self) -> list[str]:
        """Return what there is in the temporary folder and, beyond what was there before, in the home."""
        return [
            *(path.name for path in self.temporary.iterdir()),
            *(str(path) for path in self.home.rglob("*") if path.name not in (".aws", "credentials")),
        ]


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    return Watcher(tmp_path)


def assert_told(text: str) -> None:
    """Hold *text* to all chapters, in their order."""
    at = 0
    for chapter in CHAPTERS:
        at = text.find(chapter, at)
        assert at >= 0, f"{chapter!r} is missing in\n{text}"


def test_the_story_is_told_with_the_aws_cli_where_nobody_watches(watcher: Watcher) -> None:
    ran = watcher.run(MFA_SESSION, "demo")

    assert_told(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "boto3" not in ran.stdout
    assert watcher.leftovers() == []


def test_the_story_is_told_at_a_terminal(watcher: Watcher) -> None:
    with watcher.terminal() as terminal:
        modes = terminal.modes()
        demo = watcher.start(terminal)

        assert demo.wait(timeout=60) == 0
        assert_told(terminal.text)
        assert terminal.modes() == modes
    assert watcher.leftovers() == []


def test_without_an_aws_cli_boto3_stands_in_and_it_takes_less_than_fifteen_seconds(watcher: Watcher) -> None:
    watcher.environment["PATH"] = "/nowhere"
    begun = seconds_used()

    ran = watcher.run(MFA_SESSION, "demo")

    assert_told(ran.stdout)
    assert ran.returncode == 0
    assert "(there is no AWS CLI on this machine: boto3 stands in for it)" in ran.stdout
    assert seconds_used() - begun < 15


def seconds_used() -> float:
    """Return the seconds of a processor that all children have used: others may keep this machine busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_an_aws_cli_of_old_is_kept_from_the_real_aws(watcher: Watcher) -> None:
    watcher.install_aws('echo "was called with $*"; exit 1')

    ran = watcher.run(MFA_SESSION, "demo")

    calls = re.findall(r"was called with .*", ran.stdout)
    assert len(calls) == 3
    assert all("--endpoint-url http://127.0.0.1:" in call for call in calls)


def test_a_story_that_goes_wrong_says_so(watcher: Watcher) -> None:
    watcher.install_aws("exit 0")

    ran = watcher.run(MFA_SESSION, "demo")

    assert ran.returncode == 255
    assert ran.stdout.endswith("# This did not go as it should; please report it with the lines above.\n")
    assert watcher.leftovers() == []


class TestWhoHasSeenEnough:
    @pytest.mark.parametrize("line", ["$ aws s3 ls", "typed unseen"])
    def test_leaves_nothing_behind_with_ctrl_c(self, watcher: Watcher, line: str) -> None:
        with watcher.terminal() as terminal:
            modes = terminal.modes()
            demo = watcher.start(terminal)
            terminal.expect(line)
            terminal.press("^C")

            assert demo.wait() == 130
            assert terminal.modes() == modes
            assert "Traceback" not in terminal.text
        assert watcher.leftovers() == []

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
    def test_leaves_nothing_behind_with_a_signal(self, watcher: Watcher, number: signal.Signals) -> None:
        with watcher.terminal() as terminal:
            demo = watcher.start(terminal)
            terminal.expect("$ mfa-session login")
            demo.send_signal(number)

            assert demo.wait() == 128 + number
            assert "Traceback" not in terminal.text
        assert watcher.leftovers() == []

    def test_leaves_nothing_behind_with_a_pager_that_ends(self, watcher: Watcher) -> None:
        ran = watcher.run("bash", "-c", '"$0" demo | head -2; exit ${PIPESTATUS[0]}', MFA_SESSION)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert watcher.leftovers() == []
