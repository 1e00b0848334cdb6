"""A pattern fits what its wildcards say, and nothing else."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mfa_session.policies.patterns import Pattern, Variables


@settings(deadline=None)  # a busy machine is no mistake
@given(st.text("ab*?:", max_size=12), st.text("ab:", max_size=12))
def test_a_pattern_means_what_the_regular_expression_means(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)

    same = Pattern.parse(pattern, Variables.LITERAL).matches(text, lambda _: None)

    assert same == (re.fullmatch(expression, text) is not None)
