"""What the configuration says about one profile.

The *source profile* (`test-user`) owns the long-term access key, its *session
profile* (`test-user-mfa`) holds the temporary keys. Both files are handed in as
botocore reads them; nothing is read here.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias, TypeVar

from mfa_session.durations import session_duration
from mfa_session.errors import ConfigurationError, ProfileNotFoundError, UsageError
from mfa_session.mfa import MFADevice

Sections: TypeAlias = Mapping[str, Mapping[str, str]]

Value = TypeVar("Value")

# What makes a profile of the config file more than the region and output that a session profile has.
_OWN_CREDENTIALS = (
    "role_arn",
    "source_profile",
    "credential_process",
    "credential_source",
    "sso_session",
    "sso_start_url",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One source profile.

    *settings* is its section of the config file as it stands there, for what only
    one room needs (endpoints, certificates).
    """

    name: str
    session_profile: str
    region: str | None = None
    output: str | None = None
    mfa_device: MFADevice | None = None
    duration: timedelta | None = None
    store: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def source_profile_name(name: str, *, config: Sections, credentials: Sections) -> str:
    """Return the source profile that *name* stands for: itself, or the one whose session profile it is."""
    if source := credentials.get(name, {}).get("mfa_session_source"):
        return source
    for profile, settings in config.items():
        if settings.get("mfa_session_profile") == name:
            return profile
    base = name.removesuffix("-mfa")
    is_more = any(key in config.get(name, {}) for key in _OWN_CREDENTIALS) or "aws_access_key_id" in credentials.get(
        name, {}
    )
    return base if base != name and not is_more and (base in config or base in credentials) else name


def read_profile(name: str, *, config: Sections, credentials: Sections) -> Profile:
    """Return what the two files say about *name*, or about the profile whose session profile it is.

    Raises:
        ProfileNotFoundError: there are profiles, and this is none of them. With no
            profile anywhere, this is somebody's first run, and any name will do.
        ConfigurationError: a setting cannot be what it is meant to be.
    """
    name = source_profile_name(name, config=config, credentials=credentials)
    known = {*config, *credentials}
    if known and name not in known:
        raise _not_found(name, known)
    settings = config.get(name, {})
    return Profile(
        name=name,
        session_profile=_session_profile(name, settings),
        region=settings.get("region") or None,
        output=settings.get("output") or None,
        mfa_device=_setting(name, settings, "mfa_serial", MFADevice),
        duration=_setting(name, settings, "mfa_session_duration", session_duration),
        store=_setting(name, settings, "mfa_session_store", _store),
        settings=dict(settings),
    )


def _session_profile(name: str, settings: Mapping[str, str]) -> str:
    chosen = settings.get("mfa_session_profile") or f"{name}-mfa"
    if chosen == name:
        raise ConfigurationError(
            f"profile {name}: mfa_session_profile is {name} itself, and the session would overwrite its own key",
            hint=f"give mfa_session_profile another name, such as {name}-mfa, or delete the line",
        )
    return chosen


def _store(text: str) -> str:
    if text not in ("keyring", "file"):
        raise UsageError("this is not a store of access keys", hint="it is keyring or file")
    return text


def _setting(name: str, settings: Mapping[str, str], key: str, parse: Callable[[str], Value]) -> Value | None:
    text = settings.get(key)
    if not text:
        return None
    try:
        return parse(text)
    except UsageError as error:
        raise ConfigurationError(f"profile {name}: {key}: {error}", hint=error.hint) from None


def _not_found(name: str, known: set[str]) -> ProfileNotFoundError:
    alike = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {alike[0]}? " if alike else ""
    return ProfileNotFoundError(
        f"there is no profile {name} in the AWS files",
        hint=f"{hint}to begin with a new one: mfa-session keys add --profile {name}",
    )
