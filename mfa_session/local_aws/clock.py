"""The clock of the local AWS: what AWS believes the time is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _system_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """A source of aware moments, and an *offset* that may be set while the endpoint runs.

    Signatures, sessions, devices and the ``Date`` header all go by it; nothing else does.
    """

    def __init__(self, source: Callable[[], datetime] = _system_time, *, offset: timedelta = timedelta(0)) -> None:
        self._source = source
        self.offset = offset

    def now(self) -> datetime:
        """Return the moment that AWS believes it is."""
        return self._source() + self.offset
