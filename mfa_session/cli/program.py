"""The program: one command of many, its options, and how it ends."""

import itertools
import os
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from mfa_session import __version__
from mfa_session.cli import configure as _configure
from mfa_session.cli import console as _console
from mfa_session.cli import credential_process as _credential_process
from mfa_session.cli import demo as _demo
from mfa_session.cli import device as _device
from mfa_session.cli import doctor as _doctor
from mfa_session.cli import endings
from mfa_session.cli import exec as _exec
from mfa_session.cli import export as _export
from mfa_session.cli import keys as _keys
from mfa_session.cli import login as _login
from mfa_session.cli import logout as _logout
from mfa_session.cli import policy as _policy
from mfa_session.cli import serve as _serve
from mfa_session.cli import status as _status
from mfa_session.cli.parts import Parts
from mfa_session.errors import MFASessionError

# Accepted before and behind the command, as the AWS CLI does.
_GLOBAL_FLAGS = ("--debug", "--no-prompt")

# AWS tools start it, and show one line of stderr at the most.
_RUN_BY_TOOLS = "credential-process"

# Behind their own options comes a program, with or without `--` before it.
_RUN_A_PROGRAM = ("exec", "serve")

program = typer.Typer(
    name="mfa-session",
    help="One MFA code, and every AWS tool on the machine works for the next twelve hours.",
    epilog="Begin with: mfa-session login --profile NAME. See it without an account: mfa-session demo.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the same words without the 120 ms that rich takes to frame them
    context_settings={"help_option_names": ["-h", "--help"]},
)
program.command("login", epilog=_login.EXAMPLE)(_login.login)
program.command("credential-process", epilog=_credential_process.EXAMPLE)(_credential_process.credential_process)
program.command("exec", epilog=_exec.EXAMPLE, context_settings={"allow_interspersed_args": False})(_exec.exec_)
program.command("serve", epilog=_serve.EXAMPLE, context_settings={"allow_interspersed_args": False})(_serve.serve)
program.command("console", epilog=_console.EXAMPLE)(_console.console)
program.command("export", epilog=_export.EXAMPLE)(_export.export)
program.command("status", epilog=_status.EXAMPLE)(_status.status_)
program.command("logout", epilog=_logout.EXAMPLE)(_logout.logout)
program.command("configure", epilog=_configure.EXAMPLE)(_configure.configure)
program.add_typer(_device.device, name="device")
program.add_typer(_keys.keys, name="keys")
program.add_typer(_policy.policy, name="policy")
program.command("doctor", epilog=_doctor.EXAMPLE)(_doctor.doctor)
program.command("demo", epilog=_demo.EXAMPLE)(_demo.demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mfa-session {__version__}")
        raise typer.Exit


@program.callback()
def _globals(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Tell on stderr what is done; never a secret.")] = False,
    no_prompt: Annotated[
        bool,
        typer.Option("--no-prompt", envvar="MFA_SESSION_NO_PROMPT", help="Ask nothing; fail where a question is left."),
    ] = False,
    version: Annotated[  # noqa: ARG001  its callback does it all
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    if debug:
        _log_to_stderr()
    context.obj = Parts(os.environ, no_prompt=no_prompt)


def _log_to_stderr() -> None:
    import logging

    # Only our own logger: botocore's, at this level, would write down token codes and secrets.
    ours = logging.getLogger("mfa_session")
    ours.setLevel(logging.DEBUG)
    ours.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("mfa-session: debug: %(message)s"))
    ours.addHandler(handler)


def run(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name, and return the exit code."""
    arguments = _with_global_flags_first(arguments)
    flags = list(itertools.takewhile(_GLOBAL_FLAGS.__contains__, arguments))
    one_line = arguments[len(flags) : len(flags) + 1] == [_RUN_BY_TOOLS]
    if "--debug" not in flags:
        # A library's deprecation is not the user's business, and one line of it on stderr breaks an AWS SDK.
        warnings.simplefilter("ignore")
    try:
        result = program(arguments, standalone_mode=False)
    except MFASessionError as error:
        endings.report(str(error), hint=error.hint, on_one_line=one_line)
        return endings.exit_code(error)
    except KeyboardInterrupt:
        return endings.INTERRUPTED
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # as older versions of Typer hand it on
            return endings.INTERRUPTED
        if type(error).__name__ == "NoArgsIsHelpError":  # the name alone is public
            endings.say(str(error))
            return endings.USAGE
        if message := _usage_message(error):
            endings.report(message, hint="see: mfa-session --help", on_one_line=one_line)
            return endings.USAGE
        if "--debug" in flags:
            raise
        # A mistake of ours. Its message may quote anything, and is not shown unasked.
        endings.report(
            f"internal error: {type(error).__name__}", hint="run it again with --debug, and report what it says"
        )
        return endings.GENERAL
    return result if isinstance(result, int) else 0


def _with_global_flags_first(arguments: Sequence[str]) -> list[str]:
    end = _end_of_ours(arguments)
    ours = [argument for argument in arguments[:end] if argument in _GLOBAL_FLAGS]
    rest = [argument for argument in arguments[:end] if argument not in _GLOBAL_FLAGS]
    return [*ours, *rest, *arguments[end:]]


def _end_of_ours(arguments: Sequence[str]) -> int:
    """Return where the arguments of another program begin; those look like options of ours, and are not."""
    plain = [number for number, argument in enumerate(arguments) if argument not in _GLOBAL_FLAGS]
    if plain and arguments[plain[0]] in _RUN_A_PROGRAM:
        for before, number in itertools.pairwise(plain):
            if arguments[before] != "--profile" and not arguments[number].startswith("-"):
                return number
    return arguments.index("--") if "--" in arguments else len(arguments)


def _usage_message(error: Exception) -> str | None:
    # Typer keeps its usage errors in a private module whose place differs between versions.
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        return None
    message = str(format_message())
    return message[:1].lower() + message[1:].rstrip(".")
