"""The files of somebody who had them long before: what stands in them is foreign to whoever adds a session.

What a program has done to them is judged by their bytes, and by what AWS tools read.
"""

import configparser
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from tests.campaigns.figures import count

# No program that parses and renders these would give back the same bytes.
BEFORE = """\
# kept by hand since 2014
[first]
aws_access_key_id=AKIAFIRSTFIRSTFIRST0
aws_secret_access_key   =   first/secret+with=signs
region = eu-west-1   \n\
[Second.Team]
aws_access_key_id = AKIASECONDSECONDSEC1
; a comment that begins with a semicolon
\n\
"""
AFTER = """\

[last]
aws_access_key_id = AKIALASTLASTLASTLAST
# nobody knows why
aws_secret_access_key: last#secret
"""
CONFIG_BEFORE = """\
[default]
region=us-east-1
s3 =
    max_concurrent_requests = 20
    addressing_style = path
\n\
"""
CONFIG_AFTER = """
# the others
[profile last]
output = text
"""


@dataclass(frozen=True)
class Damage:
    """What a program did to the files of its user, that none should."""

    lost: bool = False
    torn: bool = False
    foreign_bytes_changed: bool = False
    traceback: bool = False
    leftover: bool = False
    wrong_ending: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __or__(self, other: "Damage") -> "Damage":
        both = {field.name: getattr(self, field.name) or getattr(other, field.name) for field in fields(self)}
        return Damage(**both)

    def counted(self, campaign: str, what: str) -> "Damage":
        """Count it into the figures, and return it."""
        count(campaign, what, **{field.name: int(getattr(self, field.name)) for field in fields(self)})
        return self


def values_of(text: str) -> dict[str, dict[str, str]]:
    """Return what AWS tools read in *text*, all values of all sections.

    Raises:
        configparser.Error: they could not read it.
    """
    parser = configparser.RawConfigParser(default_section="no section is called so", strict=True)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def damage_to(path: Path, before: str, after: str, *, ours: Iterable[str]) -> Damage:
    """Return what became of the foreign text *before* and *after* our sections in the file *path*.

    *ours* are the names of the sections that may stand there besides.
    """
    try:
        text = path.read_bytes().decode()
        found = values_of(text)
    except (OSError, ValueError, configparser.Error):
        return Damage(lost=True, torn=True, foreign_bytes_changed=True)
    foreign = values_of(before + after)
    return Damage(
        lost=any(found.get(name) != values for name, values in foreign.items()),
        torn=bool(set(found) - set(foreign) - set(ours)),
        foreign_bytes_changed=not text.startswith(before) or after not in text,
    )


def names_below(folder: Path) -> set[str]:
    """Return the name of everything below *folder*."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def damage_in_words(exit_code: int, stderr: str, *, may_succeed: bool = True) -> Damage:
    """Return what is wrong about the way in which `mfa-session` told of a failure, or did not."""
    lines = stderr.splitlines()
    errors = [line for line in lines if line.startswith("mfa-session: error: ")]
    hints = [line for line in lines if line.startswith("mfa-session: hint: ")]
    failed_well = exit_code == 253 and len(errors) == len(hints) == 1 and lines[-2:] == [*errors, *hints]
    succeeded = exit_code == 0 and not errors and may_succeed
    return Damage(traceback="Traceback" in stderr, wrong_ending=not (failed_well or succeeded))
