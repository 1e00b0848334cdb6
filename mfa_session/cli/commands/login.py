"""`mfa-session login`: get a session."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, TypeVar

import typer

from mfa_session.aws_files.files import readable_by_others, remove_temp_files
from mfa_session.aws_files.profile_names import check_portable_profile_name
from mfa_session.cli.choose_profile import offer_to_create
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.login_service import LoginService, remember_device
from mfa_session.cli.login_several import check_options, log_in_to_several, login_record
from mfa_session.cli.offer_import import offer_to_move
from mfa_session.cli.options import SeveralProfilesOption
from mfa_session.cli.output import warn, write_json, write_stderr
from mfa_session.cli.profile_form import output_format
from mfa_session.errors import ConfigurationError, ProfileNotFoundError, UsageError, hint_command, name_in_hints
from mfa_session.model import durations
from mfa_session.model.mfa_device import TokenCode, code_device
from mfa_session.model.profile import Profile
from mfa_session.sessions.assume_role import assumes_with_code
from mfa_session.sessions.login import WORTH_KEEPING, LoginRequest, LoginResult
from mfa_session.text import escape_control, format_expiration, session_kept_message

EXAMPLE = "Example: mfa-session login --profile test-user"

Value = TypeVar("Value")


def login(
    context: typer.Context,
    profiles: SeveralProfilesOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every profile that mfa-session has to do with, and the roles of each.")
    ] = False,
    serial: Annotated[
        str | None, typer.Option(metavar="ARN", help="MFA device to use: its ARN, or the number of a hardware token.")
    ] = None,
    token_code: Annotated[
        str | None, typer.Option(metavar="CODE", help="The six digits, instead of being asked for them.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long the session lasts: 43200, 12h, 90m; 15m to 36h.")
    ] = None,
    session_profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Profile that gets the session.  [default: the profile, and -mfa]"),
    ] = None,
    to_default: Annotated[bool, typer.Option("--default", help="Write the session into [default].")] = False,
    min_remaining: Annotated[
        str | None, typer.Option(metavar="TIME", help="Keep a session that has more than this left.  [default: 15m]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Get a new session; overwrite a foreign one.")] = False,
    replace_other: Annotated[bool, typer.Option("--replace", hidden=True)] = False,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region of the session profile, and where STS is asked.")
    ] = None,
    output: Annotated[str | None, typer.Option(metavar="FORMAT", help="Output format of the session profile.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well; for aliases.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Get a session with an MFA code.

    It is written into the session profile, which every AWS tool can use.

    A role profile (role_arn, source_profile) gets a session profile of its own, for an
    hour, and needs no code while its user has a session. For more than an hour, the code
    goes to the role itself.
    """
    app: AppContext = context.obj
    least = _parsed("--min-remaining", min_remaining, durations.duration)
    habit = partial(LoginRequest, min_remaining=WORTH_KEEPING if least is None else least, force=force)
    if every or len(profiles or []) > 1:
        for_one = (serial, token_code, duration, session_profile, to_default, replace_other, region, output)
        check_options(every=every, profiles=profiles, for_one=any(for_one))
        log_in = partial(_log_in, app)
        raise typer.Exit(log_in_to_several(app, profiles, habit, log_in=log_in, quiet=quiet, as_json=as_json))
    app.quiet = quiet or as_json
    configured = _profile(app, profiles[0] if profiles else None)
    chosen = _with_session_profile(configured, "default" if to_default else session_profile)
    request = habit(
        profile=replace(
            chosen, region=region or chosen.region, output=_parsed("--output", output, output_format) or chosen.output
        ),
        device=_parsed("--serial", serial, code_device),
        code=_parsed("--token-code", token_code, TokenCode),
        duration=_parsed(
            "--duration", duration, durations.role_duration if configured.role else durations.session_duration
        ),
        replace=replace_other or force,
    )
    service = LoginService(app, configured, region=region, asks_for_key=True)
    was_open = readable_by_others(app.credentials_file)
    with app.lock(configured):
        outcome = service.log_in(request)
        _remember(app, configured, request, outcome, region=region, output=output)
    if as_json:
        write_json(profiles=[login_record(request.profile, outcome)])
        return
    if not quiet:
        announce(request.profile, outcome, region_is_known=service.region_is_known)
        if request.code and request.profile.role and not outcome.kept and assumes_with_code(request):
            write_stderr("mfa-session: it lasts over an hour, so the code has served this role alone")
    if was_open and not outcome.kept:
        write_stderr(
            f"mfa-session: others could read {escape_control(str(app.credentials_file))}; from now on only you can"
        )
    if service.keys.plain is not None and not quiet:
        offer_to_move(app, configured.user, service.keys.plain)


def _profile(app: AppContext, name: str | None) -> Profile:
    """Return the profile of this *name*, which the user may create where there is none."""
    try:
        return app.profile(name)
    except ProfileNotFoundError:
        missing = name or app.profile_name()
        created = offer_to_create(missing, app.profiles(), app.user(hint_command("login", profile=missing)))
        if created is None:
            raise
        name_in_hints(created.name)
        return created


def _log_in(app: AppContext, request: LoginRequest) -> LoginResult:
    """Do what *request* says, one login at a time."""
    name_in_hints(request.profile.name)
    with app.lock(request.profile):
        outcome = LoginService(app, request.profile).log_in(request)
        _remember(app, request.profile, request, outcome, region=None, output=None)
    return outcome


def _parsed(option: str, text: str | None, parse: Callable[[str], Value]) -> Value | None:
    """Return what the value of *option* means; an empty one, as of a variable that is not set, is no value."""
    if text is None:
        return None
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}", hint=error.hint) from None


def _with_session_profile(profile: Profile, name: str | None) -> Profile:
    if name is None:
        return profile
    check_portable_profile_name(name)
    if name == profile.name:
        raise UsageError(
            f"the session of {name} cannot be written over {name} itself",
            hint=f"choose another name, such as {name}-mfa",
        )
    return replace(profile, session_profile=name)


def _remember(
    app: AppContext,
    configured: Profile,
    request: LoginRequest,
    outcome: LoginResult,
    *,
    region: str | None,
    output: str | None,
) -> None:
    """Write down what was chosen, so that the next login and every other command need not be told."""
    # A login that was killed at this very point has its session, and the next one writes nothing.
    for file in (app.credentials_file, app.config_file):
        remove_temp_files(file)
    chosen = {"region": region, "output": output}
    try:
        app.settings.change(request.profile.session_profile, {key: value for key, value in chosen.items() if value})
        if request.profile.session_profile != configured.session_profile:
            app.settings.change(configured.name, {"mfa_session_profile": request.profile.session_profile})
        remember_device(app, configured.user, outcome)
    except ConfigurationError as error:
        # The session is there, and good without it.
        warn(f"what you chose is not remembered: {error}", hint=error.hint)


def announce(profile: Profile, outcome: LoginResult, *, region_is_known: bool) -> None:
    """Say until when the session lives, and what to type next."""
    expiration, present = outcome.credentials.expiration.timestamp(), now().timestamp()
    name = escape_control(profile.session_profile)
    if outcome.kept:
        write_stderr(session_kept_message(name, expiration, now=present))
        return
    write_stderr(f"Logged in. Profile {name} is valid {format_expiration(expiration, now=present)}.")
    use = "" if name == "default" else f" --profile {name}"
    # Without one, the AWS CLI does not know where to ask; with a region that was not chosen, most else would be wrong.
    somewhere = "" if region_is_known else " --region us-east-1"
    write_stderr(f"mfa-session: try it: aws sts get-caller-identity{use}{somewhere}")
