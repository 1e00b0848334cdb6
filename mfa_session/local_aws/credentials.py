"""Credentials as AWS remembers them: whose they are, and whether they are still good."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Identity:
    """Who a caller is: an IAM user, a role that was taken, or root where it is neither."""

    arn: str
    user_id: str
    user_name: str | None = None
    role_name: str | None = None

    @property
    def is_root(self) -> bool:
        """Whether this is the owner of the account, whom no policy binds."""
        return self.user_name is None and self.role_name is None


@dataclass(frozen=True)
class LastUse:
    """When, where and for what an access key was last used."""

    moment: datetime
    region: str
    service: str


@dataclass
class LongTermKey:
    """A long-term access key of a user, or of root where *user_name* is ``None``."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    user_name: str | None
    create_date: datetime
    active: bool = True
    last_use: LastUse | None = None


@dataclass
class Session:
    """Temporary credentials that were given; *mfa_at* is when their holder typed a code, if one did."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: datetime
    identity: Identity
    mfa_at: datetime | None = None

    def described(self) -> dict[str, str | datetime]:
        """Return the element ``Credentials`` of an answer."""
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": self.expiration,
        }
