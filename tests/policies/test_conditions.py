"""A condition that is not understood is told with what to write."""

import pytest

from mfa_session.errors import UsageError
from mfa_session.policies.conditions import OPERATORS, read_conditions
from mfa_session.policies.patterns import Variables


@pytest.mark.parametrize(
    ("block", "message", "hint"),
    [
        (
            {"Bool": "true"},
            "a Condition has another form than operator, key, values",
            'write "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}',
        ),
        (
            {"IpAddresses": {"aws:SourceIp": "::1"}},
            "IAM has no condition operator IpAddresses",
            f"the operators are {', '.join(OPERATORS)}, with IfExists behind or ForAllValues: before them",
        ),
        ({"Bool": {"a:b": []}}, "the condition on a:b has no value", "give a:b a value to compare with"),
        (
            {"NumericLessThan": {"a:b": "${a:c}"}},
            "the condition NumericLessThan on a:b has a value it cannot compare",
            "Bool and Null compare with true and false, Numeric with a number, Date with 2030-01-01T00:00:00Z, "
            "IpAddress with 192.0.2.0/24, the others with a text",
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
