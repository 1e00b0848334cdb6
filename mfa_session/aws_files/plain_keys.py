"""Long-term keys that still lie in the credentials file, readable by every program."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mfa_session.aws_files.credential_lines import remove_lines
from mfa_session.aws_files.files import check_writable, line_of, read_profiles
from mfa_session.errors import ConfigurationError, SharedFileError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey
from mfa_session.text import escape_control

_KEYS = ("aws_access_key_id", "aws_secret_access_key")


class PlainKeys:
    """The keys of the credentials file *path*, one a profile; *with_them* are lines that go with a key."""

    def __init__(self, path: Path, *, with_them: tuple[str, ...] = ()) -> None:
        self._path = path
        self._lines = (*_KEYS, *with_them)

    @property
    def description(self) -> str:
        """Which file it is."""
        return escape_control(str(self._path))

    def profiles(self) -> Iterator[str]:
        """Yield the name of every section that has a long-term key, or something that looks like one.

        Raises:
            SharedFileError: AWS tools cannot read the file.
        """
        for name, section in read_profiles(self._path, "credentials").items():
            if section.get("aws_access_key_id", "").startswith("AKIA"):
                yield name

    def has(self, profile: str) -> bool:
        """Tell whether the section of *profile* has one, or something that looks like one.

        Raises:
            SharedFileError: AWS tools cannot read the file.
        """
        return profile in self.profiles()

    def get(self, profile: str) -> AccessKey | None:
        """Return the long-term key of *profile*, ``None`` where its section has none.

        Raises:
            ConfigurationError: something stands there that is no long-term key.
            SharedFileError: AWS tools cannot read the file.
        """
        section = self._section(profile)
        if "aws_access_key_id" not in section:
            return None
        try:
            return AccessKey(section["aws_access_key_id"], section.get("aws_secret_access_key", ""))
        except UsageError as error:
            line = line_of(self._path, "credentials", profile, "aws_access_key_id")
            raise ConfigurationError(
                f"profile {profile}, line {line} of {self._path}: {error}", hint=error.hint
            ) from None

    def device(self, profile: str) -> None:
        """Return ``None``: this file has no place for it."""

    def check_can_remove(self, profile: str) -> None:
        """Raise now what would keep :meth:`remove` from its work, as far as that can be told.

        Raises:
            SharedFileError: the file could not be changed.
        """
        check_writable(self._path, "credentials", profile)

    def remove(self, profile: str, key: AccessKey) -> None:
        """Delete the lines of *key*; the section goes with them where nothing else stands in it.

        Raises:
            SharedFileError: they could not be deleted, or another key has come to stand
                there; the file is as it was.
        """
        section = self._section(profile)
        if "aws_access_key_id" not in section:
            return
        if tuple(section.get(name) for name in _KEYS) != (key.access_key_id, key.secret_access_key):
            raise SharedFileError(
                f"another key has come to stand in profile {profile} of {self._path} meanwhile, and was left there",
                hint=f"run this again: {hint_command('keys import', profile=profile)}",
            )
        remove_lines(self._path, profile, self._lines, key_that_may_go=key.access_key_id)

    def manual_steps(self, profile: str) -> None:
        """Return ``None``: with the lines all is gone."""

    def _section(self, profile: str) -> Mapping[str, str]:
        return read_profiles(self._path, "credentials").get(profile, {})
