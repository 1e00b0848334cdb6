"""Pages: the part of a list that one answer holds."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from mfa_session.demo.answers import RefusedError, Value
from mfa_session.demo.operations import Operation

# AWS's markers are opaque, and these look so: base 64 of where the next page begins.
_MARKER = re.compile(rb"after:([0-9]{1,9})")

PAGING = ("MaxItems", "Marker")


def page(operation: Operation, name: str, items: Sequence[Value]) -> dict[str, Value]:
    """Return the part of *items* that was asked for, as element *name*, and how to ask for the next.

    AWS may return fewer than ``MaxItems``: here never more than the account's page size.

    Raises:
        RefusedError: the marker is none that was given.
    """
    start = _start(operation.get("Marker"))
    most = min(int(operation.get("MaxItems") or 100), operation.account.page_size)
    end = start + most
    if end >= len(items):
        return {name: items[start:], "IsTruncated": False}
    return {name: items[start:end], "IsTruncated": True, "Marker": urlsafe_b64encode(f"after:{end}".encode()).decode()}


def _start(marker: str | None) -> int:
    if marker is None:
        return 0
    try:
        given = _MARKER.fullmatch(urlsafe_b64decode(marker))
    except ValueError:
        given = None
    if given is None:
        raise RefusedError(400, "ValidationError", "Invalid Marker.")
    return int(given[1])
