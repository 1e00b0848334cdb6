"""What is measured, what each measure may be, and what it came to."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

# Of many callers, besides the time that an answer takes each of them.
CROWD_SECONDS = 2.0


class Measure(Enum):
    """One measure, in the words of the table."""

    PYTHON = "`python -c pass`"
    OLDER_PYTHON = "`python -c pass`, environment of the older pip"
    CACHED = "`credential-process`, live session, installed by pip ≥ 25.2 or uv"
    OLDER_CACHED = "`credential-process`, live session, installed by an older pip"
    CACHED_BY_LINE = "`credential-process`, live session, by the line in the config file (`python -I`)"
    CACHED_OF_5000 = "`credential-process`, 5,000 profiles in the credentials file"
    CACHED_OF_5000_AND_5000 = "`credential-process`, 5,000 profiles in each of the two files"
    AWS_CONFIGURE_GET = "AWS CLI: one value of a live session (`aws configure get`)"
    AWSUME_CACHED = "awsume: a live session, out of its cache"

    EXEC = "`exec -- true`, live session"
    KEPT = "`login`, live session kept"
    KEPT_QUIETLY = "`login --quiet`, live session kept"
    AWS_MFA_KEPT = "aws-mfa: live session kept"
    HELP = "`--help`"
    AWS_MFA_HELP = "`aws-mfa --help`"

    PROMPT = "`login`, start to prompt, key in the credentials file"
    PROMPT_KEYRING = "`login`, start to prompt, key in the OS keyring"
    PROMPT_ENCRYPTED = "`login`, start to prompt, key in the encrypted file"
    PROMPT_UNKNOWN_DEVICE = "`login`, start to prompt, AWS is asked for the device first"
    AWS_MFA_PROMPT = "aws-mfa, start to prompt"
    AWSUME_PROMPT = "awsume, start to prompt"

    ENTER = "`login`, Enter to the keys on disk"
    AWS_MFA_ENTER = "aws-mfa, Enter to the keys on disk"
    AWSUME_ENTER = "awsume, Enter to the keys printed"

    WHOLE = "`login --token-code`, whole"
    AWS_MFA_WHOLE = "aws-mfa, whole"
    AWSUME_WHOLE = "awsume, whole"
    AWS_WHOLE = "AWS CLI, whole (`aws sts get-session-token`)"

    LOGIN_ALL_OF_A_TENTH = "`login --all`, a tenth of the roles, processor time"
    LOGIN_ALL = "`login --all`, many roles, processor time"
    STATUS_OF_A_TENTH = "`status`, a tenth of the roles, processor time"
    STATUS = "`status`, many roles, processor time"

    CROWD = "`credential-process` of many callers, no session, Enter to the last answer"


class Samples:
    """The seconds that each measure took, as often as it was taken."""

    def __init__(self) -> None:
        self._seconds: defaultdict[Measure, list[float]] = defaultdict(list)

    def add(self, seconds: Mapping[Measure, float]) -> None:
        """Take in what one run has measured."""
        for measure, value in seconds.items():
            self._seconds[measure].append(value)

    def __contains__(self, measure: Measure) -> bool:
        return measure in self._seconds

    def median(self, measure: Measure) -> float:
        """Return the median of what was taken, in seconds."""
        return statistics.median(self._seconds[measure])

    def least(self, measure: Measure) -> float:
        """Return the least of what was taken, in seconds."""
        return min(self._seconds[measure])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a measure, what it is held against, and how much it may be.

    *at_most* is a ratio of medians where the measure is held *against* another, else a
    median in seconds; ``None`` tells without judging. A *note* stands behind the words.
    """

    measure: Measure
    against: Measure | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def what(self) -> str:
        """What the row is about."""
        return f"{self.measure.value} ({self.note})" if self.note else self.measure.value

    def ratio(self, samples: Samples) -> float | None:
        """Return the ratio of the medians, ``None`` where one was not measured or nothing is compared."""
        if self.measure not in samples or self.against is None or self.against not in samples:
            return None
        return samples.median(self.measure) / samples.median(self.against)

    def is_within_budget(self, samples: Samples) -> bool | None:
        """Tell whether the budget was kept, ``None`` where there is none or it was not measured."""
        if self.at_most is None or self.measure not in samples:
            return None
        value = self.ratio(samples) if self.against else samples.median(self.measure)
        return None if value is None else value <= self.at_most


def rows(samples: Samples, *, callers: int, roles: int) -> tuple[Row, ...]:
    """Return every budget, and beside it what the other tools take; *callers* came at once, and there were *roles*."""
    answer = next((samples.median(m) for m in (Measure.CACHED, Measure.OLDER_CACHED) if m in samples), 0.0)
    python = Measure.PYTHON if Measure.PYTHON in samples else Measure.OLDER_PYTHON
    return (
        Row(Measure.PYTHON),
        Row(Measure.OLDER_PYTHON),
        Row(Measure.CACHED, Measure.PYTHON, 1.15),
        Row(Measure.OLDER_CACHED, Measure.OLDER_PYTHON, 1.75),
        Row(Measure.CACHED_BY_LINE, Measure.PYTHON, 1.15),
        Row(Measure.CACHED_OF_5000, Measure.PYTHON, 1.5),
        Row(Measure.CACHED_OF_5000_AND_5000, Measure.PYTHON),
        Row(Measure.AWS_CONFIGURE_GET, python),
        Row(Measure.AWSUME_CACHED, python),
        Row(Measure.EXEC, python, 2.5),
        Row(Measure.KEPT, python, 2.5),
        Row(Measure.KEPT_QUIETLY, python, 2.5),
        Row(Measure.AWS_MFA_KEPT, python),
        Row(Measure.HELP, python, 10),
        Row(Measure.AWS_MFA_HELP, python),
        Row(Measure.PROMPT, Measure.AWS_MFA_PROMPT, 0.7),
        Row(Measure.PROMPT_KEYRING, Measure.AWS_MFA_PROMPT),
        Row(Measure.PROMPT_ENCRYPTED, Measure.AWS_MFA_PROMPT),
        Row(Measure.PROMPT_UNKNOWN_DEVICE, Measure.AWS_MFA_PROMPT),
        Row(Measure.AWS_MFA_PROMPT),
        Row(Measure.AWSUME_PROMPT, Measure.AWS_MFA_PROMPT),
        Row(Measure.ENTER, at_most=0.120),
        Row(Measure.AWS_MFA_ENTER),
        Row(Measure.AWSUME_ENTER),
        Row(Measure.WHOLE, Measure.AWS_MFA_WHOLE, 0.8),
        Row(Measure.AWS_MFA_WHOLE),
        Row(Measure.AWSUME_WHOLE, Measure.AWS_MFA_WHOLE),
        Row(Measure.AWS_WHOLE, Measure.AWS_MFA_WHOLE),
        Row(Measure.LOGIN_ALL_OF_A_TENTH, note=f"{roles // 10:,}"),
        Row(Measure.LOGIN_ALL, Measure.LOGIN_ALL_OF_A_TENTH, 12, note=f"{roles:,}"),
        Row(Measure.STATUS_OF_A_TENTH, note=f"{roles // 10:,}"),
        Row(Measure.STATUS, Measure.STATUS_OF_A_TENTH, 12, note=f"{roles:,}"),
        Row(Measure.CROWD, at_most=CROWD_SECONDS + callers * answer, note=f"{callers} at once"),
    )
