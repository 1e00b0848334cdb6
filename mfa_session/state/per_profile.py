"""One small file a profile in ~/.aws/mfa-session: the last failed login, a declined move, a rotation. No secrets."""

import json
from collections.abc import Callable, Mapping
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

_MAX_FAILURE_AGE = timedelta(days=1)


class _Records:
    """The files in *folder*, named after their profiles. Every call raises ``StateError`` if it cannot do its work."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._clock = clock

    def forget(self, profile: Profile) -> None:
        """Delete the record of *profile*, if there is one."""
        delete_private(self._file(profile.name))

    def _file(self, name: str) -> Path:
        return self._folder / quote(name, safe="")


class FailedLogins(_Records):
    """How the last login of each profile failed, so that callers who waited for it fail alike.

    A failure in the future, or of more than a day ago, counts as none.
    """

    def since(self, profile: Profile, moment: datetime) -> MFASessionError | None:
        """Return how a login of *profile* failed after *moment*, ``None`` if none is known."""
        content = read_private(self._file(profile.name))
        if content is None:
            return None
        try:
            failure = json.loads(content)
            failed_at = datetime.fromtimestamp(failure["at"], tz=UTC)
            if failed_at <= moment or not has_happened(failed_at, now=self._clock(), timeout=_MAX_FAILURE_AGE):
                return None
            kind, words, hint = getattr(errors, failure["kind"]), failure["message"], failure["hint"]
            if (
                not issubclass(kind, MFASessionError)
                or not words
                or not all(type(text) is str for text in (words, hint))
            ):
                return None
            error: MFASessionError = kind(words, hint=hint)
            if isinstance(error, AWSError) and type(code := failure.get("code")) is str:
                error.code = code
            return error
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
            return None  # damaged: at worst, one prompt too many

    def remember(self, profile: Profile, error: MFASessionError) -> None:
        """Record that a login of *profile* has failed now with *error*."""
        known = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
        failure = {
            "at": self._clock().timestamp(),
            "kind": known.__name__,
            "message": str(error),
            "hint": error.hint,
            "code": error.code if isinstance(error, AWSError) else None,
        }
        write_private(self._file(profile.name), json.dumps(failure).encode())


class DeclinedMoves(_Records):
    """The IDs of the keys that the user wants to keep in the credentials file, with the time of the answer."""

    def has(self, profile: Profile, key: AccessKey) -> bool:
        """Tell whether the user declined to move *key*; an answer in the future does not count."""
        key_id, space, when = (read_private(self._file(profile.name)) or b"").partition(b" ")
        if key_id != key.access_key_id.encode():
            return False
        said_at = moment(when.decode("ascii", "replace"))
        return not space if said_at is None else has_happened(said_at, now=self._clock())

    def remember(self, profile: Profile, key: AccessKey) -> None:
        """Record that *key* stays where it is."""
        write_private(self._file(profile.name), f"{key.access_key_id} {timestamp(self._clock())}".encode())


class KeyringPlaces(_Records):
    """The keyring into which the key of each profile was put, and the ID of that key."""

    def read(self, name: str) -> dict[str, str] | None:
        """Return the record of *name*, ``None`` if there is none."""
        try:
            fields = json.loads(read_private(self._file(name)) or b"null")
            return {field: str(fields[field]) for field in ("provider", "keyring", "key")} if fields else None
        except (ValueError, LookupError, TypeError, RecursionError):
            return None  # damaged: the key is searched without it

    def write(self, name: str, place: Mapping[str, str]) -> None:
        """Record the keyring of the key of *name*."""
        write_private(self._file(name), json.dumps(dict(place)).encode())

    def delete(self, name: str) -> None:
        """Delete the record of *name*, if there is one."""
        delete_private(self._file(name))


class RotationJournal(_Records):
    """How far the rotation of each key has come, with the IDs of both keys."""

    def read(self, profile: Profile) -> Rotation | None:
        """Return the rotation of *profile* that has begun, ``None`` if none has."""
        content = read_private(self._file(profile.name))
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
            file = escape_control(str(self._file(profile.name)))
            raise StateError(
                f"{file} should tell how far the rotation of a key has come, and cannot be read",
                hint=f"look at your keys with: aws iam list-access-keys; then delete {file}, and run this again",
            ) from None

    def write(self, profile: Profile, rotation: Rotation) -> None:
        """Record how far the rotation of *profile* has come; it is on disk when this returns."""
        fields = {
            "old": rotation.old,
            "begun": timestamp(rotation.begun),
            "new": rotation.new,
            "is_finished": rotation.is_finished,
        }
        write_private(self._file(profile.name), json.dumps(fields).encode())
