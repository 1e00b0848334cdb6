"""A rotation that has begun: what has to be known to finish it, or to undo it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of the key of a profile; keys are named by their IDs, and no secret is here.

    *old* is the key that is to go, and was the user's only one at the moment *begun*; *new* is
    the key in its place, once AWS has answered with it: ``None`` where that answer never came.
    With *is_finished* the old key is inactive and out of the store, and waits to be deleted.
    """

    old: str
    begun: datetime
    new: str | None = None
    is_finished: bool = False

    def may_have_made(self, access_key_id: str) -> bool:
        """Tell whether AWS may have made this key for the rotation, in an answer that never came."""
        return self.new is None and access_key_id != self.old


def place_of_new_key(profile: str) -> str:
    """Return under which name the store holds the new key of *profile* until it is proven.

    A profile whose name has a blank cannot have a key in a store, so no profile has this name.
    """
    return f"{profile} (new key)"


def place_of_old_key(profile: str) -> str:
    """Return under which name the store holds the old key of *profile* until it is inactive."""
    return f"{profile} (old key)"
