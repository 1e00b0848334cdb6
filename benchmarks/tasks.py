"""The tasks that are timed: what is run for each measure, and in which home."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.aws_vault import EXEC, EXPORT, aws_vault_at, find_aws_vault
from benchmarks.every_day import memory_of
from benchmarks.homes import Homes, environment_of, renew_phone
from benchmarks.installations import Installation, Installations
from benchmarks.logins import QUESTION, Dialogue
from benchmarks.measures import Measure
from benchmarks.stopwatch import Command
from tests.machine import PHONE, Machine
from tests.secret_service import MISSING as MISSING_FOR_A_KEYRING
from tests.secret_service import secret_service

_PROFILE = ("--profile", "test-user")

# The commands of `_one_day`, in their order.
_DAY = ("WHOLE", "STATUS", "DOCTOR", "LOGOUT")


@dataclass(frozen=True, slots=True)
class Task:
    """What is run, *often* or once in a round; it returns the seconds of each measure that it takes."""

    run: Callable[[], Mapping[Measure, float]]
    often: bool = False


@contextlib.contextmanager
def prepared_tasks(installations: Installations, homes: Homes, *, thinking: float) -> Iterator[list[Task]]:
    """Yield the tasks that can be done here; a person who is asked for a code thinks for *thinking* seconds."""
    ours = installations.ours.mfa_session
    live = homes.with_session("live", ours)
    with contextlib.ExitStack() as stack:
        yield [
            *_cached_answers(installations, live),
            *_large_files(installations.ours, homes),
            *_aliases(ours, live),
            *_logins(ours, installations.others.find("aws-mfa"), homes, thinking=thinking),
            *_other_places(ours, homes, stack, thinking=thinking),
            *_awsume(installations.others, homes, thinking=thinking),
            *_aws_cli(installations.others, live),
            *_aws_cli_calls(installations.others, ours, homes),
            *_aws_vault(homes, live, ours, stack, thinking=thinking),
        ]


def seconds_of_roles(ours: Path, homes: Homes, *, roles: int) -> Mapping[Measure, float]:
    """Return what it costs to log in to so many roles, and to a tenth of them, and to list them then."""
    took = {}
    for number, login, status in (
        (roles // 10, Measure.LOGIN_ALL_OF_A_TENTH, Measure.STATUS_OF_A_TENTH),
        (roles, Measure.LOGIN_ALL, Measure.STATUS),
    ):
        home = homes.with_roles(f"roles-{number}", ours, roles=number)
        took[login] = Command((ours, "login", "--all"), environment_of(home)).processor_seconds()
        took[status] = Command((ours, "status"), environment_of(home)).processor_seconds()
    return took


def _cached_answers(installations: Installations, live: Machine) -> Iterator[Task]:
    if newer := installations.newer:
        yield _timed(Measure.PYTHON, live, newer.python, "-c", "pass", often=True)
        yield _answered(Measure.CACHED, live, newer)
        line = (newer.python, "-I", newer.mfa_session, "credential-process", *_PROFILE)
        yield _timed(Measure.CACHED_BY_LINE, live, *line, often=True)
    if older := installations.older:
        yield _timed(Measure.OLDER_PYTHON, live, older.python, "-c", "pass", often=True)
        yield _answered(Measure.OLDER_CACHED, live, older)


def _large_files(ours: Installation, homes: Homes) -> Iterator[Task]:
    one = homes.with_session("live-5000", ours.mfa_session, credentials=True)
    both = homes.with_session("live-5000-5000", ours.mfa_session, credentials=True, settings=True)
    yield _answered(Measure.CACHED_OF_5000, one, ours)
    yield _answered(Measure.CACHED_OF_5000_AND_5000, both, ours)
    few = homes.with_session("whole-10", ours.mfa_session, credentials=True, settings=True, profiles=10)
    many = homes.with_session("whole-5000", ours.mfa_session, credentials=True, settings=True)
    for home, files in ((few, "10"), (many, "5000")):
        yield _one_day(ours.mfa_session, home, *(Measure[f"{each}_OF_{files}"] for each in _DAY))


def _one_day(ours: Path, home: Machine, *measures: Measure) -> Task:
    """Return the task to log in, see how things are, diagnose and log out, timed one by one."""
    environment = environment_of(home)
    commands = [
        Command((ours, "status"), environment),
        Command((ours, "doctor", "--offline", *_PROFILE), environment),
        Command((ours, "logout", *_PROFILE), environment),
    ]

    def run() -> Mapping[Measure, float]:
        renew_phone(home)
        login = Command((ours, "login", *_PROFILE, "--force", "--token-code"), environment)
        seconds = [login.seconds(home.phone.code()), *(command.seconds() for command in commands)]
        return dict(zip(measures, seconds, strict=True))

    return Task(run)


def _aliases(ours: Path, live: Machine) -> Iterator[Task]:
    yield _timed(Measure.EXEC, live, ours, "exec", *_PROFILE, "--", "true", often=True)
    yield _timed(Measure.KEPT, live, ours, "login", *_PROFILE, often=True)
    yield _timed(Measure.KEPT_QUIETLY, live, ours, "login", "--quiet", *_PROFILE, often=True)
    yield _timed(Measure.HELP, live, ours, "--help")


def _logins(ours: Path, aws_mfa: Path | None, homes: Homes, *, thinking: float) -> Iterator[Task]:
    """Yield each login beside the one that it is held to: whatever else the machine does may last for seconds."""
    plain = homes.with_plain_key("plain")
    yield _asked(_login(ours), plain, Measure.PROMPT, Measure.ENTER, thinking=thinking)
    if aws_mfa:
        home = homes.of_aws_mfa("aws-mfa")
        theirs = Dialogue((aws_mfa, *_PROFILE, "--force"), "Enter AWS MFA code", done="Success!")
        yield _asked(theirs, home, Measure.AWS_MFA_PROMPT, Measure.AWS_MFA_ENTER, thinking=thinking)
    yield _whole(Measure.WHOLE, plain, ours, "login", *_PROFILE, "--force", "--token-code")
    if aws_mfa:
        yield _whole(Measure.AWS_MFA_WHOLE, home, aws_mfa, *_PROFILE, "--force", code_is_typed=True)
        yield _timed(Measure.AWS_MFA_KEPT, home, aws_mfa, *_PROFILE)
        yield _timed(Measure.AWS_MFA_HELP, home, aws_mfa, "--help")


def _other_places(ours: Path, homes: Homes, stack: contextlib.ExitStack, *, thinking: float) -> Iterator[Task]:
    """Yield the logins for which the key, or the device, is elsewhere than in the files of AWS."""
    if not MISSING_FOR_A_KEYRING:
        home = homes.folder / "keyring-daemon"
        home.mkdir()
        keyring = homes.with_key_in_keyring("keyring", stack.enter_context(secret_service(home)).address)
        yield _asked(_login(ours), keyring, Measure.PROMPT_KEYRING, thinking=thinking)
    encrypted = homes.with_encrypted_key("encrypted")
    yield _asked(_login(ours), encrypted, Measure.PROMPT_ENCRYPTED, thinking=thinking)
    unknown = homes.with_plain_key("unknown", device_is_known=False)
    yield _asked(_login(ours), unknown, Measure.PROMPT_UNKNOWN_DEVICE, thinking=thinking, forgets_device=True)


def _login(ours: Path) -> Dialogue:
    return Dialogue((ours, "login", *_PROFILE, "--force"), QUESTION, done="Logged in.")


def _awsume(others: Installation, homes: Homes, *, thinking: float) -> Iterator[Task]:
    if not (awsume := others.find("awsumepy")):
        return
    home = homes.with_plain_key("awsume")
    dialogue = Dialogue((awsume, "test-user", "--refresh"), "Enter MFA token", done="Awsume ASIA")
    yield _asked(dialogue, home, Measure.AWSUME_PROMPT, Measure.AWSUME_ENTER, thinking=thinking)
    yield _whole(Measure.AWSUME_WHOLE, home, awsume, "test-user", "--refresh", "--mfa-token")
    yield _timed(Measure.AWSUME_CACHED, home, awsume, "test-user")


def _aws_cli(others: Installation, live: Machine) -> Iterator[Task]:
    if not (aws := others.find("aws")):
        return
    trade = (aws, "sts", "get-session-token", *_PROFILE, "--serial-number", PHONE, "--token-code")
    yield _whole(Measure.AWS_WHOLE, live, *trade)
    look = (aws, "configure", "get", "aws_access_key_id", "--profile", "test-user-mfa")
    yield _timed(Measure.AWS_CONFIGURE_GET, live, *look)


def _aws_cli_calls(others: Installation, ours: Path, homes: Homes) -> Iterator[Task]:
    """Yield one call of the AWS CLI with session keys from the file, and the same call with those from us."""
    if not (aws := others.find("aws")):
        return
    home = homes.with_session("calls", ours)
    line = f"credential_process = {ours} credential-process --profile test-user"
    home.write_config(home.config_file.read_text(encoding="utf-8") + f"\n[profile by-process]\n{line}\n")
    call = (aws, "sts", "get-caller-identity", "--profile")
    yield _timed(Measure.AWS_BY_KEYS, home, *call, "test-user-mfa")
    yield _timed(Measure.AWS_BY_PROCESS, home, *call, "by-process")


def _aws_vault(
    homes: Homes, live: Machine, ours: Path, stack: contextlib.ExitStack, *, thinking: float
) -> Iterator[Task]:
    yield Task(lambda: {Measure.CACHED_MEMORY: memory_of(ours, "credential-process", *_PROFILE, home=live)})
    if not find_aws_vault():
        return
    kept = stack.enter_context(aws_vault_at(homes, "aws-vault"))
    kept.log_in()
    yield _timed(Measure.AWS_VAULT_CACHED, kept.machine, kept.program, *EXPORT, often=True)
    yield _timed(Measure.AWS_VAULT_EXEC, kept.machine, kept.program, *EXEC, often=True)
    yield Task(lambda: {Measure.AWS_VAULT_CACHED_MEMORY: memory_of(kept.program, *EXPORT, home=kept.machine)})
    asked = stack.enter_context(aws_vault_at(homes, "aws-vault-asks"))

    def dialogue() -> Mapping[Measure, float]:
        asked.forget_session()
        to_prompt, from_enter = asked.dialogue().seconds(asked.machine, thinking=thinking)
        return {Measure.AWS_VAULT_PROMPT: to_prompt, Measure.AWS_VAULT_ENTER: from_enter}

    def whole() -> Mapping[Measure, float]:
        asked.forget_session()
        command = Command((asked.program, *EXPORT, "--mfa-token"), environment_of(asked.machine))
        return {Measure.AWS_VAULT_WHOLE: command.seconds(asked.machine.phone.code())}

    yield Task(dialogue)
    yield Task(whole)


def _timed(measure: Measure, home: Machine, *words: str | Path, often: bool = False) -> Task:
    """Return the task to run a program from its start to its end."""
    command = Command(words, environment_of(home))
    return Task(lambda: {measure: command.seconds()}, often)


def _answered(measure: Measure, home: Machine, installation: Installation) -> Task:
    return _timed(measure, home, installation.mfa_session, "credential-process", *_PROFILE, often=True)


def _whole(measure: Measure, home: Machine, *words: str | Path, code_is_typed: bool = False) -> Task:
    """Return the task to log in without a person: the code is the last of the *words*, or it is typed."""
    command = Command(words, environment_of(home))

    def run() -> Mapping[Measure, float]:
        renew_phone(home)
        code = home.phone.code()
        return {measure: command.seconds(typed=f"{code}\n") if code_is_typed else command.seconds(code)}

    return Task(run)


def _asked(
    dialogue: Dialogue,
    home: Machine,
    prompt: Measure,
    enter: Measure | None = None,
    *,
    thinking: float,
    forgets_device: bool = False,
) -> Task:
    """Return the task to log in with a person."""
    settings = home.config_file.read_text(encoding="utf-8")

    def run() -> Mapping[Measure, float]:
        if forgets_device:
            home.write_config(settings)
        to_prompt, from_enter = dialogue.seconds(home, thinking=thinking)
        return {prompt: to_prompt} if enter is None else {prompt: to_prompt, enter: from_enter}

    return Task(run)
