"""Stand-ins for the world outside, each held to the contract suite of what it stands for."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from mfa_session.errors import MFASessionError, PromptCancelledError, QuestionInterrupt
from mfa_session.model.credentials import AccessKey
from mfa_session.prompt.prompt import Prompt


class TypedLines:
    """A terminal at which *answers* are typed in turn; one that is called says what to type when it comes to that.

    ``^C`` and ``^D`` stand for these keys. *shown* is what the screen shows. Nobody sits
    there once all answers are given: another question fails the test.
    """

    def __init__(self, *answers: str | Callable[[], str]) -> None:
        self.shown = ""
        self._answers = deque(answers)

    def write(self, text: str) -> None:
        self.shown += text

    def read_line(self, question: Prompt) -> str:
        self.shown += question.text
        question.check_still_wanted()
        assert self._answers, f"a question that nobody expected: {question.text}"
        answer = self._answers.popleft()
        typed = answer if isinstance(answer, str) else answer()
        self.shown += "\n" if question.secret or typed in ("^C", "^D") else f"{typed}\n"
        if typed == "^C":
            raise QuestionInterrupt
        if typed == "^D":
            raise PromptCancelledError
        return typed

    def close(self) -> None:
        pass


class SteppedClock:
    """A clock that stands still but for those who sleep by it; *slept* is how many seconds they did."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime.now(UTC)
        self.slept = 0.0

    def now(self) -> datetime:
        return self._moment

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self._moment += timedelta(seconds=seconds)


class InMemoryKeys:
    """A store of access keys that keeps nothing; with a *refusal*, it says that to every call."""

    description = "the memory of this test"

    def __init__(
        self,
        keys: Mapping[str, AccessKey] | None = None,
        *,
        name: str = "keyring",
        refusal: MFASessionError | None = None,
    ) -> None:
        self.name = name
        self.refusal = refusal
        self._keys = dict(keys or {})

    def get(self, profile: str) -> AccessKey | None:
        self.check()
        return self._keys.get(profile)

    def set(self, profile: str, key: AccessKey) -> None:
        self.check()
        self._keys[profile] = key

    def delete(self, profile: str) -> bool:
        self.check()
        return self._keys.pop(profile, None) is not None

    def leftovers(self) -> None:
        return None

    def check(self, *, consent: Callable[[str], bool] = lambda _: False) -> None:
        if self.refusal is not None:
            raise self.refusal
