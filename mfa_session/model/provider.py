"""Where botocore takes the credentials of a profile from: its providers, in its order.

botocore's ``credentials.py`` is the rule; ``tests/aws_files/test_same_as_botocore.py`` compares the two.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from mfa_session.system.credential_process_line import runs_this_program
from mfa_session.text import escape_control, quoted

Sections: TypeAlias = Mapping[str, Mapping[str, str]]

SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token")

# Settings that give a profile credentials other than an access key, in botocore's order.
CREDENTIAL_SETTINGS = (
    "role_arn",
    "credential_source",
    "web_identity_token_file",
    "sso_role_name",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "login_session",
    "credential_process",
)


class Provider(StrEnum):
    """A credential provider, under botocore's name for it."""

    ROLE = "assume-role"
    WEB_IDENTITY = "assume-role-with-web-identity"
    SSO = "sso"
    CREDENTIALS_FILE = "shared-credentials-file"
    LOGIN = "login"
    PROCESS = "custom-process"
    CONFIG_FILE = "config-file"


# The settings by which each provider is recognized, the most telling first.
_SETTINGS_OF = {
    Provider.WEB_IDENTITY: ("web_identity_token_file",),
    Provider.SSO: ("sso_session", "sso_start_url", "sso_account_id", "sso_role_name"),
    Provider.LOGIN: ("login_session",),
    Provider.PROCESS: ("credential_process",),
}


def merged(name: str, *, config: Sections, credentials: Sections) -> dict[str, str]:
    """Return the settings of profile *name*: its credentials-file section over its config-file section, key by key."""
    return {**config.get(name, {}), **credentials.get(name, {})}


def provider_of(name: str, *, config: Sections, credentials: Sections, as_source: bool = False) -> Provider | None:
    """Return the provider that has credentials for profile *name*; ``None`` where none has.

    *as_source* asks for the provider that another profile's ``source_profile`` reaches: a key beside
    a ``role_arn`` comes first then.
    """
    settings = merged(name, config=config, credentials=credentials)
    has_role = "role_arn" in settings and "web_identity_token_file" not in settings
    if has_role and not (as_source and has_static_key(settings)):
        return Provider.ROLE
    if settings.get("web_identity_token_file"):
        return Provider.WEB_IDENTITY
    if "sso_role_name" in settings or "sso_account_id" in settings:
        return Provider.SSO
    if "aws_access_key_id" in credentials.get(name, {}):
        return Provider.CREDENTIALS_FILE
    if "login_session" in settings:
        return Provider.LOGIN
    if "credential_process" in settings:
        return Provider.PROCESS
    return Provider.CONFIG_FILE if "aws_access_key_id" in config.get(name, {}) else None


def has_static_key(settings: Mapping[str, str]) -> bool:
    """Tell whether botocore takes a profile of these *settings* for one with an access key."""
    return "aws_access_key_id" in settings or "aws_secret_access_key" in settings


def foreign_setting(name: str, settings: Mapping[str, str], provider: Provider | None) -> str | None:
    """Return the setting by which another program gives profile *name* its credentials, ``None`` where none does.

    A profile with ``sso_session`` or ``sso_start_url`` and no other credentials belongs to ``aws sso login``, too.
    """
    if provider is None:
        provider = Provider.SSO
    found = next((key for key in _SETTINGS_OF.get(provider, ()) if key in settings), None)
    is_ours = found == "credential_process" and runs_this_program(settings[found], name)
    return None if is_ours else found


def how_to_use(name: str, setting: str) -> str:
    """Return the command of the tool that *setting* of profile *name* belongs to."""
    words = f"--profile {quoted(escape_control(name))}"
    if setting.startswith("sso_"):
        return f"aws sso login {words}"
    if setting == "login_session":
        return f"aws login {words}"
    return f"use it without mfa-session: aws sts get-caller-identity {words}"
