"""Identity and Access Management: users, their keys and devices, and the policies that bind them."""

from mfa_session.demo.account import Account
from mfa_session.demo.callers import Caller, invalid_client_token_id
from mfa_session.demo.iam import access_keys, devices, grants, managed_policies, users
from mfa_session.demo.operations import Service


def _admit(_account: Account, caller: Caller, _action: str) -> None:
    """Turn away the sessions of users who typed no code; AWS says that it does not know their keys."""
    if caller.session is not None and caller.mfa is False:
        raise invalid_client_token_id()


IAM = Service(
    name="iam",
    version="2010-05-08",
    namespace="https://iam.amazonaws.com/doc/2010-05-08/",
    admit=_admit,
    actions={
        **users.ACTIONS,
        **access_keys.ACTIONS,
        **devices.ACTIONS,
        **grants.ACTIONS,
        **managed_policies.ACTIONS,
    },
)
