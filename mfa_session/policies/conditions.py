"""Conditions of IAM policies: under which circumstances a statement applies.

The operators that speak of one value: Bool, the String, Arn and Numeric families, Null.
Dates, IP addresses, binary values and the set operators (``ForAnyValue:…``) are refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from operator import eq, ge, gt, le, lt
from typing import Any

from mfa_session.errors import UsageError
from mfa_session.policies.patterns import Pattern, ValueOf, Variables

_Test = Callable[[Pattern, str, ValueOf], bool]

_IF_EXISTS = "IfExists"


def _same_text(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    return pattern.text(value_of) == actual


def _same_truth(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    return pattern.text(value_of) == actual.lower()


def _like(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
    return pattern.matches(actual, value_of)


def _same_arn(pattern: Pattern, actual: str, value_of: ValueOf) -> bool:
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


_TESTS: Mapping[str, _Test] = {
    "Bool": _same_truth,
    "StringEquals": _same_text,
    "StringLike": _like,
    # IAM treats the two alike: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    "ArnEquals": _same_arn,
    "ArnLike": _same_arn,
    "NumericEquals": partial(_number, eq),
    "NumericLessThan": partial(_number, lt),
    "NumericLessThanEquals": partial(_number, le),
    "NumericGreaterThan": partial(_number, gt),
    "NumericGreaterThanEquals": partial(_number, ge),
}
_NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, one key and the values of which one must fit, or none where the operator is negated."""

    operator: str
    key: str
    values: tuple[Pattern, ...]
    if_exists: bool = False

    def is_met(self, value_of: ValueOf) -> bool:
        """Tell whether the request fits.

        An absent key meets a negated operator and one that ends in ``IfExists``, and no other.

        Raises:
            UsageError: nothing is known of the key.
        """
        actual = value_of(self.key)
        if self.operator == "Null":
            return any(value.text(value_of) == str(actual is None).lower() for value in self.values)
        if actual is None:
            return self.if_exists or self.operator in _NEGATIONS
        test = _TESTS[_NEGATIONS.get(self.operator, self.operator)]
        fits = any(test(value, actual, value_of) for value in self.values)
        return fits != (self.operator in _NEGATIONS)


def read_conditions(block: object, variables: Variables) -> tuple[Condition, ...]:
    """Read the ``Condition`` *block* of a statement.

    Raises:
        UsageError: it has another form than ``{operator: {key: value or values}}``, or an operator
            that is not known here.
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
    if_exists = operator.endswith(_IF_EXISTS) and operator != f"Null{_IF_EXISTS}"
    name = operator.removesuffix(_IF_EXISTS) if if_exists else operator
    if name not in {*_TESTS, *_NEGATIONS, "Null"}:
        raise UsageError(
            f"the condition operator {operator} is not known here",
            hint=f"the known ones are {', '.join(sorted({*_TESTS, *_NEGATIONS, 'Null'}))}, and with {_IF_EXISTS}",
        )
    values = listed if isinstance(listed, list) else [listed]
    if not values:
        raise UsageError(f"the condition on {key} has no value", hint=f"give {key} a value to compare with")
    return Condition(name, key, tuple(_value(name, key, value, variables) for value in values), if_exists)


def _value(operator: str, key: str, value: Any, variables: Variables) -> Pattern:
    # JSON's own true and false are texts to every operator.
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if operator in ("Bool", "Null"):
        text = text.lower()
        understood = text in ("true", "false")
    elif operator.startswith("Numeric"):
        understood = _decimal(text) is not None
    else:
        understood = isinstance(value, str | bool | int | float)
    if not understood:
        raise UsageError(
            f"the condition {operator} on {key} has a value it cannot compare",
            hint="Bool and Null compare with true and false, Numeric with a number, the others with a text",
        )
    return Pattern.parse(text, variables)
