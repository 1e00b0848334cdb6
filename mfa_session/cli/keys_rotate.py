"""`mfa-session keys rotate`: a new long-term key in the place of the old."""

import time
from datetime import timedelta
from typing import Annotated

import typer

from mfa_session.cli.endings import say
from mfa_session.cli.key_holders import holder, store_of
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.parts import Parts, now
from mfa_session.visible import visible

EXAMPLE = "Example: mfa-session keys rotate --profile test-user"

# A new key may take a minute to be known, and AWS twenty seconds for each answer.
_TIME_TO_ROTATE = timedelta(minutes=5)


def rotate(
    context: typer.Context,
    profile: ProfileOption = None,
    delete_old: Annotated[
        bool,
        typer.Option(
            "--delete-old",
            help="Delete the old key, too; where a rotation has left one inactive, do only that.",
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Where you have two keys, delete the other one unasked, if nobody uses it."),
    ] = False,
) -> None:
    """Replace a long-term key by a new one.

    It is done on a session with MFA.

    The new key is made, stored beside the old one, read back and proven before the old
    one is made inactive. It stays so until --delete-old or the next rotation deletes it.
    A rotation that was cut short is finished or undone by the next.
    """
    from mfa_session.cli.desk import Desk
    from mfa_session.discovery import iam_user
    from mfa_session.key_rotation import KeyRotation, mend
    from mfa_session.login import Wish
    from mfa_session.second_key import OwnersConsent

    parts: Parts = context.obj
    source = holder(parts, profile)
    store = store_of(parts, source)
    with parts.lock(source):
        mend(source, store=store, journal=parts.rotations)
        desk = Desk(parts, source, command="keys rotate")
        session = desk.log_in(Wish(source, min_remaining=_TIME_TO_ROTATE)).credentials
        rotation = KeyRotation(
            source,
            session,
            iam_user(session, directory=desk.aws),
            iam=desk.aws,
            store=store,
            journal=parts.rotations,
            settings=parts.settings,
            tell=lambda text: say(f"mfa-session: {visible(text)}"),
            clock=now,
            sleep=time.sleep,
        )
        left = rotation.run(consent=OwnersConsent(desk.person, unused_may_go=yes), delete_old=delete_old)
    if left is not None:
        command = f"mfa-session keys rotate --delete-old --profile {visible(source.name)}"
        say(f"mfa-session: when everything works with the new key, delete the old one: {command}")
