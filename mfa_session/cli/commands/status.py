"""`mfa-session status`: what is logged in, until when, and where the long-term key is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

import typer

from mfa_session.aws.sts import STS
from mfa_session.aws_files.files import read_profiles
from mfa_session.aws_files.session_profiles import session_in
from mfa_session.cli.choose_profile import profile_of_environment
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.options import ListedProfileOption
from mfa_session.cli.output import warn, write_json, write_stderr, write_stdout
from mfa_session.cli.table import Cell, Colour, table
from mfa_session.doctor.other_tools import leftovers
from mfa_session.errors import ExpiredSessionError, MFASessionError, ProfileNotFoundError, hint_command
from mfa_session.model.credentials import timestamp
from mfa_session.sessions.status import State, Status, all_statuses, status
from mfa_session.text import escape_control, format_duration, format_expiration, quoted, short_duration

EXAMPLE = "Example: mfa-session status"

_HEADINGS = ("PROFILE", "SESSION PROFILE", "SESSION", "DEVICE", "KEY")

_STORES = {"keyring": "keyring", "file": "encrypted file"}

_STATES = {
    State.EXPIRED: "expired",
    State.NONE: "not logged in",
    State.DAMAGED: "damaged",
    State.LONG_TERM_KEY: "holds a long-term key",
    State.UNVERIFIED: "not verified",
}

# AWS tools that renew by themselves do it from here on.
_SOON = timedelta(minutes=15)

# Within this time a weekday and an hour are one moment.
_SAME_WEEK = timedelta(days=6)

_NO_LIVE_SESSION = 1


def status_(
    context: typer.Context,
    profile: ListedProfileOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Ask AWS who each live session is; otherwise only the AWS files are read.")
    ] = False,
    short: Annotated[
        bool, typer.Option("--short", help="Print one word and the time left, for a prompt: live 11h42m.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing; the exit code tells.")] = False,
) -> None:
    """Show sessions and expiry.

    Also with which device, and where the long-term key is.

    Without --profile, every profile that mfa-session has to do with is shown. The exit
    code is 0 while a shown session is live, and 1 when none is. --short shows one profile, by default AWS_PROFILE.
    """
    app: AppContext = context.obj
    if short:
        _print_short(app, profile or profile_of_environment(app.environ, tell=None) or "default", quiet=quiet)
        return
    shown = _statuses(app, profile)
    failure = None
    if verify:
        shown, failure = _verified(app, shown)
    if as_json and not quiet:
        write_json(profiles=[_record(each, present=now()) for each in shown])
    elif quiet:
        pass
    elif shown:
        write_stdout(_text(shown, in_full=bool(profile) or verify, present=now()))
    else:
        write_stderr(f"mfa-session: no profile has a session yet; to begin: {hint_command('login', profile='NAME')}")
    if not (quiet or as_json or profile):
        _warn_about_other_tools(app)
    if failure is not None:
        raise failure
    if not any(each.state is State.LIVE for each in shown):
        raise typer.Exit(_NO_LIVE_SESSION)


def _warn_about_other_tools(app: AppContext) -> None:
    config, credentials = read_profiles(app.config_file, "config"), read_profiles(app.credentials_file, "credentials")
    for each in leftovers(config=config, credentials=credentials):
        warn(each.what, hint=each.fix)


def show_overview(app: AppContext) -> bool:
    """Show every managed profile and what to type next; ``False`` where there is none."""
    shown = _statuses(app, None)
    if not shown:
        return False
    write_stdout(_text(shown, in_full=False, present=now()))
    live = next((each for each in shown if each.state is State.LIVE), None)
    if live is None:
        write_stderr(f"To log in: {hint_command('login', profile=shown[0].profile.name)}")
    else:
        use = f"aws s3 ls --profile {quoted(escape_control(live.profile.session_profile))}"
        write_stderr(f"To use a session: {use}. All commands: mfa-session --help")
    return True


def _print_short(app: AppContext, profile: str, *, quiet: bool) -> None:
    try:
        (shown,) = _statuses(app, profile)
    except ProfileNotFoundError:
        text, is_live = State.NONE.value, False
    else:
        remaining = shown.remaining(now())
        is_live = shown.state is State.LIVE
        left = f" {short_duration(remaining.total_seconds())}" if is_live and remaining else ""
        text = f"{shown.state.value}{left}"
    if not quiet:
        write_stdout(f"{text}\n")
    if not is_live:
        raise typer.Exit(_NO_LIVE_SESSION)


def _statuses(app: AppContext, profile: str | None) -> list[Status]:
    config = read_profiles(app.config_file, "config")
    credentials = read_profiles(app.credentials_file, "credentials")
    if profile is None:
        return all_statuses(config=config, credentials=credentials, session_in=session_in, now=now())
    return [status(profile, config=config, credentials=credentials, session_in=session_in, now=now())]


def _verified(app: AppContext, statuses: Sequence[Status]) -> tuple[list[Status], MFASessionError | None]:
    """Return the statuses with what AWS says about each live session, and the first error."""
    verified: list[Status] = []
    failure: MFASessionError | None = None
    for each in statuses:
        answer = each
        if each.state is State.LIVE and each.session is not None:
            try:
                sts = STS(app.transport(each.profile))
                answer = replace(each, identity=sts.get_caller_identity(each.session))
            except ExpiredSessionError as error:
                ended = replace(each.session, expiration=now())
                answer = replace(each, state=State.EXPIRED, session=ended, problem=str(error))
                hint = f"get a new one: {hint_command('login', '--force', profile=each.profile.name)}"
                failure = failure or ExpiredSessionError(str(error), hint=hint, code=error.code)
            except MFASessionError as error:
                answer = replace(each, state=State.UNVERIFIED, problem=str(error))
                failure = failure or error
        verified.append(answer)
    return verified, failure


def _record(each: Status, *, present: datetime) -> dict[str, str | int | bool | None]:
    """Return the record of one profile for `--json`."""
    remaining, key_age = each.remaining(present), each.key_age(present)
    created = each.profile.user.key_created
    return {
        "profile": each.profile.name,
        "session_profile": each.profile.session_profile,
        "state": each.state.value,
        "expiration": timestamp(each.session.expiration) if each.session else None,
        "remaining_seconds": None if remaining is None else int(remaining.total_seconds()),
        "role": each.profile.role.arn if each.profile.role else None,
        "source_profile": each.profile.source.name if each.profile.source else None,
        "serial_number": each.profile.mfa_device.serial_number if each.profile.mfa_device else None,
        "key_profile": each.profile.user.name,
        "store": each.profile.user.store or ("credentials_file" if each.key_in_file else None),
        "key_in_credentials_file": each.key_in_file,
        "created": timestamp(created) if created else None,
        "age_days": None if key_age is None else key_age.days,
        "identity": each.identity.arn if each.identity else None,
        "problem": each.problem,
    }


def _text(statuses: Sequence[Status], *, in_full: bool, present: datetime) -> str:
    """Return one line a profile, or all that is known of each."""
    if in_full:
        return "\n".join("".join(f"{line}\n" for line in _lines_of(each, present=present)) for each in statuses)
    notes = [each.problem for each in statuses if each.problem]
    notes += [
        f"the key of {each.profile.name} is {_key_age_in_words(each, present=present)}"
        for each in statuses
        if each.key_is_old(present) and each.profile.role is None
    ]
    rows = [_row(each, present=present) for each in statuses]
    return table(_HEADINGS, rows, whole=("SESSION",)) + "".join(f"{escape_control(note)}\n" for note in notes)


def _row(each: Status, *, present: datetime) -> tuple[str | Cell, ...]:
    device = each.profile.mfa_device
    key = "plain text" if each.key_in_file else _STORES.get(each.profile.store or "", "-")
    return (
        each.profile.name,
        each.profile.session_profile,
        _session_in_brief(each, present=present),
        device.name if device else "-",
        f"via {each.profile.source.name}" if each.profile.source else key,
    )


def _session_in_brief(each: Status, *, present: datetime) -> Cell:
    if each.state is not State.LIVE or each.session is None:
        return Cell(_STATES[each.state], None if each.state is State.NONE else Colour.BAD)
    colour = Colour.SOON if each.session.expiration - present < _SOON else Colour.GOOD
    end = each.session.expiration.astimezone()
    if end.date() == present.astimezone().date():
        return Cell(f"valid until {end:%H:%M}", colour)
    return Cell(f"valid until {end:%a %H:%M}" if end - present < _SAME_WEEK else f"valid until {end:%Y-%m-%d}", colour)


def _lines_of(each: Status, *, present: datetime) -> Iterator[str]:
    device = each.profile.mfa_device
    facts = {
        "profile": each.profile.name,
        "session profile": each.profile.session_profile,
        "session": _session_in_words(each, present=present),
        "identity": each.identity.arn if each.identity else "",
        "role": each.profile.role.arn if each.profile.role else "",
        "assumed with": f"the session of {each.profile.source.name}" if each.profile.source else "",
        "device": device.serial_number if device else "not known yet",
        "long-term key": _key_in_words(each),
        "age of the key": _key_age_in_words(each, present=present),
        "problem": each.problem or "",
    }
    for name, fact in facts.items():
        if fact:
            yield f"{name:<16} {escape_control(fact)}"


def _session_in_words(each: Status, *, present: datetime) -> str:
    if each.session is None:
        return _STATES[each.state]
    end, seconds = each.session.expiration.timestamp(), present.timestamp()
    if each.state is State.UNVERIFIED:
        return f"not verified, by this machine {format_expiration(end, now=seconds)}"
    if each.state is State.LIVE:
        return f"valid {format_expiration(end, now=seconds)}"
    return f"expired {format_duration(seconds - end)} ago"


def _key_in_words(each: Status) -> str:
    user = each.profile.user
    places = {"keyring": ["in the OS keyring"], "file": ["in the encrypted file"]}.get(user.store or "", [])
    if each.key_in_file:
        places.append("in the credentials file, in plain text")
    if not places:
        return "not known"
    return " and ".join(places) + (f"; it is that of {user.name}" if each.profile.role else "")


def _key_age_in_words(each: Status, *, present: datetime) -> str:
    age = each.key_age(present)
    if age is None:
        return ""
    words = "1 day" if age.days == 1 else f"{age.days} days"
    rotate = f"; time for a new one: {hint_command('keys rotate', profile=each.profile.user.name)}"
    return f"{words} old{rotate if each.key_is_old(present) else ''}"
