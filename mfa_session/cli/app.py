"""The program: one command of many, its options, and how it ends."""

import contextlib
import itertools
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mfa_session import __version__
from mfa_session.cli import core_dumps, output
from mfa_session.cli.context import AppContext
from mfa_session.errors import MFASessionError

# Accepted before and behind the command, as the AWS CLI does.
_GLOBAL_FLAGS = ("--debug", "--no-prompt")

# AWS tools start it, and show one line of stderr at the most.
_RUN_BY_TOOLS = "credential-process"

# Behind their own options comes a program, with or without `--` before it.
_RUN_A_PROGRAM = ("exec", "serve")

# In the order of `--help`, where Typer puts commands with commands of their own last.
COMMANDS = (
    "login",
    "credential-process",
    "exec",
    "serve",
    "console",
    "export",
    "status",
    "logout",
    "configure",
    "doctor",
    "demo",
    "device",
    "keys",
    "policy",
)

# `serve` and `exec` leave what comes behind the program's name to it.
_BEFORE_A_PROGRAM = {"allow_interspersed_args": False}


class _Program(TyperGroup):
    """The program, whose end by Ctrl-C is the same in every version of Typer."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise typer.Exit(output.interrupted(interrupt)) from None


def program(*names: str) -> typer.Typer:
    """Return the program with the commands of these *names*, or with all.

    Typer describes every command with all its options before any of them runs. Whoever
    wants one command need not wait for the others.
    """
    group = typer.Typer(
        name="mfa-session",
        cls=_Program,
        help="One MFA code, and every AWS tool on the machine works for the next twelve hours.",
        epilog="Begin with: mfa-session login --profile NAME. See it without an account: mfa-session demo.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # the same words without the 120 ms that rich takes to frame them
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.callback()(_globals)
    for name in names or COMMANDS:
        _add(name, to=group)
    return group


def _add(name: str, *, to: typer.Typer) -> None:
    match name:
        case "login":
            from mfa_session.cli.commands import login

            to.command(name, epilog=login.EXAMPLE)(login.login)
        case "credential-process":
            from mfa_session.cli.commands import credential_process

            to.command(name, epilog=credential_process.EXAMPLE)(credential_process.credential_process)
        case "exec":
            from mfa_session.cli.commands import exec as exec_

            to.command(name, epilog=exec_.EXAMPLE, context_settings=_BEFORE_A_PROGRAM)(exec_.exec_)
        case "serve":
            from mfa_session.cli.commands import serve

            to.command(name, epilog=serve.EXAMPLE, context_settings=_BEFORE_A_PROGRAM)(serve.serve)
        case "console":
            from mfa_session.cli.commands import console

            to.command(name, epilog=console.EXAMPLE)(console.console)
        case "export":
            from mfa_session.cli.commands import export

            to.command(name, epilog=export.EXAMPLE)(export.export)
        case "status":
            from mfa_session.cli.commands import status

            to.command(name, epilog=status.EXAMPLE)(status.status_)
        case "logout":
            from mfa_session.cli.commands import logout

            to.command(name, epilog=logout.EXAMPLE)(logout.logout)
        case "configure":
            from mfa_session.cli.commands import configure

            to.command(name, epilog=configure.EXAMPLE)(configure.configure)
        case "device":
            from mfa_session.cli.commands import device

            to.add_typer(device.device, name=name)
        case "keys":
            from mfa_session.cli.commands import keys

            to.add_typer(keys.keys, name=name)
        case "policy":
            from mfa_session.cli.commands import policy

            to.add_typer(policy.policy, name=name)
        case "doctor":
            from mfa_session.cli.commands import doctor

            to.command(name, epilog=doctor.EXAMPLE)(doctor.doctor)
        case "demo":
            from mfa_session.cli.commands import demo

            to.command(name, epilog=demo.EXAMPLE)(demo.demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mfa-session {__version__}")
        raise typer.Exit


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
    core_dumps.forbid(context)
    if debug:
        _log_to_stderr()
    context.obj = AppContext(os.environ, no_prompt=no_prompt)


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
    named = arguments[len(flags) : len(flags) + 1]
    one_line = named == [_RUN_BY_TOOLS]
    output.quote_no_mistakes(tell="--debug" in flags)
    if "--debug" not in flags:
        # A library's deprecation is not the user's business, and one line of it on stderr breaks an AWS SDK.
        warnings.simplefilter("ignore")
    try:
        result = program(*(name for name in named if name in COMMANDS))(arguments, standalone_mode=False)
    except MFASessionError as error:
        output.print_error(str(error), hint=error.hint, on_one_line=one_line)
        return output.exit_code(error)
    except KeyboardInterrupt as interrupt:
        return output.interrupted(interrupt)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # as older versions of Typer hand it on
            return output.INTERRUPTED
        if type(error).__name__ == "NoArgsIsHelpError":  # the name alone is public
            output.write_stderr(str(error))
            return output.USAGE
        if message := _usage_message(error):
            output.print_error(message, hint="see: mfa-session --help", on_one_line=one_line)
            return output.USAGE
        if "--debug" in flags:
            output.tell_where(error)
        if output.is_out_of_memory(error):
            output.report_out_of_memory(on_one_line=one_line)
            return output.GENERAL
        output.print_internal_error(error, on_one_line=one_line)
        return output.GENERAL
    return result if isinstance(result, int) else 0


def leave(code: int) -> int:
    """Return *code*, or end the process with it at once where a thread still imports or waits for AWS.

    The interpreter can crash when it takes itself down under a thread that is in the middle
    of loading a library; nothing that such a thread might still do is wanted.
    """
    import threading

    if threading.active_count() > 1:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    output.give_up_on_what_cannot_be_written()
    return code


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
