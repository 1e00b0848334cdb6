"""Long-term keys that still lie in the credentials file, readable by every program."""

from pathlib import Path

from mfa_session.credentials import AccessKey
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.store.shared_files import line_of, read_profiles, remove_profile, write_profile

_KEYS = ("aws_access_key_id", "aws_secret_access_key")


class PlainKeys:
    """The keys of the credentials file *path*, one a profile."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, profile: str) -> AccessKey | None:
        """Return the long-term key of *profile*, ``None`` where its section has none.

        Raises:
            ConfigurationError: something stands there that is no long-term key.
            SharedFileError: AWS tools cannot read the file.
        """
        section = read_profiles(self._path, "credentials").get(profile, {})
        if "aws_access_key_id" not in section:
            return None
        try:
            return AccessKey(section["aws_access_key_id"], section.get("aws_secret_access_key", ""))
        except UsageError as error:
            line = line_of(self._path, "credentials", profile, "aws_access_key_id")
            raise ConfigurationError(
                f"profile {profile}, line {line} of {self._path}: {error}", hint=error.hint
            ) from None

    def remove(self, profile: str) -> None:
        """Delete the two lines of the key; the section goes with them where nothing else stands in it.

        Raises:
            SharedFileError: they could not be deleted; the file is as it was.
        """
        section = read_profiles(self._path, "credentials").get(profile, {})
        if set(section) <= set(_KEYS):
            remove_profile(self._path, "credentials", profile)
        else:
            write_profile(self._path, "credentials", profile, dict.fromkeys(_KEYS))
