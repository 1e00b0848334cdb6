"""`mfa-session configure`: the settings of one profile."""

from collections.abc import Mapping
from typing import Annotated

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_stderr
from mfa_session.cli.profile_form import NOTHING, Choices, Setting
from mfa_session.errors import ConfigurationError, PersonNeededError, UsageError, hint_command
from mfa_session.prompt.terminal import Terminal
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session configure --profile test-user --region eu-west-1 --credential-process"

_HOW_WITHOUT_A_TERMINAL = f"give the settings as options: {hint_command('configure', '--help', profile='')}"


def configure(
    context: typer.Context,
    profile: ProfileOption = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="AWS region.")] = None,
    output: Annotated[str | None, typer.Option(metavar="FORMAT", help="Output format of the AWS CLI.")] = None,
    mfa_serial: Annotated[
        str | None, typer.Option(metavar="ARN", help="MFA device: its ARN, or the number of a hardware token.")
    ] = None,
    mfa_process: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Program that prints a token code; not run now.")
    ] = None,
    code_source: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            help="What gives token codes: ykman, op (1Password), pass-otp or bw (Bitwarden), in the order to be tried; "
            "op:NAME for an item that is not named as the device is. Also terminal, pinentry, dialog.",
        ),
    ] = None,
    session_profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Profile that gets the session.  [default: the profile, and -mfa]"),
    ] = None,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long a session lasts: 43200, 12h, 90m; 15m to 36h.")
    ] = None,
    ours: Annotated[
        bool | None,
        typer.Option(
            "--credential-process/--no-credential-process",
            help="Whether mfa-session answers the AWS tools that use the profile.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Choose the settings of a profile, or of a new one.

    They are asked for one by one: Enter keeps what stands in the brackets, and "none"
    removes it. With any of the options nothing is asked, and '' or none removes the
    setting. Nothing is written unless all of it can be.
    """
    app: AppContext = context.obj
    choices = Choices(app, profile or app.profile_name())
    given = {
        "--region": region,
        "--output": output,
        "--mfa-serial": mfa_serial,
        "--mfa-process": mfa_process,
        "--code-source": code_source,
        "--session-profile": session_profile,
        "--duration": duration,
    }
    if ours is None and all(text is None for text in given.values()):
        with _terminal(app) as terminal:
            wanted = _asked(choices, terminal)
    else:
        wanted = _given(choices, given, ours=ours)
    _write(app, choices, wanted)


def _given(choices: Choices, given: Mapping[str, str | None], *, ours: bool | None) -> dict[str, str | None]:
    wanted = {}
    for setting in choices.settings:
        if (text := given[setting.option]) is not None:
            wanted[setting.key] = _parsed(setting, text)
    if ours is not None:
        wanted["credential_process"] = choices.credential_process(ours=ours)
    return wanted


def _parsed(setting: Setting, text: str) -> str | None:
    try:
        return setting.value(text)
    except UsageError as error:
        raise UsageError(f"{setting.option}: {error}", hint=error.hint) from None


def _terminal(app: AppContext) -> Terminal:
    if app.no_prompt:
        raise PersonNeededError(
            "settings required, but prompting is disabled (--no-prompt)", hint=_HOW_WITHOUT_A_TERMINAL
        )
    try:
        return Terminal.open()
    except PersonNeededError as error:
        raise PersonNeededError(str(error), hint=_HOW_WITHOUT_A_TERMINAL) from error


def _asked(choices: Choices, terminal: Terminal) -> dict[str, str | None]:
    """Ask for every setting, and return those that were answered with more than Enter."""
    if choices.is_new:
        terminal.tell(f"Profile {choices.name} is new.")
    wanted: dict[str, str | None] = {}
    for setting in choices.settings:
        wanted |= _asked_for(setting, terminal, present=choices.present.get(setting.key))
    return wanted | _asked_for_credential_process(choices, terminal)


def _asked_for(setting: Setting, terminal: Terminal, *, present: str | None) -> dict[str, str | None]:
    while True:
        answer = terminal.ask(f"{setting.question} [{present or NOTHING}]:")
        if not answer.strip():
            return {}
        try:
            return {setting.key: setting.value(answer)}
        except (UsageError, ConfigurationError) as error:
            terminal.tell(_sentence(error))


def _asked_for_credential_process(choices: Choices, terminal: Terminal) -> dict[str, str | None]:
    try:
        other = choices.credential_process(ours=not choices.is_answered)
    except ConfigurationError as error:
        terminal.tell(f"AWS tools cannot ask mfa-session for this profile. {_sentence(error)}")
        return {}
    question = f"Shall mfa-session answer the AWS tools that use profile {choices.name}?"
    agreed = terminal.confirm(question, default=choices.is_answered)
    return {} if agreed == choices.is_answered else {"credential_process": other}


def _sentence(error: UsageError | ConfigurationError) -> str:
    text = f"{error}; {error.hint}."
    return text[0].upper() + text[1:]


def _write(app: AppContext, choices: Choices, wanted: Mapping[str, str | None]) -> None:
    name = escape_control(choices.name)
    changed = {key: value for key, value in wanted.items() if value != choices.present.get(key)}
    if not changed:
        write_stderr(f"mfa-session: profile {name} stays as it is")
        return
    app.settings.change(choices.name, changed)
    app.settings.change(choices.session_profile, choices.copied(changed))
    write_stderr(f"mfa-session: profile {name} in {escape_control(str(app.config_file))}: {', '.join(changed)} changed")
    if "mfa_session_profile" in changed and choices.has_session:
        old = escape_control(choices.session_profile)
        remove = hint_command("logout", "--all", profile="")
        write_stderr(f"mfa-session: the session in {old} stays there; to remove it: {remove}")
