"""Sign in to the AWS console as a role, with the session that the role was taken with.

AWS lets no user in this way, whatever the user's session has proven: a password is asked of users.
"""

from collections.abc import Callable
from typing import Protocol

from mfa_session.errors import ConfigurationError, SignInRefusedError
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile


class SignIn(Protocol):
    """Where one signs in to the console."""

    def get_signin_token(self, credentials: SessionCredentials) -> str:
        """Return a secret that lets a browser in.

        Raises:
            SignInRefusedError: it is not for this session.
            AWSError: there is none to be had.
        """

    def sign_in_url(self, token: str, *, region: str | None) -> str:
        """Return the URL that does so."""


def sign_in_url(
    profile: Profile, *, live_session: Callable[[Profile], SessionCredentials], entrance: Callable[[str], SignIn]
) -> str:
    """Return a URL that opens the console as the role of *profile*, to whoever has it, for 15 minutes.

    The console stays open for as long as the session of the role lasts.

    Raises:
        ConfigurationError: it is the profile of a user.
        MFASessionError: of every other family.
    """
    if profile.role is None:
        raise ConfigurationError(
            f"not possible, because {profile.name} is the profile of a user, and AWS opens the console to users"
            " with their password only",
            hint=f"use a role profile, one with role_arn and source_profile = {profile.name};"
            " or sign in with the password and a code: https://console.aws.amazon.com",
        )
    # Before anybody is asked for a code.
    sign_in = entrance(profile.role.partition)
    try:
        token = sign_in.get_signin_token(live_session(profile))
    except SignInRefusedError as error:
        again = f"get a new session of the role, and try again: mfa-session login --profile {profile.name} --force"
        raise SignInRefusedError(str(error), hint=again) from error
    return sign_in.sign_in_url(token, region=profile.region)
