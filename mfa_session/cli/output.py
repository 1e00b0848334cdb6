"""How a command ends: the exit code, and on stderr what happened with what to do about it."""

import errno
import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mfa_session.errors import (
    AWSError,
    BrokenOutputPipeError,
    ConfigurationError,
    MFASessionError,
    OutputError,
    PromptCancelledError,
    PromptInterruptedError,
    QuestionInterrupt,
    StoreError,
    UsageError,
)
from mfa_session.text import escape_control

# The AWS CLI's: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
CANCELLED = 1
USAGE = 2
INTERRUPTED = 130
CONFIGURATION = 253
SERVICE = 254
GENERAL = 255

# Fields are added within a version, and never removed or renamed.
_JSON_VERSION = 1

_LONG_WAIT_SECONDS = 1.0

# What the loader of shared libraries says.
_NO_MEMORY_FOR_A_LIBRARY = ("cannot allocate memory", "failed to map segment")


def exit_code(error: MFASessionError) -> int:
    """Return the exit code of the AWS CLI for an error of this family."""
    match error:
        case UsageError():
            return USAGE
        case PromptInterruptedError():
            return INTERRUPTED
        case PromptCancelledError():
            return CANCELLED
        case ConfigurationError() | StoreError():
            return CONFIGURATION
        case AWSError():
            return SERVICE
    return GENERAL


def report(error: MFASessionError, *, about: str = "", as_json: bool = False, on_one_line: bool = False) -> int:
    """Print *error*, and return its exit code; a cancelled question is no error, except for AWS tools.

    *about* is a profile, where a command works for several.
    """
    code, about = exit_code(error), about and f"{about}: "
    if as_json:
        print_json_error(error, f"{about}{error}", hint=error.hint, code=code)
    elif isinstance(error, PromptCancelledError) and not on_one_line:
        text = f"{about}{error}"
        write_stderr(f"{text[0] if about else text[0].upper()}{escape_control(text[1:])}.")
        if error.hint:
            write_stderr(f"mfa-session: hint: {escape_control(error.hint)}")
    else:
        print_error(f"{about}{error}", hint=error.hint, on_one_line=on_one_line)
    return code


def print_error(message: str, *, hint: str | None, on_one_line: bool = False) -> None:
    """Say on stderr, once, what went wrong; *on_one_line* for AWS tools, which show only the first or the last."""
    error = f"mfa-session: error: {escape_control(message)}"
    if hint and on_one_line:
        write_stderr(f"{error}; {escape_control(hint)}")
        return
    write_stderr(error)
    if hint:
        write_stderr(f"mfa-session: hint: {escape_control(hint)}")


def print_internal_error(error: Exception, *, on_one_line: bool = False) -> None:
    """Say on stderr that *error* is a mistake of ours. Its message may quote anything, and is never shown."""
    print_error(
        f"internal error: {type(error).__name__}",
        hint="run it again with --debug, and report what it says",
        on_one_line=on_one_line,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether *error* came because the system gave no more memory, in whatever way Python says so."""
    return any(
        isinstance(each, MemoryError)
        or (isinstance(each, OSError) and (each.errno == errno.ENOMEM or "malloc failure" in str(each)))  # OpenSSL's
        or (isinstance(each, ImportError) and any(words in str(each).lower() for words in _NO_MEMORY_FOR_A_LIBRARY))
        or (isinstance(each, RuntimeError) and str(each) == "can't start new thread")
        for each in _with_causes(error)
    )


def report_out_of_memory(*, on_one_line: bool = False) -> None:
    """Say on stderr that there was not enough memory for what was asked."""
    print_error(
        "out of memory",
        hint="end other programs, or raise the limit (see: ulimit -v), then run this again",
        on_one_line=on_one_line,
    )


def quote_no_mistakes(*, tell: bool) -> None:
    """Keep Python from quoting what goes wrong on a thread, or while an object goes; *tell* where it was, if anything.

    The caller that joins the thread reports it.
    """

    def failed(what: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
        if tell and what.exc_value is not None:
            tell_where(what.exc_value)

    threading.excepthook = failed
    sys.unraisablehook = failed


def tell_where(error: BaseException) -> None:
    """Say on stderr where *error* was raised, and what it came from: a traceback without the messages."""
    for each in _with_causes(error):
        write_stderr(f"mfa-session: debug: {type(each).__name__}, raised in")
        for frame in traceback.extract_tb(each.__traceback__):
            write_stderr(f"mfa-session: debug:   {escape_control(frame.filename)}:{frame.lineno} {frame.name}")


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def interrupted(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code for Ctrl-C, and leave the line in which a terminal has shown the key as ``^C``."""
    if not isinstance(interrupt, QuestionInterrupt) and sys.stderr is not None and sys.stderr.isatty():
        write_stderr("")
    return INTERRUPTED


def write_json(**fields: object) -> None:
    """Write the document of `--json` to stdout: docs/reference/json.md.

    Raises:
        OutputError: not all of it could be written.
    """
    write_stdout(json.dumps({"version": _JSON_VERSION, **fields}, indent=2) + "\n")


def print_json_error(error: Exception, message: str, *, hint: str | None, code: int) -> None:
    """Write an error to stderr as one line of JSON, for a command that was run with `--json`."""
    fields = {
        "name": type(error).__name__,
        "message": message,
        "fix": hint or None,
        "code": error.code if isinstance(error, AWSError) else None,
        "exit_code": code,
    }
    write_stderr(json.dumps({"version": _JSON_VERSION, "error": fields}))


def warn(what: str, *, hint: str) -> None:
    """Say on stderr what did not go as it should, but kept the command from nothing."""
    write_stderr(f"mfa-session: {escape_control(what)}")
    write_stderr(f"mfa-session: hint: {escape_control(hint)}")


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Show *what* is waited for on the terminal where the block takes more than a second, and erase it afterwards.

    Only on the main thread: what other threads wait for would stand in the lines that it prints.
    """
    if sys.stderr is None or not sys.stderr.isatty() or threading.current_thread() is not threading.main_thread():
        yield
        return
    lock = threading.Lock()
    is_over = is_shown = False

    def show() -> None:
        nonlocal is_shown
        with lock:
            if not is_over:
                is_shown = True
                _write_on_terminal(what)

    timer = threading.Timer(_LONG_WAIT_SECONDS, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            is_over = True
        if is_shown:
            _write_on_terminal(f"\r{' ' * len(what)}\r")  # a dumb terminal has no sequence that erases


def _write_on_terminal(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(text)
        sys.stderr.flush()


def write_stdout(text: str, *, whole: bool = False) -> None:
    """Write *text*, the thing that was asked for, to stdout.

    A reader that closes the pipe, such as ``head``, has what it needs, unless only the *whole* text is of use.

    Raises:
        OutputError: not all of it could be written.
    """
    # Not through sys.stdout, which is None when the descriptor is closed, and then says nothing.
    left = text.encode(getattr(sys.stdout, "encoding", None) or "utf-8", errors="backslashreplace")
    try:
        if sys.platform == "win32" and sys.stdout is not None and sys.stdout.isatty():
            # A console takes what comes by the descriptor for text of its code page.
            sys.stdout.write(left.decode(sys.stdout.encoding))
            sys.stdout.flush()
            return
        while left:
            left = left[os.write(1, left) :]
    except OSError as error:
        if isinstance(error, BrokenPipeError) and not whole:
            raise BrokenOutputPipeError("the reader of the output has gone", hint="read all of the output") from error
        raise OutputError(
            f"the answer could not be written: {error.strerror}", hint="look at where the output goes"
        ) from error


def give_up_on_what_cannot_be_written() -> None:
    """Let Python not try, at its end, to write what stderr did not take: it would end with 120 for that."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except (OSError, ValueError):
        sys.stderr = None


def write_stderr(line: str) -> None:
    """Write one line to stderr; a stderr that is closed, full or gone is no reason to fail."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass
