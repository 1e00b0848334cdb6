"""The stores of long-term access keys, by name: ``keyring`` and ``file``.

The store is chosen when a key is added, and recorded as ``mfa_session_store`` in the config file. It is
never changed automatically: a locked keyring is an error, not a reason to use the encrypted file.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from mfa_session.errors import (
    DamagedItemError,
    PersonNeededError,
    PromptCancelledError,
    StoreError,
    UsageError,
    hint_command,
)
from mfa_session.model.credentials import AccessKey, moment, timestamp
from mfa_session.text import escape_control


class KeyStore(Protocol):
    """A store of keys: *name* is its name in the config file, *description* what users call it.

    Every call raises a ``StoreError`` if it cannot do its work, and if it must ask the user, a
    ``PersonNeededError`` or ``PromptCancelledError``.
    """

    name: str

    @property
    def description(self) -> str:
        """What users call it."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*; ``None`` if there is none."""

    def set(self, profile: str, key: AccessKey) -> None:
        """Store *key* in place of the one that *profile* had, and read it back."""

    def delete(self, profile: str) -> bool:
        """Delete the key of *profile*; return whether there was one."""

    def leftovers(self) -> str | None:
        """Return what the store keeps of a key that was deleted or replaced, as a sentence."""

    def check(self, *, consent: Callable[[str], bool] = ...) -> None:
        """Check that keys can be stored; *consent* is asked before a keyring is created."""


class AccessKeys:
    """The keys in *stores*, by the names of ``mfa_session_store``: ``keyring`` and ``file``."""

    def __init__(self, stores: Mapping[str, KeyStore]) -> None:
        self._stores = stores

    def get(self, profile: str, store: str) -> AccessKey | None:
        """Return the key that *store* has for *profile*, ``None`` if it has none."""
        return self.store(store).get(profile)

    def store(self, name: str) -> KeyStore:
        """Return the store of this *name*; raise UsageError if there is none."""
        if name not in self._stores:
            raise UsageError(
                f"there is no store of access keys named {escape_control(name)}",
                hint=f"give --store or MFA_SESSION_STORE one of these: {', '.join(self._stores)}",
            )
        return self._stores[name]

    def choose(self, wanted: str | None, *, consent: Callable[[str], bool]) -> KeyStore:
        """Return the store for a new key, checked that it can store one.

        It is the one *wanted* by ``--store`` or ``MFA_SESSION_STORE``; else the OS keyring; and if that
        cannot be used, the encrypted file, if *consent* answers yes.

        Raises:
            StoreError: the store cannot be used, and the user cannot be asked about another.
            PromptCancelledError: *consent* answered no, or the keyring's dialog was closed.
        """
        if wanted is not None:
            chosen = self.store(wanted)
            chosen.check(consent=partial(_agreed, consent))
            return chosen
        keyring, file = self._stores["keyring"], self._stores["file"]
        try:
            keyring.check(consent=partial(_agreed, consent))
        except StoreError as error:
            problem, path = str(error), file.description.removeprefix("the encrypted file ")
            question = (
                f"{problem[0].upper()}{problem[1:]}.\nStore the key in an encrypted file with a passphrase? ({path})"
            )
            try:
                agreed = consent(question)
            except PersonNeededError:
                raise error from None  # it says more
            if not agreed:
                raise PromptCancelledError from None
            file.check()
            return file
        return keyring


def _agreed(consent: Callable[[str], bool], question: str) -> bool:
    try:
        return consent(question)
    except PersonNeededError:
        return False  # the error of the keyring says more


def item_of(key: AccessKey) -> str:
    """Return *key* as JSON with IAM's field names: ASCII, one line, about 200 characters."""
    fields = {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "AccountId": key.account_id,
        "CreateDate": timestamp(key.create_date) if key.create_date else None,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def key_of(item: str, profile: str, *, place: str) -> AccessKey:
    """Return the key in the text *item*, which *place* has for *profile*; unknown fields are ignored.

    Raises:
        DamagedItemError: the text is not an access key.
    """
    try:
        fields = json.loads(item)
        account_id = fields.get("AccountId")
        return AccessKey(
            access_key_id=fields["AccessKeyId"],
            secret_access_key=fields["SecretAccessKey"],
            account_id=account_id if isinstance(account_id, str) else None,
            create_date=moment(fields.get("CreateDate") or ""),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, UsageError):
        raise DamagedItemError(
            f"what {place} holds for profile {escape_control(profile)} is not an access key",
            hint=f"store the key again: {hint_command('keys add', profile=profile)}",
        ) from None
