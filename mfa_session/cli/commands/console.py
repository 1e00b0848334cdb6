"""`mfa-session console`: the AWS console, as a role."""

import os
import webbrowser
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from mfa_session.aws.signin import SignIn
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import live_session
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_stderr, write_stdout
from mfa_session.environment import OURS
from mfa_session.errors import OutputError, hint_command
from mfa_session.model.credentials import SessionCredentials
from mfa_session.sessions.console_url import sign_in_url
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session console --profile admin"


def console(
    context: typer.Context,
    profile: ProfileOption = None,
    to_print: Annotated[bool, typer.Option("--print", help="Print the URL instead: a secret for 15 minutes.")] = False,
) -> None:
    """Open the AWS console in the browser, as a role.

    The role is taken with a code of its user, or with the session that is there. The
    console closes when the session of the role ends. AWS opens it in this way to roles
    only, never to a user.
    """
    app: AppContext = context.obj
    chosen = app.profile(profile)

    def sign_in_to(partition: str) -> Callable[[SessionCredentials], str]:
        return partial(SignIn(partition, app.endpoints(chosen)).url, region=chosen.region)

    url = sign_in_url(chosen, live_session=partial(live_session, app), sign_in_to=sign_in_to)
    if to_print:
        write_stdout(f"{url}\n", whole=True)
    else:
        _open(url, name=chosen.name)


def _open(url: str, *, name: str) -> None:
    for variable in OURS:
        os.environ.pop(variable, None)  # what opens the store is no business of a browser
    try:
        is_open = webbrowser.open(url)
    except (webbrowser.Error, OSError):
        is_open = False
    if not is_open:
        raise OutputError(
            "there is no browser that could be started here",
            hint=f"print the URL, and open it where there is one: {hint_command('console', '--print', profile=name)}",
        )
    write_stderr(f"mfa-session: the console is open in the browser, as {escape_control(name)}")
