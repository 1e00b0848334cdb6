"""A ready-made account: one user, one phone, one access key, and a policy that wants MFA."""

import json
from datetime import timedelta

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.mfa_devices import Clock
from mfa_session.policies.templates import article_policy

USER_NAME = "test-user"
DEVICE_NAME = "test-user-phone"

_AGE_OF_THE_KEY = timedelta(days=90)

# What the user is there for; the enforcing policy makes it wait for a code.
_WORK = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["iam:*AccessKey*", "iam:GetUser"],
            "Resource": ["arn:*:iam::*:user/${aws:username}", "arn:*:iam::*:user/*/${aws:username}"],
        },
    ],
}


def demo_account(*, enforcement: str | None = None, clock: Clock | None = None) -> Account:
    """Build account 123456789012 with ``test-user`` in the group ``developers``.

    The user has a phone, ``arn:aws:iam::123456789012:mfa/test-user-phone``, and an access key
    made 90 days ago: ``account.keys_of(account.users["test-user"])``. *enforcement* is the
    MFA-enforcing policy of the group, as JSON; the one that most people copied in 2024
    where none is given.
    """
    account = Account("123456789012", clock=clock)
    user = account.add_user(USER_NAME)
    group = account.add_group("developers", user)
    group.grants.inline["work"] = json.dumps(_WORK)
    policy = account.add_managed_policy("enforce-mfa", enforcement or article_policy().document)
    group.grants.attached.append(policy.arn)
    account.add_device(user, DEVICE_NAME)
    account.add_access_key(user, age=_AGE_OF_THE_KEY)
    account.buckets += ["test-user-backups", "test-user-photos"]
    return account
