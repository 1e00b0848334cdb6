"""Rotate a long-term access key: replace it with a new one, and have a working key at every moment.

The new key is stored beside the old one and verified before the old one is replaced; the old
one is made inactive before its secret is deleted here, and deleted at AWS last. Each step is
recorded before it is done, so that the next run finishes or undoes the rotation.

Only a key whose ID AWS returned to us is deleted without a question. If that response was lost,
a second key may be one that the user created by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyNotFoundError,
    AccessKeyRefusedError,
    AWSAnswerError,
    MFASessionError,
    NoSuchEntityError,
    ReplyLostError,
    hint_command,
)
from mfa_session.keys.protocols import KeySettings, KeyStore, RotationRecords
from mfa_session.keys.second_key import KeyUse
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials, masked
from mfa_session.model.durations import has_happened
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation, place_of_new_key, place_of_old_key
from mfa_session.sessions.protocols import IAM, STS

# A new key works everywhere after 3 to 15 seconds.
MAX_PROPAGATION = timedelta(seconds=60)
_PAUSE_SECONDS = 1.0

_MOMENT = "%Y-%m-%d %H:%M UTC"


def recover(profile: Profile, *, store: KeyStore, records: RotationRecords) -> None:
    """Restore the key of *profile* if a rotation was killed in a store that cannot replace a key in one step.

    Without a key there is no login, and so no way to finish the rotation.
    """
    rotation = records.read(profile)
    if rotation is not None and store.get(profile.name) is None:
        # The old key is not touched before the new one is verified.
        key = store.get(place_of_new_key(profile.name)) or store.get(place_of_old_key(profile.name))
        if key is not None:
            store.set(profile.name, key)


def _nothing(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Rotates the key that *store* has for *profile*, with an MFA *session* of the key's user.

    *confirm* is called with a second key of the user, which has to be deleted, and the one in use;
    it raises if the user does not agree. *update_copies* replaces the key of other profiles that
    have the same one. *check_unused* raises if another profile needs the key of an ID, which is
    not made inactive or deleted then. *tell* is called for each step that is done.
    """

    profile: Profile
    session: SessionCredentials
    user: CallerIdentity
    sts: STS
    iam: IAM
    store: KeyStore
    records: RotationRecords
    settings: KeySettings
    confirm: Callable[[KeyUse, KeyUse | None], None]
    tell: Callable[[str], None]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    update_copies: Callable[[AccessKey], None] = _nothing
    check_unused: Callable[[str], None] = _nothing

    def run(self, *, delete_old: bool) -> Rotation | None:
        """Rotate the key, or do the rest of a rotation that was interrupted.

        The old key of the last rotation is deleted first. With *delete_old*, if the last rotation
        is finished, nothing else is done; otherwise the old key of this one is deleted, too.
        Return the rotation that has left an inactive old key, ``None`` if none is left.

        Raises:
            AccessKeyNotFoundError: the store has no key, or one that the user does not have.
            MFASessionError: anything else; the profile has a working key, and the next run goes on from there.
        """
        last = self.records.read(self.profile)
        if last is not None and last.is_finished and delete_old:
            self._delete_retired(last)
            return None
        rotation = None
        if last is not None and not last.is_finished:
            rotation = self._resume(last)
        if rotation is None:
            self._make_room(last)
            rotation = self._finish(self._begin())
        if not delete_old:
            return rotation
        self._delete(rotation.old)
        self.records.forget(self.profile)
        return None

    def _begin(self) -> Rotation:
        """Create a key, and store it beside the old one."""
        rotation = Rotation(old=self._current().access_key_id, begun=self.clock())
        self.records.write(self.profile, rotation)
        key = self._create_key()
        rotation = replace(rotation, new=key.access_key_id)
        try:
            self.records.write(self.profile, rotation)  # from here on, the next run knows that we created it
            self.tell(f"AWS has made key {key.masked_id} for user {self.user.user_name}")
            self.store.set(place_of_new_key(self.profile.name), key)
        except MFASessionError:
            self._delete(key.access_key_id)
            self.records.forget(self.profile)
            raise
        self.tell(f"it is in {self.store.description}, beside the old one")
        return rotation

    def _create_key(self) -> AccessKey:
        try:
            key = self.iam.create_access_key(self.session, self._user_name)
        except (ReplyLostError, AWSAnswerError) as error:
            raise type(error)(
                str(error),
                hint="run this again; if there is a second key then, it asks whose it is before it deletes it: "
                f"{hint_command('keys rotate', profile=self.profile.name)}",
                code=error.code,
            ) from error
        except MFASessionError:
            self.records.forget(self.profile)
            raise
        return replace(key, account_id=self.user.account_id)

    def _finish(self, rotation: Rotation) -> Rotation:
        """Replace the old key with the new one, as far as that was not done yet."""
        current = self._current()
        new = self.store.get(place_of_new_key(self.profile.name)) or current
        if rotation.new is None:
            rotation = replace(rotation, new=new.access_key_id)
            self.records.write(self.profile, rotation)
        self._verify(new)
        if current.access_key_id != new.access_key_id:
            self.store.set(place_of_old_key(self.profile.name), current)
            self._replace(new)
        self.settings.remember_key_date(self.profile, new.create_date)
        self.tell(f"AWS accepts it, and profile {self.profile.name} uses it now")
        self._retire(rotation.old)
        self._clear_beside()
        finished = replace(rotation, is_finished=True)
        self.records.write(self.profile, finished)
        return finished

    def _resume(self, rotation: Rotation) -> Rotation | None:
        """Finish a rotation that was interrupted if the new key is stored; otherwise undo it, and return ``None``.

        The record, and what is stored beside the key, stay until the user has confirmed what
        happens to the other key: they may have its only secret.
        """
        current = self._current().access_key_id
        new = self.store.get(place_of_new_key(self.profile.name))
        if current == (new.access_key_id if new else rotation.new) or (new and current == rotation.old):
            self.tell("the last rotation of this key was cut short, and is finished now")
            return self._finish(rotation)
        if rotation.new is not None:
            self.tell("the last rotation of this key was cut short, and is undone now")
            for key in self._keys():
                # A key that was used may be in use elsewhere, wherever its secret came from.
                if key.access_key_id == rotation.new and self._use_of(key).was_never_used:
                    self._delete(key.access_key_id)
        return None

    def _verify(self, key: AccessKey) -> None:
        """Wait until AWS accepts *key*; if it never does, go back to the old one."""
        deadline = self.clock() + MAX_PROPAGATION
        while True:
            try:
                owner = self.sts.get_caller_identity(key)
                break
            except AccessKeyRefusedError as error:
                if self.clock() >= deadline:
                    raise AccessKeyRefusedError(
                        f"AWS does not accept the new key: {error}", hint=self._revert_to_old(key), code=error.code
                    ) from error
            self.sleep(_PAUSE_SECONDS)
        if owner.arn != self.user.arn:
            raise AWSAnswerError(
                f"the new key belongs to {owner.arn}, and not to {self.user.arn}", hint=self._revert_to_old(key)
            )

    def _revert_to_old(self, new: AccessKey) -> str:
        """Go back from the *new* key to the old one, and return the hint for the user."""
        if self._current().access_key_id == new.access_key_id:
            if (old := self.store.get(place_of_old_key(self.profile.name))) is None:
                return f"give the profile another key: {hint_command('keys add', profile=self.profile.name)}"
            self._replace(old)
        self._delete(new.access_key_id)
        self._clear_beside()
        self.records.forget(self.profile)
        return "the new key is deleted, and the old one is what the profile has: run this again later"

    def _retire(self, access_key_id: str) -> None:
        self.check_unused(access_key_id)
        try:
            self.iam.update_access_key(self.session, self._user_name, access_key_id, active=False)
        except NoSuchEntityError:
            self.tell(f"the old key {masked(access_key_id)} is gone already")
        except AccessDeniedError as error:
            raise AccessDeniedError(
                f"the new key is in use, and the old one, {masked(access_key_id)}, is still active: {error}",
                hint="have the account's administrator make it inactive; then run this again",
                code=error.code,
            ) from error
        else:
            self.tell(f"the old key {masked(access_key_id)} is inactive")

    def _make_room(self, last: Rotation | None) -> None:
        """Delete the user's second key, because AWS allows two at most; the *last* rotation may have left it."""
        current = self._current()
        keys = {key.access_key_id: key for key in self._keys()}
        if current.access_key_id not in keys:
            raise AccessKeyNotFoundError(
                f"the key {current.masked_id} in {self.store.description} is none of user {self._user_name}'s: "
                "it was deleted, or is another user's",
                hint=f"give the profile the right one: {hint_command('keys add', profile=self.profile.name)}",
            )
        in_use = keys.pop(current.access_key_id)
        for other in keys.values():
            self.check_unused(other.access_key_id)
            if not self._is_retired(other, last):
                use = self._use_of(other)
                if last is not None and last.may_have_made(other.access_key_id):
                    use = replace(use, is_of_unknown_origin=True)
                    self.tell(
                        f"the last rotation, begun at {last.begun:{_MOMENT}}, has no answer of AWS: key "
                        f"{masked(other.access_key_id)}, made at {other.create_date:{_MOMENT}}, may be of that"
                        " rotation, or one that you made"
                    )
                self.confirm(use, self._use_of(in_use))
            self._delete(other.access_key_id)
        self._clear_beside()
        self.records.forget(self.profile)

    def _is_retired(self, key: AccessKeyMetadata, last: Rotation | None) -> bool:
        """Tell whether the *last* rotation made *key* inactive, and it was not activated again since."""
        return (
            last is not None
            and last.is_finished
            and key.access_key_id == last.old
            and not key.is_active
            and has_happened(last.begun, now=self.clock())
        )

    def _delete_retired(self, last: Rotation) -> None:
        keys = {key.access_key_id: key for key in self._keys()}
        old, current = keys.get(last.old), keys.get(self._current().access_key_id)
        if old is None:
            self.tell(f"the old key {masked(last.old)} is gone already")
        elif old is not current:
            if not self._is_retired(old, last):
                self.check_unused(old.access_key_id)
                self.confirm(self._use_of(old), self._use_of(current) if current else None)
            self._delete(old.access_key_id)
        self.records.forget(self.profile)

    def _delete(self, access_key_id: str) -> None:
        self.check_unused(access_key_id)
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

    def _replace(self, key: AccessKey) -> None:
        self.update_copies(key)
        self.store.set(self.profile.name, key)

    def _clear_beside(self) -> None:
        self.store.delete(place_of_old_key(self.profile.name))
        self.store.delete(place_of_new_key(self.profile.name))

    def _current(self) -> AccessKey:
        key = self.store.get(self.profile.name)
        if key is None:
            raise AccessKeyNotFoundError(
                f"{self.store.description} has no key for profile {self.profile.name}",
                hint=f"give it one: {hint_command('keys add', profile=self.profile.name)}",
            )
        return key

    def _keys(self) -> list[AccessKeyMetadata]:
        return self.iam.list_access_keys(self.session, self._user_name)

    @property
    def _user_name(self) -> str:
        return str(self.user.user_name)
