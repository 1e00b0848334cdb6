"""What policies allow without MFA: every action, what it leads to, and what to change in the policy at hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mfa_session.errors import hint_command
from mfa_session.policies.actions import KNOWN_ACTIONS, NEEDED_BEFORE_MFA, Danger, danger_of, expanded
from mfa_session.policies.evaluator import Decision, DecisionType, Policy, Statement, evaluate
from mfa_session.policies.simulation import Caller, Simulation, Target, statement_name

# An action that no list names: a policy that denies it denies whatever it does not except.
OTHER_ACTION = "example:AnyOtherAction"

DENY_ALL = f"deny everything without MFA but the way to a first code; see: {hint_command('policy show', profile='')}"

WITHOUT_MFA = (Caller.LONG_TERM_KEY, Caller.SESSION_WITHOUT_MFA)
_MFA_KEYS = ("aws:multifactorauthpresent", "aws:multifactorauthage")

_OWN_AND_ANOTHERS = (Target.OWN_USER, Target.ANOTHER_USER)
_TARGETS = {
    "iam:ChangePassword": (Target.OWN_USER,),
    "iam:CreateAccessKey": _OWN_AND_ANOTHERS,
    "iam:CreateVirtualMFADevice": (Target.OWN_DEVICE,),
    "iam:DeactivateMFADevice": _OWN_AND_ANOTHERS,
    "iam:DeleteAccessKey": _OWN_AND_ANOTHERS,
    "iam:DeleteVirtualMFADevice": (Target.OWN_DEVICE, Target.ANOTHERS_DEVICE),
    "iam:EnableMFADevice": _OWN_AND_ANOTHERS,
    "iam:UpdateAccessKey": _OWN_AND_ANOTHERS,
}

# One policy may name thousands of resources; more of one statement tell nothing new.
_MAX_RESOURCES = 20


@dataclass(frozen=True, slots=True)
class Opening:
    """An action that *caller*, who has no MFA, may do. *shown* is the action, or the wildcard it stands for.

    *needs_another_allow* where no policy at hand allows it, and none denies it.
    """

    action: str
    shown: str
    target: Target
    caller: Caller
    decision: Decision
    needs_another_allow: bool = False

    @property
    def danger(self) -> Danger:
        """What it leads to."""
        if self.action == "iam:EnableMFADevice" and self.target is Target.ANOTHER_USER:
            return Danger.TAKE_OVER_DEVICE
        return danger_of(self.action)


def openings(simulation: Simulation) -> list[Opening]:
    """Return all that is allowed without MFA, or may be: those whose decision is unknown too.

    What the NotAction of an enforcing Deny excepts counts too, unless *simulation* has all policies of the user.
    """
    universe = _universe(simulation)
    found = {(each.action, each.target): each for each in _allowed(simulation, universe)}
    if not simulation.is_complete:
        for each in _excepted(simulation, universe):
            found.setdefault((each.action, each.target), each)
    return list(found.values())


def _universe(simulation: Simulation) -> dict[str, str]:
    """Return the actions to try, with the names to show: all known ones, and what the policies name."""
    found = {action: action for action in KNOWN_ACTIONS}
    for _, statement in simulation.statements:
        for entry in statement.action_names:
            if entry != "*":
                for action, shown in expanded(entry).items():
                    found.setdefault(action, shown)
    return found


def _allowed(simulation: Simulation, universe: dict[str, str]) -> Iterator[Opening]:
    for _, statement in simulation.statements:
        if not statement.allows:
            continue
        examples = [(Target.EVERYTHING, resource) for resource in _resources(simulation, statement)]
        for action, shown in universe.items():
            if not statement.covers_action(action):
                continue
            targets = _TARGETS.get(action)
            places = [(target, simulation.subject.arn(target)) for target in targets] if targets else examples
            for target, resource in places:
                for caller in WITHOUT_MFA:
                    decision = evaluate(simulation.policies, simulation.request(action, resource, caller))
                    if decision.may_be(DecisionType.ALLOWED):
                        yield Opening(action, shown, target, caller, decision)
                        break


def _resources(simulation: Simulation, statement: Statement) -> list[str]:
    if statement.all_resources_but:
        return ["*"]
    value_of = simulation.request("", "", Caller.LONG_TERM_KEY).value
    patterns = statement.resources[:_MAX_RESOURCES]
    return list(dict.fromkeys("*" if str(each) == "*" else each.example(value_of) for each in patterns))


def _excepted(simulation: Simulation, universe: dict[str, str]) -> Iterator[Opening]:
    key = Caller.LONG_TERM_KEY
    assumed = simulation.with_allow_all
    for _, statement in simulation.statements:
        binds = not statement.allows and statement.applies_to(simulation.request(OTHER_ACTION, "*", key))
        if not (binds and statement.all_actions_but):
            continue
        for action, shown in universe.items():
            if not statement.covers_action(action):
                target = _TARGETS.get(action, (Target.EVERYTHING,))[0]
                decision = assumed.decide(action, target, key)
                if decision.decision is DecisionType.ALLOWED:
                    yield Opening(action, shown, target, key, decision, needs_another_allow=True)


def enforcing_statements(simulation: Simulation) -> list[tuple[Policy, Statement]]:
    """Return each Deny that asks for MFA, or that denies whatever it does not except to a long-term key."""
    request = simulation.request(OTHER_ACTION, "*", Caller.LONG_TERM_KEY)
    return [
        (policy, statement)
        for policy, statement in simulation.statements
        if not statement.allows
        and (
            any(condition.key.lower() in _MFA_KEYS for condition in statement.conditions)
            or statement.applies_to(request)
        )
    ]


def how_to_close(simulation: Simulation, found: Sequence[Opening]) -> str:
    """Return what to change in the policies of *simulation* so that *found* needs MFA."""
    enforcing = enforcing_statements(simulation)
    if not enforcing:
        fix = DENY_ALL
        allowing = dict.fromkeys(
            statement_name(each.decision.policy, each.decision.statement)
            for each in found
            if each.decision.policy and each.decision.statement and not each.needs_another_allow
        )
        if allowing:
            first = next(iter(allowing))
            fix += f'; or give {first} the condition "Bool": {{"aws:MultiFactorAuthPresent": "true"}}'
        return fix
    changes = dict.fromkeys(
        change for policy, statement in enforcing for change in _changes(simulation, policy, statement, found)
    )
    return "; ".join(changes) or DENY_ALL


def _changes(simulation: Simulation, policy: Policy, statement: Statement, found: Sequence[Opening]) -> Iterator[str]:
    name = statement_name(policy, statement)
    excepted = [each for each in found if not statement.covers_action(each.action)]
    if excepted and statement.all_actions_but:
        yield _without_entries(statement, name, [each.action for each in excepted])
    elif excepted:
        yield f"let {name} deny {listed(dict.fromkeys(each.shown for each in excepted))} too"
    covered = [each for each in found if each not in excepted]
    for each in covered[:1] or found[:1]:
        resource = simulation.subject.arn(each.target)
        request = simulation.request(each.action, resource, each.caller)
        if covered and statement.covers_resource(request) is False:
            yield f'write "Resource": "*" in {name}'
        for condition in statement.unmet(request):
            if condition.key.lower() in _MFA_KEYS and not condition.if_exists and condition.operator != "Null":
                yield f"write {condition.written}IfExists where {name} has {condition.written}"
            elif condition.key.lower() in _MFA_KEYS:
                yield f'give {name} the condition "BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}'
            else:
                yield f"take the condition {condition.written} on {condition.key} out of {name}"


def _without_entries(statement: Statement, name: str, actions: Iterable[str]) -> str:
    wanted = {action.lower() for action in actions}
    entries = []
    for entry, pattern in zip(statement.action_names, statement.actions, strict=True):
        if any(pattern.matches(action, lambda _key: None) for action in wanted):
            entries.append(entry)
    needed = [
        action
        for action in NEEDED_BEFORE_MFA
        if any(set(entry) & set("*?") and action in expanded(entry) for entry in entries)
    ]
    if needed:
        return f"in the NotAction of {name}, write {listed(needed)} in place of {listed(entries)}"
    return f"take {listed(entries)} out of the NotAction of {name}"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return *names* on one line, and how many more there are."""
    every = list(names)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")
