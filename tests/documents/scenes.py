"""What is there before a page is followed, and what its reader answers: a scene for each page, or each of its parts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from mfa_session.model.credentials import timestamp
from tests.aws_vault import item, sealed, write_item
from tests.documents.reader import PASSPHRASE
from tests.machine import PHONE, Machine
from tests.stored_keys import encrypted_file


def key_in_the_plain_file(machine: Machine) -> None:
    encrypted_file(machine)
    machine.lay_down_the_key()


def nothing_yet(machine: Machine) -> None:
    for name in ("MFA_SESSION_STORE", "MFA_SESSION_PASSPHRASE"):
        del machine.environment[name]


def logged_in(machine: Machine) -> None:
    """A session is live, and there is no key."""
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    machine.write_credentials(
        f"[test-user-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = test-user\n"
    )


def code_on_display(machine: Machine) -> None:
    key_in_the_plain_file(machine)
    machine.write_config(machine.config_file.read_text() + f"mfa_serial = {PHONE}\n")
    (machine.home / "code-on-display").write_text(machine.phone.code() + "\n")


def files_of_aws_mfa(machine: Machine) -> None:
    encrypted_file(machine)
    machine.write_credentials(
        f"[test-user-long-term]\naws_access_key_id = {machine.key.access_key_id}\n"
        f"aws_secret_access_key = {machine.key.secret_access_key}\naws_mfa_device = {PHONE}\n"
    )


def files_of_aws_vault(machine: Machine) -> None:
    encrypted_file(machine)
    content = item(machine.key.access_key_id, machine.key.secret_access_key)
    write_item(machine.home, "test-user", sealed(content, PASSPHRASE))


def session_of_another_tool(machine: Machine) -> None:
    key_in_the_plain_file(machine)
    machine.write_credentials(
        machine.credentials_file.read_text()
        + "[session-ab12c]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
        + "aws_secret_access_key = old\naws_session_token = old\n"
    )


def administrator(machine: Machine) -> None:
    """There is somebody who may do everything, and test-user has no device yet."""
    encrypted_file(machine)
    account = machine.account
    admin = account.add_user("admin-user")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    reading = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}}
    (machine.home / "developers.json").write_text(json.dumps(reading))
    admin.grants.inline["everything"] = json.dumps({"Version": "2012-10-17", "Statement": everything})
    account.add_device(admin, "admin-phone")
    key = account.add_access_key(admin)
    machine.lay_down_the_key()
    machine.write_credentials(
        machine.credentials_file.read_text()
        + f"[admin-user]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    )


@dataclass(frozen=True)
class PageCase:
    """*set_up* makes the machine what the page takes for granted; *yes_or_no* is typed where a question wants that.

    *ends_with* are the commands that do not end with 0, because the page says so.
    """

    set_up: Callable[[Machine], None] = key_in_the_plain_file
    yes_or_no: str = "y"
    ends_with: Mapping[str, int] = field(default_factory=dict)


# By page, or by page and heading where each part of a page begins anew.
SCENES: dict[str, PageCase] = {
    "README.md": PageCase(),
    "docs/how-to/aliases.md": PageCase(),
    "docs/how-to/ansible.md": PageCase(),
    "docs/how-to/codes.md#Codes without typing": PageCase(),
    "docs/how-to/codes.md#A YubiKey": PageCase(code_on_display),
    "docs/how-to/codes.md#1Password": PageCase(code_on_display),
    "docs/how-to/containers.md": PageCase(),
    "docs/how-to/enforcing-mfa.md": PageCase(
        administrator,
        ends_with={
            "mfa-session policy check --group developers --profile admin-user": 1,
            "aws s3 ls --profile test-user 2>&1 | mfa-session doctor --profile test-user --message -": 1,
        },
    ),
    "docs/how-to/headless.md": PageCase(nothing_yet),
    "docs/how-to/ide.md": PageCase(),
    "docs/how-to/moving.md#From a script around `aws sts get-session-token`, or `aws configure mfa-login`": PageCase(
        session_of_another_tool
    ),
    "docs/how-to/moving.md#From aws-mfa": PageCase(files_of_aws_mfa),
    "docs/how-to/moving.md#From aws-vault": PageCase(files_of_aws_vault),
    "docs/how-to/moving.md#From awsume": PageCase(),
    "docs/how-to/prompt.md": PageCase(),
    "docs/how-to/serve.md": PageCase(),
    "docs/how-to/terraform-and-cdk.md": PageCase(),
    "docs/how-to/windows.md": PageCase(logged_in),
}
