"""The long-term key in the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

from collections.abc import Iterator, Mapping

from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.model.credentials import AccessKey

_NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class EnvironmentKey:
    """The key in *environ*, whichever profile it is for."""

    description = "the environment"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def profiles(self) -> Iterator[str]:
        """Yield nothing: the variables name no profile."""
        return iter(())

    def has(self, profile: str) -> bool:
        """Tell whether there is one, or something that looks like one."""
        return bool(self._environ.get(_NAMES[0]))

    def get(self, profile: str) -> AccessKey | None:
        """Return the key, ``None`` where there is none."""
        key_id, secret = (self._environ.get(name, "") for name in _NAMES)
        if not key_id:
            return None
        try:
            return AccessKey(key_id, secret)
        except UsageError as error:
            raise ConfigurationError(f"{' and '.join(_NAMES)}: {error}", hint=error.hint) from None

    def usable(self) -> AccessKey | None:
        """Return the key; ``None`` where there is none, or only temporary credentials."""
        try:
            return None if self._environ.get("AWS_SESSION_TOKEN") else self.get("")
        except ConfigurationError:
            return None

    def device(self, profile: str) -> None:
        """Return ``None``: nothing in the environment names it."""

    def check_can_remove(self, profile: str) -> None:
        """Do nothing: only the user can unset the variables."""

    def remove(self, profile: str, key: AccessKey) -> None:
        """Do nothing."""

    def manual_steps(self, profile: str) -> str:
        """Return how to remove the key from the environment."""
        return f"now: unset {' '.join(_NAMES)}; and delete the lines that set them, in the files of your shell"
