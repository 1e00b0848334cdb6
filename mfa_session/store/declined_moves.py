"""Long-term keys that their owner wants to leave in a plain file, so that nobody asks about them again."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from mfa_session.filesystem.private_files import delete_private, read_private, write_private
from mfa_session.model.credentials import AccessKey, moment, timestamp
from mfa_session.model.durations import has_happened, utc_now
from mfa_session.model.profile import Profile


class DeclinedMoves:
    """One small file a profile, in *folder*, with the ID of the key; another key is another question.

    Behind the ID stands when that was said. If it was in the future, it counts as not said.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._clock = clock

    def has(self, profile: Profile, key: AccessKey) -> bool:
        """Tell whether the owner of *key* has said that it is to stay where it is.

        Raises:
            StateError: the file cannot be read.
        """
        key_id, space, when = (read_private(self._file(profile)) or b"").partition(b" ")
        if key_id != key.access_key_id.encode():
            return False
        said_at = moment(when.decode("ascii", "replace"))
        return not space if said_at is None else has_happened(said_at, now=self._clock())

    def remember(self, profile: Profile, key: AccessKey) -> None:
        """Write down that it is to stay.

        Raises:
            StateError: the file cannot be written.
        """
        write_private(self._file(profile), f"{key.access_key_id} {timestamp(self._clock())}".encode())

    def forget(self, profile: Profile) -> None:
        """Forget what is written down about *profile*.

        Raises:
            StateError: the file cannot be deleted.
        """
        delete_private(self._file(profile))

    def _file(self, profile: Profile) -> Path:
        return self._folder / quote(profile.name, safe="")
