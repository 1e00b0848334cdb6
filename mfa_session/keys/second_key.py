"""The second access key of a user: AWS allows no third, so one has to go before another can be made.

Which of the two that is, its owner says. A key that nobody uses is told from one that
somebody's program may depend on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mfa_session.errors import PersonNeededError, PromptCancelledError
from mfa_session.model.credentials import AccessKeyMetadata


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key, and when it was last used: ``None`` for never; *is_known* tells whether AWS has said so.

    With *is_of_unknown_origin*, a rotation of ours or the user may have made it.
    """

    key: AccessKeyMetadata
    last_used: datetime | None
    is_known: bool = True
    is_of_unknown_origin: bool = False

    @property
    def was_never_used(self) -> bool:
        """Whether AWS knows of no use."""
        return self.is_known and self.last_used is None

    @property
    def is_unused(self) -> bool:
        """Whether nothing can depend on it now."""
        return not self.key.is_active or self.was_never_used

    def in_words(self) -> str:
        """Return what there is to know about it."""
        state = "active" if self.key.is_active else "inactive"
        if self.last_used:
            use = f"last used on {self.last_used:%Y-%m-%d}"
        else:
            use = "never used" if self.is_known else "and AWS does not tell when it was last used"
        return f"{self.key.masked_id}, made on {self.key.create_date:%Y-%m-%d}, {state}, {use}"


class Consent(Protocol):
    """How the deletion of a key is agreed to."""

    def __call__(self, other: KeyUse, *, beside: KeyUse | None) -> None:
        """Return where *other* may be deleted; *beside* is the key that stays.

        Raises:
            PromptCancelledError: it is to stay.
            PersonNeededError: there is nobody who could say.
        """


class Owner(Protocol):
    """Somebody who knows the keys."""

    @property
    def command(self) -> str:
        """What to run where somebody can be asked."""

    @property
    def is_there(self) -> bool:
        """Whether somebody can be asked."""

    def tell(self, text: str) -> None:
        """Show one line."""

    def agrees(self, question: str, *, by_default: bool) -> bool:
        """Tell whether the answer to *question* is yes."""


class OwnersConsent:
    """The consent of *owner*, who is not asked about a key that is unused where *unused_may_go* says yes beforehand."""

    def __init__(self, owner: Owner, *, unused_may_go: bool) -> None:
        self._owner = owner
        self._unused_may_go = unused_may_go

    def __call__(self, other: KeyUse, *, beside: KeyUse | None) -> None:
        """Return where *other* may be deleted.

        Raises:
            PromptCancelledError: the owner wants to keep it.
            PersonNeededError: there is nobody to ask.
        """
        if other.is_unused and self._unused_may_go:
            return
        if not self._owner.is_there:
            agreed = f"{self._owner.command} --yes"
            raise PersonNeededError(
                f"the user has a second access key, and AWS allows no third: {other.in_words()}",
                hint=f"run in a terminal: {self._owner.command}; or, to have that key deleted: {agreed}"
                if other.is_unused
                else f"find out who uses it; once it is inactive, to have it deleted: {agreed}",
            )
        self._owner.tell("You have two access keys, and AWS allows no third:")
        if beside is not None:
            self._owner.tell(f"  {beside.in_words()}: the one in use here")
        self._owner.tell(f"  {other.in_words()}")
        question = f"Delete {other.key.masked_id}" + (", which nobody uses?" if other.is_unused else ", for good?")
        if not self._owner.agrees(question, by_default=other.is_unused and not other.is_of_unknown_origin):
            raise PromptCancelledError(
                f"nothing was changed: {other.key.masked_id} stays, and there is no room for a new key",
                hint=f"delete one of the two when it is no longer used, then run this again: {self._owner.command}",
            )
