"""Shapes: what AWS's service models ask of each parameter, and the words in which it complains."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A parameter that is text of so many characters, all fitting *pattern*."""

    shortest: int = 0
    longest: int = 1_000_000
    pattern: str = r"[\s\S]*"
    is_secret: bool = False

    def complaints(self, value: str) -> Iterator[str]:
        """Yield what is wrong with *value*."""
        if len(value) > self.longest:
            yield f"Member must have length less than or equal to {self.longest}"
        if len(value) < self.shortest:
            yield f"Member must have length greater than or equal to {self.shortest}"
        # AWS's \w and \d mean ASCII
        if not re.fullmatch(self.pattern, value, re.ASCII):
            yield f"Member must satisfy regular expression pattern: {self.pattern}"


@dataclass(frozen=True)
class Number:
    """A parameter that is a whole number."""

    least: int
    most: int
    is_secret: bool = False

    def complaints(self, value: str) -> Iterator[str]:
        """Yield what is wrong with *value*."""
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            yield "Member must be a whole number"
        elif int(value) > self.most:
            yield f"Member must have value less than or equal to {self.most}"
        elif int(value) < self.least:
            yield f"Member must have value greater than or equal to {self.least}"


@dataclass(frozen=True)
class OneOf:
    """A parameter that is one of some words."""

    words: tuple[str, ...]
    is_secret: bool = False

    def complaints(self, value: str) -> Iterator[str]:
        """Yield what is wrong with *value*."""
        if value not in self.words:
            yield f"Member must satisfy enum value set: [{', '.join(self.words)}]"


Shape = Text | Number | OneOf

_NAME = r"[\w+=,.@-]+"
_LATIN_1 = r"[\u0009\u000A\u000D\u0020-\u00FF]+"

_CODE = Text(6, 6, r"[\d]+")
_PASSWORD = Text(1, 128, _LATIN_1, is_secret=True)
_TRUE_OR_FALSE = OneOf(("true", "false"))

# By parameter, or by the name an action gives for a rule of its own.
_SHAPES: Mapping[str, Shape] = {
    "DurationSeconds": Number(900, 129_600),
    "RoleDurationSeconds": Number(900, 43_200),
    "SerialNumber": Text(9, 256, r"[\w+=/:,.@-]*"),
    "TokenCode": Text(6, 6, r"[\d]*"),
    "RoleArn": Text(20, 2048),
    "RoleSessionName": Text(2, 64, r"[\w+=,.@-]*"),
    "ExternalId": Text(2, 1224, r"[\w+=,.@:\/-]*"),
    "UserName": Text(1, 128, _NAME),
    "GroupName": Text(1, 128, _NAME),
    "AccessKeyId": Text(16, 128, r"[\w]+"),
    "Status": OneOf(("Active", "Inactive")),
    "VirtualMFADeviceName": Text(1, pattern=_NAME),
    "AuthenticationCode1": _CODE,
    "AuthenticationCode2": _CODE,
    "AssignmentStatus": OneOf(("Assigned", "Unassigned", "Any")),
    "OldPassword": _PASSWORD,
    "NewPassword": _PASSWORD,
    "Path": Text(1, 512, r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"),
    "PolicyPath": Text(1, 512, r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"),
    "PolicyName": Text(1, 128, _NAME),
    "PolicyArn": Text(20, 2048),
    "PolicyDocument": Text(1, 131_072, _LATIN_1),
    "Description": Text(0, 1000),
    "VersionId": Text(pattern=r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"),
    "SetAsDefault": _TRUE_OR_FALSE,
    "OnlyAttached": _TRUE_OR_FALSE,
    "Scope": OneOf(("All", "AWS", "Local")),
    "MaxItems": Number(1, 1000),
    "Marker": Text(1, 320),
}


def violations(parameters: Mapping[str, str], *, required: tuple[str, ...], shapes: Mapping[str, str]) -> list[str]:
    """Return what is wrong with *parameters*, in AWS's words; they quote every value that is not a password.

    *shapes* names the shape of a parameter where it is not the parameter's own.
    """
    found = [
        f"Value null at '{_member(name)}' failed to satisfy constraint: Member must not be null"
        for name in required
        if name not in parameters
    ]
    for name, value in parameters.items():
        shape = _SHAPES[shapes.get(name, name)]
        shown = "" if shape.is_secret else f" '{value}'"
        found += [
            f"Value{shown} at '{_member(name)}' failed to satisfy constraint: {complaint}"
            for complaint in shape.complaints(value)
        ]
    return found


def _member(name: str) -> str:
    """Return *name* as AWS's complaints write it, which begin it with a small letter."""
    return name[0].lower() + name[1:]
