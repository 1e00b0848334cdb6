"""A session of a Python program lives across a renewal, whoever gets the new one."""

from datetime import timedelta

import pytest

from tests.api.python_program import USER, LongLived, let_the_session_end_in, run
from tests.cli.roles.role_sessions import add_role, log_in, policy, take
from tests.machine import MFA_SESSION, Machine


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user has a session."""
    machine.lay_down_the_key()
    log_in(machine)
    return machine


def test_a_client_goes_on_with_the_session_that_somebody_gets_in_a_terminal(machine: Machine) -> None:
    let_the_session_end_in(machine, timedelta(minutes=9))
    with LongLived(machine) as program:
        first = program.call()
        renewed = machine.log_in("--force")
        second = program.call()

    assert renewed.returncode == 0, renewed.stderr
    assert first != second
    assert second == machine.credentials("test-user-mfa")["aws_access_key_id"]


def test_a_client_gets_the_next_session_by_itself_where_no_person_is_needed(machine: Machine) -> None:
    machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    add_role(machine, "admin")
    take(machine, "admin", left=timedelta(minutes=20))
    let_the_session_end_in(machine, timedelta(minutes=9), session_profile="admin-mfa")

    with LongLived(machine, "'admin', ask=False") as program:
        first = program.call()
        second = program.call()

    assert first == second == machine.credentials("admin-mfa")["aws_access_key_id"]
    assert len(machine.calls("AssumeRole")) == 1


def test_a_client_works_while_its_session_lives_and_then_says_what_to_do(machine: Machine) -> None:
    let_the_session_end_in(machine, timedelta(minutes=5))

    with LongLived(machine) as program:
        last = program.call()
        let_the_session_end_in(machine, timedelta(seconds=30))
        afterwards = program.call()

    assert last.startswith("ASIA")
    assert afterwards == "PersonNeededError run in a terminal: mfa-session login --profile test-user"


def test_twenty_threads_with_one_session_ask_for_the_next_once(machine: Machine) -> None:
    let_the_session_end_in(machine, timedelta(minutes=9))
    program = f"""\
import subprocess, mfa_session
from concurrent.futures import ThreadPoolExecutor

asked = []
def ask(question):
    asked.append(question)
    return "{machine.fresh_code()}"

session = mfa_session.session("test-user", ask=ask)
clients = [session.client("sts") for _ in range(20)]
subprocess.run(["{MFA_SESSION}", "logout", "--profile", "test-user"], check=True, stderr=subprocess.DEVNULL)
with ThreadPoolExecutor(20) as threads:
    users = set(threads.map(lambda client: client.get_caller_identity()["Arn"], clients))
print(len(asked), *users)
"""

    ran = run(machine, program)

    assert (ran.stdout, ran.stderr) == (f"1 {USER}\n", "")
    assert len(machine.calls("GetSessionToken")) == 1
