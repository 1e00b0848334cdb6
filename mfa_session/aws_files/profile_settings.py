"""What `mfa-session` writes about a profile into the config file; nothing of it is secret."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from mfa_session.aws_files.files import Kind, line_of, read_profiles, remove_keys, write_profile
from mfa_session.errors import ConfigurationError, hint_command
from mfa_session.model.credentials import timestamp
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.model.provider import CREDENTIAL_SETTINGS, how_to_use
from mfa_session.system.credential_process_line import credential_process_line, runs_this_program


class ProfileSettings:
    """The sections of the config file *path*; *program* is the command by which AWS tools start this one.

    *credentials_file* is read, too: its lines come before those of the config file.
    """

    def __init__(self, path: Path, *, program: Sequence[str], credentials_file: Path | None = None) -> None:
        self._path = path
        self._credentials_file = credentials_file
        self._program = program

    def remember_device(self, profile: Profile, device: MFADevice) -> None:
        """Write down the device, so that AWS need not be asked for it again."""
        self.change(profile.name, {"mfa_serial": device.serial_number})

    def check_can_answer(self, profile: Profile) -> None:
        """Make sure that this program may be the ``credential_process`` of *profile*.

        Raises:
            ConfigurationError: the profile has credentials from elsewhere, or no line
                that every SDK reads can be written.
        """
        credential_process_line(self._program, profile.name)
        files: dict[Kind, Path] = {"config": self._path}
        if self._credentials_file is not None:
            files["credentials"] = self._credentials_file
        for kind, path in files.items():
            settings = read_profiles(path, kind).get(profile.name, {})
            for key in CREDENTIAL_SETTINGS:
                is_ours = key == "credential_process" and runs_this_program(settings.get(key, ""), profile.name)
                if key in settings and not is_ours:
                    raise _has_other_credentials(
                        profile.name, key, f"line {line_of(path, kind, profile.name, key)} of {path}"
                    )

    def answer(self, profile: Profile, *, store: str, key_date: datetime | None = None) -> None:
        """Write down that *store* has the key of *profile*, and make this program its ``credential_process``.

        *key_date* is when AWS made the key, where that is known.

        Raises:
            ConfigurationError: as :meth:`check_can_answer`, or the file cannot be changed.
        """
        self.check_can_answer(profile)
        line = credential_process_line(self._program, profile.name)
        self.change(profile.name, {"mfa_session_store": store, **_key_date(key_date), "credential_process": line})

    def remember_store(self, profile: Profile, store: str) -> None:
        """Write down that *store* has the key of *profile* from here on."""
        self.change(profile.name, {"mfa_session_store": store})

    def remember_key_date(self, profile: Profile, key_date: datetime | None) -> None:
        """Write down when AWS made the key of *profile*, so that its age can be told without opening a store."""
        self.change(profile.name, _key_date(key_date))

    def forget(self, profile: Profile) -> None:
        """Remove every line that is ours from the section of *profile*, and the section that login gave its session.

        Raises:
            SharedFileError: the file cannot be changed.
        """
        if profile.session_profile == f"{profile.name}-mfa":
            of_session = self._settings(profile.session_profile)
            given = {"region": profile.region, "output": profile.output}
            # What differs from its source was not written by login.
            if all(key in given and given[key] in (None, value) for key, value in of_session.items()):
                self._remove(profile.session_profile, of_session)
        settings = self._settings(profile.name)
        ours = [key for key in settings if key.startswith("mfa_session_")]
        if runs_this_program(settings.get("credential_process", ""), profile.name):
            ours.append("credential_process")
        self._remove(profile.name, ours)

    def _remove(self, name: str, keys: Collection[str]) -> None:
        """Remove these lines, and with the last line the section."""
        if keys:
            remove_keys(self._path, "config", name, keys)

    def change(self, name: str, values: Mapping[str, str | None]) -> None:
        """Give profile *name* these settings; ``None`` removes one. A file that says so already is not written."""
        present = self._settings(name)
        if any(present.get(key) != value for key, value in values.items()):
            write_profile(self._path, "config", name, values)

    def _settings(self, name: str) -> Mapping[str, str]:
        return read_profiles(self._path, "config").get(name, {})


def _has_other_credentials(name: str, key: str, place: str) -> ConfigurationError:
    if key == "role_arn":
        return ConfigurationError(
            f"profile {name} assumes a role ({key} at {place})",
            hint=f"give the access key a profile of its own: {hint_command('keys add', profile=f'{name}-user')}, "
            f"and write source_profile = {name}-user there",
        )
    return ConfigurationError(
        f"profile {name} gets its credentials from another program ({key} at {place})",
        hint=f"go on with that: {how_to_use(name, key)}; or choose another profile for the access key: --profile NAME",
    )


def _key_date(moment: datetime | None) -> dict[str, str | None]:
    return {"mfa_session_key_created": timestamp(moment) if moment else None}


# Most SDKs take keys that stand in a file before they ask a process; some take the process, .NET refuses the profile.
_STATIC_KEY = "aws_access_key_id"


def place_of(profile: str, key: str, *, credentials_file: Path, config_file: Path) -> str | None:
    """Return where AWS tools read *key* of *profile*: the line and the file; ``None`` where neither file has it."""
    kinds: tuple[tuple[Path, Kind], ...] = ((credentials_file, "credentials"), (config_file, "config"))
    for path, kind in kinds:
        if line := line_of(path, kind, profile, key):
            return f"line {line} of {path}"
    return None


def check_nothing_shadows(profile: Profile, *, credentials_file: Path, config_file: Path) -> None:
    """Make sure that *profile* has no second kind of credentials beside a ``credential_process`` or a role.

    Raises:
        ConfigurationError: it has; the message names the line.
    """
    locate = partial(place_of, profile.name, credentials_file=credentials_file, config_file=config_file)
    is_own_source = profile.source is not None and profile.source.name == profile.name
    kinds = [
        key
        for key in ("login_session", "sso_role_name", "sso_session", "credential_process")
        if key in profile.settings
    ]
    if kinds and profile.role is not None:
        process = f"a {kinds[-1]}" if kinds[-1] == "credential_process" else kinds[-1]
        raise ConfigurationError(
            f"profile {profile.name} has {process} ({locate(kinds[-1])}) beside its role_arn, "
            "and AWS tools differ in which they use",
            hint=f"give one of the two a profile of another name; a {kinds[-1]} for the role, too",
        )
    where = None if is_own_source or not (kinds or profile.role) else locate(_STATIC_KEY)
    if where is None:
        return
    if profile.role is not None:
        raise ConfigurationError(
            f"profile {profile.name} has a static key ({where}) beside its role_arn, "
            "and AWS tools differ in which they use",
            hint="delete the key there, or give it a profile of its own",
        )
    if kinds == ["credential_process"]:
        is_ours = runs_this_program(profile.settings["credential_process"], profile.name)
        raise ConfigurationError(
            f"profile {profile.name} has a static key ({where}) beside its credential_process, "
            "and AWS tools differ in which they use",
            hint=f"move the key into the store: {hint_command('keys import', profile=profile.name)}"
            if is_ours
            else f"give the key a profile of its own; the credential_process is another program ({locate(kinds[-1])})",
        )
    raise ConfigurationError(
        f"profile {profile.name} has a static key ({where}) beside its {kinds[0]}, "
        "and AWS tools differ in which they use",
        hint=f"give the key a profile of its own; {kinds[0]} is on {locate(kinds[0])}",
    )
