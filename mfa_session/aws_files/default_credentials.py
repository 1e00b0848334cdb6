"""The credentials that AWS tools find by themselves, and take before they ask an endpoint.

Every SDK looks into the environment first, then at the profile ``default`` in both AWS
files, and only then at a container's endpoint; botocore looks into the file of its
predecessor, too. A file is hidden from a program where it has such credentials, by a
variable that leads to an empty one; where it has none, the program keeps all the
profiles that are there.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mfa_session.aws_files.files import read_profiles
from mfa_session.filesystem.paths import home
from mfa_session.model.provider import CREDENTIAL_SETTINGS

# What else `default` may say for every program, and the variable that says it where the file is hidden.
_SETTINGS = {"ca_bundle": "AWS_CA_BUNDLE", "endpoint_url": "AWS_ENDPOINT_URL", "output": "AWS_DEFAULT_OUTPUT"}

# boto 2 is gone, but gsutil still reads its file; https://boto.readthedocs.io/en/latest/boto_config_tut.html
_BOTO_KEY = re.compile(rb"^aws_access_key_id[ \t]*[=:]", re.MULTILINE)


def without_default_credentials(
    environ: Mapping[str, str], *, credentials_file: Path, config_file: Path
) -> dict[str, str]:
    """Return the variables that keep the credentials of ``default`` from a program, and nothing more than need be.

    Raises:
        SharedFileError: AWS tools cannot read a file.
    """
    variables = {}
    if _has_credentials(read_profiles(credentials_file, "credentials")):
        variables["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    config = read_profiles(config_file, "config")
    if _has_credentials(config):
        variables["AWS_CONFIG_FILE"] = os.devnull
        for key, variable in _SETTINGS.items():
            if config["default"].get(key) and not environ.get(variable):
                variables[variable] = config["default"][key]
    if any(_is_boto_file_with_key(file) for file in _boto_files(environ)):
        variables["BOTO_CONFIG"] = os.devnull
    return variables


def _has_credentials(profiles: Mapping[str, Mapping[str, str]]) -> bool:
    settings = profiles.get("default", {})
    return any(key in settings for key in ("aws_access_key_id", "source_profile", *CREDENTIAL_SETTINGS))


def _boto_files(environ: Mapping[str, str]) -> list[Path]:
    if "BOTO_CONFIG" in environ:
        return [Path(environ["BOTO_CONFIG"])]
    return [Path("/etc/boto.cfg"), home(environ) / ".boto"]


def _is_boto_file_with_key(file: Path) -> bool:
    try:
        return _BOTO_KEY.search(file.read_bytes()) is not None
    except OSError:
        return False
