"""How the last login of each profile failed, so that those who waited for it need not ask again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from mfa_session import errors
from mfa_session.errors import AWSError, MFASessionError
from mfa_session.filesystem.private_files import delete_private, read_private, write_private
from mfa_session.model.durations import has_happened, utc_now
from mfa_session.model.profile import Profile

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
            if failed_at <= moment or not has_happened(failed_at, now=self._clock(), within=_MAX_AGE):
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
