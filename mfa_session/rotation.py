"""A rotation that has begun: what has to be known to finish it, or to undo it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of the key of a profile; keys are named by their IDs, and no secret is here.

    *old* is the key that is to go, and was the user's only one at the moment *begun*; *new* is
    the key in its place, once its secret is safe. With *is_finished* the old key is inactive
    and out of the store, and waits to be deleted.
    """

    old: str
    begun: datetime
    new: str | None = None
    is_finished: bool = False


def place_of_new_key(profile: str) -> str:
    """Return under which name the store holds the new key of *profile* until it is proven.

    A profile whose name has a blank cannot have a key in a store, so this is nobody's name.
    """
    return f"{profile} (new key)"


def place_of_old_key(profile: str) -> str:
    """Return under which name the store holds the old key of *profile* until it is inactive."""
    return f"{profile} (old key)"
