"""The long-term keys of aws-mfa: in the credentials file, profile P's in section ``[P-long-term]``.

aws-mfa writes the session into ``[P]`` itself. That is removed too: AWS tools prefer keys in a
profile to its ``credential_process``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mfa_session.aws_files.credential_lines import remove_lines
from mfa_session.aws_files.files import check_writable, line_of, read_profiles
from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Sections

_SUFFIX = "-long-term"
_DEVICE = "aws_mfa_device"
_KEY_ID = "aws_access_key_id"

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


def check_not_of_aws_mfa(profile: str, credentials: Sections, config: Sections) -> None:
    """Raise AccessKeyNotFoundError where aws-mfa has the long-term key of *profile*, which has none of its own."""
    own = credentials.get(profile, {}).get(_KEY_ID) or config.get(profile, {}).get(_KEY_ID, "")
    if _KEY_ID in credentials.get(profile + _SUFFIX, {}) and not own.startswith("AKIA"):
        raise AccessKeyNotFoundError(
            f"the access key of {profile} is where aws-mfa keeps it: [{profile}{_SUFFIX}]",
            hint=f"move it to mfa-session: {hint_command('keys import', profile=profile)}",
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
        """Yield the name of every profile whose long-term key aws-mfa has."""
        for name in self._keys.profiles():
            if name.endswith(_SUFFIX):
                yield name.removesuffix(_SUFFIX)

    def has(self, profile: str) -> bool:
        """Tell whether aws-mfa has a key of *profile*, or something that looks like one."""
        return self._keys.has(profile + _SUFFIX)

    def get(self, profile: str) -> AccessKey | None:
        """Return the long-term key of *profile*, ``None`` where aws-mfa has none."""
        return self._keys.get(profile + _SUFFIX)

    def device(self, profile: str) -> MFADevice | None:
        """Return the device that aws-mfa asks for codes, ``None`` where its section names none."""
        serial_number = self._section(profile + _SUFFIX).get(_DEVICE)
        if not serial_number:
            return None
        try:
            return MFADevice(serial_number)
        except UsageError as error:
            line = line_of(self._path, "credentials", profile + _SUFFIX, _DEVICE)
            raise ConfigurationError(f"line {line} of {self._path}: {error}", hint=error.hint) from None

    def check_can_remove(self, profile: str) -> None:
        """Raise what :meth:`remove` would raise, as far as can be told."""
        self._keys.check_can_remove(profile + _SUFFIX)
        if self._has_session(profile):
            check_writable(self._path, "credentials", profile)

    def remove(self, profile: str, key: AccessKey) -> None:
        """Delete the session of aws-mfa, and then the lines of *key*; other lines stay."""
        if self._has_session(profile):
            remove_lines(self._path, profile, _SESSION, key_that_may_go=None)
        self._keys.remove(profile + _SUFFIX, key)

    def manual_steps(self, profile: str) -> None:
        """Return ``None``: nothing is left when the lines are gone."""

    def _has_session(self, profile: str) -> bool:
        section = self._section(profile)
        # Only aws-mfa writes `expiration`.
        return section.get("aws_access_key_id", "").startswith("ASIA") and "expiration" in section

    def _section(self, name: str) -> Mapping[str, str]:
        return read_profiles(self._path, "credentials").get(name, {})
