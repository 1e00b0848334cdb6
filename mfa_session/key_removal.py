"""Forget a long-term access key, and all that was kept for the sake of it."""

from typing import Protocol

from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import place_of_new_key, place_of_old_key


class RemovalStore(Protocol):
    """Where the key is."""

    def delete(self, profile: str) -> None:
        """Delete what is under this name, if anything is.

        Raises:
            StoreError: it is still there.
        """


class Memory(Protocol):
    """Something that was written down about a profile."""

    def forget(self, profile: Profile) -> object:
        """Delete it, if there is something.

        Raises:
            ConfigurationError: it is still there.
        """


class Sessions(Memory, Protocol):
    """Where the session of the profile is."""

    def check_can_forget(self, profile: Profile) -> None:
        """Raise now what would keep :meth:`forget` from its work."""


def places_of(profile: Profile) -> tuple[str, ...]:
    """Return the names under which a store may have keys of *profile*."""
    return profile.name, place_of_new_key(profile.name), place_of_old_key(profile.name)


def remove_key(
    profile: Profile,
    *,
    store: RemovalStore,
    rotations: Memory,
    sessions: Sessions,
    others: tuple[Memory, ...],
    settings: Memory,
) -> None:
    """Delete the key of *profile* from its *store*, its session, and what is remembered about it.

    The settings, which say where the key is, go last: killed at any point, the same again
    does what is left. AWS is not asked; the key goes on working there.

    Raises:
        StoreError: the store does not delete it; nothing else was deleted then.
        SessionProfileTakenError: a long-term key stands where the session is to be; nothing was deleted.
        ConfigurationError: a file could not be changed.
    """
    sessions.check_can_forget(profile)
    for name in places_of(profile):
        store.delete(name)
    rotations.forget(profile)
    sessions.forget(profile)
    for memory in others:
        memory.forget(profile)
    settings.forget(profile)
