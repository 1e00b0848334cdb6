"""How long a keyring may take."""

from dataclasses import dataclass
from datetime import timedelta

# How long a keyring may keep a change in memory alone; KWallet does so for 5 seconds.
WRITE_DELAY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The longest that one reading or writing waits: for an *answer*, and while a *dialog* is open."""

    answer: timedelta = timedelta(seconds=10)
    dialog: timedelta = timedelta(seconds=60)
