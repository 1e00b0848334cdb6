"""What the AWS files say about one profile.

The *source profile* (`test-user`) has the long-term access key, its *session
profile* (`test-user-mfa`) holds the temporary credentials. A *role profile* (`admin`)
assumes its role with the session of the profile that its ``source_profile`` names, and
has a session profile of its own (`admin-mfa`). Reads no file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from mfa_session.errors import ConfigurationError, ProfileNotFoundError, UsageError, hint_command
from mfa_session.model.credentials import moment
from mfa_session.model.durations import role_duration, session_duration
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.provider import (
    CREDENTIAL_SETTINGS,
    SECRETS,
    Provider,
    Sections,
    foreign_setting,
    has_static_key,
    how_to_use,
    merged,
    provider_of,
)
from mfa_session.model.role import Role, default_session_name

__all__ = ["Profile", "ProfileReader", "Sections", "read_profile", "source_profile_name"]

# Where a setting stands, as part of a sentence, such as "line 3 of ~/.aws/config"; `None` where that is not known.
Locate: TypeAlias = Callable[[str, str], str | None]

Value = TypeVar("Value")

# Each role of a chain is taken with the session of the one before; people have three.
_MAX_CHAIN = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile that has sessions: a user's, or that of a *role*, which is assumed with the session of *source*.

    *settings* is what both AWS files say, without the keys: a line of the credentials file wins over the same line
    of the config file. *foreign* is the setting by which another program gives the profile its credentials.
    *region* and *output* are those of the source where a role profile has none; *mfa_device* is the user's, and the
    role's own where the user has none. *key_created* is when AWS made the access key, where that is known.
    """

    name: str
    session_profile: str
    region: str | None = None
    output: str | None = None
    mfa_device: MFADevice | None = None
    duration: timedelta | None = None
    store: str | None = None
    key_created: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    provider: Provider | None = None
    foreign: str | None = None
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


def _nowhere(_name: str, _key: str) -> None:
    return None


class ProfileReader:
    """The profiles of both AWS files, by botocore's rules: one view that every command uses.

    *locate* tells on which line a setting stands, for messages.
    """

    def __init__(self, config: Sections, credentials: Sections, *, locate: Locate = _nowhere) -> None:
        self._config = config
        self._credentials = credentials
        self._locate = locate
        # Where two profiles name one session profile, the first has it.
        self._owners: dict[str, str] = {}
        for sections in (config, credentials):
            for profile, settings in sections.items():
                if session_profile := settings.get("mfa_session_profile"):
                    self._owners.setdefault(session_profile, profile)

    def names(self) -> list[str]:
        """Return the profiles of both files, as ``aws configure list-profiles`` lists them."""
        return list(dict.fromkeys((*self._config, *self._credentials)))

    def settings(self, name: str) -> dict[str, str]:
        """Return all that both files say about profile *name*, its keys too."""
        return merged(name, config=self._config, credentials=self._credentials)

    def provider(self, name: str) -> Provider | None:
        """Return where AWS tools take the credentials of profile *name* from."""
        return provider_of(name, config=self._config, credentials=self._credentials)

    def source_profile_name(self, name: str) -> str:
        """Return the profile that *name* stands for: itself, or the one whose session profile it is."""
        if source := self._credentials.get(name, {}).get("mfa_session_source"):
            return source
        if name in self._owners:
            return self._owners[name]
        base = name.removesuffix("-mfa")
        if base == name or not self._has(base):
            return name
        settings = self.settings(name)
        has_own = has_static_key(settings) or any(key in settings for key in ("source_profile", *CREDENTIAL_SETTINGS))
        return name if has_own else base

    def profile(self, name: str) -> Profile:
        """Return what the two files say about *name*, or about the profile whose session profile it is.

        Raises:
            ProfileNotFoundError: there are profiles, and this is none of them. In a home without
                profiles, any name will do.
            UsageError: there are no profiles, and the name has control characters.
            ConfigurationError: a setting is not valid.
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
        """Return profile *name*, whose session is to assume the roles of *takers*, the last of them first."""
        everything = self.settings(name)
        settings = {key: value for key, value in everything.items() if key not in SECRETS}
        provider = provider_of(name, config=self._config, credentials=self._credentials, as_source=bool(takers))
        source = None
        if provider is Provider.ROLE:
            takers = (*takers, name)
            source = self._read(self._source_of(takers, settings), takers=takers)
        own_device = _setting(name, settings, "mfa_serial", MFADevice)
        return Profile(
            name=name,
            session_profile=self._session_profile(name, settings, provider),
            region=settings.get("region") or (source.region if source else None),
            output=settings.get("output") or (source.output if source else None),
            mfa_device=(source and source.mfa_device) or own_device,
            duration=_duration(name, settings, is_role=source is not None),
            store=_setting(name, settings, "mfa_session_store", _store),
            key_created=moment(settings.get("mfa_session_key_created", "")),
            settings=settings,
            provider=provider,
            foreign=foreign_setting(name, settings, provider),
            role=_role(name, settings, source.user) if source else None,
            source=source,
        )

    def _session_profile(self, name: str, settings: Mapping[str, str], provider: Provider | None) -> str:
        if "role_arn" in settings and provider is not Provider.ROLE:
            # The key of a profile that also has a role: NAME-mfa is for the session of the role.
            return f"{name}-user-mfa"
        chosen = settings.get("mfa_session_profile") or f"{name}-mfa"
        if chosen == name:
            raise ConfigurationError(
                f"profile {name}: mfa_session_profile is {name} itself, and the session would overwrite its own key",
                hint=f"give mfa_session_profile another name, such as {name}-mfa, or delete the line",
            )
        return chosen

    def _at(self, name: str, key: str) -> str:
        """Return where *key* of profile *name* stands, in brackets; empty where that is not known."""
        return f" ({place})" if (place := self._locate(name, key)) else ""

    def _source_of(self, takers: tuple[str, ...], settings: Mapping[str, str]) -> str:
        """Return the profile whose session assumes the role of the last of *takers*, whose *settings* these are."""
        name, named, other = takers[-1], settings.get("source_profile"), settings.get("credential_source")
        if other is not None:
            both = " and a source_profile, and AWS tools take no profile with both" if named is not None else ""
            raise ConfigurationError(
                f"profile {name} has a credential_source{both}{self._at(name, 'credential_source')}",
                hint="delete one of the two lines" if both else how_to_use(name, "credential_source"),
            )
        if not named:
            raise ConfigurationError(
                f"profile {name} has a role_arn and no source_profile{self._at(name, 'role_arn')}",
                hint="name the profile of the user who assumes the role: source_profile = NAME",
            )
        source = self.source_profile_name(named)
        at = self._at(name, "source_profile")
        if not self._has(source):
            alike = _did_you_mean(source, {*self._config, *self._credentials} - {name})
            raise ConfigurationError(
                f"profile {name}: there is no profile {source}, which its source_profile names{at}",
                hint=f"{alike}correct source_profile in profile {name}",
            )
        if len(takers) > _MAX_CHAIN:
            raise ConfigurationError(
                f"profile {takers[0]} is the end of a chain of more than {_MAX_CHAIN} roles",
                hint=f"name a profile nearer to your user: source_profile in profile {takers[0]}",
            )
        if source in takers and not (source == name and has_static_key(self.settings(name))):
            circle = " → ".join((*takers[takers.index(source) :], source))
            raise ConfigurationError(
                f"the source_profile of each leads back to itself: {circle}{at}",
                hint="let one of them name the profile of your user, which has the access key and no role_arn",
            )
        return source


# What AWS tools read as part of the value.
_INLINE_COMMENT = re.compile(r"\s[#;]")


def _refuse_inline_comment(name: str, settings: Mapping[str, str], *keys: str) -> None:
    for key in keys:
        if _INLINE_COMMENT.search(settings.get(key, "").strip("\n")):
            raise ConfigurationError(
                f"profile {name}: {key} ends in a comment, which AWS tools read as part of the value",
                hint=f"write the comment on a line of its own, above {key}",
            )


def _role(name: str, settings: Mapping[str, str], user: Profile) -> Role:
    _refuse_inline_comment(name, settings, "role_arn", "role_session_name", "external_id")
    try:
        return Role(
            settings["role_arn"],
            settings.get("role_session_name", default_session_name(user.name)),
            settings.get("external_id"),
        )
    except UsageError as error:
        raise ConfigurationError(f"profile {name}: {error}", hint=error.hint) from None


def _duration(name: str, settings: Mapping[str, str], *, is_role: bool) -> timedelta | None:
    if not is_role:
        return _setting(name, settings, "mfa_session_duration", session_duration)
    ours = _setting(name, settings, "mfa_session_duration", role_duration)
    return ours or _setting(name, settings, "duration_seconds", role_duration)


def _store(text: str) -> str:
    if text not in ("keyring", "file"):
        raise UsageError("this is not a store of access keys", hint="it is keyring or file")
    return text


def _setting(name: str, settings: Mapping[str, str], key: str, parse: Callable[[str], Value]) -> Value | None:
    text = settings.get(key)
    if not text:
        return None
    _refuse_inline_comment(name, settings, key)
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
