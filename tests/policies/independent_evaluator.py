"""Another evaluator of IAM policies, NCC Group's Principal Mapper, in its own process.

Reads a JSON list of policy, action, resource and context from stdin, and writes a JSON list of letters: A is
allowed, D explicitly denied, - neither. A context value of null stands for a key that the request has not.
"""

import collections
import collections.abc
import json
import sys

# Principal Mapper 1.1.5 was written for a Python that still had them here.
for name in ("Mapping", "MutableMapping"):
    setattr(collections, name, getattr(collections.abc, name))

from principalmapper.querying.local_policy_simulation import policy_has_matching_statement  # noqa: E402 -- it needs the lines above
from principalmapper.util.case_insensitive_dict import CaseInsensitiveDict  # noqa: E402 -- it needs the lines above


def letter(policy: object, action: str, resource: str, context: dict[str, str | None]) -> str:
    present = CaseInsensitiveDict({key: value for key, value in context.items() if value is not None})
    for effect, letter in (("Deny", "D"), ("Allow", "A")):
        if policy_has_matching_statement(policy, effect, action, resource, present):
            return letter
    return "-"


if __name__ == "__main__":
    json.dump([letter(*case) for case in json.load(sys.stdin)], sys.stdout)
