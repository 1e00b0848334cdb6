"""Rotate a long-term access key: a new one in the place of the old, and never a moment without one that works.

The new key is stored beside the old one and proven before anything of the old is given
up; the old one becomes inactive before its secret is forgotten, and is deleted last. What
was begun is written down before it is done, so that the next run finishes or undoes it.

A key is ours to delete only if AWS has given its ID in an answer to us. Where that answer was lost,
a second key may just as well be one that the user made by hand: its owner is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyNotFoundError,
    AccessKeyRefusedError,
    AWSAnswerError,
    MFASessionError,
    NoSuchEntityError,
    ReplyLostError,
)
from mfa_session.keys.second_key import Consent, KeyUse
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials, masked
from mfa_session.model.durations import has_happened
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation, place_of_new_key, place_of_old_key
from mfa_session.sessions.protocols import IAM, STS

# AWS knows a new key everywhere after 3 to 15 seconds.
MAX_PROPAGATION = timedelta(seconds=60)
_PAUSE_SECONDS = 1.0

_MOMENT = "%Y-%m-%d %H:%M UTC"


class Store(Protocol):
    """Where the key of the profile rests; each call may raise a ``StoreError``."""

    @property
    def description(self) -> str:
        """What users call it."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key under this name."""

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep a key under this name, and read it back."""

    def delete(self, profile: str) -> None:
        """Delete what is under this name."""


class Journal(Protocol):
    """Where it is written down how far a rotation has come; each call may raise a ``StateError``."""

    def read(self, profile: Profile) -> Rotation | None:
        """Return the rotation that has begun."""

    def write(self, profile: Profile, rotation: Rotation) -> None:
        """Write down how far it has come."""

    def forget(self, profile: Profile) -> None:
        """Forget it."""


class Settings(Protocol):
    """What the config file says about the profile."""

    def remember_key_date(self, profile: Profile, create_date: datetime | None) -> None:
        """Write down since when there is the key that the profile has."""


def recover(profile: Profile, *, store: Store, journal: Journal) -> None:
    """Give *profile* its key back, where a rotation was killed in a store that cannot replace a key in one step.

    Without it nobody could log in, and the rotation could not be finished.

    Raises:
        StoreError: the store does not do what is needed.
        StateError: it cannot be known whether a rotation has begun.
    """
    rotation = journal.read(profile)
    if rotation is not None and store.get(profile.name) is None:
        # Nothing touches the old key before the new one is proven.
        key = store.get(place_of_new_key(profile.name)) or store.get(place_of_old_key(profile.name))
        if key is not None:
            store.set(profile.name, key)


def _any_may_go(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """The rotation of the key that *store* has for *profile*, on a *session* with MFA of the key's user.

    *tell* is called with a sentence for each step that was done. *check_may_go* raises
    where the key of this ID must not be made inactive or deleted at AWS.
    """

    profile: Profile
    session: SessionCredentials
    user: CallerIdentity
    sts: STS
    iam: IAM
    store: Store
    journal: Journal
    settings: Settings
    tell: Callable[[str], None]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    check_may_go: Callable[[str], None] = _any_may_go

    def run(self, *, consent: Consent, delete_old: bool) -> Rotation | None:
        """Rotate the key, or do what is left of a rotation that was cut short.

        The old key of the last rotation is deleted first; where *delete_old* asks for just
        that, and the last rotation is finished, nothing else is done. *consent* is asked for
        before any other key is deleted. What is returned tells of the old key that is left;
        ``None`` where there is none.

        Raises:
            AccessKeyNotFoundError: the store has no key, or one that the user does not have.
            AccessDeniedError: a policy forbids it.
            MFASessionError: anything else went wrong, or *consent* was not given. The
                profile has a key that works, and the next run goes on from there.
        """
        last = self.journal.read(self.profile)
        if last is not None and last.is_finished and delete_old:
            self._delete_retired(last, consent=consent)
            return None
        rotation = None
        if last is not None and not last.is_finished:
            rotation = self._taken_up(last)
        if rotation is None:
            self._make_room(last, consent=consent)
            rotation = self._finished(self._begun())
        if not delete_old:
            return rotation
        self._delete(rotation.old)
        self.journal.forget(self.profile)
        return None

    def _begun(self) -> Rotation:
        """Make a key, and store it beside the old one."""
        rotation = Rotation(old=self._current().access_key_id, begun=self.clock())
        self.journal.write(self.profile, rotation)
        key = self._made_key()
        rotation = replace(rotation, new=key.access_key_id)
        try:
            self.journal.write(self.profile, rotation)  # from here on, the next run knows that the key is ours
            self.tell(f"AWS has made key {key.masked_id} for user {self.user.user_name}")
            self.store.set(place_of_new_key(self.profile.name), key)
        except MFASessionError:
            self._delete(key.access_key_id)
            self.journal.forget(self.profile)
            raise
        self.tell(f"it is in {self.store.description}, beside the old one")
        return rotation

    def _made_key(self) -> AccessKey:
        try:
            key = self.iam.create_access_key(self.session, self._user_name)
        except (ReplyLostError, AWSAnswerError) as error:
            raise type(error)(
                str(error),
                hint="run this again; if there is a second key then, it asks whose it is before it deletes it: "
                f"mfa-session keys rotate --profile {self.profile.name}",
                code=error.code,
            ) from error
        except MFASessionError:
            self.journal.forget(self.profile)
            raise
        return replace(key, account_id=self.user.account_id)

    def _finished(self, rotation: Rotation) -> Rotation:
        """Put the new key in the place of the old one, as far as that was not done yet."""
        current = self._current()
        new = self.store.get(place_of_new_key(self.profile.name)) or current
        if rotation.new is None:
            rotation = replace(rotation, new=new.access_key_id)
            self.journal.write(self.profile, rotation)
        self._prove(new)
        if current.access_key_id != new.access_key_id:
            self.store.set(place_of_old_key(self.profile.name), current)
            self.store.set(self.profile.name, new)
        self.settings.remember_key_date(self.profile, new.create_date)
        self.tell(f"AWS accepts it, and profile {self.profile.name} uses it now")
        self._retire(rotation.old)
        self._clear_beside()
        finished = replace(rotation, is_finished=True)
        self.journal.write(self.profile, finished)
        return finished

    def _taken_up(self, rotation: Rotation) -> Rotation | None:
        """Finish a rotation that was cut short, where the new key is safe; undo it where not.

        What lies beside in the store, and the journal, stay until the owner has agreed to
        what becomes of the other key: they may have its only secret.
        """
        current = self._current().access_key_id
        new = self.store.get(place_of_new_key(self.profile.name))
        if current == (new.access_key_id if new else rotation.new) or (new and current == rotation.old):
            self.tell("the last rotation of this key was cut short, and is finished now")
            return self._finished(rotation)
        if rotation.new is not None:
            self.tell("the last rotation of this key was cut short, and is undone now")
            for key in self._keys():
                # One that was used works for somebody, wherever its secret came from.
                if key.access_key_id == rotation.new and self._use_of(key).was_never_used:
                    self._delete(key.access_key_id)
        return None

    def _prove(self, key: AccessKey) -> None:
        """Wait until AWS accepts *key*; where it never does, go back to the old one."""
        give_up = self.clock() + MAX_PROPAGATION
        while True:
            try:
                owner = self.sts.get_caller_identity(key)
                break
            except AccessKeyRefusedError as error:
                if self.clock() >= give_up:
                    raise AccessKeyRefusedError(
                        f"AWS does not accept the new key: {error}", hint=self._gone_back_from(key), code=error.code
                    ) from error
            self.sleep(_PAUSE_SECONDS)
        if owner.arn != self.user.arn:
            raise AWSAnswerError(
                f"the new key belongs to {owner.arn}, and not to {self.user.arn}", hint=self._gone_back_from(key)
            )

    def _gone_back_from(self, new: AccessKey) -> str:
        """Give up the *new* key, and return what is to be done then."""
        if self._current().access_key_id == new.access_key_id:
            if (old := self.store.get(place_of_old_key(self.profile.name))) is None:
                return f"give the profile another key: mfa-session keys add --profile {self.profile.name}"
            self.store.set(self.profile.name, old)
        self._delete(new.access_key_id)
        self._clear_beside()
        self.journal.forget(self.profile)
        return "the new key is deleted, and the old one is what the profile has: run this again later"

    def _retire(self, access_key_id: str) -> None:
        self.check_may_go(access_key_id)
        try:
            self.iam.update_access_key(self.session, self._user_name, access_key_id, active=False)
        except NoSuchEntityError:
            self.tell(f"the old key {masked(access_key_id)} is gone already")
        except AccessDeniedError as error:
            raise AccessDeniedError(
                f"the new key is in use, and the old one, {masked(access_key_id)}, is still active: {error}",
                hint="let it be made inactive by whoever administers the account; then run this again",
                code=error.code,
            ) from error
        else:
            self.tell(f"the old key {masked(access_key_id)} is inactive")

    def _make_room(self, last: Rotation | None, *, consent: Consent) -> None:
        """Delete the key beside the one in use, because AWS allows no third; the *last* rotation may have left it."""
        current = self._current()
        keys = {key.access_key_id: key for key in self._keys()}
        if current.access_key_id not in keys:
            raise AccessKeyNotFoundError(
                f"the key {current.masked_id} in {self.store.description} is none of user {self._user_name}'s: "
                "it was deleted, or is another user's",
                hint=f"give the profile the right one: mfa-session keys add --profile {self.profile.name}",
            )
        in_use = keys.pop(current.access_key_id)
        for other in keys.values():
            self.check_may_go(other.access_key_id)
            if not self._is_retired(other, last):
                use = self._use_of(other)
                if last is not None and last.may_have_made(other.access_key_id):
                    use = replace(use, is_of_unknown_origin=True)
                    self.tell(
                        f"the last rotation, begun at {last.begun:{_MOMENT}}, has no answer of AWS: key "
                        f"{masked(other.access_key_id)}, made at {other.create_date:{_MOMENT}}, may be of that"
                        " rotation, or one that you made"
                    )
                consent(use, beside=self._use_of(in_use))
            self._delete(other.access_key_id)
        self._clear_beside()
        self.journal.forget(self.profile)

    def _is_retired(self, key: AccessKeyMetadata, last: Rotation | None) -> bool:
        """Tell whether the *last* rotation made *key* inactive, and nobody has found out since that it is needed."""
        return (
            last is not None
            and last.is_finished
            and key.access_key_id == last.old
            and not key.is_active
            and has_happened(last.begun, now=self.clock())
        )

    def _delete_retired(self, last: Rotation, *, consent: Consent) -> None:
        keys = {key.access_key_id: key for key in self._keys()}
        old, current = keys.get(last.old), keys.get(self._current().access_key_id)
        if old is None:
            self.tell(f"the old key {masked(last.old)} is gone already")
        elif old is not current:
            if not self._is_retired(old, last):
                self.check_may_go(old.access_key_id)
                consent(self._use_of(old), beside=self._use_of(current) if current else None)
            self._delete(old.access_key_id)
        self.journal.forget(self.profile)

    def _delete(self, access_key_id: str) -> None:
        self.check_may_go(access_key_id)
        try:
            self.iam.delete_access_key(self.session, self._user_name, access_key_id)
        except NoSuchEntityError:
            return
        self.tell(f"key {masked(access_key_id)} is deleted")

    def _use_of(self, key: AccessKeyMetadata) -> KeyUse:
        try:
            return KeyUse(key, last_used=self.iam.access_key_last_used(self.session, key.access_key_id))
        except AccessDeniedError:
            return KeyUse(key, last_used=None, is_known=False)

    def _clear_beside(self) -> None:
        self.store.delete(place_of_old_key(self.profile.name))
        self.store.delete(place_of_new_key(self.profile.name))

    def _current(self) -> AccessKey:
        key = self.store.get(self.profile.name)
        if key is None:
            raise AccessKeyNotFoundError(
                f"{self.store.description} has no key for profile {self.profile.name}",
                hint=f"give it one: mfa-session keys add --profile {self.profile.name}",
            )
        return key

    def _keys(self) -> list[AccessKeyMetadata]:
        return self.iam.list_access_keys(self.session, self._user_name)

    @property
    def _user_name(self) -> str:
        return str(self.user.user_name)
