"""`mfa-session credential-process`: answer an AWS tool."""

from datetime import timedelta

import typer

from mfa_session.aws_files.profile_settings import check_nothing_shadows
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import shared_session
from mfa_session.cli.options import RequiredProfile
from mfa_session.cli.output import write_stdout
from mfa_session.sessions.login import LoginRequest
from mfa_session.sessions.single_flight import LEAST_REMAINING

EXAMPLE = "Example, in ~/.aws/config: credential_process = /usr/bin/mfa-session credential-process --profile test-user"

# Go and Terraform wait sixty seconds for the whole answer.
_PROMPT = timedelta(seconds=45)

_STDOUT = 1


def credential_process(context: typer.Context, profile: RequiredProfile) -> None:
    """Print the session as JSON, for AWS tools.

    Where there is no live session, a code is asked for.

    AWS tools run this; the question comes on the terminal that they were started from.
    Nothing but the document is ever written to stdout, and nothing at all to stderr
    when all is well. For a role profile, the line stands in a profile of another name:
    AWS tools differ in what they do with a role_arn and a credential_process in one.
    """
    app: AppContext = context.obj
    chosen = app.profile(profile)
    check_nothing_shadows(chosen, credentials_file=app.credentials_file, config_file=app.config_file)
    request = LoginRequest(chosen, min_remaining=LEAST_REMAINING, attempts=1)
    write_stdout(shared_session(app, request, timeout=_PROMPT, reader_fd=_STDOUT).document() + "\n")
