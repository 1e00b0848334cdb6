"""Entry point: answers from a live session at once, or runs the full program.

`credential-process` runs for each AWS tool, `exec` and `login` for each alias, and most of
them find a live session. Their plainest forms are answered here; every other call goes to the
full program, which does the same and more. Modules of ours are imported inside `main`, so
that Ctrl-C is handled while they load, and only those that a call needs.
"""

import os
import sys
import time

# A login makes 60,000 objects, most of them imported and none of them garbage; `serve` goes on to make more.
_OBJECTS_BEFORE_COLLECTING = 100_000

# `login` keeps a session that has more left; `--min-remaining` says otherwise to the program.
_WORTH_KEEPING_SECONDS = 900.0

# The AWS CLI's exit code for Ctrl-C.
_INTERRUPTED = 130

_NO_MEMORY = (
    b"mfa-session: error: out of memory\n"
    b"mfa-session: hint: end other programs, or raise the limit (see: ulimit -v), then run this again\n"
)
_MISTAKE = (
    b"mfa-session: error: internal error: %b\nmfa-session: hint: please report it, with the command that you ran\n"
)


def main() -> int:
    """Run `mfa-session` with the arguments of this process, and return its exit code."""
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:  # that came before the program could hear of it
        if os.isatty(2):
            os.write(2, b"\n")  # after the key, which the terminal has shown as ^C
        return _INTERRUPTED
    except MemoryError:
        _write(2, _NO_MEMORY)
        return 255
    except Exception as error:  # so wrong that not even the program could tell of it; the message may quote anything
        _write(2, _MISTAKE % type(error).__name__.encode())
        return 255


def _run(arguments: list[str]) -> int:
    if _is_answered(arguments):
        return 0
    _hold_closed_streams()
    import gc

    # Looking through all that is imported, a dozen times on the way and twice at the end, takes a quarter of the time.
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING)
    from mfa_session.cli.app import leave, run

    try:
        return leave(run(arguments))
    finally:
        gc.freeze()


def _hold_closed_streams() -> None:
    """Keep the number of a standard stream that is closed from going to a file of ours, or to the terminal.

    What is written to that stream would be written there: a session, for one.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # Of the free numbers the lowest is given; read-only, so that a write fails as if it were closed.
            os.open(os.devnull, os.O_RDONLY)


def _is_answered(arguments: list[str]) -> bool:
    """Do what the arguments ask, if it is simple and all goes well; ``False`` leaves it to the program."""
    try:
        return _answer(arguments)
    except Exception:  # the program does the same again, and can explain
        return False


def _answer(arguments: list[str]) -> bool:
    """Do what the arguments ask where a live session is enough for it; ``False`` leaves it to the program."""
    command = arguments[0] if arguments else ""
    if command == "credential-process":
        return _answer_credential_process(arguments[1:])
    if command == "exec":
        return _answer_exec(arguments[1:])
    if command == "login":
        return _answer_login(arguments[1:])
    if command == "status":
        return _answer_status(arguments[1:])
    return False


def _answer_credential_process(options: list[str]) -> bool:
    profile, rest = _profile(options)
    if profile is None or rest:
        return False
    from mfa_session.cached_answer import cached_session, document

    session = cached_session(profile, dict(os.environ), now=time.time())
    answer = document(session) if session is not None else None
    return answer is not None and _write(1, answer)


def _answer_exec(options: list[str]) -> bool:
    environ = dict(os.environ)
    profile, rest = _profile_or_first_word(options, environ, before=["--"])
    if not profile or len(rest) < 2 or rest[0] != "--":
        return False
    from mfa_session.cached_answer import cached_session

    session = cached_session(profile, environ, now=time.time())
    if session is None:
        return False
    from mfa_session.environment import child_environment
    from mfa_session.exec_program import replace_process

    replace_process(rest[1:], child_environment(environ, session, region=session.get("region")))
    return False


def _answer_login(options: list[str]) -> bool:
    spoken = [option for option in options if option not in ("--quiet", "-q")]
    environ = dict(os.environ)
    profile, rest = _profile_or_first_word(spoken, environ, before=[])
    if not profile or rest:
        return False
    from mfa_session.cached_answer import cached_session, is_tidy

    now = time.time()
    session = cached_session(profile, environ, now=now)
    if session is None or float(session["expiration"]) - now <= _WORTH_KEEPING_SECONDS or not is_tidy(environ):
        return False
    if len(spoken) < len(options):
        return True
    from mfa_session.text import session_kept_message

    kept = session_kept_message(session["session_profile"], float(session["expiration"]), now=now)
    return _write(2, f"{kept}\n".encode())


def _answer_status(options: list[str]) -> bool:
    if "--short" not in options:
        return False
    environ = dict(os.environ)
    plain = [option for option in options if option != "--short"]
    profile, rest = _profile_or_first_word(plain, environ, before=[])
    if not profile or rest:
        return False
    from mfa_session.cached_answer import cached_session
    from mfa_session.text import short_duration

    now = time.time()
    session = cached_session(profile, environ, now=now)
    return session is not None and _write(1, f"live {short_duration(float(session['expiration']) - now)}\n".encode())


def _write(descriptor: int, text: bytes) -> bool:
    """Write all of *text*; ``False`` when nothing of it could be written, so that the program can say why."""
    written = 0
    try:
        while written < len(text):
            written += os.write(descriptor, text[written:])
    except OSError:
        if written:
            sys.exit(255)
        return False
    return True


def _profile(options: list[str]) -> tuple[str | None, list[str]]:
    """Return the value of a leading `--profile`, and what stands behind it."""
    if options[:1] == ["--profile"] and len(options) > 1 and not options[1].startswith("-"):
        return options[1], options[2:]
    if options and options[0].startswith("--profile="):
        return options[0][len("--profile=") :], options[1:]
    return None, options


def _profile_or_first_word(options: list[str], environ: dict[str, str], *, before: list[str]) -> tuple[str, list[str]]:
    """Return the profile that *options* or the environment name, and the rest.

    The first word is one, too, where exactly *before* follows; an empty profile is to be declined.
    """
    if options and not options[0].startswith("-") and options[1:2] == before:
        return options[0], options[1:]
    profile, rest = _profile(options)
    return profile or _default_profile(environ) or "", rest


def _default_profile(environ: dict[str, str]) -> str | None:
    """Return the profile that botocore takes; ``None`` to decline where its two variables differ: that is told."""
    first, second = environ.get("AWS_DEFAULT_PROFILE"), environ.get("AWS_PROFILE")
    if first and second and first != second:
        return None
    return first or second or "default"


if __name__ == "__main__":
    sys.exit(main())
