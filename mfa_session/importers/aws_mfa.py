"""Long-term keys as aws-mfa keeps them: in the credentials file, profile P's in section ``[P-long-term]``.

In ``[P]`` itself it keeps the session. That has to go too: AWS tools take keys that
stand in a profile before they ask whoever could give them fresh ones.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mfa_session.aws_files.credential_lines import remove_lines
from mfa_session.aws_files.files import check_writable, line_of, read_profiles
from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice

_SUFFIX = "-long-term"
_DEVICE = "aws_mfa_device"

# What aws-mfa writes into the profile itself.
_SESSION = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "expiration",
    "assumed_role",
    "assumed_role_arn",
)


class AWSMFAKeys:
    """The keys that aws-mfa uses, in the credentials file *path*."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = PlainKeys(path, with_them=(_DEVICE,))

    @property
    def description(self) -> str:
        """Which file it is."""
        return self._keys.description

    def profiles(self) -> Iterator[str]:
        """Yield the name of every profile whose long-term key aws-mfa has.

        Raises:
            SharedFileError: AWS tools cannot read the file.
        """
        for name in self._keys.profiles():
            if name.endswith(_SUFFIX):
                yield name.removesuffix(_SUFFIX)

    def has(self, profile: str) -> bool:
        """Tell whether aws-mfa has one of *profile*, or something that looks like one.

        Raises:
            SharedFileError: AWS tools cannot read the file.
        """
        return self._keys.has(profile + _SUFFIX)

    def get(self, profile: str) -> AccessKey | None:
        """Return the long-term key of *profile*, ``None`` where aws-mfa has none.

        Raises:
            ConfigurationError: something stands there that is no long-term key.
            SharedFileError: AWS tools cannot read the file.
        """
        return self._keys.get(profile + _SUFFIX)

    def device(self, profile: str) -> MFADevice | None:
        """Return the device that aws-mfa asks for codes, ``None`` where its section names none.

        Raises:
            ConfigurationError: what it names is no MFA device.
        """
        serial_number = self._section(profile + _SUFFIX).get(_DEVICE)
        if not serial_number:
            return None
        try:
            return MFADevice(serial_number)
        except UsageError as error:
            line = line_of(self._path, "credentials", profile + _SUFFIX, _DEVICE)
            raise ConfigurationError(f"line {line} of {self._path}: {error}", hint=error.hint) from None

    def check_can_remove(self, profile: str) -> None:
        """Raise now what would keep :meth:`remove` from its work, as far as that can be told.

        Raises:
            SharedFileError: the file could not be changed.
        """
        self._keys.check_can_remove(profile + _SUFFIX)
        if self._has_session(profile):
            check_writable(self._path, "credentials", profile)

    def remove(self, profile: str, key: AccessKey) -> None:
        """Delete the session of aws-mfa, and then the lines of *key*; other lines stay.

        Raises:
            SharedFileError: they could not be deleted, or another key has come to stand there.
        """
        if self._has_session(profile):
            remove_lines(self._path, profile, _SESSION, key_that_may_go=None)
        self._keys.remove(profile + _SUFFIX, key)

    def manual_steps(self, profile: str) -> None:
        """Return ``None``: with the lines all is gone."""

    def _has_session(self, profile: str) -> bool:
        section = self._section(profile)
        # It writes when its session ends; nobody else writes that under this name.
        return section.get("aws_access_key_id", "").startswith("ASIA") and "expiration" in section

    def _section(self, name: str) -> Mapping[str, str]:
        return read_profiles(self._path, "credentials").get(name, {})
