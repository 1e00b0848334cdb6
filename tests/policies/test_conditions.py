"""A condition that is not understood is told with what to write."""

import pytest

from mfa_session.errors import UsageError
from mfa_session.policies.conditions import read_conditions
from mfa_session.policies.patterns import Variables

OPERATORS = (
    "ArnEquals, ArnLike, ArnNotEquals, ArnNotLike, Bool, Null, NumericEquals, NumericGreaterThan, "
    "NumericGreaterThanEquals, NumericLessThan, NumericLessThanEquals, NumericNotEquals, StringEquals, StringLike, "
    "StringNotEquals, StringNotLike"
)


@pytest.mark.parametrize(
    ("block", "message", "hint"),
    [
        (
            {"Bool": "true"},
            "a Condition has another form than operator, key, values",
            'write "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}',
        ),
        (
            {"IpAddress": {"aws:SourceIp": "::1"}},
            "the condition operator IpAddress is not known here",
            f"the known ones are {OPERATORS}, and with IfExists",
        ),
        ({"Bool": {"a:b": []}}, "the condition on a:b has no value", "give a:b a value to compare with"),
        (
            {"NumericLessThan": {"a:b": "${a:c}"}},
            "the condition NumericLessThan on a:b has a value it cannot compare",
            "Bool and Null compare with true and false, Numeric with a number, the others with a text",
        ),
        (
            {"StringEquals": {"a:b": "${a:c"}},
            "'${a:c' has a policy variable of an unknown form",
            "write variables as ${aws:username}",
        ),
    ],
)
def test_what_is_wrong_with_a_condition_is_told_with_how_to_write_it(block: object, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_conditions(block, Variables.EXPANDED)

    assert (str(refused.value), refused.value.hint) == (message, hint)
