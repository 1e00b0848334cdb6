"""The device of a user is found, whatever devices there are and whatever a policy forbids."""

import json
import os
from collections.abc import Iterator

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.errors import MFADeviceNotFoundError, NotAnIAMUserError, PersonNeededError
from mfa_session.local_aws.account import Account
from mfa_session.model.credentials import AccessKey
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from mfa_session.sessions.find_device import find_device
from mfa_session.sessions.protocols import Prompter
from tests.fakes import TypedLines
from tests.faults import Endpoint, HostileFields

PREFIX = "arn:aws:iam::123456789012"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """Serve an account whose user ``alice`` may list her devices in any form, and has none."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    account = Account()
    account.add_access_key(account.add_user("alice", path="/team/"))
    allow(account, "*")
    with Endpoint(account) as endpoint:
        yield endpoint


@pytest.fixture
def account(endpoint: Endpoint) -> Account:
    return endpoint.account


def allow(account: Account, resource: str) -> None:
    """Let alice list the devices of *resource*, and nothing else."""
    statement = {"Effect": "Allow", "Action": "iam:ListMFADevices", "Resource": resource}
    account.users["alice"].grants.inline["work"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def found(endpoint: Endpoint, chooser: Prompter | None = None, *, of_root: bool = False) -> str:
    """Return the serial number of the device that is found; whoever is asked but not expected fails the test."""
    account = endpoint.account
    [key] = account.keys_of(None if of_root else account.users["alice"])
    transport = Transport(Endpoints(sts_url=endpoint.url, iam_url=endpoint.url))
    device = find_device(
        AccessKey(key.access_key_id, key.secret_access_key),
        sts=STS(transport),
        iam=IAM(transport),
        chooser=chooser or somebody(TypedLines()),
    )
    return device.serial_number


def somebody(lines: TypedLines) -> User:
    return User(lambda: Terminal(lines), command="…")


def test_an_only_device_is_found_without_a_question(endpoint: Endpoint, account: Account) -> None:
    account.add_device(account.users["alice"], "phone")

    assert found(endpoint) == f"{PREFIX}:mfa/phone"


def test_a_hardware_token_is_a_device(endpoint: Endpoint, account: Account) -> None:
    account.add_hardware_token(account.users["alice"], "GAHT12345678")

    assert found(endpoint) == "GAHT12345678"


def test_a_device_with_a_path_is_a_device(endpoint: Endpoint, account: Account) -> None:
    account.add_device(account.users["alice"], "team/phone")

    assert found(endpoint) == f"{PREFIX}:mfa/team/phone"


def test_one_of_several_devices_is_chosen(endpoint: Endpoint, account: Account) -> None:
    for name in ("laptop", "phone", "tablet"):
        account.add_device(account.users["alice"], name)
    lines = TypedLines("2")

    assert found(endpoint, somebody(lines)) == f"{PREFIX}:mfa/phone"
    assert f"  1  {PREFIX}:mfa/laptop\n" in lines.shown


def test_security_keys_are_passed_over(endpoint: Endpoint, account: Account) -> None:
    account.add_security_key(account.users["alice"], "yubikey")
    account.add_device(account.users["alice"], "phone")

    assert found(endpoint) == f"{PREFIX}:mfa/phone"


def test_a_user_with_nothing_but_security_keys_hears_what_to_do(endpoint: Endpoint, account: Account) -> None:
    account.add_security_key(account.users["alice"], "yubikey")

    with pytest.raises(MFADeviceNotFoundError, match="only security keys or passkeys") as refused:
        found(endpoint)
    assert "authenticator app" in refused.value.hint
    assert "aws login" in refused.value.hint


def test_a_user_without_a_device_is_named_with_the_account(endpoint: Endpoint) -> None:
    with pytest.raises(MFADeviceNotFoundError, match="user alice of account 123456789012 has no MFA device"):
        found(endpoint)


def test_devices_beyond_the_first_page_are_found(endpoint: Endpoint, account: Account) -> None:
    account.page_size = 1
    account.add_security_key(account.users["alice"], "yubikey")
    account.add_device(account.users["alice"], "phone")

    assert found(endpoint) == f"{PREFIX}:mfa/phone"


def test_a_policy_that_wants_the_user_named_is_satisfied(endpoint: Endpoint, account: Account) -> None:
    account.implicit_user_is_a_resource = False
    allow(account, f"{PREFIX}:user/team/alice")
    account.add_device(account.users["alice"], "phone")

    assert found(endpoint) == f"{PREFIX}:mfa/phone"
    assert [(call.action, call.status) for call in endpoint.journal[1:]] == [
        ("ListMFADevices", 403),
        ("ListMFADevices", 200),
    ]


class TestWithoutLeaveToList:
    """A policy lets alice list the devices of somebody else only."""

    @pytest.fixture(autouse=True)
    def nothing_allowed(self, account: Account) -> None:
        allow(account, f"{PREFIX}:user/bob")

    def test_a_guess_is_offered_and_said_to_be_one(self, endpoint: Endpoint) -> None:
        lines = TypedLines("")

        assert found(endpoint, somebody(lines)) == f"{PREFIX}:mfa/alice"
        assert f"[{PREFIX}:mfa/alice]: " in lines.shown

    def test_the_guess_is_of_the_partition_of_the_user(self, endpoint: Endpoint) -> None:
        arn = "arn:aws-us-gov:iam::123456789012:user/alice"
        endpoint.faults.add("GetCallerIdentity", HostileFields({"Arn": arn}))

        assert found(endpoint, somebody(TypedLines(""))) == "arn:aws-us-gov:iam::123456789012:mfa/alice"

    def test_another_device_may_be_typed(self, endpoint: Endpoint) -> None:
        assert found(endpoint, somebody(TypedLines("  GAHT12345678 "))) == "GAHT12345678"

    def test_what_is_no_device_is_asked_for_again(self, endpoint: Endpoint) -> None:
        lines = TypedLines("my phone", f"{PREFIX}:mfa/phone")

        assert found(endpoint, somebody(lines)) == f"{PREFIX}:mfa/phone"
        assert "This is not the serial number of an MFA device" in lines.shown

    def test_without_a_person_the_hint_has_the_guess(self, endpoint: Endpoint) -> None:
        with pytest.raises(PersonNeededError, match="denied by a policy") as refused:
            found(endpoint, NoUser("…"))
        assert f"--serial ARN (often {PREFIX}:mfa/alice)" in refused.value.hint


def test_nobody_is_asked_when_the_key_is_roots(endpoint: Endpoint, account: Account) -> None:
    account.add_access_key(None)

    with pytest.raises(NotAnIAMUserError, match="belongs to the root user"):
        found(endpoint, of_root=True)
    assert [call.action for call in endpoint.journal] == ["GetCallerIdentity"]


@pytest.mark.parametrize("resource", ["assumed-role/admin/alice", "federated-user/alice"])
def test_nobody_is_asked_when_the_key_is_not_a_users(endpoint: Endpoint, resource: str) -> None:
    arn = f"arn:aws:sts::123456789012:{resource}"
    endpoint.faults.add("GetCallerIdentity", HostileFields({"Arn": arn}))

    with pytest.raises(NotAnIAMUserError, match=f"belongs to {arn}, which is not an IAM user"):
        found(endpoint)
    assert [call.action for call in endpoint.journal] == ["GetCallerIdentity"]
