"""How a fuzzed test runs: so many made-up cases, counted, each of them bounded in time."""

import functools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from mfa_session.errors import MFASessionError
from tests.campaigns import scale
from tests.campaigns.figures import count

# Of the processor, so that a busy machine is no finding. A parser needs microseconds.
_SLOW_SECONDS = 1.0

Test = Callable[..., None]


def fuzzed(what: str, *, quick: int, full: int, **strategies: st.SearchStrategy[Any]) -> Callable[[Test], Test]:
    """Run a test with *quick* or *full* cases of what *strategies* make up, and count them in the row *what*.

    An error of ours that the test lets through is an answer as good as a value: it is
    counted as refused. Any other exception is a crash, an assertion that fails is untrue,
    and what takes a second, twice, is slow; all three fail the test.
    """

    def decorate(test: Test) -> Test:
        tally: Counter[str] = Counter()

        def judge(*arguments: Any, **made_up: Any) -> float:
            """Run one case, and return the seconds that it took."""
            begun = time.thread_time()
            try:
                test(*arguments, **made_up)
            except MFASessionError as refusal:
                tally["refused"] += 1
                assert str(refusal), "an error without a message"
                assert refusal.hint, "an error without a hint"
            except AssertionError:
                tally["untrue"] += 1
                raise
            except HypothesisException:
                raise
            except Exception:
                tally["crashes"] += 1
                raise
            return time.thread_time() - begun

        @functools.wraps(test)
        def one_case(*arguments: Any, **made_up: Any) -> None:
            tally["cases"] += 1
            # Again, because the first time may have paid for the memory that all cases before have left.
            if judge(*arguments, **made_up) > _SLOW_SECONDS and judge(*arguments, **made_up) > _SLOW_SECONDS:
                tally["slow"] += 1
                raise AssertionError("this took longer than a second, twice")

        cases = settings(
            max_examples=scale.cases(quick=quick, full=full),
            deadline=None,
            database=None,
            # How long the making-up takes is no finding, and long texts are meant.
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        every_case = cases(given(**strategies)(one_case))

        @functools.wraps(every_case)
        def counted(*arguments: Any, **fixtures: Any) -> None:
            tally.clear()
            try:
                every_case(*arguments, **fixtures)
            finally:
                found = {name: tally[name] for name in ("refused", "crashes", "untrue", "slow")}
                count("fuzzing", what, tally["cases"], **found)

        return counted

    return decorate
