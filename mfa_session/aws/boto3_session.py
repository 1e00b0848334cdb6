"""boto3 and botocore sessions that get the MFA session from us, and the next one when it expires."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.session
from botocore.credentials import CredentialResolver, ReadOnlyCredentials, RefreshableCredentials

from mfa_session.model.credentials import SessionCredentials, timestamp

_NAME = "mfa-session"

# Since when the present thread or task has wanted credentials: it may have waited for another one's refresh.
_since: ContextVar[datetime | None] = ContextVar("mfa_session_since", default=None)

GetSession = Callable[[datetime | None], SessionCredentials]


class _Credentials(RefreshableCredentials):  # type: ignore[misc]  # botocore is not typed
    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        token = _since.set(datetime.now(UTC))
        try:
            return super().get_frozen_credentials()
        finally:
            _since.reset(token)


class _Provider:
    """A credential provider of botocore with one answer."""

    METHOD = CANONICAL_NAME = _NAME

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        return self._credentials


class _AioProvider(_Provider):
    async def load(self) -> Any:
        return self._credentials


def boto3_session(
    get_session: GetSession, *, profile: str, region: str | None, default_region: str | None
) -> boto3.Session:
    """Return a boto3 session with the credentials of *get_session*, and no other provider of credentials.

    botocore asks again from fifteen minutes before they expire, in one thread; from ten
    minutes before, the others wait for it. All other settings of *profile* apply. *region* wins over the settings,
    *default_region* does not.

    Raises:
        What *get_session* raises; later, calls of the session's clients do.
    """
    core = botocore.session.Session()
    core.set_config_variable("profile", profile if profile in core.available_profiles else None)
    core.register_component("credential_provider", CredentialResolver([_provider(core, get_session)]))
    if chosen := region or core.get_config_variable("region") or default_region:
        core.set_config_variable("region", chosen)
    return boto3.Session(botocore_session=core)


def core_session(session: object) -> botocore.session.Session:
    """Return the botocore session of *session*: itself, or that of a boto3 or aioboto3 session.

    Raises:
        TypeError: it has none.
    """
    core = getattr(session, "_session", session)
    if not isinstance(core, botocore.session.Session):
        raise TypeError(f"expected a botocore, aiobotocore, boto3 or aioboto3 session, not {type(session).__name__}")
    return core


def register(core: botocore.session.Session, get_session: GetSession, *, default_region: str | None) -> None:
    """Put *get_session* before every other provider of credentials of *core*, a session of botocore or aiobotocore.

    Raises:
        What *get_session* raises.
    """
    provider = _provider(core, get_session)
    # Not insert_before(): which providers there are depends on the session.
    core.get_component("credential_provider").providers.insert(0, provider)
    core._credentials = None  # found before; botocore has no public way to forget them
    if default_region and not core.get_config_variable("region"):
        core.set_config_variable("region", default_region)


def _provider(core: botocore.session.Session, get_session: GetSession) -> _Provider:
    def metadata() -> dict[str, str]:
        current = get_session(_since.get())
        return {
            "access_key": current.access_key_id,
            "secret_key": current.secret_access_key,
            "token": current.session_token,
            "expiry_time": timestamp(current.expiration),
        }

    if not any(kind.__module__.startswith("aiobotocore.") for kind in type(core).__mro__):
        return _Provider(_Credentials.create_from_metadata(metadata(), refresh_using=metadata, method=_NAME))

    from aiobotocore.credentials import (  # type: ignore[import-not-found, import-untyped, unused-ignore]  # optional
        AioRefreshableCredentials,
    )

    async def refresh() -> dict[str, str]:
        return await asyncio.to_thread(metadata)  # which takes the context, and so _since, along

    class AioCredentials(AioRefreshableCredentials):  # type: ignore[misc, unused-ignore]  # untyped base
        async def get_frozen_credentials(self) -> Any:
            token = _since.set(datetime.now(UTC))
            try:
                return await super().get_frozen_credentials()
            finally:
                _since.reset(token)

    return _AioProvider(AioCredentials.create_from_metadata(metadata(), refresh_using=refresh, method=_NAME))
