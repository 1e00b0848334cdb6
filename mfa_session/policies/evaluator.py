"""IAM policies: what a set of them decides about one request.

Identity-based policies only, evaluated as AWS documents it
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html):
an explicit deny wins, then an allow, else the request is denied implicitly.

A condition key that the request says nothing about is unknown, and so is a decision that hangs on it:
it names the keys, and which decisions are possible. An operator, an element or a variable that IAM
does not have is refused when the policy is read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from mfa_session.errors import UsageError
from mfa_session.policies.conditions import Condition, Values, read_conditions
from mfa_session.policies.patterns import Pattern, Truth, UnknownKeyError, Variables, all_of, any_of

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
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Request:
    """One call to AWS, as policies see it.

    *action* is ``iam:ListAccessKeys``, *resource* an ARN. *context* has every condition
    key that is known about the call, ``None`` for one that is known to be absent, which
    is something else than ``false``: a long-term key has no ``aws:MultiFactorAuthPresent``.
    """

    action: str
    resource: str
    context: Mapping[str, Values]

    def values(self, key: str) -> Values:
        """Return what the context says of *key*, ``None`` where it is absent. Case does not matter.

        Raises:
            UnknownKeyError: the context says nothing of it.
        """
        if key in self.context:
            return self.context[key]
        for known, values in self.context.items():
            if known.lower() == key.lower():
                return values
        raise UnknownKeyError(key)

    def value(self, key: str) -> str | None:
        """Return the one value of *key*; a key of several values stands for none in a variable.

        Raises:
            UnknownKeyError: the context says nothing of it.
        """
        values = self.values(key)
        return values if isinstance(values, str) else None

    def knows(self, key: str) -> bool:
        """Tell whether the context says anything of *key*."""
        try:
            self.values(key)
        except UnknownKeyError:
            return False
        return True


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
    action_names: tuple[str, ...] = ()
    # By service: a policy of AWS's may name a thousand actions, and `policy check` tries hundreds.
    _actions_of: Mapping[str, list[Pattern]] = field(default_factory=dict, compare=False, repr=False)

    def covers_action(self, action: str) -> bool:
        """Tell whether *action* is one of this statement's, whatever the resource."""
        name = action.lower()
        named = any(
            pattern.matches(name, _no_variable)
            for service in (name.partition(":")[0], "*")
            for pattern in self._actions_of.get(service, ())
        )
        return named != self.all_actions_but

    def covers_resource(self, request: Request) -> Truth:
        """Tell whether the request's resource is one of this statement's."""
        meant = any_of(resource.matches_arn(request.resource, request.value) for resource in self.resources)
        return meant if meant is None else meant != self.all_resources_but

    def unmet(self, request: Request) -> list[Condition]:
        """Return the conditions that *request* does not meet, the unknown ones not among them."""
        return [condition for condition in self.conditions if condition.is_met(request.values) is False]

    def applies_to(self, request: Request) -> Truth:
        """Tell whether action, resource and every condition fit *request*; ``None`` where that is unknown."""
        if not self.covers_action(request.action):
            return False
        resource = self.covers_resource(request)
        if resource is False:
            return False
        return all_of((resource, *(condition.is_met(request.values) for condition in self.conditions)))

    def unknown_keys(self, request: Request) -> list[str]:
        """Return the condition keys that this statement asks for and *request* says nothing about."""
        keys = [key for pattern in self.resources for key in pattern.keys]
        for condition in self.conditions:
            keys += [condition.key, *(key for value in condition.values for key in value.keys)]
        return [key for key in dict.fromkeys(keys) if not request.knows(key)]


def _no_variable(_key: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that was read whole. *name* says which one, where there are several.

    *has_dead_variables* where it has ``${…}`` in a version that takes them literally. *size* is what counts
    against IAM's limit: characters without blanks.
    """

    statements: tuple[Statement, ...]
    name: str = ""
    has_dead_variables: bool = False
    size: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, document: str | Mapping[str, Any], *, name: str = "") -> Self:
        """Read a policy *document*: JSON text, or what JSON text stands for.

        Raises:
            UsageError: AWS would refuse it as malformed, or it uses something that is not understood here.
        """
        policy = _decoded(document) if isinstance(document, str) else document
        text = document if isinstance(document, str) else ""
        _demand(isinstance(policy, Mapping), "a policy is a JSON object", hint="begin it with { and end it with }")
        _only_known(policy, {"Version", "Id", "Statement"}, of="a policy")
        # Without a Version, AWS takes the older one.
        version = policy.get("Version", "2008-10-17")
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
        has_variables = variables is Variables.LITERAL and "${" in json.dumps(raw)
        return cls(statements, name, has_variables, len("".join(text.split())))


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision, and the policy and statement that made it; an implicit denial was made by none.

    An unknown one has the decisions that are *possible* and the *unknown_keys* that it hangs on.
    """

    decision: DecisionType
    policy: Policy | None = None
    statement: Statement | None = None
    possible: frozenset[DecisionType] = frozenset()
    unknown_keys: tuple[str, ...] = ()

    def may_be(self, decision: DecisionType) -> bool:
        """Tell whether this is *decision*, or could be."""
        return self.decision is decision or decision in self.possible


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """Decide about *request* by all *policies* together."""
    allowed: Decision | None = None
    unknown: list[tuple[Policy, Statement]] = []
    for policy in policies:
        for statement in policy.statements:
            applies = statement.applies_to(request)
            if applies is None:
                unknown.append((policy, statement))
            elif applies and not statement.allows:
                return Decision(DecisionType.EXPLICITLY_DENIED, policy, statement)
            elif applies and allowed is None:
                allowed = Decision(DecisionType.ALLOWED, policy, statement)
    known = allowed or Decision(DecisionType.IMPLICITLY_DENIED)
    possible = {known.decision}
    if any(not statement.allows for _, statement in unknown):
        possible.add(DecisionType.EXPLICITLY_DENIED)
    if any(statement.allows for _, statement in unknown):
        possible.add(DecisionType.ALLOWED)
    if len(possible) == 1:
        return known
    keys = dict.fromkeys(key for _, statement in unknown for key in statement.unknown_keys(request))
    return Decision(DecisionType.UNKNOWN, *unknown[0], frozenset(possible), tuple(keys))


def evaluate_known(policies: Iterable[Policy], request: Request) -> Decision:
    """Decide about *request*, of which every condition key is known.

    Raises:
        UsageError: the decision hangs on a key that the request says nothing about.
    """
    decision = evaluate(policies, request)
    if decision.decision is DecisionType.UNKNOWN:
        raise UsageError(
            f"the policy asks for the condition key {decision.unknown_keys[0]}, which this request does not have",
            hint=f"leave {decision.unknown_keys[0]} out of the policy",
        )
    return decision


def check_action(name: str) -> None:
    """Check that *name* has the form of an action.

    Raises:
        UsageError: it has not.
    """
    _demand(_ACTION.fullmatch(name) is not None, f"{name!r} is no action", hint="write it as iam:ListAccessKeys")


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
        check_action(name)
    for name in resources:
        _demand(_RESOURCE.fullmatch(name) is not None, f"{name!r} is no resource", hint="write an ARN or *")
    patterns = [Pattern.parse(name.lower(), Variables.LITERAL) for name in actions]
    by_service: dict[str, list[Pattern]] = {}
    for pattern in patterns:
        by_service.setdefault(str(pattern).partition(":")[0], []).append(pattern)
    return Statement(
        sid=sid,
        allows=effect == "Allow",
        actions=tuple(patterns),
        resources=tuple(Pattern.parse(name, variables) for name in resources),
        conditions=read_conditions(statement.get("Condition", {}), variables),
        all_actions_but=action == "NotAction",
        all_resources_but=resource == "NotResource",
        action_names=tuple(actions),
        _actions_of=by_service,
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
