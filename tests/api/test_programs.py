"""Kinds of Python programs: process pools, thread pools, notebooks, typed clients."""

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api.python_program import USER, let_the_session_end_in, run
from tests.cli.roles.role_sessions import add_role, policy
from tests.machine import Machine

PROCESS_POOL = """\
import mfa_session
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def who(number):
    return mfa_session.session("test-user", ask=False).client("sts").get_caller_identity()["Arn"]

if __name__ == "__main__":
    with ProcessPoolExecutor(4, mp_context=get_context("{method}")) as pool:
        try:
            print(*set(pool.map(who, range(8), timeout=60)))
        except mfa_session.PersonNeededError as error:
            print(type(error).__name__, error.hint)
"""

METHODS = ["spawn", "fork", "forkserver"] if sys.platform != "win32" else ["spawn"]

# A renewal comes without asking for a role. The clock is moved in the session profile, and in the credentials that each
# thread's client shares.
TWO_RENEWALS = """\
import datetime, re, mfa_session
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FILE = Path.home() / ".aws" / "credentials"
session = mfa_session.session("admin", ask=False)
clients = [session.client("sts") for _ in range(10)]
keys = []

def call(client):
    client.get_caller_identity()
    return client._request_signer._credentials.get_frozen_credentials().access_key

def let_it_end():
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
    text = FILE.read_text()
    section = text.index("[admin-mfa]")
    moved = re.sub("(expires = )[^\\n]+", rf"\\g<1>{soon:%Y-%m-%dT%H:%M:%SZ}", text[section:], count=1)
    FILE.write_text(text[:section] + moved)
    session.get_credentials()._expiry_time = soon

with ThreadPoolExecutor(10) as threads:
    for _ in range(3):
        found = set(threads.map(call, clients))
        assert len(found) == 1, found
        keys += found
        let_it_end()
print(len(set(keys)))
"""

# What a team's library would look like; typed as strictly as type checkers can be.
CLIENT = '''\
"""Buckets of several profiles, with the user's code where one is needed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import botocore.session

import mfa_session


@dataclass(frozen=True)
class Profile:
    name: str
    is_reachable: bool
    problem: str | None = None


def ask(question: mfa_session.Question) -> str | None:
    if question.problem is not None:
        print(question.problem)
    if question.kind != "token_code":
        return None
    return input(f"{question.profile} ({question.device}): " if question.secret else question)


def check(name: str) -> Profile:
    try:
        mfa_session.session(profile_name=name, ask=False, region_name="eu-west-1")
    except mfa_session.AWSError as error:
        return Profile(name, is_reachable=False, problem=f"{error.code}: {error}")
    except mfa_session.MFASessionError as error:
        return Profile(name, is_reachable=False, problem=f"{error}; {error.hint}")
    return Profile(name, is_reachable=True)


def checked(names: list[str]) -> Iterator[Profile]:
    with ThreadPoolExecutor() as threads:
        yield from threads.map(check, names)


if __name__ == "__main__":
    mfa_session.session("test-user", ask=ask, duration=timedelta(hours=1), serial=None, force=False)
    mfa_session.register(botocore.session.get_session(), "test-user", ask=False)
    print(*checked(["test-user", "admin"]), sep="\\n")
'''


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    assert machine.log_in().returncode == 0
    return machine


def run_file(machine: Machine, text: str) -> subprocess.CompletedProcess[str]:
    file = machine.home / "program.py"
    file.write_text(text)
    return machine.run_program(sys.executable, str(file))


@pytest.mark.parametrize("method", METHODS)
def test_a_process_pool_uses_the_session(machine: Machine, method: str) -> None:
    ran = run_file(machine, PROCESS_POOL.format(method=method))

    assert (ran.stdout, ran.stderr) == (f"{USER}\n", "")


@pytest.mark.parametrize("method", METHODS)
def test_an_error_of_ours_comes_out_of_a_process_pool(machine: Machine, method: str) -> None:
    machine.run("logout", "--profile", "test-user")

    ran = run_file(machine, PROCESS_POOL.format(method=method))

    assert ran.stdout == "PersonNeededError run in a terminal: mfa-session login --profile test-user\n", ran.stderr


def test_a_thread_pool_lives_across_two_renewals(machine: Machine) -> None:
    machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    add_role(machine, "admin")

    ran = run(machine, TWO_RENEWALS)

    assert (ran.stdout, ran.stderr) == ("3\n", "")
    assert len(machine.calls("AssumeRole")) == 3
    assert len(machine.calls("GetSessionToken")) == 1


def test_a_notebook_kernel_asks_in_the_browser(machine: Machine) -> None:
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install ipykernel")
    machine.run("logout", "--profile", "test-user")
    machine.forget_used_codes()
    notebook = f"""\
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel()
try:
    client.execute(
        "from getpass import getpass; import mfa_session\\n"
        "print(mfa_session.session('test-user', ask=getpass).client('sts').get_caller_identity()['Arn'])",
        allow_stdin=True,
    )
    request = client.get_stdin_msg(timeout=60)["content"]
    assert request["password"], request
    print("MFA" in request["prompt"])
    client.input("{machine.fresh_code()}")
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "stream":
            print(message["content"]["text"], end="")
        if message["msg_type"] == "error":
            print(message["content"])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""

    ran = machine.run_program(sys.executable, "-c", notebook)

    assert ran.stdout == f"True\n{USER}\n", ran.stderr


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_client_is_typed_to_the_strictest(tmp_path: Path, checker: str) -> None:
    programs = Path(sys.executable).parent
    found = next((path for name in (checker, f"based{checker}") if (path := shutil.which(name, path=programs))), None)
    if found is None:
        pytest.skip(f"{checker} is not installed")
    (tmp_path / "client.py").write_text(CLIENT)
    if checker == "mypy":
        options = ["--strict", "--config-file=", "--python-executable", sys.executable]
        # botocore has no types; the client's own are what is checked.
        options += ["--disable-error-code=import-untyped", "--no-warn-unused-ignores"]
    else:
        (tmp_path / "pyrightconfig.json").write_text(
            '{"typeCheckingMode": "strict", "reportMissingTypeStubs": false, "reportUnknownMemberType": false}'
        )
        options = ["--pythonpath", sys.executable]

    ran = subprocess.run([found, *options, "client.py"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout


def test_the_typed_client_runs(machine: Machine) -> None:
    ran = run_file(machine, CLIENT)

    assert ran.stdout.splitlines() == [
        "Profile(name='test-user', is_reachable=True, problem=None)",
        "Profile(name='admin', is_reachable=False, problem='there is no profile admin in the AWS files; "
        "to begin with a new one: mfa-session keys add --profile admin')",
    ], ran.stderr


def test_the_time_between_two_renewals_is_the_sessions(machine: Machine) -> None:
    let_the_session_end_in(machine, timedelta(minutes=20))

    ran = run(
        machine,
        "import mfa_session; s = mfa_session.session('test-user', ask=False);"
        "print(s.get_credentials().refresh_needed(), s.get_credentials().refresh_needed(refresh_in=1500))",
    )

    assert ran.stdout == "False True\n", ran.stderr
