"""Who AWS says that a caller is."""

import re
from dataclasses import dataclass

from mfa_session.errors import AWSAnswerError

_ARN = re.compile(r"arn:(?P<partition>[a-z0-9-]+):(?P<service>iam|sts)::(?P<account>[0-9]{12}):(?P<resource>[!-~]+)")


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """The caller of an AWS API, read from the ARN that ``GetCallerIdentity`` returns.

    Raises:
        AWSAnswerError: this is not the ARN of a caller.
    """

    arn: str

    def __post_init__(self) -> None:
        if not _ARN.fullmatch(self.arn):
            raise AWSAnswerError(
                "the answer of AWS names no caller",
                hint="check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy",
            )

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn``, ``aws-us-gov`` and the like."""
        return self.arn.split(":")[1]

    @property
    def account_id(self) -> str:
        """The twelve digits of the account."""
        return self.arn.split(":")[4]

    @property
    def kind(self) -> str:
        """``user``, ``root``, ``assumed-role`` or ``federated-user``."""
        return self.arn.split(":", 5)[5].split("/")[0]

    @property
    def user_name(self) -> str | None:
        """The name of an IAM user, without its path; ``None`` for every other kind of caller."""
        return self.arn.rsplit("/", 1)[-1] if self.kind == "user" else None
