"""An answer of AWS: fields that are there and are what they should be, or an error that says who gave it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from mfa_session.errors import AWSAnswerError

# AWS's query protocol knows nothing else; what is text, a number or a time is for the reader to know.
Value: TypeAlias = "str | dict[str, Value] | list[Value]"

_HINT = "check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy"


@dataclass(frozen=True, slots=True)
class Answer:
    """What *host* answered; *date* is what its clock showed, as it wrote it."""

    host: str
    fields: Mapping[str, Value] = field(repr=False)
    date: str = ""

    def text(self, name: str) -> str:
        """Return a field that must be text.

        Raises:
            AWSAnswerError: it is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise not_from_aws(self.host, f"it has no {name}")
        return value

    def says(self, name: str) -> bool:
        """Tell whether a field is there and true."""
        return self.fields.get(name) == "true"

    def moment(self, name: str) -> datetime:
        """Return a field that must be a moment in time, in UTC.

        Raises:
            AWSAnswerError: it is missing, or something else.
        """
        text = self.text(name)
        try:
            value = datetime.fromisoformat(text)
            if value.tzinfo is not None:
                return value.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise not_from_aws(self.host, f"its {name} is not a time")

    def part(self, name: str) -> "Answer":
        """Return a field that must be a structure of its own.

        Raises:
            AWSAnswerError: it is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, dict):
            raise not_from_aws(self.host, f"it has no {name}")
        return Answer(self.host, value)

    def parts(self, name: str) -> list["Answer"]:
        """Return a field that must be a list of structures; AWS leaves out an empty one, or what is in it.

        Raises:
            AWSAnswerError: it is something else.
        """
        value = self.fields.get(name) or []
        if not isinstance(value, list):
            raise not_from_aws(self.host, f"its {name} is no list")
        return [Answer(self.host, part if isinstance(part, dict) else {}) for part in value]

    def texts(self, name: str) -> list[str]:
        """Return a field that must be a list of texts.

        Raises:
            AWSAnswerError: it is something else.
        """
        value = self.fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise not_from_aws(self.host, f"its {name} is no list of texts")
        return [str(text) for text in value]

    def blame(self, error: AWSAnswerError) -> AWSAnswerError:
        """Return *error*, which a value made of these fields raised, with the name of who answered."""
        return AWSAnswerError(f"{error} ({self.host} gave it)", hint=error.hint)


def not_from_aws(host: str, what: str) -> AWSAnswerError:
    """Return the error for an answer of *host* that AWS would not give; *what* is wrong with it."""
    return AWSAnswerError(f"the answer of {host} is not one of AWS: {what}", hint=_HINT)
