"""Find what other tools have left in the AWS files."""

from collections.abc import Iterator
from pathlib import PurePath

from mfa_session.doctor.finding import Finding, warning
from mfa_session.errors import hint_command
from mfa_session.model.profile import Sections
from mfa_session.system.commands import words_of

_ABOUT = "leftovers"
_LONG_TERM = "-long-term"

# Tools that are used as a credential_process.
_OTHER_PROGRAMS = ("aws-vault", "granted", "awsume", "saml2aws", "aws-sso", "aws-runas", "leapp", "okta-aws-cli")


def leftovers(*, config: Sections, credentials: Sections) -> Iterator[Finding]:
    """Yield one finding for each tool that has left something in the AWS files."""
    if found := [name.removesuffix(_LONG_TERM) for name in credentials if name.endswith(_LONG_TERM)]:
        yield warning(
            _ABOUT,
            "aws-mfa",
            f"aws-mfa keeps long-term keys in plain text: {_listed(f'{name}{_LONG_TERM}' for name in found)}",
            fix="move them to a store: "
            + (
                hint_command("keys import", profile=found[0])
                if len(found) == 1
                else hint_command("keys import", "--from", "aws-mfa", "--all", profile="")
            ),
        )
    if found := [name for name, section in credentials.items() if _is_of_awsume(name, section.get("manager"))]:
        yield warning(
            _ABOUT,
            "awsume",
            f"awsume has left sessions in the credentials file: {_listed(found)}",
            fix="delete these sections, and stop its background process: awsume --kill",
        )
    if found := [name for name, section in credentials.items() if "x_principal_arn" in section]:
        yield warning(
            _ABOUT,
            "saml2aws",
            f"saml2aws has left sessions in the credentials file: {_listed(found)}",
            fix="delete these sections if you no longer use it",
        )
    for name, settings in config.items():
        if (program := _program(settings.get("credential_process", ""))) in _OTHER_PROGRAMS:
            yield warning(
                _ABOUT,
                program,
                f"{program} is the credential_process of profile {name}",
                fix=f"to use mfa-session, delete that line, then: {hint_command('keys import', profile=name)}",
            )


def _is_of_awsume(section: str, manager: str | None) -> bool:
    return section.startswith("autoawsume-") or manager == "awsume"


def _program(process: str) -> str:
    try:
        words = words_of(process)
    except ValueError:
        return ""
    return PurePath(words[0]).stem if words else ""


def _listed(names: Iterator[str] | list[str]) -> str:
    return ", ".join(f"[{name}]" for name in names)
