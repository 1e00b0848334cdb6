"""A boto3 session whose credentials are asked for again when they end."""

from collections.abc import Callable

import boto3
import botocore.session
from botocore.credentials import CredentialResolver, RefreshableCredentials

from mfa_session.model.credentials import SessionCredentials, timestamp

_NAME = "mfa-session"


class _OnlyProvider:
    """What botocore gets credentials from: these, and never those of a variable, a file or an instance."""

    METHOD = CANONICAL_NAME = _NAME

    def __init__(self, credentials: RefreshableCredentials) -> None:
        self._credentials = credentials

    def load(self) -> RefreshableCredentials:
        return self._credentials


def boto3_session(
    credentials: Callable[[], SessionCredentials], *, profile: str, region: str | None, default_region: str | None
) -> boto3.Session:
    """Return a session with the *credentials* that are returned now, and again when botocore thinks that they end.

    That is from fifteen minutes before the end on; one thread calls then, and from ten
    minutes before the end the others wait for it. All else that the config file says about
    *profile* holds. *region* wins over every other, *usual_region* over none.

    Raises:
        What *credentials* raises; later, calls of the session's clients do.
    """

    def metadata() -> dict[str, str]:
        current = credentials()
        return {
            "access_key": current.access_key_id,
            "secret_key": current.secret_access_key,
            "token": current.session_token,
            "expiry_time": timestamp(current.expiration),
        }

    core = botocore.session.Session()
    core.set_config_variable("profile", profile if profile in core.available_profiles else None)
    refreshed = RefreshableCredentials.create_from_metadata(metadata(), refresh_using=metadata, method=_NAME)
    core.register_component("credential_provider", CredentialResolver([_OnlyProvider(refreshed)]))
    if chosen := region or core.get_config_variable("region") or default_region:
        core.set_config_variable("region", chosen)
    return boto3.Session(botocore_session=core)
