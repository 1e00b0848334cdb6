"""`serve --ssh`: a remote host gets the session through a reverse tunnel. Tried with a real sshd on the loopback."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.cli.sections import KEY_ID, SECRET, TOKEN
from tests.machine import AWS_CLI, MFA_SESSION, Machine
from tests.programs import shell_program
from tests.terminal import LOOK_SECONDS, TIMEOUT_SECONDS

SSHD = next((path for path in ("/usr/sbin/sshd", shutil.which("sshd") or "") if path and Path(path).exists()), None)

pytestmark = pytest.mark.skipif(
    SSHD is None or not shutil.which("ssh") or sys.platform == "win32", reason="OpenSSH's server is not installed"
)

USER = "arn:aws:iam::123456789012:user/test-user"
WHO = (str(AWS_CLI), "sts", "get-caller-identity", "--query", "Arn", "--output", "text")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Remote:
    """A host that is this machine, with a home folder and temporary files of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.temporary = folder / "tmp"
        for each in (self.home, self.temporary):
            each.mkdir(parents=True)
        self._folder = folder
        self._port = free_port()

    def start(self, *settings: str) -> "subprocess.Popen[bytes]":
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._folder / f"{name}-key"], check=True
            )
        shutil.copy(self._folder / "user-key.pub", self._folder / "authorized-keys")
        (self._folder / "sshd").write_text(
            "\n".join(
                (
                    *settings,
                    f"Port {self._port}",
                    "ListenAddress 127.0.0.1",
                    f"HostKey {self._folder}/host-key",
                    f"AuthorizedKeysFile {self._folder}/authorized-keys",
                    f"PidFile {self._folder}/pid",
                    "StrictModes no",
                    "UsePAM no",
                    "PasswordAuthentication no",
                    f"SetEnv HOME={self.home} TMPDIR={self.temporary} AWS_ENDPOINT_URL={os.environ['AWS_URL_OF_TEST']}"
                    " AWS_EC2_METADATA_DISABLED=true AWS_PAGER= AWS_PROFILE=other AWS_ACCESS_KEY_ID=AKIAOTHER",
                    "",
                )
            )
        )
        (self._folder / "ssh-config").write_text(
            f"Host remote\n  HostName 127.0.0.1\n  Port {self._port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {self._folder}/user-key\n  IdentitiesOnly yes\n  BatchMode yes\n"
            f"  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  LogLevel ERROR\n  RemoteCommand true\n"
        )
        assert SSHD is not None
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", self._folder / "sshd"], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(LOOK_SECONDS)
            else:
                return server

    def programs(self) -> Path:
        folder = self._folder / "bin"
        folder.mkdir(exist_ok=True)
        shell_program(folder / "ssh", f'exec {shutil.which("ssh")} -F {self._folder}/ssh-config "$@"')
        return folder

    @property
    def leftovers(self) -> list[Path]:
        return [path for path in self.temporary.rglob("*") if path.name == "token"]

    def wait_until_nothing_is_left(self) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.leftovers:
            assert time.monotonic() < deadline, self.leftovers
            time.sleep(LOOK_SECONDS)


@pytest.fixture
def machine(machine: Machine, remote: Remote) -> Machine:
    machine.lay_down_the_key()
    assert machine.log_in().returncode == 0
    machine.environment["PATH"] = f"{remote.programs()}:{os.environ['PATH']}"
    return machine


@pytest.fixture
def remote(tmp_path_factory: pytest.TempPathFactory) -> Remote:
    return Remote(tmp_path_factory.mktemp("remote"))


@pytest.fixture
def server(machine: Machine, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_URL_OF_TEST", machine.endpoint.url)
    server = remote.start()
    yield
    server.terminate()
    server.wait()


SERVE = ("serve", "--profile", "test-user", "--ssh", "remote", "--")


@pytest.mark.usefixtures("server")
class TestARemoteHost:
    def test_the_aws_cli_there_has_the_session(self, machine: Machine, remote: Remote) -> None:
        ran = machine.run(*SERVE, *WHO)

        assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, USER, "")
        remote.wait_until_nothing_is_left()

    def test_a_client_that_reads_the_token_from_the_file_has_it_too(self, machine: Machine) -> None:
        script = 'unset AWS_CONTAINER_AUTHORIZATION_TOKEN; exec "$@"'

        assert machine.run(*SERVE, "sh", "-c", script, "sh", *WHO).stdout.strip() == USER

    def test_a_default_of_that_host_is_not_used(self, machine: Machine, remote: Remote) -> None:
        (remote.home / ".aws").mkdir()
        (remote.home / ".aws" / "credentials").write_text(
            "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n"
        )

        assert machine.run(*SERVE, *WHO).stdout.strip() == USER

    def test_what_stands_there_is_the_address_and_the_token_and_no_key(self, machine: Machine) -> None:
        found = machine.run(*SERVE, "env").stdout

        assert "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:" in found
        assert "AWS_REGION=ap-northeast-1" in found
        assert "AWS_PROFILE" not in found
        assert "AKIAOTHER" not in found
        assert not any(secret in found for secret in (KEY_ID, SECRET, TOKEN, machine.key.secret_access_key))

    def test_the_token_is_in_no_process_list(self, machine: Machine, remote: Remote) -> None:
        show = 'echo "$AWS_CONTAINER_AUTHORIZATION_TOKEN"'
        script = f'{show}; ps -eww -o args; stat -c %a "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"'

        token, *processes, mode = machine.run(*SERVE, "sh", "-c", script).stdout.splitlines()

        assert len(token) == 43
        assert any("ssh" in line for line in processes)
        assert not any(token in line for line in processes)
        assert mode == "600"

    def test_arguments_and_the_exit_code_are_the_commands(self, machine: Machine) -> None:
        ran = machine.run(*SERVE, "sh", "-c", 'printf "<%s>" "$@"; exit 7', "sh", "a b", "it's", '"$HOME"', "*")

        assert (ran.stdout, ran.returncode) == ("""<a b><it's><"$HOME"><*>""", 7)

    def test_the_next_session_of_this_machine_is_used_there(self, machine: Machine) -> None:
        command = [str(MFA_SESSION), *SERVE, "sh", "-c", f"while read -r _; do {' '.join(WHO)}; done"]
        with subprocess.Popen(
            command,
            env=clean_environment(machine.home, **machine.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as program:
            assert program.stdin is not None
            assert program.stdout is not None
            who = []
            for _ in range(2):
                print(file=program.stdin, flush=True)
                who.append(program.stdout.readline().strip())
                machine.forget_used_codes()
                assert machine.log_in("--force").returncode == 0
            program.stdin.close()

        assert who == [USER, USER]
        assert len({call.access_key_id for call in machine.calls("GetCallerIdentity")}) > 1

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
    def test_nothing_is_left_when_it_is_killed(self, machine: Machine, remote: Remote, number: signal.Signals) -> None:
        with subprocess.Popen(
            [MFA_SESSION, *SERVE, "sh", "-c", "echo running; read -r _"],
            env=clean_environment(machine.home, **machine.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "running\n"
            assert len(remote.leftovers) == 1

            program.send_signal(number)
            program.wait()
            remote.wait_until_nothing_is_left()
            assert program.stdin is not None
            program.stdin.close()

    def test_a_shell_is_what_runs_without_a_command(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            program = machine.start(terminal, *SERVE[:-1])
            terminal.type("echo $((40 + 2))-$AWS_CONTAINER_CREDENTIALS_FULL_URI\n")
            terminal.expect("42-http://127.0.0.1:")
            terminal.type("exit 3\n")

            assert program.wait() == 3


def test_a_host_that_allows_no_tunnel_is_an_error(
    machine: Machine, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_URL_OF_TEST", machine.endpoint.url)
    server = remote.start("AllowTcpForwarding no")

    ran = machine.run(*SERVE, "true")
    server.terminate()
    server.wait()

    assert ran.returncode == 253
    assert "mfa-session: error: ssh remote: it does not allow a reverse tunnel" in ran.stderr
    remote.wait_until_nothing_is_left()


def test_a_host_that_cannot_be_reached_is_an_error(machine: Machine, remote: Remote) -> None:
    (remote.programs().parent / "ssh-config").write_text("Host remote\n  HostName 127.0.0.1\n  Port 1\n")

    ran = machine.run(*SERVE, "true")

    assert ran.returncode == 253
    assert "mfa-session: error: ssh remote: no connection" in ran.stderr


@pytest.mark.parametrize("host", ["-oProxyCommand=touch pwned", ""])
def test_an_option_is_not_a_host(machine: Machine, host: str) -> None:
    ran = machine.run("serve", "--profile", "test-user", "--ssh", host, "--", "true")

    assert ran.returncode == 2
    assert "--ssh takes the name of a host" in ran.stderr
