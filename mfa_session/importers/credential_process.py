"""The long-term access key that another program prints as the ``credential_process`` of a profile."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping

from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.filesystem.safe_path import UnsafePath
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.model.provider import how_to_use
from mfa_session.system.commands import words_of

# The program may ask for a password or a touch.
_TIMEOUT_SECONDS = 60.0


def printed_key(
    profile: Profile, *, environ: Mapping[str, str], unsafe_settings: Callable[[], UnsafePath | None]
) -> AccessKey:
    """Return the access key that the ``credential_process`` of *profile* prints.

    Raises:
        ConfigurationError: it prints none, cannot be run, or others may have written its line.
    """
    line = profile.settings["credential_process"]
    if unsafe := unsafe_settings():
        raise ConfigurationError(f"credential_process is not run: {unsafe.problem}", hint=unsafe.hint)
    by_hand = f"run it yourself: aws configure export-credentials --profile {profile.name}"
    what = f"the credential_process of profile {profile.name}"
    try:
        words = words_of(line)
        output = subprocess.run(
            line if sys.platform == "win32" else words,
            env=dict(environ),
            stdout=subprocess.PIPE,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        ).stdout
        document = json.loads(output)
        key_id, secret = str(document["AccessKeyId"]), str(document["SecretAccessKey"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError, IndexError):
        # Cut off: what it printed may be the secret.
        raise ConfigurationError(f"{what} printed no credentials", hint=by_hand) from None
    if document.get("SessionToken"):
        raise ConfigurationError(
            f"{what} prints temporary credentials, which cannot get an MFA session",
            hint=how_to_use(profile.name, "credential_process"),
        )
    try:
        return AccessKey(key_id, secret)
    except UsageError as error:
        raise ConfigurationError(f"{what}: {error}", hint=by_hand) from None
