"""Roles that a user may take, and the sessions that were got with them."""

import json
from datetime import UTC, datetime, timedelta

from mfa_session.local_aws.account import Role
from mfa_session.local_aws.credentials import Session
from mfa_session.model.credentials import moment, timestamp
from tests.machine import AWS_CLI, Machine

ACCOUNT = "123456789012"
QUESTION = "(test-user-phone"
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def assumed(name: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/mfa-session-test-user"


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


def trust(condition: object = WITH_MFA, *, principal: str = ACCOUNT) -> str:
    return policy(Principal={"AWS": principal}, Action="sts:AssumeRole", Condition=condition)


def add_role(machine: Machine, name: str, *lines: str, source: str = "test-user") -> Role:
    """Let there be a role that everybody with MFA may take, and a profile that takes it."""
    role = machine.account.add_role(name, trust())
    settings = "".join(f"{line}\n" for line in (f"role_arn = {role.arn}", f"source_profile = {source}", *lines))
    machine.write_config(f"{machine.config_file.read_text()}\n[profile {name}]\n{settings}")
    return role


def who(machine: Machine, profile: str, **environment: str) -> str:
    """Return who the AWS CLI is with *profile*."""
    told = machine.run_program(
        AWS_CLI, "sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--profile", profile, **environment
    )
    return told.stdout.strip() or told.stderr


def left(machine: Machine, session_profile: str) -> timedelta:
    end = moment(machine.credentials(session_profile)["x_security_token_expires"])
    assert end is not None
    return end - datetime.now(UTC)


def log_in(machine: Machine) -> None:
    """Let the user have the session that `login` would get."""
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    keep(machine, "test-user", session)


def take(machine: Machine, name: str, *, left: timedelta = timedelta(hours=1)) -> None:
    """Let there be a session of a role that has been taken before, and ends when *left* has passed."""
    identity = machine.account.identity_of_role(machine.account.roles[name], "mfa-session-test-user")
    keep(machine, name, machine.account.begin_session(identity, left))


def keep(machine: Machine, source: str, session: Session) -> None:
    machine.write_credentials(
        f"{machine.credentials_file.read_text()}\n[{source}-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = {source}\n"
    )
