"""Which long-term access keys there are: those in the stores, and those that lie in the credentials file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.errors import MFASessionError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Sections

# What the credentials file is called among the stores.
_CREDENTIALS_FILE = "credentials_file"


@dataclass(frozen=True, slots=True)
class ListedKey:
    """The key of *profile*, as far as its *store* tells; *problem* is what keeps it from telling more, in words."""

    profile: str
    store: str
    masked_id: str | None = None
    account_id: str | None = None
    create_date: datetime | None = None
    problem: str | None = None

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the key is, ``None`` where nobody knows."""
        return max(timedelta(0), now - self.create_date) if self.create_date else None


class Stored(Protocol):
    """The keys that are in a store."""

    def get(self, profile: str, store: str) -> AccessKey | None:
        """Return the key that the store of this name has for *profile*.

        Raises:
            MFASessionError: it cannot be known whether there is one.
        """


def list_keys(*, config: Sections, credentials: Sections, stored: Stored) -> list[ListedKey]:
    """Return every long-term key that we know of, in the order of the profiles' names.

    A store that does not open is asked once; each of its keys says why it cannot be shown.
    """
    return sorted(
        [*_in_stores(config, stored), *_in_file(credentials)],
        key=lambda each: (each.profile, each.store == _CREDENTIALS_FILE),
    )


def _in_stores(config: Sections, stored: Stored) -> Iterator[ListedKey]:
    failures: dict[str, str] = {}
    for profile, settings in config.items():
        store = settings.get("mfa_session_store")
        if not store:
            continue
        if store not in failures:
            try:
                yield _stored(profile, store, stored.get(profile, store))
                continue
            except MFASessionError as error:
                failures[store] = str(error)
        yield ListedKey(profile, store, problem=failures[store])


def _stored(profile: str, store: str, key: AccessKey | None) -> ListedKey:
    if key is None:
        return ListedKey(profile, store, problem="the key is not where the config file says it is")
    return ListedKey(profile, store, key.masked_id, key.account_id, key.create_date)


def _in_file(credentials: Sections) -> Iterator[ListedKey]:
    for profile, section in credentials.items():
        key_id = section.get("aws_access_key_id", "")
        if not key_id.startswith("AKIA"):
            continue
        try:
            key = AccessKey(key_id, section.get("aws_secret_access_key", ""))
        except MFASessionError as error:
            yield ListedKey(profile, _CREDENTIALS_FILE, problem=str(error))
        else:
            yield ListedKey(profile, _CREDENTIALS_FILE, key.masked_id)
