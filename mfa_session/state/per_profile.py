"""How the last login of each profile failed, so that those who waited for it need not ask again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from mfa_session import errors
from mfa_session.errors import AWSError, MFASessionError, StateError
from mfa_session.filesystem.private_files import delete_private, read_private, write_private
from mfa_session.model.credentials import AccessKey, moment, timestamp
from mfa_session.model.durations import has_happened, utc_now
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation
from mfa_session.text import escape_control

# A diagnosis tells of the last failure; one of another day explains nothing any more.
_MAX_AGE = timedelta(days=1)


class FailedLogins:
    """One small file a profile, in *folder*. An error's words hold no secret, and no token code.

    A failure of the future, or of more than a day ago, counts as none.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._clock = clock

    def since(self, profile: Profile, moment: datetime) -> MFASessionError | None:
        """Return how a login of *profile* has failed after *moment*; ``None`` where none has, or none is known of.

        Raises:
            StateError: the file cannot be read.
        """
        content = read_private(self._file(profile))
        if content is None:
            return None
        try:
            failure = json.loads(content)
            failed_at = datetime.fromtimestamp(failure["at"], tz=UTC)
            if failed_at <= moment or not has_happened(failed_at, now=self._clock(), timeout=_MAX_AGE):
                return None
            kind, words, hint = getattr(errors, failure["kind"]), failure["message"], failure["hint"]
            if not issubclass(kind, MFASessionError) or not all(text and type(text) is str for text in (words, hint)):
                return None
            error: MFASessionError = kind(words, hint=hint)
            if isinstance(error, AWSError) and type(code := failure.get("code")) is str:
                error.code = code
            return error
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
            return None  # not ours: a question too many is the worst that follows

    def remember(self, profile: Profile, error: MFASessionError) -> None:
        """Write down that a login of *profile* has failed now, with *error*.

        Raises:
            StateError: the file cannot be written.
        """
        known = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
        failure = {
            "at": self._clock().timestamp(),
            "kind": known.__name__,
            "message": str(error),
            "hint": error.hint,
            "code": error.code if isinstance(error, AWSError) else None,
        }
        write_private(self._file(profile), json.dumps(failure).encode())

    def forget(self, profile: Profile) -> None:
        """Forget what is written down about *profile*.

        Raises:
            StateError: the file cannot be deleted.
        """
        delete_private(self._file(profile))

    def _file(self, profile: Profile) -> Path:
        return self._folder / quote(profile.name, safe="")


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
            file = escape_control(str(self._file(profile)))
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
