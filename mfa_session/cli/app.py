"""The program: one command of many, its options, and how it ends."""

import contextlib
import itertools
import logging
import os
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from typing import Annotated, Any

import typer
import typer.main
from typer.completion import completion_init  # type: ignore[attr-defined]  # not re-exported

from mfa_session import __version__
from mfa_session.aws_files.files import remembering_reads
from mfa_session.cli import core_dumps, output
from mfa_session.cli.lazy_commands import Command, Group, LazyGroup
from mfa_session.cli.options import profile_names
from mfa_session.errors import BrokenOutputPipeError, MFASessionError, UsageError

# Accepted before and behind the command, as the AWS CLI does.
_GLOBAL_FLAGS = ("--debug", "--no-prompt")

# Of the commands that run a program. The word behind one is not the program.
VALUE_OPTIONS = ("--profile", "--ssh")

# Shells evaluate what it prints.
_EXPORT = "export"

# AWS tools start it, and show one line of stderr at the most.
_RUN_BY_TOOLS = "credential-process"


# In the order of `--help`, which loads none of these modules.
COMMANDS: dict[str, Command | Group] = {
    "login": Command("login:login", "Get a session with an MFA code."),
    "credential-process": Command(
        "credential_process:credential_process", "Print the session as JSON, for AWS tools.", profile_first=False
    ),
    "exec": Command("exec:exec_", "Run a command with the session.", runs_a_program=True),
    "serve": Command("serve:serve", "Run a command with auto-renewing credentials.", runs_a_program=True),
    "console": Command("console:console", "Open the AWS console in the browser, as a role."),
    "export": Command("export:export", "Print the session as variables for a shell."),
    "status": Command("status:status_", "Show sessions and expiry."),
    "logout": Command("logout:logout", "Remove the session from the credentials file."),
    "configure": Command(
        "configure:configure", "Choose the settings of a profile, or of a new one.", profile_first=True
    ),
    "doctor": Command("doctor:doctor", "Diagnose a profile."),
    "demo": Command("demo:demo", "See the whole story, without an AWS account."),
    "device": Group(
        {
            "list": Command("device:list_", "List the MFA devices of the user."),
            "add": Command("device:add", "Add a virtual MFA device, and log in with it."),
            "resync": Command("device:resync", "Resynchronize a device with AWS."),
            "remove": Command("device:remove", "Remove a device, and delete it if it is virtual."),
        },
        "List, add, resynchronize and remove MFA devices.",
        "Example: mfa-session device add --profile test-user",
    ),
    "keys": Group(
        {
            "add": Command(
                "keys_add:add", "Store the long-term key of a profile, or of a new one.", profile_first=True
            ),
            "import": Command(
                "keys_import:import_", "Move a long-term key from a plain file into the store.", profile_first=True
            ),
            "list": Command("keys_list:list_", "List long-term keys, with age and store."),
            "move": Command(
                "keys_move:move", "Move a key to the OS keyring or the encrypted file.", profile_first=True
            ),
            "rotate": Command("keys_rotate:rotate", "Replace a long-term key by a new one."),
            "remove": Command("keys_remove:remove", "Delete a long-term key from its store."),
        },
        "Add, import, list, move, rotate and remove keys.",
        "Example: mfa-session keys import --profile test-user",
    ),
    "policy": Group(
        {
            "show": Command("policy:show", "Print a policy that enforces MFA."),
            "check": Command("policy:check_", "Check what policies allow without MFA."),
            "users": Command("policy_rollout:users", "Show which users of a group are ready for MFA."),
            "apply": Command("policy_rollout:apply", "Apply the safe policy to a group."),
            "remove": Command("policy_rollout:remove", "Detach the policy from a group again."),
        },
        "Show, check, apply and remove policies that enforce MFA.",
        "Example: mfa-session policy check --group developers --profile test-user",
    ),
}


class _Program(LazyGroup):
    """The program, whose end by Ctrl-C is the same in every version of Typer."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(table=COMMANDS, **attributes)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise typer.Exit(output.interrupted(interrupt)) from None


def program() -> typer.Typer:
    """Return the program with all its commands."""
    group = typer.Typer(
        name="mfa-session",
        cls=_Program,
        help="One MFA code, and every AWS tool on the machine works for the next twelve hours.",
        epilog="Begin with: mfa-session login --profile NAME. See it without an account: mfa-session demo.",
        invoke_without_command=True,
        add_completion=False,  # Typer's own would change the execution policy of PowerShell
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # the same words without the 120 ms that rich takes to frame them
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.callback()(_globals)
    completion_init()  # the shells that ask for completions, which add_completion brings too
    return group


def _install_completion(wanted: bool) -> None:
    if wanted:
        from mfa_session.cli.completion import install_completion  # 20 ms that other commands do without

        install_completion()


def _show_completion(wanted: bool) -> None:
    if wanted:
        from mfa_session.cli.completion import show_completion  # the same

        show_completion()


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
    install_completion: Annotated[  # noqa: ARG001  the same
        bool,
        typer.Option("--install-completion", callback=_install_completion, help="Install completion for this shell."),
    ] = False,
    show_completion: Annotated[  # noqa: ARG001  the same
        bool, typer.Option("--show-completion", callback=_show_completion, help="Print the completion of this shell.")
    ] = False,
) -> None:
    # Imported here: `--help` does without it, whose budget of 10 interpreters it would take 2 of.
    from mfa_session.cli.context import AppContext

    core_dumps.forbid(context)
    if debug:
        _log_to_stderr()
    if context.invoked_subcommand != "serve":  # which runs for hours, and what is remembered has keys in it
        context.with_resource(remembering_reads())
    context.obj = AppContext(os.environ, no_prompt=no_prompt)
    if context.invoked_subcommand is None:
        _show_what_is_there(context)


def _show_what_is_there(context: typer.Context) -> None:
    """Show the sessions and the next command, or the help where there is nothing yet."""
    from mfa_session.cli.commands.status import show_overview  # of a call without a command alone

    if not show_overview(context.obj):
        output.write_stderr(context.get_help())
        raise typer.Exit(output.USAGE)


def _log_to_stderr() -> None:
    # Only our own logger: botocore's, at this level, would write down token codes and secrets.
    ours = logging.getLogger("mfa_session")
    ours.setLevel(logging.DEBUG)
    ours.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("mfa-session: debug: %(message)s"))
    ours.addHandler(handler)


def run(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name, and return the exit code."""
    arguments = _with_profile_before_a_program(_with_global_flags_first(arguments))
    code = _run(arguments)
    if code and _EXPORT in itertools.islice(itertools.dropwhile(_GLOBAL_FLAGS.__contains__, arguments), 1):
        from mfa_session.cli.commands.export import fail_the_shell  # the command has loaded it

        with contextlib.suppress(MFASessionError):
            fail_the_shell(arguments)
    return code


def _run(arguments: Sequence[str]) -> int:
    flags = list(itertools.takewhile(_GLOBAL_FLAGS.__contains__, arguments))
    named = arguments[len(flags) : len(flags) + 1]
    one_line = named == [_RUN_BY_TOOLS]
    as_json = "--json" in arguments[: _end_of_ours(arguments)]
    output.quote_no_mistakes(tell="--debug" in flags)
    if "--debug" not in flags:
        # A library's deprecation is not the user's business, and one line of it on stderr breaks an AWS SDK.
        warnings.simplefilter("ignore")
    try:
        # In a context of its own: which profile hints name ends with the run.
        result = copy_context().run(program(), arguments, standalone_mode=False)
    except BrokenOutputPipeError:
        return 0
    except MFASessionError as error:
        return output.report(error, as_json=as_json, on_one_line=one_line)
    except KeyboardInterrupt as interrupt:
        return output.interrupted(interrupt)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # as older versions of Typer hand it on
            return output.INTERRUPTED
        if type(error).__name__ == "NoArgsIsHelpError":  # the name alone is public
            output.write_stderr(str(error))
            return output.USAGE
        if message := _usage_message(error):
            hint = f"see: {_command_path(arguments[len(flags) :])} --help"
            if as_json:
                output.print_json_error(UsageError(message, hint=hint), message, hint=hint, code=output.USAGE)
            else:
                output.print_error(message, hint=hint, on_one_line=one_line)
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


def _with_profile_before_a_program(arguments: list[str]) -> list[str]:
    """Return *arguments* with ``exec work -- …`` and ``exec work`` written as ``exec --profile work …``."""
    start = _end_of_ours(arguments)
    words = [each for each in arguments[:start] if each not in _GLOBAL_FLAGS]
    entry = COMMANDS.get(words[0]) if words else None
    if not isinstance(entry, Command) or not entry.runs_a_program or "--" in words or start >= len(arguments):
        return arguments
    word, behind = arguments[start], arguments[start + 1 :]
    is_profile = behind[:1] == ["--"] if behind else word in profile_names("")
    return [*arguments[:start], "--profile", word, *behind] if is_profile else arguments


def _end_of_ours(arguments: Sequence[str]) -> int:
    """Return where the arguments of another program begin; those look like options of ours, and are not."""
    plain = [number for number, argument in enumerate(arguments) if argument not in _GLOBAL_FLAGS]
    named = COMMANDS.get(arguments[plain[0]]) if plain else None
    if isinstance(named, Command) and named.runs_a_program:
        for before, number in itertools.pairwise(plain):
            if arguments[before] not in VALUE_OPTIONS and not arguments[number].startswith("-"):
                return number
    return arguments.index("--") if "--" in arguments else len(arguments)


def _usage_message(error: Exception) -> str | None:
    # Typer keeps its usage errors in a private module whose place differs between versions.
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        return None
    message = str(format_message())
    return message[:1].lower() + message[1:].rstrip(".")


def _command_path(words: Sequence[str]) -> str:
    """Return the command that *words* begin with, as it is typed, without what follows it."""
    path = ["mfa-session"]
    table: Mapping[str, Command | Group] = COMMANDS
    for word in words:
        entry = table.get(word)
        if entry is None:
            break
        path.append(word)
        table = entry.commands if isinstance(entry, Group) else {}
    return " ".join(path)
