"""Questions that a function of a Python program answers, instead of the terminal."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mfa_session.errors import MFASessionError, PromptCancelledError, TokenCodeRefusedError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.prompt import Prompt
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import User

# As often as on a terminal. A function that always gives the same answer would be called for ever.
_MAX_ANSWERS = 3

_EXPECTED = "a function that takes the question and returns the answer as a str, or None to cancel"


class Question(str):
    """The text to show, with what it is about.

    *kind* is ``token_code``, ``device``, ``passphrase`` or ``other``. *secret* says that the answer
    should not be shown. *device* is the serial number of the MFA device, *profile* the name of the
    profile, and *problem* what was wrong with the last answer; each may be ``None``.
    """

    __slots__ = ("device", "kind", "problem", "profile", "secret")

    kind: str
    secret: bool
    device: str | None
    profile: str | None
    problem: str | None

    def __new__(
        cls,
        text: str,
        *,
        kind: str = "other",
        secret: bool = False,
        device: str | None = None,
        profile: str | None = None,
        problem: str | None = None,
    ) -> "Question":
        """Return the question *text*."""
        question = super().__new__(cls, text)
        question.kind, question.secret, question.device = kind, secret, device
        question.profile, question.problem = profile, problem
        return question


def check_ask(ask: object) -> None:
    """Make sure that *ask* can be asked, or is ``True`` or ``False``.

    Raises:
        TypeError: it is something else, such as a coroutine function.
    """
    if isinstance(ask, bool):
        return
    if not callable(ask):
        raise TypeError(f"ask must be True, False or {_EXPECTED}; not {type(ask).__name__}")
    if inspect.iscoroutinefunction(ask) or inspect.iscoroutinefunction(getattr(ask, "__call__", None)):  # noqa: B004  an async __call__
        raise TypeError(
            f"ask must be {_EXPECTED}; a coroutine function cannot be awaited here: call mfa_session.session in a "
            "thread (asyncio.to_thread), with an ask that blocks"
        )


class AskFunction:
    """The ``Lines`` of a terminal behind *ask*. What is only shown comes with the next question, as its problem.

    No limit can be set to the time that the function takes.
    """

    def __init__(self, ask: Callable[[Question], str | None], *, profile: str | None, kind: str = "other") -> None:
        self._ask = ask
        self._shown = ""
        self._answers: Counter[str] = Counter()
        self._kind = kind
        self._device: str | None = None
        self._profile = profile

    @contextmanager
    def about(self, kind: str, *, device: str | None = None, profile: str | None = None) -> Iterator[None]:
        """Let the questions of the block be of this *kind*."""
        before = self._kind, self._device, self._profile
        self._kind, self._device, self._profile = kind, device, profile or self._profile
        try:
            yield
        finally:
            self._kind, self._device, self._profile = before

    def write(self, text: str) -> None:
        """Keep *text* for the next question."""
        self._shown += text

    def read_line(self, prompt: Prompt) -> str:
        """Return what the function returns.

        Raises:
            PromptCancelledError: it returned ``None`` or an empty text, or raised EOFError as `input` does.
            TokenCodeRefusedError: three answers were no valid code.
            TypeError: it returned something else than a text.
        """
        if self._answers[self._kind] == _MAX_ANSWERS:
            raise self._too_many_answers()
        self._answers[self._kind] += 1
        shown, self._shown = self._shown, ""
        question = Question(
            f"{shown}{prompt.text}",
            kind=self._kind,
            secret=prompt.secret,
            device=self._device,
            profile=self._profile,
            problem=shown.strip() or None,
        )
        try:
            answer: object = self._ask(question)
        except EOFError:
            answer = None
        if answer is None or answer == "":
            raise PromptCancelledError("cancelled: ask gave no answer", hint="call it again to be asked again")
        if not isinstance(answer, str):
            if inspect.iscoroutine(answer):
                answer.close()  # or Python warns that it was never awaited
            raise TypeError(f"ask must be {_EXPECTED}; it returned {type(answer).__name__}")
        return answer

    def close(self) -> None:
        """Do nothing."""

    def _too_many_answers(self) -> MFASessionError:
        problem = self._shown.strip().splitlines()[-1:] or ["no answer was valid"]
        text = f"{_MAX_ANSWERS} answers of ask were not accepted: {problem[0].rstrip('.')}"
        hint = "call it again with the code that the device shows now"
        if self._kind == "token_code":
            return TokenCodeRefusedError(text, hint=hint)
        return PromptCancelledError(text, hint="call it again to be asked again")


class FunctionUser(User):
    """The user behind a function."""

    def __init__(self, lines: AskFunction, *, command: str, endpoint: str | None) -> None:
        super().__init__(lambda: Terminal(lines), command=command, endpoint=endpoint)
        self._lines = lines

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows."""
        with self._lines.about("token_code", device=device.serial_number, profile=profile.name):
            return super().token_code(device, profile=profile)

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* that will show the code."""
        with self._lines.about("device"):
            return super().choose_device(devices)

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device of a user who may not list devices at AWS."""
        with self._lines.about("device", device=guess.serial_number):
            return super().device(guess=guess)
