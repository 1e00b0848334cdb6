"""Long-term access keys in plain text in the AWS files, where every program can read them."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from mfa_session.aws_files.credential_lines import remove_lines
from mfa_session.aws_files.files import Kind, check_writable, line_of, read_profiles, remove_keys
from mfa_session.errors import ConfigurationError, SharedFileError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey, masked
from mfa_session.text import escape_control

_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"


class PlainKeys:
    """The keys in the credentials file and, where that is given, in the config file.

    AWS tools take the key in the credentials file first. *with_them* are lines that go with a key.
    """

    def __init__(
        self, credentials_file: Path, config_file: Path | None = None, *, with_them: tuple[str, ...] = ()
    ) -> None:
        self._files: dict[Kind, Path] = {"credentials": credentials_file}
        if config_file is not None:
            self._files["config"] = config_file
        self._lines = (_ID, _SECRET, *with_them)

    @cached_property
    def description(self) -> str:
        """The files that have keys; both where none has."""
        having = [path for kind, path in self._files.items() if any(self._long_term(kind))]
        return escape_control(" or ".join(map(str, having or self._files.values())))

    def profiles(self) -> Iterator[str]:
        """Yield the name of every profile with a long-term key, or with something that looks like one.

        Raises:
            SharedFileError: AWS tools cannot read a file.
        """
        yield from dict.fromkeys(name for kind in self._files for name in self._long_term(kind))

    def has(self, profile: str) -> bool:
        """Tell whether *profile* has a long-term key, or something that looks like one.

        Raises:
            SharedFileError: AWS tools cannot read a file.
        """
        return any(self._section(kind, profile).get(_ID, "").startswith("AKIA") for kind in self._files)

    def get(self, profile: str) -> AccessKey | None:
        """Return the long-term key of *profile*, ``None`` where no file has one.

        Raises:
            ConfigurationError: the lines are not those of a long-term key.
            SharedFileError: AWS tools cannot read a file.
        """
        for kind, path in self._files.items():
            section = self._section(kind, profile)
            if _ID not in section:
                continue
            try:
                return AccessKey(section[_ID], section.get(_SECRET, ""))
            except UsageError as error:
                line = line_of(path, kind, profile, _ID)
                raise ConfigurationError(
                    f"profile {profile}, line {line} of {path}: {error}", hint=error.hint
                ) from None
        return None

    def device(self, profile: str) -> None:
        """Return ``None``: these files have no place for it."""

    def check_can_remove(self, profile: str) -> None:
        """Raise now what would make :meth:`remove` fail, as far as that is known.

        Raises:
            SharedFileError: a file could not be changed, or the two files have different keys.
        """
        ids = {section[_ID]: kind for kind in self._files if _ID in (section := self._section(kind, profile))}
        if len(ids) > 1:
            lines = " and ".join(
                f"line {line_of(path, kind, profile, _ID)} of {path}" for kind, path in self._files.items()
            )
            raise SharedFileError(
                f"profile {profile} has two keys, {' and '.join(map(masked, ids))}: {lines}",
                hint="delete the lines of the one that is not to be used, and run this again",
            )
        for kind, path in self._files.items():
            if self._has_lines(kind, profile):
                check_writable(path, kind, profile)

    def remove(self, profile: str, key: AccessKey) -> None:
        """Delete the lines of *key* from both files; a section that has no other lines goes with them.

        Raises:
            SharedFileError: they could not be deleted, or the profile has another key now;
                that one stays.
        """
        for kind, path in self._files.items():
            section = self._section(kind, profile)
            if not self._has_lines(kind, profile):
                continue
            found = section.get(_ID, key.access_key_id), section.get(_SECRET, key.secret_access_key)
            if found != (key.access_key_id, key.secret_access_key):
                raise SharedFileError(
                    f"another key has come to stand in profile {profile} of {path} meanwhile, and was left there",
                    hint=f"run this again: {hint_command('keys import', profile=profile)}",
                )
            if kind == "credentials":
                remove_lines(path, profile, self._lines, key_that_may_go=key.access_key_id)
            else:
                remove_keys(path, "config", profile, self._lines)

    def manual_steps(self, profile: str) -> None:
        """Return ``None``: nothing is left to do once the lines are deleted."""

    def _long_term(self, kind: Kind) -> Iterator[str]:
        for name, section in read_profiles(self._files[kind], kind).items():
            if section.get(_ID, "").startswith("AKIA"):
                yield name

    def _has_lines(self, kind: Kind, profile: str) -> bool:
        return not {_ID, _SECRET}.isdisjoint(self._section(kind, profile))

    def _section(self, kind: Kind, profile: str) -> Mapping[str, str]:
        return read_profiles(self._files[kind], kind).get(profile, {})
