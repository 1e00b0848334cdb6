"""`mfa-session credential-process`: answer an AWS tool."""

from datetime import timedelta
from functools import partial

import typer

from mfa_session.cli.desk import Desk, may_be_renewed, renewed_session
from mfa_session.cli.endings import put_out
from mfa_session.cli.options import RequiredProfile
from mfa_session.cli.parts import Parts, now
from mfa_session.credential_process import LEAST_REMAINING, answer
from mfa_session.credentials import SessionCredentials
from mfa_session.login import Login, Wish
from mfa_session.profiles import Profile
from mfa_session.store.shadows import check_nothing_shadows

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
    parts: Parts = context.obj
    chosen = parts.profile(profile)
    check_nothing_shadows(chosen, credentials_file=parts.credentials_file, config_file=parts.config_file)
    put_out(_session(parts, chosen).document() + "\n")


def _session(parts: Parts, profile: Profile) -> SessionCredentials:
    return answer(
        profile,
        sessions=parts.sessions,
        log_in=partial(_log_in, parts, profile),
        renew=partial(renewed_session, parts, profile) if may_be_renewed(profile) else None,
        lock=partial(parts.lock, profile),
        failed_logins=parts.failed_logins,
        clock=now,
    )


def _log_in(parts: Parts, profile: Profile) -> SessionCredentials:
    desk = Desk(parts, profile, within=_PROMPT, watching=_STDOUT, log_in_source=partial(_log_in_source, parts))
    # A live session with less than a minute left is as good as none, and only one question is asked.
    return desk.log_in(Wish(profile, min_remaining=LEAST_REMAINING, attempts=1)).credentials


def _log_in_source(parts: Parts, wish: Wish) -> Login:
    """Let all the roles of one user have one question and one answer, however many callers there are."""
    return Login(_session(parts, wish.profile), device=None, kept=True)
