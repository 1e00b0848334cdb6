"""Whether the moment that a record of ours carries lies behind us.

Clocks are set. One that was ahead leaves records from the future behind when it is put
right, and each of them would hold until the clock has caught up: such a record counts as none.
"""

from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def has_happened(moment: datetime, *, now: datetime, within: timedelta | None = None) -> bool:
    """Tell whether *moment* is past at *now*, and where *within* is given, no longer ago than that."""
    return moment <= now and (within is None or now - moment <= within)
