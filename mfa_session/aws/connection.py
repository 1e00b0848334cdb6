"""AWS, as the rest of the program sees it: one method for each thing that is asked."""

from mfa_session.aws.endpoints import Endpoints, endpoint_settings
from mfa_session.aws.iam import IAMAccessKeyCalls, IAMDeviceCalls
from mfa_session.aws.iam_policies import IAMPolicyCalls
from mfa_session.aws.sts import STSCalls

__all__ = ["AWS", "Endpoints", "endpoint_settings"]


class AWS(STSCalls, IAMAccessKeyCalls, IAMDeviceCalls, IAMPolicyCalls):
    """STS and IAM at the given endpoints; every call is signed with the key that it is given, and no other."""
