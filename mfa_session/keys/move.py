"""Move a long-term access key: from a plain file or another program into a store, or from store to store."""

from collections.abc import Callable
from contextlib import suppress

from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError, StoreError, hint_command
from mfa_session.keys.protocols import KeySettings, KeySource, KeyStore
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile


def import_key(
    profile: Profile,
    key: AccessKey,
    *,
    store: KeyStore,
    source: KeySource,
    settings: KeySettings,
    replace: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Move a *key* that AWS accepts from *source* into *store*; *tell* is called for each step that is done.

    Another key that the store has for the profile is replaced only with *replace*. The key is deleted at
    its source last: interrupted at any point, it is still there, and importing it again does the rest.

    Raises:
        StoreError: the store cannot be written; the source is unchanged.
        ConfigurationError: a file cannot be changed, or the store has another key.
    """
    settings.check_can_answer(profile)
    source.check_can_remove(profile.name)
    if not replace:
        _check_no_other_key(profile, key, store=store)
    store.set(profile.name, key)
    tell(f"it is in {store.description}, and was read back")
    settings.answer(profile, store=store.name, key_date=key.create_date)
    tell(f"profile {profile.name} asks mfa-session for its keys")
    source.remove(profile.name, key)
    tell(source.manual_steps(profile.name) or f"it is gone from {source.description}")


def move_key(profile: Profile, *, old: KeyStore, new: KeyStore, settings: KeySettings, replace: bool = False) -> None:
    """Move the key of *profile* from the *old* store to the *new* one, and delete it from the old one last.

    Another key that the new one has for the profile is replaced only with *replace*. Interrupted at any
    point, the store that the config file names has the key, and the same command does the rest.

    Raises:
        AccessKeyNotFoundError: the old store has none.
        ConfigurationError: the new one has another key, or the config file cannot be changed.
    """
    key = _key_in(old, profile)
    if not replace:
        _check_no_other_key(profile, key, store=new)
    new.set(profile.name, key)
    settings.remember_store(profile, new.name)
    old.delete(profile.name)


def finish_move(profile: Profile, *, old: KeyStore, new: KeyStore) -> None:
    """Delete the key of *profile* from the *old* store if a move to the *new* one was interrupted before that.

    The old store need not exist any more.

    Raises:
        AccessKeyNotFoundError: the new store has none.
    """
    key = _key_in(new, profile)
    with suppress(StoreError):
        if old.get(profile.name) == key:
            old.delete(profile.name)


def _key_in(store: KeyStore, profile: Profile) -> AccessKey:
    key = store.get(profile.name)
    if key is None:
        raise AccessKeyNotFoundError(
            f"{store.description} has no key for profile {profile.name}",
            hint=f"give it one: {hint_command('keys add', profile=profile.name)}",
        )
    return key


def _check_no_other_key(profile: Profile, key: AccessKey, *, store: KeyStore) -> None:
    stored = store.get(profile.name)
    if stored is not None and stored.access_key_id != key.access_key_id:
        raise ConfigurationError(
            f"{store.description} has another key for profile {profile.name}, {stored.masked_id}",
            hint="to replace it: --force",
        )
