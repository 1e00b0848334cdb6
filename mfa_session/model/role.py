"""An IAM role, and under which names it is taken."""

import re
from dataclasses import dataclass

from mfa_session.errors import UsageError

# RoleArn, RoleSessionName and ExternalId of AssumeRole; a path may hold anything that can be seen.
_ARN = re.compile(r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/[!-~]{1,1024}")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)

_NOT_IN_A_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
_MAX_SESSION_NAME = 64


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role to assume.

    *session_name* is what CloudTrail shows behind the name of the role; *external_id* is
    what the owner of the role wants to hear from a stranger, and is no secret to AWS.

    Raises:
        UsageError: AssumeRole would not take one of them; the message names the setting.
    """

    arn: str
    session_name: str
    external_id: str | None = None

    def __post_init__(self) -> None:
        if not _ARN.fullmatch(self.arn):
            raise UsageError(
                "role_arn is not the ARN of a role",
                hint="write it like arn:aws:iam::123456789012:role/admin: IAM console, Roles",
            )
        if not _SESSION_NAME.fullmatch(self.session_name):
            raise UsageError(
                "role_session_name is not one that AWS takes",
                hint="it is 2 to 64 letters, digits and _ + = , . @ -, without blanks",
            )
        if self.external_id is not None and not _EXTERNAL_ID.fullmatch(self.external_id):
            raise UsageError(
                "external_id is not one that AWS takes",
                hint="it is 2 to 1224 letters, digits and _ + = , . @ : / -; ask the owner of the role for it",
            )

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn``, ``aws-us-gov`` and the like."""
        return self.arn.split(":")[1]

    @property
    def name(self) -> str:
        """What people call it: the last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]


def default_session_name(profile: str) -> str:
    """Return the default role session name for *profile*."""
    return _NOT_IN_A_SESSION_NAME.sub("-", f"mfa-session-{profile}")[:_MAX_SESSION_NAME]
