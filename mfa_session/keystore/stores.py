"""The long-term access keys of all profiles, in whichever store holds each.

Which one that is was decided when the key was added, and is remembered as
``mfa_session_store`` in the profile's configuration. It is never changed by itself: a
keyring that is locked today is an error, and not a reason to look elsewhere.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from mfa_session.errors import DamagedItemError, PersonNeededError, StoreError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey, moment, timestamp
from mfa_session.text import escape_control


class KeyStore(Protocol):
    """One place for keys: *name* is what the configuration calls it, *description* what its users do.

    Every call raises a member of the ``StoreError`` family when it does not do what it
    says; and where it must ask somebody, a ``PersonNeededError`` or ``PromptCancelledError``.
    """

    name: str

    @property
    def description(self) -> str:
        """What users call it."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*; ``None`` means that there is none, never that it is not known."""

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep *key* in the place of the one that *profile* had, and read it back."""

    def delete(self, profile: str) -> None:
        """Delete the key of *profile*, if there is one."""

    def check(self, *, consent: Callable[[str], bool] = ...) -> None:
        """Make sure that keys can be kept here; *consent* is asked before a place for them is made."""


class AccessKeys:
    """The keys in *stores*, which are named as ``mfa_session_store`` names them: ``keyring`` and ``file``."""

    def __init__(self, stores: Mapping[str, KeyStore]) -> None:
        self._stores = stores

    def get(self, profile: str, store: str) -> AccessKey | None:
        """Return the key that the store of this name has for *profile*, ``None`` where it has none.

        Raises:
            StoreError: it cannot be known.
            UsageError: there is no such store.
        """
        return self.store(store).get(profile)

    def store(self, name: str) -> KeyStore:
        """Return the store of this *name*.

        Raises:
            UsageError: there is none.
        """
        if name not in self._stores:
            raise UsageError(
                f"there is no store of access keys named {escape_control(name)}",
                hint=f"give --store or MFA_SESSION_STORE one of these: {', '.join(self._stores)}",
            )
        return self._stores[name]

    def choose(self, wanted: str | None, *, consent: Callable[[str], bool]) -> KeyStore:
        """Return the store for a key that is being added, having made sure that it takes one.

        It is the one that is *wanted*, by ``--store`` or ``MFA_SESSION_STORE``. Where none
        is, it is the OS keyring; should that not do, the encrypted file, if the answer to
        the question given to *consent* is yes.

        Raises:
            StoreError: the store does not do, and nobody agreed to another.
            UsageError: there is no such store.
            PromptCancelledError: the keyring's dialog was closed: that is no wish for another store.
        """
        if wanted is not None:
            chosen = self.store(wanted)
            chosen.check(consent=partial(_agreed, consent))
            return chosen
        keyring, file = self._stores["keyring"], self._stores["file"]
        try:
            keyring.check(consent=partial(_agreed, consent))
        except StoreError as error:
            question = f"No OS keyring can be used: {error}. Keep the key in {file.description}, under a passphrase?"
            if not _agreed(consent, question):
                raise
            file.check()
            return file
        return keyring


def _agreed(consent: Callable[[str], bool], question: str) -> bool:
    try:
        return consent(question)
    except PersonNeededError:
        return False  # what is wrong with the keyring says more than that nobody could be asked


def item_of(key: AccessKey) -> str:
    """Return *key* as text: ASCII, on one line, about 200 characters."""
    fields = {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "AccountId": key.account_id,
        "CreateDate": timestamp(key.create_date) if key.create_date else None,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def key_of(item: str, profile: str, *, place: str) -> AccessKey:
    """Return the key of *profile* that the text *item* holds; *place* is what users call the store that it is from.

    Fields that are not known are passed over: a later version may have written them.

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
