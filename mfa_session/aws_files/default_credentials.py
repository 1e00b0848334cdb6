"""Hide the credentials of the profile ``default``, which SDKs prefer to a container's endpoint.

botocore also reads the file of boto 2. A file with such credentials is hidden by a variable that names an empty
file; one without them stays, with all its profiles.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mfa_session.aws_files.files import read_profiles
from mfa_session.filesystem.paths import home
from mfa_session.model.provider import CREDENTIAL_SETTINGS

# Settings of `default` that apply to every program, and the variables for them while the file is hidden.
_SETTINGS = {"ca_bundle": "AWS_CA_BUNDLE", "endpoint_url": "AWS_ENDPOINT_URL", "output": "AWS_DEFAULT_OUTPUT"}

# boto 2 is gone, but gsutil still reads its file; https://boto.readthedocs.io/en/latest/boto_config_tut.html
_BOTO_KEY = re.compile(rb"^aws_access_key_id[ \t]*[=:]", re.MULTILINE)


def without_default_credentials(
    environ: Mapping[str, str], *, credentials_file: Path, config_file: Path
) -> dict[str, str]:
    """Return the variables that hide the credentials of ``default`` from a program.

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
