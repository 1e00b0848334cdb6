"""Find the long-term access key of a profile: in its store, in the AWS files, from its program, or by asking for it."""

from collections.abc import Callable

from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError, hint_command
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile


class KeyLookup:
    """Finds the key of a profile; *plain* is the key then if it is in plain text in an AWS file.

    *stored* returns the key of a profile from a store, *in_file* from the AWS files. *printed* runs the
    ``credential_process`` of a profile that has another program there. *prompt* asks for the key of a profile
    that has none; without it that is an error.
    """

    def __init__(
        self,
        *,
        stored: Callable[[str, str], AccessKey | None],
        in_file: Callable[[str], AccessKey | None],
        printed: Callable[[Profile], AccessKey] | None = None,
        prompt: Callable[[Profile], AccessKey | None] = lambda _: None,
    ) -> None:
        self._printed = printed
        self._stored = stored
        self._in_file = in_file
        self._prompt = prompt
        self.plain: AccessKey | None = None

    def access_key(self, profile: Profile) -> AccessKey:
        """Return the long-term access key of *profile*.

        Raises:
            AccessKeyNotFoundError: there is none, and the user cannot be asked.
            StoreError: its store cannot be read.
            ConfigurationError: the lines or the program of the profile have no access key.
        """
        if profile.store is not None and (key := self._stored(profile.name, profile.store)):
            self.plain = key if self._is_in_file_too(profile, key) else None
            return key
        if key := self._in_file(profile.name):
            self.plain = key
            return key
        if self._printed is not None and profile.foreign == "credential_process":
            return self._printed(profile)
        if key := self._prompt(profile):
            return key
        where = f" in the store ({profile.store}) that the config file names" if profile.store else ""
        raise AccessKeyNotFoundError(
            f"there is no access key for profile {profile.name}{where}",
            hint=f"give it in a terminal: {hint_command('login', profile=profile.name)}",
        )

    def _is_in_file_too(self, profile: Profile, key: AccessKey) -> bool:
        """Tell whether a move was interrupted after the key was stored and before its lines were deleted."""
        try:
            plain = self._in_file(profile.name)
        except ConfigurationError:
            return False
        return plain is not None and plain.access_key_id == key.access_key_id
