"""The takeover: another program in the place of this one, with nothing of ours left in it."""

import os
import signal
import sys

# What the interpreter ignores. An ignored signal stays so in the program: `exec -- yes | head` would not end.
_IGNORED_BY_THE_INTERPRETER = ("SIGPIPE", "SIGXFSZ")


def replace_process(command: list[str], environ: dict[str, str]) -> OSError | ValueError:
    """Run *command* with the environment *environ* in the place of this program, or return why that cannot be."""
    if sys.platform == "win32":
        from mfa_session.system.commands import run_and_exit  # the other systems do without it

        return run_and_exit(command, environ)
    _keep_the_passphrase_back()
    for name in _IGNORED_BY_THE_INTERPRETER:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, environ)
    except (OSError, ValueError) as error:
        return error


def _keep_the_passphrase_back() -> None:
    """Let the descriptor with the passphrase, which only a login reads, end with this program."""
    number = os.environ.get("MFA_SESSION_PASSPHRASE_FD", "")
    if number.isdecimal() and len(number) <= 6 and int(number) > 2:
        try:
            os.set_inheritable(int(number), False)
        except OSError:
            return  # there is none
