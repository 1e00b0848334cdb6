"""Everything that can go wrong, in the user's words.

An error carries two things: what happened, and a hint that says what to type or
do next. Both are lower-case sentences without a full stop, in AWS's words, and
neither quotes a secret or a token code. The class says what a caller may do
about it; only ``cli/`` turns a class into an exit code and prints anything.

A secret key pasted in place of a name is masked, wherever the
message comes from.

Errors of other libraries are translated where they enter. Where the original
may hold a secret, the cause is cut off with ``from None``.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar

from mfa_session.text import escape_control, quoted

# Forty characters as AWS makes them: capitals, small letters, and a digit or a plus sign, and nothing else around them.
_LIKE_A_SECRET_KEY = re.compile(
    r"(?<![\w/+=])(?=[A-Za-z/+]*[0-9+])(?=[A-Z0-9/+]*[a-z])(?=[a-z0-9/+]*[A-Z])[A-Za-z0-9/+]{40}(?![\w/+=])"
)


# The profile that a command works for, from `AppContext.profile` on; each thread and each run has its own.
_PROFILE_IN_USE: ContextVar[str] = ContextVar("profile_in_use", default="")


def name_in_hints(profile: str) -> None:
    """Let `hint_command` name *profile* from here on, wherever it is not told another."""
    _PROFILE_IN_USE.set(profile)


def hint_command(words: str, *options: str, profile: str | None = None) -> str:
    """Return one of our commands as a hint shows it: pasted into the user's shell, it does what the hint says.

    It names *profile*, else the one in use; ``""`` is for a command that takes none. Every word is
    quoted where the shell needs it.
    """
    named = _PROFILE_IN_USE.get() if profile is None else profile
    arguments = [*(("--profile", named) if named else ()), *options]
    return " ".join(("mfa-session", words, *(quoted(escape_control(each)) for each in arguments)))


class MFASessionError(Exception):
    """Something went wrong that the user can be told about, with what to do next.

    The hint is a note of the exception, too, so that tracebacks show it. Every subclass can be
    pickled and copied, whatever its ``__init__`` takes: a process pool waits for ever for an
    error that it cannot unpickle.
    """

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(_masked(message))
        self.hint = _masked(hint)
        if self.hint:
            self.add_note(f"hint: {self.hint}")

    def __reduce__(self) -> tuple[Callable[..., "MFASessionError"], tuple[object, ...], dict[str, object]]:
        attributes = dict(vars(self))
        if notes := getattr(self, "__notes__", None):
            attributes["__notes__"] = list(notes)  # a note on a copy is none on the original
        return _without_init, (type(self), *self.args), attributes


def _without_init(kind: type[MFASessionError], *args: object) -> MFASessionError:
    return kind.__new__(kind, *args)


def _masked(text: str) -> str:
    return _LIKE_A_SECRET_KEY.sub("…", text)


class UsageError(MFASessionError):
    """An option or a typed value cannot be what it is meant to be."""


class ConfigurationError(MFASessionError):
    """The configuration of a profile, or the place where it lives, does not allow this."""


class ProfileNotFoundError(ConfigurationError):
    """No file and no store knows a profile of this name."""


class SharedFileError(ConfigurationError):
    """An AWS file cannot be read as AWS tools read it, or not changed without harm; it is as it was."""


class SessionProfileTakenError(ConfigurationError):
    """The section that would hold the session holds something that is not ours."""


class OtherToolSessionError(SessionProfileTakenError):
    """The section that would hold the session holds temporary credentials of another tool."""


class DamagedSessionError(ConfigurationError):
    """A session profile is marked as ours and holds no whole session: another program has been at it."""


class LongTermKeyInSessionError(DamagedSessionError):
    """A session profile is marked as ours and holds a long-term access key, which may be the only copy."""


class StateError(ConfigurationError):
    """A private file of ours cannot be read, written or locked."""


class LockedError(StateError):
    """Another process of ours holds a lock, and did not give it back in time."""


class StoreError(MFASessionError):
    """The store of the long-term access keys does not do what is needed."""


class AccessKeyNotFoundError(StoreError):
    """There is no long-term access key for this profile."""


class KeyringUnavailableError(StoreError):
    """No OS keyring can be used on this machine, or it does not answer."""


class NoDefaultKeyringError(KeyringUnavailableError):
    """The desktop has no default keyring yet, and none is made without a question."""


class KeyringLockedError(StoreError):
    """The OS keyring is locked, and was not unlocked."""


class KeyringPromptNeededError(KeyringLockedError):
    """The OS keyring asks the user at the desktop before it gives the key, and no prompt was allowed."""


class KeyElsewhereError(StoreError):
    """The key was put into another keyring than the one that answers now."""


class DamagedItemError(StoreError):
    """What a store has for a profile is not an access key."""


class PassphraseError(StoreError):
    """The encrypted file does not open with this passphrase, or none was given."""


class AWSError(MFASessionError):
    """AWS refused, could not be reached, or answered with something else than an answer.

    *code* is AWS's own error code, such as ``AccessDenied``; ``None`` where AWS gave none.
    """

    def __init__(self, message: str, *, hint: str, code: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code if code is None else _masked(code)


class AWSUnreachableError(AWSError):
    """AWS could not be asked: nothing was sent, unless it is a :class:`ReplyLostError`."""


class ReplyLostError(AWSUnreachableError):
    """The request went out, and nothing came back that says what became of it; a code in it may have been used."""


class ThrottledError(AWSError):
    """AWS asks to be asked less often; it did not do what was asked."""


class AWSAnswerError(AWSError):
    """An answer came, and it is not one that AWS would give."""


class AccessKeyRefusedError(AWSError):
    """AWS does not accept the access key: unknown, inactive, deleted, or the secret is wrong."""


class AccessDeniedError(AWSError):
    """A policy does not allow this call to this caller."""


class NoSuchEntityError(AWSError):
    """AWS knows nothing of this name: no such user, group, device or policy."""


class EntityAlreadyExistsError(AWSError):
    """The name is taken, or the thing is in use already."""


class LimitExceededError(AWSError):
    """There are as many of these as AWS lets there be."""


class DeleteConflictError(AWSError):
    """It is still in use, and was not deleted."""


class EntityTemporarilyUnmodifiableError(AWSError):
    """AWS is still at work on the last change of the same thing; it did not do what was asked."""


class ExpiredSessionError(AWSError):
    """AWS no longer accepts the session: it is over, or it may not do this without MFA."""


class RegionDisabledError(AWSError):
    """The account has STS switched off in this region."""


class DurationRefusedError(AWSError):
    """AWS does not give a session for so long."""


class ClockSkewError(AWSError):
    """The clock of this machine is too far from AWS's for a signature to be valid."""


class TokenCodeRefusedError(AWSError):
    """AWS did not accept the token code; it never says whether it was wrong, used or too old."""


class MFADeviceRefusedError(AWSError):
    """AWS does not know the device's serial number as one of this user's."""


class MFADeviceNotFoundError(AWSError):
    """The user has no MFA device that the API can use."""


class NotAnIAMUserError(AWSError):
    """The key in hand belongs to something that has no MFA session to get: a role, a session, root."""


class SignInRefusedError(AWSError):
    """The sign-in of the console does not take this session."""


class OutputError(MFASessionError):
    """What was asked for is there, and cannot be written to where it was asked for."""


class BrokenOutputPipeError(OutputError):
    """The program that reads our output, such as `head`, has read enough. The command ends with 0."""


class LockOutError(MFASessionError):
    """It would lock a user out, and was not done."""


class PersonNeededError(MFASessionError):
    """A prompt is needed, and prompting is not possible here."""


class CodeSourceError(MFASessionError):
    """A program that was to give a token code, or to ask for one, gave none."""


class UnsafeProgramError(CodeSourceError):
    """A program is not run, because others than the user may have chosen it."""


class PromptTimeoutError(PersonNeededError):
    """A question was asked, and no answer came in time."""


class QuestionInterrupt(KeyboardInterrupt):
    """Ctrl-C at a question, whose line on the terminal has been ended."""


class PromptCancelledError(MFASessionError):
    """The user answered no, or ended the question without an answer: "Cancelled." and exit code 1."""

    def __init__(self, message: str = "cancelled", *, hint: str = "") -> None:
        super().__init__(message, hint=hint)


class PromptInterruptedError(PromptCancelledError):
    """Ctrl-C ended a question, and something had to be undone."""


class ReaderGoneError(PromptCancelledError):
    """The program that asked for credentials exited during the prompt."""
