"""Sign in to the AWS console as a role, with the role's session. AWS does not allow it with the session of a user."""

from collections.abc import Callable

from mfa_session.errors import ConfigurationError, SignInRefusedError, hint_command
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile


def sign_in_url(
    profile: Profile,
    *,
    live_session: Callable[[Profile], SessionCredentials],
    sign_in_to: Callable[[str], Callable[[SessionCredentials], str]],
) -> str:
    """Return a URL that opens the console as the role of *profile*, for anyone who has it, for 15 minutes.

    The console stays open for as long as the session of the role lasts. *sign_in_to* returns, for a
    partition, what makes the URL for a session.

    Raises:
        ConfigurationError: it is the profile of a user, or the sign-in of the role's partition is not known.
        MFASessionError: of every other family.
    """
    if profile.role is None:
        raise ConfigurationError(
            f"not possible, because {profile.name} is the profile of a user, and AWS opens the console to users"
            " with their password only",
            hint=f"use a role profile, one with role_arn and source_profile = {profile.name};"
            " or sign in with the password and a code: https://console.aws.amazon.com",
        )
    url_for = sign_in_to(profile.role.partition)  # before a code is asked for
    try:
        return url_for(live_session(profile))
    except SignInRefusedError as error:
        again = (
            f"get a new session of the role, and try again: {hint_command('login', '--force', profile=profile.name)}"
        )
        raise SignInRefusedError(str(error), hint=again) from error
