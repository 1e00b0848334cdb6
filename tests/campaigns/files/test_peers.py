"""What other programs lose where `mfa-session` loses nothing, told by the same means: nothing is asserted of them.

Only in full: they are installed from the package registry first.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.aws_vault import EXPORT, AWSVault, aws_vault_at, find_aws_vault, version_of_aws_vault
from benchmarks.homes import Homes, environment_of
from benchmarks.installations import Installation, fresh_others
from mfa_session.filesystem.locks import locked
from mfa_session.local_aws.fixtures import demo_account
from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.files.peers import PEERS, Peer
from tests.campaigns.files.system_calls import KILL, Call, Invocation, calls_of, needs_strace, strike
from tests.campaigns.files.users_files import AFTER, BEFORE
from tests.faults import Endpoint
from tests.machine import Machine, running_machine

pytestmark = [
    needs_strace,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not scale.IS_FULL, reason="installs other programs"),
]

ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS", "EINTR", "EMFILE"]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Installation:
    """Return the environment of the others, installed once for all workers."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "peers"
    with locked(folder.with_name("locks") / "peers", timeout=timedelta(minutes=10)):
        installed = Installation(folder / "bin") if (folder / "ready").exists() else fresh_others(folder)
        (folder / "ready").touch()
    return installed


@contextmanager
def prepared(peer: Peer, home: Path) -> Iterator[Machine]:
    home.mkdir()
    with running_machine(home) as machine:
        peer.prepare(machine)
        yield machine


def calls_alone(peer: Peer, home: Path, installation: Installation) -> list[Call]:
    """Return the calls of *peer* when nothing is in its way, and count what it then leaves of a user's file."""
    with prepared(peer, home) as machine:
        calls = calls_of(peer.program(machine, installation), machine.home)
        assert peer.has_whole_session(machine)
        text = machine.credentials_file.read_text()
        modes = [path.stat().st_mode & 0o077 for path in machine.home.rglob("*") if path.is_file()]
    changed = not text.startswith(BEFORE) or AFTER not in text
    versions = installation.versions()
    name = f"{peer.distribution} {versions[peer.distribution]}: {peer.name}, nothing in its way"
    count("peers", name, foreign_bytes_changed=int(changed), files_open_to_others=sum(map(bool, modes)))
    return calls


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_what_a_peer_loses_when_it_is_killed_at_each_call_to_the_system(
    tmp_path: Path, peer: Peer, installation: Installation
) -> None:
    for number, call in enumerate(calls_alone(peer, tmp_path / "alone", installation)):
        with prepared(peer, tmp_path / str(number)) as machine:
            if strike(peer.program(machine, installation), machine.home, call, KILL).was_struck:
                damage = peer.damage_on(machine)
                count("peers", f"{peer.name}, killed at each system call", lost=damage.lost, torn=damage.torn)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_what_a_peer_does_when_a_call_to_the_system_fails(
    tmp_path: Path, peer: Peer, installation: Installation
) -> None:
    with prepared(peer, tmp_path / "alone") as machine:
        calls = calls_of(peer.program(machine, installation), machine.home)
    of_files = [call for call in calls if call.path is not None]
    for number, (call, error) in enumerate(zip(of_files, itertools.cycle(ERRORS), strict=False)):
        with prepared(peer, tmp_path / str(number)) as machine:
            ended = strike(peer.program(machine, installation), machine.home, call, f"error={error}")
            if ended.was_struck:
                damage = peer.damage_on(machine)
                count(
                    "peers",
                    f"{peer.name}, each system call failing once",
                    lost=damage.lost,
                    torn=damage.torn,
                    traceback="Traceback" in ended.stderr,
                    said_done_and_was_not=ended.exit_code == 0 and not peer.has_whole_session(machine),
                )


@pytest.mark.skipif(find_aws_vault() is None, reason="aws-vault is not on the PATH")
@pytest.mark.parametrize("what", ["a login", "a key over the same key"])
def test_what_aws_vault_loses_when_it_is_killed_at_each_call_of_a_write(tmp_path: Path, what: str) -> None:
    with (
        Endpoint(demo_account()) as endpoint,
        aws_vault_at(Homes(tmp_path / "homes", endpoint), "aws-vault") as vault,
    ):
        calls = [call for call in calls_of(prepared_vault(vault, what), vault.machine.home) if call.path is not None]
        for call in calls:
            vault.machine.run_program(*vault.add_key, **vault.key_variables)
            if not strike(prepared_vault(vault, what), vault.machine.home, call, KILL).was_struck:
                continue
            lost = not vault.has_key()
            torn = [file for file in vault.folder.iterdir() if not file.stat().st_size]
            count(
                "peers", f"{version_of_aws_vault()}: {what}, killed at each call of a file", lost=lost, torn=len(torn)
            )


def prepared_vault(vault: AWSVault, what: str) -> Invocation:
    """Return what is to be run now, without a session."""
    vault.forget_session()
    if what == "a login":
        words = (vault.program, *EXPORT, "--mfa-token", vault.machine.phone.code())
        return Invocation([str(word) for word in words], environment_of(vault.machine))
    return Invocation([str(word) for word in vault.add_key], {**environment_of(vault.machine), **vault.key_variables})
