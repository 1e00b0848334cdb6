"""`python -m benchmarks`: measure everything in one run, and hold it to the budgets."""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.aws_vault import aws_vault_at, find_aws_vault
from benchmarks.every_day import memory_of_serve, seconds_of_many
from benchmarks.homes import Homes
from benchmarks.installations import Installations, fresh, present
from benchmarks.logins import seconds_of_crowd
from benchmarks.measures import Measure, Samples, rows
from benchmarks.processors import only_processor
from benchmarks.report import conditions, put_into, table
from benchmarks.tasks import Task, prepared_tasks, seconds_of_roles
from mfa_session.local_aws.fixtures import demo_account
from tests.faults import Endpoint


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured: *rounds*, in each of which what is quick is run *laps* times.

    *thinking* is how many seconds a person looks for a code; in a crowd of *callers*, it
    is long enough for each to have found that there is no session. Of *roles*, there are once
    all and once a tenth.
    """

    rounds: int
    laps: int
    thinking: float
    callers: int
    crowds: int
    roles: int

    @property
    def thinking_in_a_crowd(self) -> float:
        """How long the person looks for a code while all callers start."""
        return max(self.thinking, 0.15 * self.callers)


_DEFAULT = Pace(rounds=15, laps=10, thinking=1.0, callers=100, crowds=3, roles=4000)
_QUICK = Pace(rounds=2, laps=3, thinking=0.3, callers=10, crowds=1, roles=200)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return 1 where a budget was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, metavar="N", help="how many rounds (15; 2 with --quick)")
    parser.add_argument("--quick", action="store_true", help="a glance at the programs beside this interpreter")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the table into this file, too")
    options = parser.parse_args(arguments)
    usual = _QUICK if options.quick else _DEFAULT
    pace = Pace(options.rounds or usual.rounds, usual.laps, usual.thinking, usual.callers, usual.crowds, usual.roles)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        installations = present() if options.quick else fresh(Path(name))
        command = f"python -m benchmarks{' --quick' if options.quick else ''} --rounds {pace.rounds}"
        text = conditions(installations, command=command)
        samples = measure(installations, Path(name), pace)
    results = rows(samples, callers=pace.callers, roles=pace.roles)
    text += "\n" + table(results, samples)
    print(text, end="")
    if options.markdown:
        put_into(options.markdown, text)
    return 1 if any(row.is_within_budget(samples) is False for row in results) else 0


def measure(installations: Installations, folder: Path, pace: Pace) -> Samples:
    """Measure everything that can be measured with these *installations*, in homes below *folder*."""
    samples = Samples()
    with contextlib.ExitStack() as stack:
        with only_processor(-1):
            endpoint = stack.enter_context(Endpoint(demo_account()))
        homes = Homes(folder / "homes", endpoint)
        tasks = stack.enter_context(prepared_tasks(installations, homes, thinking=pace.thinking))
        with only_processor(0):
            _run_in_turn(tasks, samples, pace)
        samples.add(seconds_of_roles(installations.ours.mfa_session, homes, roles=pace.roles))
        # A crowd has all processors, as on anybody's machine.
        home = homes.with_plain_key("crowd")
        live = homes.with_session("live-crowd", installations.ours.mfa_session)
        for _ in range(pace.crowds):
            seconds = seconds_of_crowd(
                home, installations.ours.mfa_session, callers=pace.callers, thinking=pace.thinking_in_a_crowd
            )
            samples.add({Measure.CROWD: seconds})
            samples.add(seconds_of_many(installations.ours, live, callers=10 * pace.callers))
        samples.add(memory_of_serve(installations.ours.mfa_session, homes, requests=100 * pace.callers))
        seconds_of_crowd(home, installations.ours.mfa_session, callers=20, thinking=3)
        samples.add({Measure.QUESTIONS: 1})  # more are an error
        if find_aws_vault():
            vault = stack.enter_context(aws_vault_at(homes, "aws-vault-crowd"))
            samples.add({Measure.AWS_VAULT_QUESTIONS: vault.questions_of_crowd(callers=20)})
    return samples


def _run_in_turn(tasks: Sequence[Task], samples: Samples, pace: Pace) -> None:
    """Run the tasks one after the other, and again, so that whatever else the machine does befalls all alike."""
    for task in tasks:
        task.run()  # not counted: files come into memory, and caches are filled
    for _ in range(pace.rounds):
        for task in tasks:
            samples.add(task.run())
        for _ in range(pace.laps - 1):
            for task in tasks:
                if task.often:
                    samples.add(task.run())


if __name__ == "__main__":
    sys.exit(main())
