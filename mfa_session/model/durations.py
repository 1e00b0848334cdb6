"""Spans of time, as people write and read them."""

import re
from datetime import UTC, datetime, timedelta

from mfa_session.errors import UsageError
from mfa_session.text import format_duration

# DurationSeconds of GetSessionToken: 900 to 129600, 43200 where none is given.
MIN_SESSION = timedelta(minutes=15)
MAX_SESSION = timedelta(hours=36)
DEFAULT_SESSION = timedelta(hours=12)

# DurationSeconds of AssumeRole: 900 to 43200, 3600 where none is given.
MAX_ROLE_SESSION = timedelta(hours=12)
DEFAULT_ROLE_SESSION = timedelta(hours=1)

_PARTS = re.compile(r"(?:(?P<hours>[0-9]{1,6})h)?(?:(?P<minutes>[0-9]{1,6})m)?(?:(?P<seconds>[0-9]{1,9})s?)?", re.ASCII)


def duration(text: str) -> timedelta:
    """Return the span that *text* names: seconds (``43200``), or ``12h``, ``90m``, ``1h30m``, ``45s``.

    Raises:
        UsageError: it names none.
    """
    parts = _PARTS.fullmatch(text.strip().lower())
    if parts is None or not any(parts.groups()):
        raise UsageError(
            "this is not a span of time", hint="write seconds, or hours and minutes: 43200, 12h, 90m, 1h30m"
        )
    return timedelta(**{unit: int(number) for unit, number in parts.groupdict().items() if number})


def session_duration(text: str) -> timedelta:
    """Return the span that *text* names, if a session may last so long.

    Raises:
        UsageError: it is no span, or shorter than 15 minutes, or longer than 36 hours
            (STS API reference, GetSessionToken, ``DurationSeconds``).
    """
    return _possible(duration(text), "a session", longest=MAX_SESSION)


def role_duration(text: str) -> timedelta:
    """Return the span that *text* names, if a role may be taken for so long.

    A role has a limit of its own besides, which only AWS knows.

    Raises:
        UsageError: it is no span, or shorter than 15 minutes, or longer than 12 hours
            (STS API reference, AssumeRole, ``DurationSeconds``).
    """
    return _possible(duration(text), "the session of a role", longest=MAX_ROLE_SESSION)


def in_words(span: timedelta) -> str:
    """Return *span* as ``11 h 59 min``, ``14 min`` or ``42 s``: two units at the most, rounded down."""
    return format_duration(span.total_seconds())


def _possible(span: timedelta, what: str, *, longest: timedelta) -> timedelta:
    if not MIN_SESSION <= span <= longest:
        hours = longest // timedelta(hours=1)
        raise UsageError(
            f"{what} cannot last {in_words(span)}", hint=f"AWS allows 15 minutes (15m) to {hours} hours ({hours}h)"
        )
    return span


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def has_happened(moment: datetime, *, now: datetime, timeout: timedelta | None = None) -> bool:
    """Tell whether *moment* is past at *now*, and where *within* is given, no longer ago than that."""
    return moment <= now and (timeout is None or now - moment <= timeout)
