"""`mfa-session credential-process`: answer an AWS tool."""

from datetime import timedelta

import typer

from mfa_session.aws_files.profile_settings import check_nothing_shadows
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import shared_session
from mfa_session.cli.options import RequiredProfile
from mfa_session.cli.output import write_stdout
from mfa_session.errors import MFASessionError, ReaderGoneError, hint_command
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.prompt.prompt import Deadline
from mfa_session.sessions.login import LoginRequest
from mfa_session.sessions.single_flight import LEAST_REMAINING

EXAMPLE = "Example, in ~/.aws/config: credential_process = /usr/bin/mfa-session credential-process --profile test-user"

# Go and Terraform wait sixty seconds for the whole answer.
_PROMPT = timedelta(seconds=45)

_STDOUT = 1


def credential_process(context: typer.Context, profile: RequiredProfile) -> None:
    """Print the session as JSON, for AWS tools.

    Without a valid session, it prompts for an MFA code on the terminal that the tool was
    started from. Only the JSON is written to stdout, and nothing to stderr on success. For a
    role, write the credential_process line into a profile without role_arn: AWS tools differ
    in what they do with both in one profile.
    """
    app: AppContext = context.obj
    chosen = app.profile(profile)
    check_nothing_shadows(chosen, credentials_file=app.credentials_file, config_file=app.config_file)
    app.deadline = Deadline.beginning_now(_PROMPT, reader_fd=_STDOUT)
    write_stdout(_session(app, chosen).document() + "\n", whole=True)


def _session(app: AppContext, profile: Profile) -> SessionCredentials:
    """Return the session; if it fails after a question, say so on the terminal: many tools hide stderr."""
    try:
        return shared_session(app, LoginRequest(profile, min_remaining=LEAST_REMAINING))
    except ReaderGoneError:
        command = hint_command("login", profile=profile.name)
        app.tell_where_asked(f"The program that asked has stopped waiting. Run: {command}")
        raise ReaderGoneError("the program that asked has stopped waiting", hint=f"run: {command}") from None
    except MFASessionError as error:
        hint = f"; {error.hint}" if error.hint else ""
        app.tell_where_asked(f"mfa-session: error: {error}{hint}")
        raise
