"""IAM policies: what a set of them decides about one request.

Identity-based policies only, evaluated as AWS documents it
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html):
an explicit deny wins, then an allow, else the request is denied implicitly.

Nothing counts as met because it was not understood. An operator, an element or a
variable of another form is refused when the policy is read; a condition key that the
request says nothing about, neither a value nor that it is absent, when it is asked for.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from mfa_session.errors import UsageError
from mfa_session.policies.conditions import Condition, read_conditions
from mfa_session.policies.patterns import Pattern, Variables

_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:.+", re.DOTALL)


class DecisionType(Enum):
    """What a set of policies says about a request; only ``ALLOWED`` lets it through."""

    ALLOWED = "allowed"
    EXPLICITLY_DENIED = "explicitly denied"
    IMPLICITLY_DENIED = "implicitly denied"


@dataclass(frozen=True, slots=True)
class Request:
    """One call to AWS, as policies see it.

    *action* is ``iam:ListAccessKeys``, *resource* an ARN. *context* has every condition
    key that is known about the call, ``None`` for one that is known to be absent, which
    is something else than ``false``: a long-term key has no ``aws:MultiFactorAuthPresent``.
    """

    action: str
    resource: str
    context: Mapping[str, str | None]

    def value(self, key: str) -> str | None:
        """Return what the context says of *key*, ``None`` where it is absent. Case does not matter.

        Raises:
            UsageError: the context says nothing of it.
        """
        for known, value in self.context.items():
            if known.lower() == key.lower():
                return value
        raise UsageError(
            f"the policy asks for the condition key {key}, of which nothing is known here",
            hint=f"say what {key} is in this request, or that it is absent",
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy, and which requests it speaks of."""

    sid: str
    allows: bool
    actions: tuple[Pattern, ...]
    resources: tuple[Pattern, ...]
    conditions: tuple[Condition, ...]
    all_actions_but: bool = False
    all_resources_but: bool = False

    def applies_to(self, request: Request) -> bool:
        """Tell whether action, resource and every condition of this statement fit *request*.

        Raises:
            UsageError: a condition or a variable asks for a key of which the request says nothing.
        """
        named = any(action.matches(request.action.lower(), request.value) for action in self.actions)
        if named == self.all_actions_but:
            return False
        meant = any(resource.matches_arn(request.resource, request.value) for resource in self.resources)
        if meant == self.all_resources_but:
            return False
        return all(condition.is_met(request.value) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that has been read and understood whole. *name* says which one, where there are several."""

    statements: tuple[Statement, ...]
    name: str = ""

    @classmethod
    def parse(cls, document: str | Mapping[str, Any], *, name: str = "") -> Self:
        """Read a policy *document*: JSON text, or what JSON text stands for.

        Raises:
            UsageError: AWS would refuse it as malformed, or it uses something that is not understood here.
        """
        policy = _decoded(document) if isinstance(document, str) else document
        _demand(isinstance(policy, Mapping), "a policy is a JSON object", hint="begin it with { and end it with }")
        _only_known(policy, {"Version", "Id", "Statement"}, of="a policy")
        version = policy.get("Version")
        _demand(version in _VERSIONS, "the policy has no known Version", hint='write "Version": "2012-10-17"')
        variables = Variables.EXPANDED if version == "2012-10-17" else Variables.LITERAL
        listed = policy.get("Statement")
        raw: list[Any] = listed if isinstance(listed, list) else [listed]
        _demand(
            bool(raw) and all(isinstance(statement, Mapping) for statement in raw),
            "the policy has no Statement, or one that is not an object",
            hint='write "Statement": [{"Effect": …, "Action": …, "Resource": …}]',
        )
        statements = tuple(_read_numbered(number, statement, variables) for number, statement in enumerate(raw, 1))
        sids = [statement.sid for statement in statements if statement.sid]
        _demand(len(sids) == len(set(sids)), "two statements have the same Sid", hint="give each Sid once")
        return cls(statements, name)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision, and the policy and statement that made it; an implicit denial was made by none."""

    decision: DecisionType
    policy: Policy | None = None
    statement: Statement | None = None


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """Decide about *request* by all *policies* together.

    Raises:
        UsageError: a statement that could decide asks for a condition key of which the request says nothing.
    """
    decide = Decision(DecisionType.IMPLICITLY_DENIED)
    for policy in policies:
        for statement in policy.statements:
            if not statement.applies_to(request):
                continue
            if not statement.allows:
                return Decision(DecisionType.EXPLICITLY_DENIED, policy, statement)
            if decide.statement is None:
                decide = Decision(DecisionType.ALLOWED, policy, statement)
    return decide


def _demand(condition: bool, message: str, *, hint: str) -> None:
    if not condition:
        raise UsageError(message, hint=hint)


def _only_known(element: Mapping[str, Any], known: set[str], *, of: str) -> None:
    unknown = sorted(str(name) for name in element if name not in known)
    _demand(not unknown, f"{of} has no element {', '.join(unknown)}", hint=f"it may have {', '.join(sorted(known))}")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        # json's own message says where, and quotes nothing
        raise UsageError(f"the policy is not valid JSON: {error}", hint="check commas, quotes and brackets") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of *pairs*; json would keep the last of two alike, and a statement would be gone unseen."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        _demand(name not in found, f"{name} stands twice in one object", hint="write a list instead")
        found[name] = value
    return found


def _read_numbered(number: int, statement: Mapping[str, Any], variables: Variables) -> Statement:
    try:
        return _read_statement(statement, variables)
    except UsageError as error:
        sid = statement.get("Sid")
        which = f"{number} ({sid})" if isinstance(sid, str) and _SID.fullmatch(sid) and sid else str(number)
        raise UsageError(f"statement {which}: {error}", hint=error.hint) from None


def _read_statement(statement: Mapping[str, Any], variables: Variables) -> Statement:
    _demand(
        not {"Principal", "NotPrincipal"} & set(statement),
        "the policy names a Principal, which only a resource's or a role's policy does",
        hint="leave Principal out: the policy speaks of whomever it is attached to",
    )
    _only_known(statement, _ELEMENTS, of="a statement")
    sid = statement.get("Sid", "")
    _demand(
        isinstance(sid, str) and _SID.fullmatch(sid) is not None,
        "a Sid has other characters than letters and digits",
        hint="use only letters and digits in a Sid",
    )
    effect = statement.get("Effect")
    _demand(effect in ("Allow", "Deny"), "a statement's Effect is not Allow or Deny", hint='write "Effect": "Allow"')
    action, actions = _one_of(statement, "Action", "NotAction")
    resource, resources = _one_of(statement, "Resource", "NotResource")
    for name in actions:
        _demand(_ACTION.fullmatch(name) is not None, f"{name!r} is no action", hint="write it as iam:ListAccessKeys")
    for name in resources:
        _demand(_RESOURCE.fullmatch(name) is not None, f"{name!r} is no resource", hint="write an ARN or *")
    return Statement(
        sid=sid,
        allows=effect == "Allow",
        actions=tuple(Pattern.parse(name.lower(), Variables.LITERAL) for name in actions),
        resources=tuple(Pattern.parse(name, variables) for name in resources),
        conditions=read_conditions(statement.get("Condition", {}), variables),
        all_actions_but=action == "NotAction",
        all_resources_but=resource == "NotResource",
    )


def _one_of(statement: Mapping[str, Any], name: str, negated: str) -> tuple[str, list[str]]:
    present = [element for element in (name, negated) if element in statement]
    _demand(
        len(present) == 1,
        f"a statement has {'both' if present else 'neither'} {name} {'and' if present else 'nor'} {negated}",
        hint=f"give each statement one of {name} and {negated}",
    )
    listed = statement[present[0]]
    values = listed if isinstance(listed, list) else [listed]
    _demand(
        bool(values) and all(isinstance(value, str) for value in values),
        f"{present[0]} is not a string or a list of strings",
        hint=f'write "{present[0]}": "…" or "{present[0]}": ["…", "…"]',
    )
    return present[0], values
