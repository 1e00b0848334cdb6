"""The second access key of a user: AWS allows two, so one has to be deleted before another can be created."""

from dataclasses import dataclass
from datetime import datetime

from mfa_session.errors import PersonNeededError, PromptCancelledError
from mfa_session.keys.protocols import KeyPrompter
from mfa_session.model.credentials import AccessKeyMetadata


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key, and when it was *last_used*: ``None`` for never; *is_known* tells whether AWS has said so.

    With *is_of_unknown_origin*, a rotation of ours or the user may have created it.
    """

    key: AccessKeyMetadata
    last_used: datetime | None
    is_known: bool = True
    is_of_unknown_origin: bool = False

    @property
    def was_never_used(self) -> bool:
        """Whether AWS says that the key was never used."""
        return self.is_known and self.last_used is None

    @property
    def is_unused(self) -> bool:
        """Whether no program can depend on it now."""
        return not self.key.is_active or self.was_never_used

    def in_words(self) -> str:
        """Describe the key on one line."""
        state = "active" if self.key.is_active else "inactive"
        if self.last_used:
            use = f"last used on {self.last_used:%Y-%m-%d}"
        else:
            use = "never used" if self.is_known else "and AWS does not tell when it was last used"
        return f"{self.key.masked_id}, made on {self.key.create_date:%Y-%m-%d}, {state}, {use}"


def confirm_deletion(other: KeyUse, in_use: KeyUse | None, *, user: KeyPrompter, delete_unused: bool) -> None:
    """Ask whether key *other* may be deleted, beside the one *in_use*.

    With *delete_unused*, an unused key is deleted without a question.

    Raises:
        PromptCancelledError: the user wants to keep it.
        PersonNeededError: the user cannot be asked.
    """
    if other.is_unused and delete_unused:
        return
    if not user.is_there:
        confirmed = f"{user.command} --yes"
        raise PersonNeededError(
            f"the user has a second access key, and AWS allows no third: {other.in_words()}",
            hint=f"run in a terminal: {user.command}; or, to have that key deleted: {confirmed}"
            if other.is_unused
            else f"find out who uses it; once it is inactive, to have it deleted: {confirmed}",
        )
    user.tell("You have two access keys, and AWS allows no third:")
    if in_use is not None:
        user.tell(f"  {in_use.in_words()}: the one in use here")
    user.tell(f"  {other.in_words()}")
    question = f"Delete {other.key.masked_id}" + (", which is unused?" if other.is_unused else ", for good?")
    if not user.agrees(question, by_default=other.is_unused and not other.is_of_unknown_origin):
        raise PromptCancelledError(
            f"nothing was changed: {other.key.masked_id} stays, and there is no room for a new key",
            hint=f"delete one of the two when it is no longer used, then run this again: {user.command}",
        )
