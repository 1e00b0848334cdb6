"""Identity and Access Management: users, their keys and devices, and the policies that bind them."""

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.authentication import Caller, invalid_client_token_id
from mfa_session.local_aws.iam import access_keys, attachments, devices, managed_policies, users
from mfa_session.local_aws.operations import Service


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
        **attachments.ACTIONS,
        **managed_policies.ACTIONS,
    },
)
