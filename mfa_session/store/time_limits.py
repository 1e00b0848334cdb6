"""How long a keyring may take."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The longest that one reading or writing waits: for an *answer*, and while a *dialog* is open."""

    answer: timedelta = timedelta(seconds=10)
    dialog: timedelta = timedelta(seconds=60)
