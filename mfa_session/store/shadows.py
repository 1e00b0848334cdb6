"""What in the AWS files keeps AWS tools from asking a `credential_process`, or from taking a role."""

from pathlib import Path

from mfa_session.errors import ConfigurationError
from mfa_session.model.profile import Profile
from mfa_session.store.shared_files import Kind, line_of

# Most SDKs take keys that stand in a file before they ask a process; some take the process, .NET refuses the profile.
_STATIC_KEY = "aws_access_key_id"


def check_nothing_shadows(profile: Profile, *, credentials_file: Path, config_file: Path) -> None:
    """Make sure that *profile* has no second kind of credentials beside a ``credential_process`` or a role.

    Raises:
        ConfigurationError: it has; the message names the line.
    """
    has_process = "credential_process" in profile.settings
    if has_process and profile.role is not None:
        line = line_of(config_file, "config", profile.name, "credential_process")
        raise ConfigurationError(
            f"profile {profile.name} has a credential_process (line {line} of {config_file}) beside its role_arn, "
            "and AWS tools differ in which they use",
            hint="delete that line; a credential_process for the role stands in a profile of another name",
        )
    if not has_process and profile.role is None:
        return
    kinds: tuple[tuple[Path, Kind], ...] = ((credentials_file, "credentials"), (config_file, "config"))
    for path, kind in kinds:
        if line := line_of(path, kind, profile.name, _STATIC_KEY):
            raise _static_key(profile, f"line {line} of {path}")


def _static_key(profile: Profile, where: str) -> ConfigurationError:
    if profile.role is not None:
        return ConfigurationError(
            f"profile {profile.name} has a static key ({where}) beside its role_arn, "
            "and AWS tools differ in which they use",
            hint="delete the key there, or give it a profile of its own",
        )
    return ConfigurationError(
        f"profile {profile.name} has a static key ({where}) beside its credential_process, "
        "and AWS tools differ in which they use",
        hint=f"move the key into the store: mfa-session keys import --profile {profile.name}",
    )
