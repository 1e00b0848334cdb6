"""Whatever is wrong with a file is met before anybody is asked for a code, and made no worse."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.cli.refusals import CONFIGURATION, files, refusal_of_a_code
from tests.machine import MFA_SESSION, Machine

LONG_TERM_KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = EXAMPLE\n"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")


@pytest.fixture(autouse=True)
def key_in_the_file(machine: Machine) -> None:
    machine.lay_down_the_key()


def overwrite(name: str, content: bytes) -> Callable[[Machine], None]:
    def spoil(machine: Machine) -> None:
        (machine.home / ".aws" / name).write_bytes(content)

    return spoil


def replace_by_a_folder(machine: Machine) -> None:
    machine.credentials_file.unlink()
    machine.credentials_file.mkdir()


def replace_by_a_fifo(machine: Machine) -> None:
    machine.credentials_file.unlink()
    os.mkfifo(machine.credentials_file)


class TestAFile:
    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (overwrite("credentials", b"[test-user]\n# \xff\n"), r"credentials: line 2: this is not UTF-8 text"),
            (
                overwrite("credentials", b"[test-user]\n[a]\n[test-user]\n"),
                r"credentials: line 3: section \[test-user\]",
            ),
            (overwrite("config", b"[profile test-user]\n" * 2), r"config: line 2: section \[profile test-user\]"),
            (overwrite("config", b"region = eu-west-1\n"), r"config: line 1: "),
            (replace_by_a_folder, r"cannot read .+/credentials: it is a folder"),
            (replace_by_a_fifo, r"cannot read .+/credentials: it is not a regular file"),
            (lambda machine: machine.credentials_file.chmod(0o400), r"cannot write .+/credentials: it is read-only"),
            (lambda machine: machine.config_file.chmod(0o400), r"cannot write .+/config: it is read-only"),
        ],
        ids=["not UTF-8", "twice", "twice in config", "no section", "folder", "FIFO", "read-only", "read-only config"],
    )
    def test_that_cannot_be_used_is_met_before_anybody_is_asked(
        self, machine: Machine, spoil: Callable[[Machine], None], error: str
    ) -> None:
        spoil(machine)

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert re.search(error, ended.error)
        assert machine.endpoint.journal == []

    def test_is_not_quoted(self, machine: Machine) -> None:
        machine.write_credentials("[test-user]\nwJalrXUtnFEMI\n")

        ended = refusal_of_a_code(machine)

        assert "line 2" in ended.error
        assert "wJalrXUtnFEMI" not in f"{ended.error} {ended.hint}"

    def test_that_may_not_grow_is_not_half_written(self, machine: Machine) -> None:
        machine.write_credentials(machine.credentials_file.read_text() + "# a comment\n" * 1000)
        before = files(machine)

        ran = machine.run_program(
            *("bash", "-c", 'ulimit -f 8; exec "$0" "$@"', MFA_SESSION, "login", "--profile", "test-user"),
            *("--session-profile", "default", "--token-code", machine.phone.code()),
            PYTHONDONTWRITEBYTECODE="1",  # the interpreter would leave half a file in its cache, and trip over it
        )

        assert ran.returncode == CONFIGURATION
        assert "the limit on the size of a file is reached; nothing was changed" in ran.stderr
        assert files(machine)[".aws/credentials"] == before[".aws/credentials"]

    @pytest.mark.parametrize("home", ["", "/nowhere"])
    def test_has_no_place_without_a_home(self, machine: Machine, home: str) -> None:
        ended = refusal_of_a_code(machine, HOME=home)

        assert ended.exit_code == CONFIGURATION
        assert "home folder" in ended.error
        assert "set HOME" in ended.hint

    def test_of_ours_needs_a_home_wherever_the_aws_files_are(self, machine: Machine) -> None:
        named = {
            "AWS_SHARED_CREDENTIALS_FILE": str(machine.credentials_file),
            "AWS_CONFIG_FILE": str(machine.config_file),
        }

        ended = refusal_of_a_code(machine, HOME="/nowhere", **named)

        assert (ended.exit_code, ended.error) == (CONFIGURATION, "your home folder /nowhere is not a folder")
        assert "AWS_CONFIG_FILE" not in ended.hint

    def test_of_ours_that_is_in_the_place_of_our_folder(self, machine: Machine) -> None:
        (machine.home / ".aws" / "mfa-session").write_text("")

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert "a part of its path is not a folder" in ended.error


@needs_root
class TestAFullDisk:
    @pytest.fixture(autouse=True)
    def small_disk(self, machine: Machine, key_in_the_file: None) -> Iterator[None]:
        """Let the AWS folder be a disk of its own, with both files on it."""
        config, credentials = machine.config_file.read_text(), machine.credentials_file.read_text()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", machine.home / ".aws"], check=False, capture_output=True
        )
        if mounted.returncode:
            pytest.skip("this machine lets not even root mount a file system")
        try:
            machine.write_config(config)
            machine.write_credentials(credentials)
            yield
        finally:
            subprocess.run(["umount", "-l", machine.home / ".aws"], check=True)

    @staticmethod
    def fill(machine: Machine, *, but: int) -> None:
        """Leave *but* bytes free."""
        filler = machine.home / ".aws" / "filler"
        left = os.statvfs(filler.parent)
        filler.write_bytes(b"x" * (left.f_bavail * left.f_frsize - but))

    def test_is_met_before_the_code_is_spent(self, machine: Machine) -> None:
        self.fill(machine, but=0)

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert "the disk is full" in ended.error
        assert machine.calls("GetSessionToken") == []

    def test_leaves_the_files_as_they_were_when_it_is_met_late(self, machine: Machine) -> None:
        page = os.sysconf("SC_PAGESIZE")
        self.fill(machine, but=page)  # room for the note that the code is used

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert ended.error.endswith("the disk is full; nothing was changed")
        assert ended.hint == "make room, then run this again; the code is used, so log in with the next one"


class TestTheSessionProfile:
    @pytest.mark.parametrize("options", [(), ("--replace",)], ids=["as it is", "--replace"])
    def test_that_holds_a_long_term_key_is_never_overwritten(self, machine: Machine, options: tuple[str, ...]) -> None:
        machine.write_credentials(machine.credentials_file.read_text() + f"[test-user-mfa]\n{LONG_TERM_KEY}")

        ended = refusal_of_a_code(machine, *options)

        assert ended.exit_code == CONFIGURATION
        assert re.search(r"test-user-mfa holds a long-term access key \(line 5 of .+/credentials\)", ended.error)
        assert "--session-profile NAME" in ended.hint
        assert machine.endpoint.journal == []

    @pytest.mark.parametrize(
        ("section", "error"),
        [
            ("aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n", "was not written by mfa-session"),
            ("mfa_session_source = bob\n", "holds the session of bob"),
        ],
        ids=["another tool's", "another profile's"],
    )
    def test_that_is_somebody_elses_is_overwritten_only_when_asked(
        self, machine: Machine, section: str, error: str
    ) -> None:
        machine.write_credentials(machine.credentials_file.read_text() + f"[work]\n{section}")

        ended = refusal_of_a_code(machine, "--session-profile", "work")

        assert ended.exit_code == CONFIGURATION
        assert error in ended.error
        assert "to overwrite it: --force" in ended.hint

    def test_that_has_credentials_in_the_config_file_gets_none_beside_them(self, machine: Machine) -> None:
        machine.write_config(machine.config_file.read_text() + "[profile test-user-mfa]\ncredential_process = x\n")

        ended = refusal_of_a_code(machine, "--session-profile", "test-user-mfa", "--profile", "test-user")

        assert ended.exit_code == CONFIGURATION
        assert "test-user-mfa has credential_process in " in ended.error


def test_what_is_only_remembered_does_not_fail_a_login(machine: Machine) -> None:
    machine.write_config("[profile test-user]\n")
    machine.config_file.chmod(0o400)

    ran = machine.log_in()

    assert ran.returncode == 0
    assert "mfa-session: what you chose is not remembered: cannot write " in ran.stderr
    assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"


def test_a_file_that_others_read_is_closed_to_them(machine: Machine) -> None:
    machine.credentials_file.chmod(0o644)

    machine.log_in()

    assert machine.credentials_file.stat().st_mode & 0o777 == 0o600
