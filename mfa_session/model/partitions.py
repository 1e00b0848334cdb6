"""Partitions: the separate parts of AWS, each with its own accounts, regions and ARNs."""

import re

from mfa_session.errors import UsageError
from mfa_session.text import escape_control

DEFAULT_PARTITION = "aws"

# By how the names of their regions begin: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_BY_REGION = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}

_OF_AN_ARN = re.compile(r"\barn:([a-z0-9-]+):")

PARTITIONS = (DEFAULT_PARTITION, *_BY_REGION.values())


def partition(name: str) -> str:
    """Return *name*, if it is a partition of AWS.

    Raises:
        UsageError: it is none.
    """
    if name not in PARTITIONS:
        raise UsageError(
            f"there is no partition {escape_control(name)} of AWS", hint=f"choose one of: {', '.join(PARTITIONS)}"
        )
    return name


def partition_of(region: str) -> str:
    """Return the partition that *region* lies in; a region of an unknown kind is taken for one of the usual."""
    return next((name for begin, name in _BY_REGION.items() if region.startswith(begin)), DEFAULT_PARTITION)


def partition_in(text: str) -> str | None:
    """Return the partition that the ARNs in *text* name; ``None`` where there is none, or more than one."""
    named = set(_OF_AN_ARN.findall(text)) & set(PARTITIONS)
    return named.pop() if len(named) == 1 else None
