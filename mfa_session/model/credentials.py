"""The two kinds of credentials: a long-term access key, and a session's temporary ones.

Everything here is checked when it is made. A value that came out of this module
holds no blank, control character or line break, so it may be written into a file,
a header or an environment as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mfa_session.errors import AWSAnswerError, UsageError

# An access key ID is 16 to 128 characters long in the IAM API reference; the first four name its kind.
_LONG_TERM_KEY_ID = re.compile(r"AKIA[A-Z0-9]{12,124}")
_TEMPORARY_KEY_ID = re.compile(r"ASIA[A-Z0-9]{12,124}")
# AWS calls secrets and tokens opaque: all that can be asked of them is printable ASCII without blanks.
_OPAQUE = re.compile(r"[!-~]+")

# STS gives tokens of some hundred characters; ten times the longest seen still fits every consumer's limit.
_MAX_TOKEN = 6144
_MAX_SECRET = 128

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A long-term access key of an IAM user.

    *account_id* is the twelve digits of the account it was proven to belong to,
    *create_date* when AWS made it; both are ``None`` until AWS was asked.

    Raises:
        UsageError: the ID is a temporary key's or no key ID at all, or the secret
            holds a character that no secret access key has.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    account_id: str | None = None
    create_date: datetime | None = None

    def __post_init__(self) -> None:
        if _TEMPORARY_KEY_ID.fullmatch(self.access_key_id):
            raise UsageError(
                "this is a temporary access key (ASIA…), which cannot get a session",
                hint="use the long-term key (AKIA…) of your IAM user: IAM console, Security credentials",
            )
        if not _LONG_TERM_KEY_ID.fullmatch(self.access_key_id):
            raise UsageError(
                "this is not an access key ID",
                hint="an access key ID is AKIA and 12 or more capital letters and digits, without blanks",
            )
        if not _is_opaque(self.secret_access_key, at_most=_MAX_SECRET):
            raise UsageError(
                "this is not a secret access key: it has blanks or too many characters",
                hint="a secret access key is 40 characters of letters, digits, / and +; copy it alone",
            )

    @property
    def masked_id(self) -> str:
        """The key ID with all but its kind and its last four characters hidden."""
        return masked(self.access_key_id)


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Temporary security credentials, as STS ``GetSessionToken`` and ``AssumeRole`` return them.

    Raises:
        AWSAnswerError: a part is not what AWS's API reference says it is. The message
            names the part and never quotes it.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: datetime

    def __post_init__(self) -> None:
        wrong = next((name for name, right in self._parts_that_are_right() if not right), None)
        if wrong is not None:
            raise AWSAnswerError(
                f"no valid {wrong} among the temporary credentials",
                hint="check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy",
            )

    def _parts_that_are_right(self) -> Iterator[tuple[str, bool]]:
        yield "AccessKeyId", bool(_TEMPORARY_KEY_ID.fullmatch(self.access_key_id))
        yield "SecretAccessKey", _is_opaque(self.secret_access_key, at_most=_MAX_SECRET)
        yield "SessionToken", _is_opaque(self.session_token, at_most=_MAX_TOKEN)
        yield "Expiration", self.expiration.tzinfo is not None

    def expire_within(self, margin: timedelta, *, now: datetime) -> bool:
        """Tell whether AWS will stop accepting these before *margin* has passed."""
        return self.expiration - now <= margin

    def document(self) -> str:
        """Return these as a ``credential_process`` prints them: one line of ASCII, without the newline.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
        """
        return json.dumps(
            {
                "Version": 1,
                "AccessKeyId": self.access_key_id,
                "SecretAccessKey": self.secret_access_key,
                "SessionToken": self.session_token,
                "Expiration": timestamp(self.expiration),
            }
        )


def long_term_key_id(section: Mapping[str, str]) -> str | None:
    """Return the key ID in a *section* of an AWS file, ``None`` where there is none or it is a temporary key's."""
    key_id = section.get("aws_access_key_id", "")
    return key_id if key_id and not key_id.startswith("ASIA") else None


def masked(access_key_id: str) -> str:
    """Return the first and last four characters of a key ID."""
    return f"{access_key_id[:4]}…{access_key_id[-4:]}"


def _is_opaque(text: str, *, at_most: int) -> bool:
    return len(text) <= at_most and _OPAQUE.fullmatch(text) is not None


def timestamp(moment: datetime) -> str:
    """Return an aware *moment* as ``2026-11-24T01:29:50Z``, the only form that every AWS SDK reads."""
    # Not strftime, which on some systems writes the year 999 with three digits.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def moment(timestamp: str) -> datetime | None:
    """Return the aware UTC moment that :func:`timestamp` would write so, or ``None`` for any other text."""
    # strptime alone would take hours of one digit, and the digits of other scripts.
    if not _TIMESTAMP.fullmatch(timestamp):
        return None
    try:
        return datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


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
