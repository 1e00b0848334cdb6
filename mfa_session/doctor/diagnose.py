"""Find out why it does not work: look at the set-up of one profile, from the files to AWS.

Everything is looked at, whatever is found first; what cannot be read is itself a finding.
The user is not asked for anything, and AWS is called once at most. Nothing is changed, but a
session that AWS has ended is marked as expired.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.doctor.environment_checks import environment_findings
from mfa_session.doctor.explain_message import explain
from mfa_session.doctor.finding import Finding, Severity, error, fine, warning
from mfa_session.doctor.key_checks import Keys, look_for_key
from mfa_session.doctor.other_tools import leftovers
from mfa_session.doctor.profile_checks import Files, file_findings, profile_findings
from mfa_session.errors import (
    AccessKeyRefusedError,
    AWSAnswerError,
    AWSUnreachableError,
    ClockSkewError,
    ConfigurationError,
    DamagedSessionError,
    ExpiredSessionError,
    LongTermKeyInSessionError,
    MFASessionError,
    ProfileNotFoundError,
    RegionDisabledError,
    SharedFileError,
    hint_command,
)
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import in_words
from mfa_session.model.partitions import partition_of
from mfa_session.model.profile import Profile, Sections, read_profile
from mfa_session.sessions.protocols import STS
from mfa_session.sessions.status import SessionReader

# Signatures may be fifteen minutes off; long before that, times that are compared begin to mislead.
_CLOCK_TOLERANCE = timedelta(minutes=1)

_REFUSALS: dict[type[MFASessionError], tuple[str, str]] = {
    ClockSkewError: ("clock", "clock"),
    ExpiredSessionError: ("session", "session-refused"),
    AccessKeyRefusedError: ("key", "key-refused"),
    RegionDisabledError: ("region", "region-disabled"),
    AWSUnreachableError: ("AWS", "unreachable"),
    AWSAnswerError: ("AWS", "not-aws"),
    ConfigurationError: ("AWS", "no-way-to-aws"),
}


class Endpoints(Protocol):
    """Where AWS is reached."""

    @property
    def region(self) -> str:
        """The region that is asked."""

    @property
    def region_is_known(self) -> bool:
        """Whether the user named it."""

    @property
    def sts_url(self) -> str | None:
        """The address of the user's own, if STS has one."""


@dataclass(frozen=True, slots=True)
class DoctorContext:
    """What a diagnosis looks with.

    *endpoints* raises a ConfigurationError where the settings lead nowhere; *finds* tells
    whether a program can be run by a name; *last_failure* is how the last login for an AWS
    tool failed, and raises a StateError where that cannot be read.
    """

    environ: Mapping[str, str]
    files: Files
    keys: Keys
    session_in: SessionReader
    endpoints: Callable[[Profile], Endpoints]
    sts: Callable[[Profile], STS]
    last_failure: Callable[[Profile], MFASessionError | None]
    finds: Callable[[str], bool]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a profile when it was looked at."""

    profile: Profile
    session: SessionCredentials | None = None
    caller: CallerIdentity | None = None


def diagnose(name: str, message: str | None = None, *, instruments: DoctorContext, offline: bool) -> list[Finding]:
    """Return the findings about profile *name*, and what a *message* of AWS means for it.

    AWS is not asked where this is to be *offline*.
    """
    files = instruments.files
    config, unread = _sections(files.config)
    credentials, unread_too = _sections(files.credentials)
    findings = [*unread, *unread_too, *file_findings(files)]
    known = _Known(Profile(name, f"{name}-mfa"))
    if not unread and not unread_too:
        known, found = _look_at(name, config, credentials, instruments, offline=offline)
        findings += found
    findings += environment_findings(
        instruments.environ,
        known_profiles={*config, *credentials},
        session=known.session,
        now=instruments.clock(),
    )
    findings += leftovers(config=config, credentials=credentials)
    if message is not None:
        findings += explain(message, profile=known.profile, caller=known.caller)
    return findings


def _sections(read: Callable[[], Sections]) -> tuple[Sections, list[Finding]]:
    try:
        return read(), []
    except SharedFileError as problem:
        return {}, [error("files", "unreadable", str(problem), fix=problem.hint)]


def _look_at(
    name: str, config: Sections, credentials: Sections, instruments: DoctorContext, *, offline: bool
) -> tuple[_Known, list[Finding]]:
    try:
        profile = read_profile(name, config=config, credentials=credentials)
    except ConfigurationError as problem:
        kind = "no-such-profile" if isinstance(problem, ProfileNotFoundError) else "setting"
        return _Known(Profile(name, f"{name}-mfa")), [error("profile", kind, str(problem), fix=problem.hint)]
    findings = list(profile_findings(profile, files=instruments.files, finds=instruments.finds))
    key, found = look_for_key(profile.user, keys=instruments.keys)
    session, more = _session(profile, credentials, instruments)
    ways = list(_ways_to_aws(profile, instruments))
    findings += [*found, *more, *ways]
    caller = None
    if not offline and not any(way.severity is Severity.ERROR for way in ways):
        caller, found = _asked(profile, session or key, instruments)
        findings += found
    findings += _last_failure(profile, session, instruments)
    return _Known(profile, session, caller), findings


def _session(
    profile: Profile, credentials: Sections, instruments: DoctorContext
) -> tuple[SessionCredentials | None, list[Finding]]:
    """Return the session if it is live, and what was found of it."""
    log_in = hint_command("login", profile=profile.name)
    section = credentials.get(profile.session_profile, {})
    if section.get("aws_security_token", section.get("aws_session_token")) != section.get("aws_session_token"):
        what = f"a stale aws_security_token stands in [{profile.session_profile}], and boto3 and the AWS CLI prefer it"
        return None, [error("session", "stale-security-token", what, fix=f"{log_in} --force")]
    try:
        session = instruments.session_in(section, profile)
    except LongTermKeyInSessionError:
        return None, []  # told of already, as what stands where the session is to be
    except DamagedSessionError as problem:
        return None, [error("session", "session-damaged", str(problem), fix=f"{log_in} --force")]
    if session is None:
        return None, [warning("session", "no-session", f"{profile.name} has no session", fix=log_in)]
    left = session.expiration - instruments.clock()
    if left <= timedelta(0):
        return None, [warning("session", "session-over", f"it ended {in_words(-left)} ago", fix=log_in)]
    return session, [fine("session", "session", f"in [{profile.session_profile}], for another {in_words(left)}")]


def _ways_to_aws(profile: Profile, instruments: DoctorContext) -> Iterator[Finding]:
    try:
        endpoints = instruments.endpoints(profile)
    except ConfigurationError as problem:
        yield error("AWS", "no-way-to-aws", str(problem), fix=problem.hint)
        return
    partition = f"partition {partition_of(endpoints.region)}"
    if endpoints.region_is_known:
        yield fine("region", "region", f"{endpoints.region}, {partition}")
    else:
        what = f"none is set: STS is asked in {endpoints.region}, {partition}, and most other services cannot be"
        yield warning(
            "region", "no-region", what, fix=hint_command("configure", "--region", "REGION", profile=profile.name)
        )
    if endpoints.sts_url is not None:
        yield fine("AWS", "own-endpoint", f"STS is asked at {endpoints.sts_url}")


def _asked(
    profile: Profile, credentials: AccessKey | SessionCredentials | None, instruments: DoctorContext
) -> tuple[CallerIdentity | None, list[Finding]]:
    if credentials is None:
        return None, [fine("AWS", "not-asked", "not asked: there is neither a session nor a key to ask with")]
    try:
        caller, time = instruments.sts(profile).caller_and_time(credentials)
    except MFASessionError as problem:
        about, name = next((names for kind, names in _REFUSALS.items() if isinstance(problem, kind)), ("AWS", "aws"))
        fix = problem.hint
        if isinstance(problem, ExpiredSessionError):
            fix = hint_command("login", "--force", profile=profile.name)
        return None, [error(about, name, str(problem), fix=fix)]
    return caller, [*_caller(caller, profile), *_clock(time, instruments)]


def _caller(caller: CallerIdentity, profile: Profile) -> Iterator[Finding]:
    user = f"make an IAM user with a long-term key of its own: {hint_command('keys add')}"
    if caller.kind == "root":
        yield error("AWS", "root-key", "this is the key of the root user of the account", fix=user)
    elif caller.kind != "user" and profile.role is None:
        yield error("AWS", "no-user", f"this is the key of {caller.arn}, which is no IAM user", fix=user)
    else:
        yield fine("AWS", "caller", f"it answers, and knows us as {caller.arn}")
    device = profile.mfa_device
    # A role may be in another account than the user who has the device.
    if device and device.account_id and profile.role is None and device.account_id != caller.account_id:
        what = f"mfa_serial names a device of account {device.account_id}, and the key is of {caller.account_id}"
        fix = f"choose another: {hint_command('device list', profile=profile.name)}"
        yield error("device", "device-of-another-account", what, fix=fix)


def _clock(time: datetime | None, instruments: DoctorContext) -> Iterator[Finding]:
    if time is None:
        return
    ahead = instruments.clock() - time
    if abs(ahead) < _CLOCK_TOLERANCE:
        yield fine("clock", "clock", "within a minute of AWS's")
        return
    what = f"it is {in_words(abs(ahead))} {'ahead of' if ahead > timedelta(0) else 'behind'} AWS's"
    yield warning("clock", "clock", what, fix="set the clock, and turn on automatic time")


def _last_failure(
    profile: Profile, session: SessionCredentials | None, instruments: DoctorContext
) -> Iterator[Finding]:
    try:
        failure = instruments.last_failure(profile)
    except MFASessionError as problem:
        yield error("files", "state", str(problem), fix=problem.hint)
        return
    if failure is not None and session is None:
        what = f"the last login for an AWS tool failed: {failure}"
        yield warning("process", "last-login-failed", what, fix=failure.hint or f"run: {hint_command('login')}")
