"""A request to AWS: its operation, its credentials, and the secrets that an error about it never quotes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mfa_session.aws.endpoints import Service
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import TokenCode
from mfa_session.text import escape_control

# AWS's validation errors quote the value they do not like.
_QUOTED_VALUE = re.compile(r"\b[Vv]alue '[^']*'")

# Long enough for every sentence of AWS that says something, short enough for a terminal.
_MAX_QUOTATION = 300


@dataclass(frozen=True, slots=True)
class APIRequest:
    """One call of one operation.

    *codes* are the token codes among the parameters; with any of them in it the question
    is put once. So it is unless it is *repeatable*: put twice, it does what it does once.
    """

    service: Service
    operation: str
    credentials: AccessKey | SessionCredentials
    parameters: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    codes: tuple[TokenCode, ...] = ()
    idempotent: bool = False

    @property
    def retryable(self) -> bool:
        """Whether nothing is lost when AWS hears it twice: no code is used up, nothing is made twice."""
        return self.idempotent and not self.codes

    def quotable(self, text: str) -> str:
        """Return *text*, which came from outside, without any secret of this question, short and safe to print."""
        for secret in self._secrets():
            text = text.replace(secret, "…")
        text = _QUOTED_VALUE.sub("value '…'", text)
        text = escape_control(" ".join(text.split())).rstrip(". ")
        return text if len(text) <= _MAX_QUOTATION else f"{text[:_MAX_QUOTATION]}…"

    def _secrets(self) -> list[str]:
        secrets = [code.digits for code in self.codes]
        secrets.append(self.credentials.secret_access_key)
        if isinstance(self.credentials, SessionCredentials):
            secrets.append(self.credentials.session_token)
        return secrets
