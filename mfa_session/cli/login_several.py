"""`mfa-session login` to several profiles: one line for each; a failure of one does not stop the others."""

from collections.abc import Callable, Sequence

from mfa_session.aws_files.files import read_profiles, remembering_reads
from mfa_session.aws_files.session_profiles import session_in
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.login_service import request_for_user
from mfa_session.cli.output import report, write_json, write_stderr
from mfa_session.errors import ConfigurationError, MFASessionError, UsageError, hint_command
from mfa_session.keys.lookup import KeyLookup
from mfa_session.model.credentials import timestamp
from mfa_session.model.profile import Profile
from mfa_session.sessions.login import LoginRequest, LoginResult
from mfa_session.sessions.login_many import BatchItem, LogIn, log_in_each, when_written
from mfa_session.sessions.status import all_statuses
from mfa_session.text import escape_control, format_expiration


def check_options(*, every: bool, profiles: list[str] | None, for_one: bool) -> None:
    """Make sure that the options of `login` go together, where it is for several profiles.

    Raises:
        UsageError: they do not.
    """
    if every and profiles:
        raise UsageError("--all and --profile contradict each other", hint="give one of them")
    if for_one:
        raise UsageError(
            "for several profiles there are only --min-remaining, --force and --quiet",
            hint="log in to the profile that is to be different by itself",
        )


def _every_profile(app: AppContext) -> list[str]:
    """Return the names of all profiles that can log in, of those that `status` lists."""
    config = read_profiles(app.config_file, "config")
    credentials = read_profiles(app.credentials_file, "credentials")
    listed = all_statuses(config=config, credentials=credentials, session_in=session_in, now=now())
    names = [each.profile.name for each in listed if each.profile.name in {*config, *credentials}]
    if not names:
        raise ConfigurationError(
            "there is no profile to log in to", hint=f"to begin: {hint_command('login', profile='NAME')}"
        )
    return names


@remembering_reads()
def log_in_to_several(
    app: AppContext,
    names: Sequence[str] | None,
    habit: Callable[[Profile], LoginRequest],
    *,
    log_in: LogIn,
    quiet: bool,
    as_json: bool,
) -> int:
    """Log in to the profiles of these *names*, or to all, and return the exit code of the first that failed, else 0.

    Raises:
        MFASessionError: it is not known which profiles there are.
    """
    codes, requests = [], {}
    records: list[dict[str, object]] = []
    reader = app.profiles()
    for name in names or _every_profile(app):
        try:
            profile = reader.profile(name) if name else app.profile(name)
        except MFASessionError as error:
            codes.append(report(error, about=name, as_json=as_json))
            records.append({**_NO_RECORD, "profile": name, "problem": str(error)})
        else:
            requests[profile.name] = habit(profile)
    sessions = app.write_role_sessions_together()
    turns = log_in_each(
        list(requests.values()),
        request_for_user=request_for_user,
        log_in=log_in,
        find_key=KeyLookup(stored=app.access_keys.get, in_file=app.plain_keys.get, printed=app.printed_key).access_key,
        sessions=sessions,
        clock=now,
    )
    for turn in when_written(turns, is_due=sessions.is_due, flush=sessions.flush):
        if turn.error:
            codes.append(report(turn.error, about=turn.profile.name, as_json=as_json))
            records.append(login_record(turn.profile, None, problem=str(turn.error)))
        elif as_json:
            problem = None if turn.outcome else "its user could not log in"
            records.append(login_record(turn.profile, turn.outcome, problem=problem))
        elif turn.outcome is None:
            write_stderr(
                f"mfa-session: {_of(turn)}{escape_control(turn.profile.name)} is left out: its user could not log in"
            )
        elif not quiet:
            end = format_expiration(turn.outcome.credentials.expiration.timestamp(), now=now().timestamp())
            write_stderr(f"mfa-session: {_of(turn)}{escape_control(turn.profile.session_profile)} is valid {end}")
    if as_json:
        write_json(profiles=records)
    return next(iter(codes), 0)


_NO_RECORD = dict.fromkeys(("profile", "session_profile", "expiration", "kept", "serial_number", "problem"))


def login_record(profile: Profile, outcome: LoginResult | None, *, problem: str | None = None) -> dict[str, object]:
    """Return the record of one login for `--json`."""
    device = (outcome.device if outcome else None) or profile.user.mfa_device
    return {
        "profile": profile.name,
        "session_profile": profile.session_profile,
        "expiration": timestamp(outcome.credentials.expiration) if outcome else None,
        "kept": outcome.kept if outcome else None,
        "serial_number": device.serial_number if device else None,
        "problem": problem,
    }


def _of(turn: BatchItem) -> str:
    return f"{turn.number} of {turn.of}: "
