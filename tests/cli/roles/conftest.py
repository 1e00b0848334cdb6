"""A machine whose user may take roles."""

from collections.abc import Iterator

import pytest

from mfa_session.local_aws.account import Role
from tests.cli.roles.role_sessions import add_role, policy
from tests.machine import Machine
from tests.terminal import PseudoTerminal


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user may take every role, with the key where people have it."""
    machine.lay_down_the_key()
    machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    return machine


@pytest.fixture
def admin(machine: Machine) -> Role:
    return add_role(machine, "admin")


@pytest.fixture
def terminal(machine: Machine) -> Iterator[PseudoTerminal]:
    with machine.terminal() as terminal:
        yield terminal
