"""Diagnose profiles, from the AWS files to AWS.

Every check runs, whatever an earlier one found. Asks the user nothing; makes two calls a profile at most.
Changes nothing, except that a session that AWS has ended is marked as expired.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    name_in_hints,
)
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import in_words
from mfa_session.model.partitions import partition_of
from mfa_session.model.profile import Profile, ProfileReader, Sections
from mfa_session.sessions.find_device import no_usable_device
from mfa_session.sessions.protocols import IAM, STS
from mfa_session.sessions.status import SessionReader, all_statuses, has_long_term_key

# AWS accepts signatures that are up to fifteen minutes off.
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
    """The endpoints of a profile."""

    @property
    def region(self) -> str:
        """The region that is called."""

    @property
    def region_is_known(self) -> bool:
        """Whether a setting or variable names the region."""

    @property
    def sts_url(self) -> str | None:
        """The custom endpoint of STS, if there is one."""


@dataclass(frozen=True, slots=True)
class DoctorContext:
    """What a diagnosis uses.

    *endpoints* raises ConfigurationError for invalid settings; *finds* tells whether a program can be run;
    *last_failure* returns how the last login for an AWS tool failed, or raises StateError.
    """

    environ: Mapping[str, str]
    files: Files
    keys: Keys
    session_in: SessionReader
    endpoints: Callable[[Profile], Endpoints]
    sts: Callable[[Profile], STS]
    iam: Callable[[Profile], IAM]
    last_failure: Callable[[Profile], MFASessionError | None]
    finds: Callable[[str], bool]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a profile after its checks."""

    profile: Profile
    session: SessionCredentials | None = None
    caller: CallerIdentity | None = None


def managed_profiles(context: DoctorContext) -> list[str]:
    """Return the profiles that have a session, a setting of ours, a role of such a profile, or a key in plain text."""
    config, unread = _sections(context.files.config)
    credentials, unread_too = _sections(context.files.credentials)
    if unread or unread_too:
        return []
    managed = all_statuses(config=config, credentials=credentials, session_in=context.session_in, now=context.clock())
    reader = ProfileReader(config, credentials)
    names = {each.profile.name for each in managed}
    names |= {name for name in reader.names() if has_long_term_key(reader.settings(name))}
    return sorted({reader.source_profile_name(name) for name in names}.intersection(reader.names()))


def diagnose(
    names: Sequence[str], message: str | None = None, *, context: DoctorContext, offline: bool
) -> list[Finding]:
    """Return the findings about profiles *names*, and what a *message* of AWS means for the last of them."""
    files = context.files
    config, unread = _sections(files.config)
    credentials, unread_too = _sections(files.credentials)
    findings = [*unread, *unread_too, *file_findings(files)]
    known = [_Known(Profile(name, f"{name}-mfa")) for name in names]
    if not unread and not unread_too:
        reader = ProfileReader(config, credentials)
        known = []
        for name in names:
            name_in_hints(name)
            each, found = _check_profile(name, reader, credentials, context, offline=offline)
            known.append(each)
            findings += [replace(finding, profile=name) for finding in found]
    findings += environment_findings(
        context.environ,
        known_profiles={*config, *credentials},
        sessions=[each.session for each in known if each.session is not None],
        now=context.clock(),
    )
    findings += leftovers(config=config, credentials=credentials)
    if message is not None:
        findings += explain(message, profile=known[-1].profile, caller=known[-1].caller)
    return findings


def _sections(read: Callable[[], Sections]) -> tuple[Sections, list[Finding]]:
    try:
        return read(), []
    except SharedFileError as problem:
        return {}, [error("files", "unreadable", str(problem), fix=problem.hint)]


def _check_profile(
    name: str, reader: ProfileReader, credentials: Sections, context: DoctorContext, *, offline: bool
) -> tuple[_Known, list[Finding]]:
    try:
        profile = reader.profile(name)
    except ConfigurationError as problem:
        kind = "no-such-profile" if isinstance(problem, ProfileNotFoundError) else "setting"
        return _Known(Profile(name, f"{name}-mfa")), [error("profile", kind, str(problem), fix=problem.hint)]
    findings = list(profile_findings(profile, files=context.files, finds=context.finds))
    key, found = look_for_key(profile.user, keys=context.keys)
    session, more = _session(profile, credentials, context)
    endpoints = list(_endpoints(profile, context))
    findings += [*found, *more, *endpoints]
    caller = None
    if not offline and not any(each.severity is Severity.ERROR for each in endpoints):
        caller, found = _ask_aws(profile, session or key, context)
        findings += found
    findings += _last_failure(profile, session, context)
    return _Known(profile, session, caller), findings


def _session(
    profile: Profile, credentials: Sections, context: DoctorContext
) -> tuple[SessionCredentials | None, list[Finding]]:
    """Return the session if it is valid, and the findings about it."""
    log_in = hint_command("login", profile=profile.name)
    section = credentials.get(profile.session_profile, {})
    if section.get("aws_security_token", section.get("aws_session_token")) != section.get("aws_session_token"):
        what = f"[{profile.session_profile}] has an old aws_security_token, which boto3 and the AWS CLI prefer"
        return None, [error("session", "stale-security-token", what, fix=f"{log_in} --force")]
    try:
        session = context.session_in(section, profile)
    except LongTermKeyInSessionError:
        return None, []  # `profile_findings` has reported it
    except DamagedSessionError as problem:
        return None, [error("session", "session-damaged", str(problem), fix=f"{log_in} --force")]
    if session is None:
        return None, [warning("session", "no-session", "not logged in", fix=log_in)]
    left = session.expiration - context.clock()
    if left <= timedelta(0):
        return None, [warning("session", "session-over", f"expired {in_words(-left)} ago", fix=log_in)]
    return session, [fine("session", "session", f"[{profile.session_profile}] is valid for {in_words(left)}")]


def _endpoints(profile: Profile, context: DoctorContext) -> Iterator[Finding]:
    try:
        endpoints = context.endpoints(profile)
    except ConfigurationError as problem:
        yield error("AWS", "no-way-to-aws", str(problem), fix=problem.hint)
        return
    partition = f"partition {partition_of(endpoints.region)}"
    if endpoints.region_is_known:
        yield fine("region", "region", f"{endpoints.region}, {partition}")
    else:
        what = f"no region is set; STS is called in {endpoints.region}, {partition}, most other services fail"
        yield warning(
            "region", "no-region", what, fix=hint_command("configure", "--region", "REGION", profile=profile.name)
        )
    if endpoints.sts_url is not None:
        yield fine("AWS", "own-endpoint", f"STS endpoint {endpoints.sts_url}")


def _ask_aws(
    profile: Profile, credentials: AccessKey | SessionCredentials | None, context: DoctorContext
) -> tuple[CallerIdentity | None, list[Finding]]:
    if credentials is None:
        return None, [fine("AWS", "not-asked", "not called: no valid session, and no key that can be read")]
    try:
        caller, time = context.sts(profile).caller_and_time(credentials)
    except MFASessionError as problem:
        about, name = next((names for kind, names in _REFUSALS.items() if isinstance(problem, kind)), ("AWS", "aws"))
        fix = problem.hint
        if isinstance(problem, ExpiredSessionError):
            fix = hint_command("login", "--force", profile=profile.name)
        return None, [error(about, name, str(problem), fix=fix)]
    devices = _devices(profile, credentials, caller, context) if caller.kind == "user" else []
    return caller, [*_caller(caller, profile), *devices, *_clock(time, context)]


def _caller(caller: CallerIdentity, profile: Profile) -> Iterator[Finding]:
    user = f"create an IAM user with a long-term access key, then: {hint_command('keys add')}"
    if caller.kind == "root":
        yield error("AWS", "root-key", "the access key belongs to the root user of the account", fix=user)
    elif caller.kind != "user" and profile.role is None:
        yield error("AWS", "no-user", f"the access key belongs to {caller.arn}, which is not an IAM user", fix=user)
    else:
        yield fine("AWS", "caller", f"identity {caller.arn}")
    device = profile.mfa_device
    # A role may be in another account than the user who has the device.
    if device and device.account_id and profile.role is None and device.account_id != caller.account_id:
        what = f"mfa_serial names a device of account {device.account_id}, but the key is of {caller.account_id}"
        fix = f"choose another: {hint_command('device list', profile=profile.name)}"
        yield error("device", "device-of-another-account", what, fix=fix)


def _devices(
    profile: Profile, credentials: AccessKey | SessionCredentials, caller: CallerIdentity, context: DoctorContext
) -> Iterator[Finding]:
    """Compare the devices of the user at AWS with the one that the profile names."""
    try:
        listed = context.iam(profile).list_mfa_devices(credentials, str(caller.user_name))
    except MFASessionError as problem:
        yield fine("device", "not-listed", f"AWS did not list the devices of the user: {problem}")
        return
    device = profile.mfa_device
    if not any(each.shows_codes for each in listed):
        none = no_usable_device(caller, listed)
        yield error("device", "only-security-keys" if listed else "no-device", str(none), fix=none.hint)
    elif device and device.shows_codes and device.account_id in (None, caller.account_id) and device not in listed:
        what = f"mfa_serial names a device that user {caller.user_name} does not have: {device.serial_number}"
        fix = f"choose another: {hint_command('device list', profile=profile.name)}"
        yield error("device", "device-not-of-user", what, fix=fix)


def _clock(time: datetime | None, context: DoctorContext) -> Iterator[Finding]:
    if time is None:
        return
    ahead = context.clock() - time
    if abs(ahead) < _CLOCK_TOLERANCE:
        yield fine("clock", "clock", "within a minute of AWS")
        return
    what = f"{in_words(abs(ahead))} {'ahead of' if ahead > timedelta(0) else 'behind'} AWS"
    yield warning("clock", "clock", what, fix="set the clock, and turn on automatic time")


def _last_failure(profile: Profile, session: SessionCredentials | None, context: DoctorContext) -> Iterator[Finding]:
    try:
        failure = context.last_failure(profile)
    except MFASessionError as problem:
        yield error("files", "state", str(problem), fix=problem.hint)
        return
    if failure is not None and session is None:
        what = f"the last login for an AWS tool failed: {failure}"
        yield warning("process", "last-login-failed", what, fix=failure.hint or f"run: {hint_command('login')}")
