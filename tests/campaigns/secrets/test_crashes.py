"""A program that is killed by its own mistake, or by Ctrl-backslash, leaves no core with a secret, at any question."""

import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.secrets.commands import Preparation, with_a_key_in_the_file, with_a_session, with_a_stored_key
from tests.campaigns.secrets.scene import WatchedMachine
from tests.campaigns.secrets.search import found_in
from tests.machine import MFA_SESSION, running_machine

pytestmark = pytest.mark.skipif(
    not Path("/proc/sys/kernel/core_pattern").exists()
    or Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/"))
    or resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY,
    reason="cores are not dumped into the folder where a program runs",
)

SIGNALS = (signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


@dataclass(frozen=True)
class Moment:
    """A question of a command at which it holds something that is secret; *typed* comes before it."""

    words: tuple[str, ...]
    prepared: tuple[Preparation, ...]
    question: str
    typed: tuple[tuple[str, str], ...] = ()


def with_nothing(_scene: WatchedMachine) -> None:
    """Leave the machine without a key."""


LOGIN = ("login", "--profile", "test-user")
PASSPHRASE = "Passphrase of the encrypted file: "

MOMENTS = {
    "code, plain key": Moment(LOGIN, (with_a_key_in_the_file,), "MFA code for"),
    "code, stored key": Moment(LOGIN, (with_a_stored_key,), "MFA code for", ((PASSPHRASE, "PASSPHRASE"),)),
    "passphrase": Moment(LOGIN, (with_a_stored_key,), PASSPHRASE),
    "secret key": Moment(LOGIN, (with_nothing,), "Secret access key", (("Access key ID for test-user: ", "KEY_ID"),)),
    "credential-process": Moment(
        ("credential-process", "--profile", "test-user"), (with_a_key_in_the_file,), "MFA code for"
    ),
    "exec": Moment(("exec", "--profile", "test-user", "--", "true"), (with_a_key_in_the_file,), "MFA code for"),
    "device resync": Moment(
        ("device", "resync", "--profile", "test-user"), (with_a_stored_key, with_a_session), "First code:"
    ),
    "device add": Moment(
        ("device", "add", "--profile", "test-user", "--name", "x", "--qr-file", "qr.png"),
        (with_a_key_in_the_file,),
        "MFA code for",
    ),
}


@pytest.mark.parametrize("number", scale.chosen(SIGNALS, quick_nth=4), ids=lambda number: number.name)
@pytest.mark.parametrize("name", scale.chosen(MOMENTS, quick_nth=5))
def test_a_crash_at_a_question_leaves_no_core(tmp_path: Path, name: str, number: signal.Signals) -> None:
    moment = MOMENTS[name]
    (tmp_path / "home").mkdir()
    with running_machine(tmp_path / "home") as machine:
        scene = WatchedMachine(tmp_path, machine)
        for prepare in moment.prepared:
            prepare(scene)
        known = {"PASSPHRASE": machine.environment.pop("MFA_SESSION_PASSPHRASE"), "KEY_ID": machine.key.access_key_id}
        with machine.terminal() as terminal:
            without_limit = ("sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", str(MFA_SESSION))
            program = terminal.run(*without_limit, *moment.words, environment=machine.environment)
            for question, answer in moment.typed:
                terminal.expect(question)
                terminal.type(f"{known[answer]}\n")
            terminal.expect(moment.question)
            program.send_signal(number)
            assert program.wait() == -number

        scene.begin()
        cores = [path for path in machine.home.rglob("*core*") if path.is_file()]
        leaks = [asset for path in cores for asset in found_in(path.read_bytes(), scene.secrets)]
    count("secrets", "crashes at questions", cores=len(cores), leaks=len(leaks))
    assert cores == []


def test_a_program_that_dumps_its_core_is_seen_to_have_leaked(tmp_path: Path) -> None:
    """The control: here is a core, and the secret is found in it."""
    secret = "je7MtGbClwBF/2Zp9Utk+h3yCo8nvbEXAMPLEKEY"
    with running_machine(tmp_path) as machine, machine.terminal() as terminal:
        script = "import os, sys; secret = sys.stdin.readline().upper(); os.abort()"
        program = terminal.run("sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", sys.executable, "-c", script)
        terminal.type(f"{secret.swapcase()}\n")
        program.wait()

        [core] = machine.home.glob("core*")

        found = found_in(core.read_bytes(), {"secret": {secret.upper()}})
    count("secrets", "control: cores that are dumped", missed=int(found != ["secret"]))
    assert found == ["secret"]
