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
    WHOLE_OF_10 = "`login --token-code`, whole, 10 profiles in each of the two files"
    WHOLE_OF_5000 = "`login --token-code`, whole, 5,000 profiles in each of the two files"
    LOGOUT_OF_10 = "`logout`, 10 profiles in each of the two files"
    LOGOUT_OF_5000 = "`logout`, 5,000 profiles in each of the two files"
    STATUS_OF_10 = "`status`, 10 profiles in each of the two files"
    STATUS_OF_5000 = "`status`, 5,000 profiles in each of the two files"
    DOCTOR_OF_10 = "`doctor --offline`, 10 profiles in each of the two files"
    DOCTOR_OF_5000 = "`doctor --offline`, 5,000 profiles in each of the two files"

    AWS_CONFIGURE_GET = "AWS CLI: one value of a live session (`aws configure get`)"
    AWSUME_CACHED = "awsume: a live session, out of its cache"
    AWS_VAULT_CACHED = "aws-vault: a live session from its encrypted files (`export --format json`)"
    CACHED_MEMORY = "memory of one `credential-process`, live session"
    AWS_VAULT_CACHED_MEMORY = "memory of one answer of aws-vault, live session"

    EXEC = "`exec -- true`, live session"
    AWS_VAULT_EXEC = "aws-vault: `exec -- true`, live session"
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

    AWS_VAULT_PROMPT = "aws-vault, start to prompt, key in its encrypted files"

    ENTER = "`login`, Enter to the keys on disk"
    AWS_MFA_ENTER = "aws-mfa, Enter to the keys on disk"
    AWSUME_ENTER = "awsume, Enter to the keys printed"

    AWS_VAULT_ENTER = "aws-vault, Enter to the keys printed (over TLS through a proxy)"

    WHOLE = "`login --token-code`, whole"
    AWS_MFA_WHOLE = "aws-mfa, whole"
    AWSUME_WHOLE = "awsume, whole"
    AWS_WHOLE = "AWS CLI, whole (`aws sts get-session-token`)"

    AWS_VAULT_WHOLE = "aws-vault, whole (over TLS through a proxy)"

    AWS_BY_KEYS = "AWS CLI: `aws sts get-caller-identity`, session keys in the credentials file"
    AWS_BY_PROCESS = "AWS CLI: `aws sts get-caller-identity`, `credential_process` is `mfa-session`"
    PYTHONS_AT_ONCE = "`python -c pass` of many callers at once"
    CACHED_AT_ONCE = "`credential-process` of many callers at once, live session"
    SERVE_AT_FIRST = "memory of `serve` after a tenth of its requests"
    SERVE_AT_LAST = "memory of `serve` after all of its requests"

    LOGIN_ALL_OF_A_TENTH = "`login --all`, a tenth of the roles, processor time"
    LOGIN_ALL = "`login --all`, many roles, processor time"
    STATUS_OF_A_TENTH = "`status`, a tenth of the roles, processor time"
    STATUS = "`status`, many roles, processor time"

    CROWD = "`credential-process` of many callers, no session, Enter to the last answer"
    QUESTIONS = "questions to 20 callers of `credential-process` at once, no session"
    AWS_VAULT_QUESTIONS = "questions to 20 callers of aws-vault at once, no session"


# What is counted in something else than seconds.
_UNITS = {
    Measure.CACHED_MEMORY: "MiB",
    Measure.AWS_VAULT_CACHED_MEMORY: "MiB",
    Measure.SERVE_AT_FIRST: "MiB",
    Measure.SERVE_AT_LAST: "MiB",
    Measure.QUESTIONS: "",
    Measure.AWS_VAULT_QUESTIONS: "",
}


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

    def written(self, value: float) -> str:
        """Return a *value* of its measure with the unit: seconds are written in milliseconds."""
        unit = _UNITS.get(self.measure, "ms")
        return f"{1000 * value:.1f} ms" if unit == "ms" else f"{value:.1f} {unit}" if unit else f"{value:.0f}"

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
        Row(Measure.AWS_VAULT_CACHED, python),
        Row(Measure.CACHED if Measure.CACHED in samples else Measure.OLDER_CACHED, Measure.AWS_VAULT_CACHED),
        Row(Measure.CACHED_MEMORY, Measure.AWS_VAULT_CACHED_MEMORY),
        Row(Measure.AWS_VAULT_CACHED_MEMORY),
        Row(Measure.EXEC, python, 2.5),
        Row(Measure.AWS_VAULT_EXEC, python),
        Row(Measure.EXEC, Measure.AWS_VAULT_EXEC),
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
        Row(Measure.AWS_VAULT_PROMPT, Measure.AWS_MFA_PROMPT),
        Row(Measure.ENTER, at_most=0.120),
        Row(Measure.AWS_MFA_ENTER),
        Row(Measure.AWSUME_ENTER),
        Row(Measure.AWS_VAULT_ENTER),
        Row(Measure.WHOLE, Measure.AWS_MFA_WHOLE, 0.8),
        Row(Measure.AWS_MFA_WHOLE),
        Row(Measure.AWSUME_WHOLE, Measure.AWS_MFA_WHOLE),
        Row(Measure.AWS_WHOLE, Measure.AWS_MFA_WHOLE),
        Row(Measure.AWS_VAULT_WHOLE, Measure.AWS_MFA_WHOLE),
        Row(Measure.WHOLE_OF_10),
        Row(Measure.WHOLE_OF_5000, Measure.WHOLE_OF_10, 2),
        Row(Measure.LOGOUT_OF_10),
        Row(Measure.LOGOUT_OF_5000, Measure.LOGOUT_OF_10, 2),
        Row(Measure.STATUS_OF_10),
        Row(Measure.STATUS_OF_5000, Measure.STATUS_OF_10, 2),
        Row(Measure.DOCTOR_OF_10),
        Row(Measure.DOCTOR_OF_5000, Measure.DOCTOR_OF_10, 2),
        Row(Measure.AWS_BY_KEYS),
        Row(Measure.AWS_BY_PROCESS, Measure.AWS_BY_KEYS, 1.05),
        Row(Measure.PYTHONS_AT_ONCE, note=f"{10 * callers:,}"),
        Row(Measure.CACHED_AT_ONCE, Measure.PYTHONS_AT_ONCE, 1.3, note=f"{10 * callers:,}"),
        Row(Measure.SERVE_AT_FIRST, note=f"{10 * callers:,}"),
        Row(Measure.SERVE_AT_LAST, Measure.SERVE_AT_FIRST, 1.02, note=f"{100 * callers:,}"),
        Row(Measure.LOGIN_ALL_OF_A_TENTH, note=f"{roles // 10:,}"),
        Row(Measure.LOGIN_ALL, Measure.LOGIN_ALL_OF_A_TENTH, 12, note=f"{roles:,}"),
        Row(Measure.STATUS_OF_A_TENTH, note=f"{roles // 10:,}"),
        Row(Measure.STATUS, Measure.STATUS_OF_A_TENTH, 12, note=f"{roles:,}"),
        Row(Measure.CROWD, at_most=CROWD_SECONDS + callers * answer, note=f"{callers} at once"),
        Row(Measure.QUESTIONS),
        Row(Measure.AWS_VAULT_QUESTIONS),
    )
