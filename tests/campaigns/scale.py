"""How long a campaign is: a few cases where a change is tested, every one where figures are written down."""

import itertools
import os
from collections.abc import Iterable
from typing import TypeVar

IS_FULL = "MFA_SESSION_CAMPAIGN" in os.environ

Case = TypeVar("Case")


def cases(*, quick: int, full: int) -> int:
    """Return how many cases there are."""
    return full if IS_FULL else quick


def chosen(every: Iterable[Case], *, quick_nth: int) -> list[Case]:
    """Return every case, or each *quick_nth* of them."""
    return list(every if IS_FULL else itertools.islice(every, 0, None, quick_nth))
