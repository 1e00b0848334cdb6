"""Conditions of IAM policies: every operator of IAM, met, not met or unknown.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from operator import eq, ge, gt, le, lt
from typing import Any

from mfa_session.errors import UsageError
from mfa_session.policies.patterns import Pattern, Truth, UnknownKeyError, ValueOf, Variables, all_of, any_of

Values = str | Sequence[str] | None
"""What a request has for a condition key: one value, several, or ``None`` where the key is absent."""

_Test = Callable[[Pattern, str, ValueOf], Truth]

_IF_EXISTS = "IfExists"
_SETS = ("ForAllValues", "ForAnyValue")
_EPOCH_MILLISECONDS = 10_000_000_000


def _same_text(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    return pattern.text(value_of) == actual


def _same_text_in_any_case(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    return (pattern.text(value_of) or "").casefold() == actual.casefold()


def _same_truth(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    return pattern.text(value_of) == actual.lower()


def _like(pattern: Pattern, actual: str, value_of: ValueOf) -> Truth:
    return pattern.matches(actual, value_of)


def _same_arn(pattern: Pattern, actual: str, value_of: ValueOf) -> Truth:
    return pattern.matches_arn(actual, value_of)


def _number(compare: Callable[[Decimal, Decimal], bool], pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    limit, number = _decimal(pattern.text(value_of)), _decimal(actual)
    return limit is not None and number is not None and compare(number, limit)


def _decimal(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(compare: Callable[[datetime, datetime], bool], pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    limit, moment = _date(pattern.text(value_of)), _date(actual)
    return limit is not None and moment is not None and compare(moment, limit)


def _date(text: str | None) -> datetime | None:
    """Read ISO 8601 or seconds since 1970, as W3C and IAM write dates."""
    try:
        if text and re.fullmatch(r"[0-9]{1,13}", text):
            seconds = int(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= _EPOCH_MILLISECONDS else seconds, UTC)
        moment = datetime.fromisoformat(text or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    network = _network(pattern.text(value_of))
    try:
        address = ipaddress.ip_address(actual)
    except ValueError:
        return False
    return network is not None and address in network


def _network(text: str | None) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text or "", strict=False)
    except ValueError:
        return None


_COMPARISONS = {"Equals": eq, "LessThan": lt, "LessThanEquals": le, "GreaterThan": gt, "GreaterThanEquals": ge}

_TESTS: Mapping[str, _Test] = {
    "Bool": _same_truth,
    "BinaryEquals": _same_text,
    "StringEquals": _same_text,
    "StringEqualsIgnoreCase": _same_text_in_any_case,
    "StringLike": _like,
    # IAM treats the two alike
    "ArnEquals": _same_arn,
    "ArnLike": _same_arn,
    "IpAddress": _in_network,
    **{f"Numeric{name}": partial(_number, compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": partial(_moment, compare) for name, compare in _COMPARISONS.items()},
}
_NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
OPERATORS = tuple(sorted({*_TESTS, *_NEGATIONS, "Null"}))


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, one key and its values. *for_each* is ``ForAllValues``, ``ForAnyValue`` or empty."""

    operator: str
    key: str
    values: tuple[Pattern, ...]
    if_exists: bool = False
    for_each: str = ""

    @property
    def is_negated(self) -> bool:
        """Whether it is met where no value fits, such as StringNotEquals."""
        return self.operator in _NEGATIONS

    @property
    def written(self) -> str:
        """The operator as the policy has it, such as ``ForAnyValue:StringLikeIfExists``."""
        return f"{self.for_each}{':' if self.for_each else ''}{self.operator}{_IF_EXISTS if self.if_exists else ''}"

    def is_met(self, values_of: Callable[[str], Values]) -> Truth:
        """Tell whether the request fits; ``None`` where that hangs on a key that *values_of* does not know.

        An absent key meets a negated operator, ForAllValues and one that ends in ``IfExists``, and no other.
        """
        try:
            actual = values_of(self.key)
        except UnknownKeyError:
            return None
        if self.operator == "Null":
            return any(str(value) == str(actual is None).lower() for value in self.values)
        if actual is None:
            return self.if_exists or self.for_each == "ForAllValues" or (self.is_negated and not self.for_each)
        found = [actual] if isinstance(actual, str) else list(actual)

        def fits(text: str) -> Truth:
            return any_of(self._compared(value, text, values_of) for value in self.values)

        def accepted(text: str) -> Truth:
            truth = fits(text)
            return truth if not self.is_negated or truth is None else not truth

        if self.for_each == "ForAnyValue" or not (self.for_each or self.is_negated):
            return any_of(accepted(text) for text in found)
        return all_of(accepted(text) for text in found)

    def _compared(self, value: Pattern, text: str, values_of: Callable[[str], Values]) -> Truth:
        def value_of(key: str) -> str | None:
            found = values_of(key)
            return found if found is None or isinstance(found, str) else None

        try:
            return _TESTS[_NEGATIONS.get(self.operator, self.operator)](value, text, value_of)
        except UnknownKeyError:
            return None


def read_conditions(block: object, variables: Variables) -> tuple[Condition, ...]:
    """Read the ``Condition`` *block* of a statement.

    Raises:
        UsageError: it has another form than ``{operator: {key: value or values}}``, or an operator
            that IAM does not have.
    """
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        raise UsageError(
            "a Condition has another form than operator, key, values",
            hint='write "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}',
        )
    return tuple(
        _read(operator, key, listed, variables) for operator, keys in block.items() for key, listed in keys.items()
    )


def _read(operator: str, key: str, listed: object, variables: Variables) -> Condition:
    for_each, colon, name = operator.rpartition(":")
    if_exists = name.endswith(_IF_EXISTS) and name != f"Null{_IF_EXISTS}"
    name = name.removesuffix(_IF_EXISTS) if if_exists else name
    if name not in OPERATORS or (colon and for_each not in _SETS):
        raise UsageError(
            f"IAM has no condition operator {operator}",
            hint=f"the operators are {', '.join(OPERATORS)}, with {_IF_EXISTS} behind or ForAllValues: before them",
        )
    values = listed if isinstance(listed, list) else [listed]
    if not values and not for_each:
        raise UsageError(f"the condition on {key} has no value", hint=f"give {key} a value to compare with")
    return Condition(name, key, tuple(_value(name, key, value, variables) for value in values), if_exists, for_each)


def _value(operator: str, key: str, value: Any, variables: Variables) -> Pattern:
    # JSON's own true and false are texts to every operator.
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if operator in ("Bool", "Null"):
        text = text.lower()
        understood = text in ("true", "false")
    elif operator.startswith("Numeric"):
        understood = _decimal(text) is not None
    elif operator.startswith("Date"):
        understood = _date(text) is not None
    elif operator.endswith("IpAddress"):
        understood = _network(text) is not None
    else:
        understood = isinstance(value, str | bool | int | float)
    if not understood:
        raise UsageError(
            f"the condition {operator} on {key} has a value it cannot compare",
            hint="Bool and Null compare with true and false, Numeric with a number, Date with 2030-01-01T00:00:00Z, "
            "IpAddress with 192.0.2.0/24, the others with a text",
        )
    return Pattern.parse(text, variables)
