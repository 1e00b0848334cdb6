"""Long-term keys that their owner wants to leave in a plain file, so that nobody asks about them again."""

from pathlib import Path
from urllib.parse import quote

from mfa_session.credentials import AccessKey
from mfa_session.profiles import Profile
from mfa_session.store.private_files import delete_private, read_private, write_private


class DeclinedMoves:
    """One small file a profile, in *folder*, with the ID of the key; another key is another question."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, profile: Profile, key: AccessKey) -> bool:
        """Tell whether the owner of *key* has said that it is to stay where it is.

        Raises:
            StateError: the file cannot be read.
        """
        return read_private(self._file(profile)) == key.access_key_id.encode()

    def remember(self, profile: Profile, key: AccessKey) -> None:
        """Write down that it is to stay.

        Raises:
            StateError: the file cannot be written.
        """
        write_private(self._file(profile), key.access_key_id.encode())

    def forget(self, profile: Profile) -> None:
        """Forget what is written down about *profile*.

        Raises:
            StateError: the file cannot be deleted.
        """
        delete_private(self._file(profile))

    def _file(self, profile: Profile) -> Path:
        return self._folder / quote(profile.name, safe="")
