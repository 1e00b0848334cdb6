"""Made-up JSON: objects with the fields that a reader looks for, other JSON, an abyss of brackets, and what is none."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.campaigns.fuzz.texts import any_bytes, any_text

FAR = [0, -1, 1e308, -1e308, float("nan"), float("inf"), 10**18, -(10**18), 10**400]
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(FAR), any_text)
anything = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(any_text, scalars, max_size=3))
depths = st.sampled_from([10, 300, 900, 990, 1000, 1100, 3000, 100_000])
deep = st.one_of(
    depths.map(lambda depth: b"[" * depth), depths.map(lambda depth: b'{"":' * depth + b"0" + b"}" * depth)
)


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Return JSON objects, nearly those or other JSON, and what is none."""
    right = st.fixed_dictionaries(fields)
    wrong = st.fixed_dictionaries({}, optional={name: st.one_of(value, anything) for name, value in fields.items()})
    written = st.one_of(right, wrong, wrong, anything).map(lambda value: json.dumps(value).encode())
    cut = st.tuples(written, st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]])
    return st.one_of(written, written, cut, deep, any_bytes)
