"""One HTTP request, as it came over the wire."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class HTTPRequest:
    """A request with its body. Header names keep their case; looking them up does not mind it."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query, as it was sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query of the target, as it was sent."""
        return self.target.partition("?")[2]

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of AWS's query protocol, from the body and the query."""
        body = self.body.decode("utf-8", "replace")
        return dict(parse_qsl(self.query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True))

    @property
    def action(self) -> str:
        """The API action that is asked for; S3 has no name for it on the wire."""
        if "Action" in self.form:
            return self.form["Action"]
        return "ListBuckets" if (self.method, self.path) == ("GET", "/") else ""

    @property
    def access_key_id(self) -> str | None:
        """The access key that the signature claims to be made with."""
        claimed = re.search(r"Credential=([^/,\s]+)", self.header("Authorization") or "")
        return claimed[1] if claimed else None

    def header(self, name: str) -> str | None:
        """Return the value of the first header of this *name*."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> list[str]:
        """Return the values of all headers of this *name*, in their order."""
        return [value for known, value in self.headers if known.lower() == name.lower()]
