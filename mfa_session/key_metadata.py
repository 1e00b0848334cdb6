"""What IAM tells of a long-term access key: everything but its secret."""

from dataclasses import dataclass
from datetime import datetime

from mfa_session.credentials import masked


@dataclass(frozen=True, slots=True)
class AccessKeyMetadata:
    """One of the access keys of a user, as ``ListAccessKeys`` describes it."""

    access_key_id: str
    is_active: bool
    create_date: datetime

    @property
    def masked_id(self) -> str:
        """The key ID with all but its kind and its last four characters hidden."""
        return masked(self.access_key_id)
