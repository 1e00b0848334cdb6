"""How far the rotation of each profile's key has come, so that the next run can finish or undo one that was killed."""

import json
from pathlib import Path
from urllib.parse import quote

from mfa_session.errors import StateError
from mfa_session.filesystem.private_files import delete_private, read_private, write_private
from mfa_session.model.credentials import moment, timestamp
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation
from mfa_session.text import visible


class RotationJournal:
    """One small file a profile, in *folder*, with the IDs of keys and no secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, profile: Profile) -> Rotation | None:
        """Return the rotation of *profile* that has begun, ``None`` where none has.

        Raises:
            StateError: it cannot be known.
        """
        content = read_private(self._file(profile))
        if content is None:
            return None
        try:
            fields = json.loads(content)
            begun = moment(fields["begun"])
            if begun is None:
                raise ValueError
            return Rotation(
                old=str(fields["old"]),
                begun=begun,
                new=None if fields["new"] is None else str(fields["new"]),
                is_finished=fields["is_finished"] is True,
            )
        except (ValueError, LookupError, TypeError, RecursionError):
            file = visible(str(self._file(profile)))
            raise StateError(
                f"{file} should tell how far the rotation of a key has come, and cannot be read",
                hint=f"look at your keys with: aws iam list-access-keys; then delete {file}, and run this again",
            ) from None

    def write(self, profile: Profile, rotation: Rotation) -> None:
        """Write down how far the rotation of *profile* has come; it is on the disk then.

        Raises:
            StateError: it cannot be written.
        """
        fields = {
            "old": rotation.old,
            "begun": timestamp(rotation.begun),
            "new": rotation.new,
            "is_finished": rotation.is_finished,
        }
        write_private(self._file(profile), json.dumps(fields).encode())

    def forget(self, profile: Profile) -> None:
        """Forget the rotation of *profile*, if one has begun.

        Raises:
            StateError: it is still written down.
        """
        delete_private(self._file(profile))

    def _file(self, profile: Profile) -> Path:
        return self._folder / quote(profile.name, safe="")
