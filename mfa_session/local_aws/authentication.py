"""Callers: who signed a request, and with what kind of credentials."""

from dataclasses import dataclass

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import Identity, LastUse, LongTermKey, Session
from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import RefusedError
from mfa_session.local_aws.sigv4 import Signature


@dataclass(frozen=True)
class Caller:
    """Who calls; *session* is ``None`` for a long-term access key."""

    identity: Identity
    access_key_id: str
    region: str
    session: Session | None = None

    @property
    def mfa(self) -> bool | None:
        """``aws:MultiFactorAuthPresent``: neither a long-term key nor a role's session has it at all."""
        if self.session is None or self.identity.role_name is not None:
            return None
        return self.session.mfa_at is not None


def authenticate(account: Account, request: HTTPRequest, signature: Signature) -> Caller:
    """Find out who signed *request*.

    Raises:
        RefusedError: the key or the session token is not known, no longer or not yet good, or the signature is wrong.
    """
    credentials = _known_credentials(account, signature.access_key_id, request.header("X-Amz-Security-Token"))
    signature.check(request, secret_access_key=credentials.secret_access_key, now=account.now())
    if isinstance(credentials, Session):
        if credentials.expiration <= account.now():
            raise RefusedError(403, "ExpiredToken", "The security token included in the request is expired")
        return Caller(credentials.identity, credentials.access_key_id, signature.region, credentials)
    credentials.last_use = LastUse(account.now(), signature.region, signature.service)
    user = account.users[credentials.user_name] if credentials.user_name else None
    return Caller(account.identity_of(user), credentials.access_key_id, signature.region)


def _known_credentials(account: Account, access_key_id: str, token: str | None) -> LongTermKey | Session:
    session = account.sessions.get(access_key_id)
    if session is not None and token == session.session_token:
        return session
    key = account.access_keys.get(access_key_id)
    if key is None or token is not None or not key.active or key.create_date + account.propagation > account.now():
        raise invalid_client_token_id()
    return key


def invalid_client_token_id() -> RefusedError:
    """Return AWS's answer to credentials it does not know, and to those it does not take for IAM."""
    return RefusedError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
