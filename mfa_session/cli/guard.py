"""The guard against waiting for ourselves.

A program that prints codes may itself run an AWS tool, which runs this program again. Whoever
comes in this way finds the names of the profiles for which codes are being got already.
"""

from collections.abc import Iterable, Mapping

from mfa_session.errors import ConfigurationError
from mfa_session.model.profile import Profile

# Names stand on lines of their own: they may hold anything else.
_VARIABLE = "MFA_SESSION_ANSWERING"


def answering_too(environ: Mapping[str, str], profiles: Iterable[str]) -> dict[str, str]:
    """Return *environ* for a program that is started to get a code for these *profiles*."""
    return {**environ, _VARIABLE: "\n".join(dict.fromkeys((*_answering(environ), *profiles)))}


def check_not_answering(environ: Mapping[str, str], profile: Profile) -> None:
    """Make sure that nobody waits for us while we log in to *profile*.

    Raises:
        ConfigurationError: we were started, in the end, to get a code for this very login.
    """
    if profile.name in _answering(environ):
        raise ConfigurationError(
            f"a login of profile {profile.name} was called by a program that it has started itself",
            hint="let mfa_process use another profile, or none",
        )


def _answering(environ: Mapping[str, str]) -> list[str]:
    return environ.get(_VARIABLE, "").splitlines()
