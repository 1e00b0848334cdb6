"""What MFA-enforcing policies let a user do with a long-term key, a session without MFA and one with it."""

from collections.abc import Callable

import pytest

from mfa_session.demo.enforcement import article_policy, safer_policy
from mfa_session.policies import Decision, Policy, Request, evaluate
from tests.demo.aws_samples import MFA_ONLY, SELF_MANAGE

ACCOUNT = "arn:aws:iam::123456789012"
USER = f"{ACCOUNT}:user/alice"
USER_WITH_PATH = f"{ACCOUNT}:user/engineering/alice"
OWN_DEVICE = f"{ACCOUNT}:mfa/alice"
OTHERS_DEVICE = f"{ACCOUNT}:mfa/bob"

LETTERS = {Decision.ALLOWED: "A", Decision.EXPLICITLY_DENIED: "D", Decision.IMPLICITLY_DENIED: "-"}
POLICIES = {
    "self-manage": SELF_MANAGE,
    "mfa-only": MFA_ONLY,
    "article": article_policy(),
    "safer": safer_policy(),
}


def decisions(policy: str, action: str, resource: str) -> str:
    """Return three letters, for a long-term key, a session without MFA and one with it: allowed, denied, neither."""
    letters = ""
    for mfa in (None, "false", "true"):
        context = {"aws:username": "alice", "aws:MultiFactorAuthPresent": mfa}
        ruling = evaluate([Policy.parse(POLICIES[policy])], Request(f"iam:{action}", resource, context))
        letters += LETTERS[ruling.decision]
    return letters


TABLE = [
    # action, resource, then what each policy says
    ("ListMFADevices", USER, "AAA", "AAA", "AAA", "AAA"),
    ("CreateVirtualMFADevice", OWN_DEVICE, "AAA", "AAA", "AAA", "AAA"),
    ("EnableMFADevice", USER, "AAA", "AAA", "AAA", "AAA"),
    ("ResyncMFADevice", USER, "AAA", "AAA", "AAA", "AAA"),
    ("ListVirtualMFADevices", f"{ACCOUNT}:mfa/", "AAA", "AAA", "AAA", "AAA"),
    ("GetUser", USER, "AAA", "AAA", "DD-", "AAA"),
    ("DeactivateMFADevice", USER, "DDA", "DDA", "AAA", "DDA"),
    ("DeleteVirtualMFADevice", OWN_DEVICE, "DD-", "DD-", "AAA", "DDA"),
    ("DeleteVirtualMFADevice", OTHERS_DEVICE, "DD-", "DD-", "AAA", "DD-"),
    ("ChangePassword", USER, "DDA", "DD-", "AAA", "DDA"),
    ("GetAccountPasswordPolicy", "*", "DDA", "DD-", "DD-", "DDA"),
    ("ListAccessKeys", USER, "DDA", "DD-", "DD-", "DDA"),
    ("CreateAccessKey", USER, "DDA", "DD-", "DD-", "DDA"),
    # a path: AWS's samples and the article miss such users, all but what is said of devices
    ("ListMFADevices", USER_WITH_PATH, "---", "---", "---", "AAA"),
    ("ListAccessKeys", USER_WITH_PATH, "DD-", "DD-", "DD-", "DDA"),
    ("CreateVirtualMFADevice", OTHERS_DEVICE, "AAA", "AAA", "AAA", "---"),
    ("CreateVirtualMFADevice", f"{OWN_DEVICE}-phone", "AAA", "AAA", "AAA", "AAA"),
]


@pytest.mark.parametrize(
    ("policy", "action", "resource", "letters"),
    [
        (policy, action, resource, letters)
        for action, resource, *row in TABLE
        for policy, letters in zip(POLICIES, row, strict=True)
    ],
)
def test_a_policy_lets_pass_what_the_table_says(policy: str, action: str, resource: str, letters: str) -> None:
    assert decisions(policy, action, resource) == letters


@pytest.mark.parametrize("policy", ["article", "safer"])
def test_a_policy_fits_into_what_a_managed_policy_may_hold(policy: str) -> None:
    assert len("".join(POLICIES[policy].split())) <= 6144


@pytest.mark.parametrize("policy_of", [article_policy, safer_policy])
def test_a_policy_speaks_of_its_own_partition(policy_of: Callable[[str], str]) -> None:
    assert "arn:aws-cn:iam::" in policy_of("aws-cn")
    assert "arn:aws:" not in policy_of("aws-cn")
