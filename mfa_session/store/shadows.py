"""What in the AWS files keeps AWS tools from asking a `credential_process`."""

from pathlib import Path

from mfa_session.errors import ConfigurationError
from mfa_session.profiles import Profile
from mfa_session.store.shared_files import Kind, line_of

# Most SDKs take keys that stand in a file before they ask a process; some take the process, .NET refuses the profile.
_STATIC_KEY = "aws_access_key_id"


def check_nothing_shadows(profile: Profile, *, credentials_file: Path, config_file: Path) -> None:
    """Make sure that *profile* does not have static keys as well as a ``credential_process``.

    Raises:
        ConfigurationError: it has; the message names the line.
    """
    if "credential_process" not in profile.settings:
        return
    kinds: tuple[tuple[Path, Kind], ...] = ((credentials_file, "credentials"), (config_file, "config"))
    for path, kind in kinds:
        if line := line_of(path, kind, profile.name, _STATIC_KEY):
            raise ConfigurationError(
                f"profile {profile.name} has a static key (line {line} of {path}) beside its credential_process, "
                "and AWS tools differ in which they use",
                hint=f"move the key into the store: mfa-session keys import --profile {profile.name}",
            )
