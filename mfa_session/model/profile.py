"""What the configuration says about one profile.

The *source profile* (`test-user`) owns the long-term access key, its *session
profile* (`test-user-mfa`) holds the temporary keys. A *role profile* (`admin`) has no
key: its role is taken with the session of the profile that its ``source_profile``
names, and has a session profile of its own (`admin-mfa`). Both files are handed in as
botocore reads them; nothing is read here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from mfa_session.errors import ConfigurationError, ProfileNotFoundError, UsageError, hint_command
from mfa_session.model.credentials import moment
from mfa_session.model.durations import role_duration, session_duration
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.role import Role, default_session_name

Sections: TypeAlias = Mapping[str, Mapping[str, str]]

Value = TypeVar("Value")

# Each role of a chain is taken with the session of the one before; people have three.
_MAX_CHAIN = 50

# What makes a profile of the config file more than the region and output that a session profile has.
_OWN_CREDENTIALS = (
    "role_arn",
    "source_profile",
    "credential_process",
    "credential_source",
    "sso_session",
    "sso_start_url",
)

# AWS tools read these in the credentials file too, and there first.
_IN_EITHER_FILE = ("role_arn", "source_profile", "external_id", "role_session_name", "duration_seconds", "mfa_serial")


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile that has sessions: a user's, or that of a *role*, which is taken with the session of *source*.

    *region* and *output* are those of the source where a role profile has none of its own;
    *mfa_device* is the user's, and the role's own section may name it where the user's does not.
    *key_created* is when AWS made the long-term key, where that is known. *settings* is the
    section of the config file as it stands there, for what only one room needs (endpoints,
    certificates).
    """

    name: str
    session_profile: str
    region: str | None = None
    output: str | None = None
    mfa_device: MFADevice | None = None
    duration: timedelta | None = None
    store: str | None = None
    key_created: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    role: Role | None = None
    source: "Profile | None" = None

    @property
    def user(self) -> "Profile":
        """The profile with the access key and the device: itself, or the one at the beginning of a chain of roles."""
        return self.source.user if self.source else self


def source_profile_name(name: str, *, config: Sections, credentials: Sections) -> str:
    """Return the profile that *name* stands for: itself, or the one whose session profile it is."""
    return ProfileReader(config, credentials).source_profile_name(name)


def read_profile(name: str, *, config: Sections, credentials: Sections) -> Profile:
    """Return what the two files say about *name*, as :meth:`ProfileReader.profile` does."""
    return ProfileReader(config, credentials).profile(name)


class ProfileReader:
    """Reads any number of profiles of the same two files, each in the time that one takes."""

    def __init__(self, config: Sections, credentials: Sections) -> None:
        self._config = config
        self._credentials = credentials
        # Where two profiles name one session profile, the first has it.
        self._owners: dict[str, str] = {}
        for profile, settings in config.items():
            if session_profile := settings.get("mfa_session_profile"):
                self._owners.setdefault(session_profile, profile)

    def source_profile_name(self, name: str) -> str:
        """Return the profile that *name* stands for: itself, or the one whose session profile it is."""
        if source := self._credentials.get(name, {}).get("mfa_session_source"):
            return source
        if name in self._owners:
            return self._owners[name]
        base = name.removesuffix("-mfa")
        settings = self._config.get(name, {})
        is_more = any(key in settings for key in _OWN_CREDENTIALS) or "aws_access_key_id" in self._credentials.get(
            name, {}
        )
        return base if base != name and not is_more and self._has(base) else name

    def profile(self, name: str) -> Profile:
        """Return what the two files say about *name*, or about the profile whose session profile it is.

        Raises:
            ProfileNotFoundError: there are profiles, and this is none of them. With no
                profile anywhere, this is somebody's first run, and any name will do.
            UsageError: it is a first run, and the name holds what is no character.
            ConfigurationError: a setting cannot be what it is meant to be.
        """
        name = self.source_profile_name(name)
        is_first_run = not self._config and not self._credentials
        if not is_first_run and not self._has(name):
            raise _not_found(name, {*self._config, *self._credentials})
        if is_first_run and not name.isprintable():
            raise UsageError(f"no profile can be called {name}", hint="use letters, digits and _ . @ % / -")
        return self._read(name, takers=())

    def _has(self, name: str) -> bool:
        return name in self._config or name in self._credentials

    def _read(self, name: str, *, takers: tuple[str, ...]) -> Profile:
        """Return profile *name*, whose session is to take the roles of *takers*, the last of them first."""
        settings = self._config.get(name, {})
        own = self._credentials.get(name, {})
        either = {**settings, **{key: own[key] for key in _IN_EITHER_FILE if key in own}}
        source = None
        if either.get("role_arn"):
            takers = (*takers, name)
            source_name = self._source_of(takers, either)
            source = self._read(source_name, takers=takers)
        own_device = _setting(name, either, "mfa_serial", MFADevice)
        return Profile(
            name=name,
            session_profile=_session_profile(name, settings),
            region=settings.get("region") or (source.region if source else None),
            output=settings.get("output") or (source.output if source else None),
            mfa_device=(source and source.mfa_device) or own_device,
            duration=_duration(name, either),
            store=_setting(name, settings, "mfa_session_store", _store),
            key_created=moment(settings.get("mfa_session_key_created", "")),
            settings=dict(settings),
            role=_role(name, either, source.user) if source else None,
            source=source,
        )

    def _source_of(self, takers: tuple[str, ...], settings: Mapping[str, str]) -> str:
        """Return the profile whose session takes the role of the last of *takers*, whose *settings* these are."""
        name, named = takers[-1], settings.get("source_profile")
        if not named:
            how = next(
                (f" but {key}" for key in ("credential_source", "web_identity_token_file") if key in settings), ""
            )
            raise ConfigurationError(
                f"profile {name} has a role_arn and no source_profile{how}",
                hint="name the profile of the user who takes the role: source_profile = NAME",
            )
        source = self.source_profile_name(named)
        if not self._has(source):
            alike = _did_you_mean(source, {*self._config, *self._credentials} - {name})
            raise ConfigurationError(
                f"profile {name}: there is no profile {source}, which its source_profile names",
                hint=f"{alike}correct source_profile in profile {name}",
            )
        if len(takers) > _MAX_CHAIN:
            raise ConfigurationError(
                f"profile {takers[0]} is the end of a chain of more than {_MAX_CHAIN} roles",
                hint=f"name a profile nearer to your user: source_profile in profile {takers[0]}",
            )
        if source in takers:
            circle = " → ".join((*takers[takers.index(source) :], source))
            raise ConfigurationError(
                f"the source_profile of each leads back to itself: {circle}",
                hint="let one of them name the profile of your user, which has the access key and no role_arn",
            )
        return source


def _role(name: str, settings: Mapping[str, str], user: Profile) -> Role:
    try:
        return Role(
            settings["role_arn"],
            settings.get("role_session_name") or default_session_name(user.name),
            settings.get("external_id") or None,
        )
    except UsageError as error:
        raise ConfigurationError(f"profile {name}: {error}", hint=error.hint) from None


def _duration(name: str, settings: Mapping[str, str]) -> timedelta | None:
    if not settings.get("role_arn"):
        return _setting(name, settings, "mfa_session_duration", session_duration)
    ours = _setting(name, settings, "mfa_session_duration", role_duration)
    return ours or _setting(name, settings, "duration_seconds", role_duration)


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
    return ProfileNotFoundError(
        f"there is no profile {name} in the AWS files",
        hint=f"{_did_you_mean(name, known)}to begin with a new one: {hint_command('keys add', profile=name)}",
    )


def _did_you_mean(name: str, known: set[str]) -> str:
    import difflib  # for a mistake only

    alike = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {alike[0]}? " if alike else ""
