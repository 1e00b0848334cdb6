"""Simulate policies for one user: what is decided for the key, for a session, and for a session with MFA."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from mfa_session.errors import UsageError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.policies.conditions import Values
from mfa_session.policies.evaluator import Decision, DecisionType, Policy, Request, Statement, evaluate

# The user in AWS's examples.
_EXAMPLE_NAME = "alice"
_EXAMPLE_ACCOUNT = "123456789012"
_EXAMPLE_PATH = "/engineering/"


class Caller(Enum):
    """How a user calls AWS."""

    LONG_TERM_KEY = "long-term key"
    SESSION_WITHOUT_MFA = "session without MFA"
    MFA_SESSION = "MFA session"


# aws:MultiFactorAuthPresent and aws:MultiFactorAuthAge. A long-term key has neither, which is not the same as "false".
_MFA: Mapping[Caller, tuple[str | None, str | None]] = {
    Caller.LONG_TERM_KEY: (None, None),
    Caller.SESSION_WITHOUT_MFA: ("false", None),
    Caller.MFA_SESSION: ("true", "0"),
}


class Target(Enum):
    """What an action is done to, as seen by the user who does it."""

    OWN_USER = "own user"
    OWN_DEVICE = "own device"
    ANOTHER_USER = "another user"
    ANOTHERS_DEVICE = "another's device"
    OWN_DATED_DEVICE = "own device, named by date"
    LONGER_NAMED_DEVICE = "device of a longer name"
    ALL_DEVICES = "all devices"
    EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """The user whom the policies are attached to. One that is only an example stands for users of any path."""

    partition: str = "aws"
    account_id: str = _EXAMPLE_ACCOUNT
    path: str = "/"
    name: str = _EXAMPLE_NAME
    is_example: bool = True

    @classmethod
    def of(cls, user: CallerIdentity) -> Self:
        """Return the real *user* as a subject.

        Raises:
            UsageError: this is no IAM user.
        """
        if user.user_name is None:
            raise UsageError(f"{user.arn} is no IAM user", hint="name an IAM user: --user NAME")
        path = user.arn.split(":", 5)[5].removeprefix("user").removesuffix(user.user_name)
        return cls(user.partition, user.account_id, path, user.user_name, is_example=False)

    @property
    def with_a_path(self) -> Self:
        """The same user with a path: the own one, else one of an example."""
        return self if self.path != "/" else replace(self, path=_EXAMPLE_PATH)

    def arn(self, target: Target) -> str:
        """Return the ARN of *target*."""
        resource = {
            Target.OWN_USER: f"user{self.path}{self.name}",
            Target.OWN_DEVICE: f"mfa/{self.name}",
            # The names of others may end or begin as one's own: a wildcard too many reaches them.
            Target.ANOTHER_USER: f"user/m{self.name}",
            Target.ANOTHERS_DEVICE: f"mfa/{self.name}2",
            Target.OWN_DATED_DEVICE: f"mfa/{self.name}-phone-20260101",
            Target.LONGER_NAMED_DEVICE: f"mfa/{self.name}-smith",
            Target.ALL_DEVICES: "mfa/",
        }.get(target)
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}" if resource else "*"


_ALLOW_ALL = Policy.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, name="another policy"
)


@dataclass(frozen=True, slots=True)
class Simulation:
    """Policies and the user who has them. *context* has what else is known of the calls, such as ``aws:SourceIp``.

    Only identity-based policies count: no permissions boundary, no service control policy.
    *is_complete* where the user has no other policies.
    """

    policies: tuple[Policy, ...]
    subject: Principal = field(default_factory=Principal)
    context: Mapping[str, Values] = field(default_factory=dict)
    is_complete: bool = False

    @property
    def has_allow(self) -> bool:
        """Whether any statement allows anything."""
        return any(statement.allows for _, statement in self.statements)

    @property
    def with_allow_all(self) -> Self:
        """The same with a policy beside it that allows everything."""
        return replace(self, policies=(*self.policies, _ALLOW_ALL))

    @property
    def statements(self) -> Iterator[tuple[Policy, Statement]]:
        """Every statement with its policy."""
        return ((policy, statement) for policy in self.policies for statement in policy.statements)

    def request(self, action: str, resource: str, caller: Caller) -> Request:
        """Return the call of *action* as policies see it."""
        return Request(action, resource, self._context(caller))

    def decide(self, action: str, target: Target, caller: Caller) -> Decision:
        """Return what is decided about *action*, and by which statement."""
        return evaluate(self.policies, self.request(action, self.subject.arn(target), caller))

    def allows(self, action: str, target: Target, caller: Caller) -> bool:
        """Tell whether *action* is allowed."""
        return self.decide(action, target, caller).decision is DecisionType.ALLOWED

    def denies(self, action: str, target: Target, caller: Caller) -> bool:
        """Tell whether *action* is denied explicitly, so that no other policy can allow it."""
        return self.decide(action, target, caller).decision is DecisionType.EXPLICITLY_DENIED

    def _context(self, caller: Caller) -> Mapping[str, Values]:
        present, age = _MFA[caller]
        return {
            "aws:username": self.subject.name,
            "aws:PrincipalArn": self.subject.arn(Target.OWN_USER),
            "aws:PrincipalAccount": self.subject.account_id,
            "aws:ResourceAccount": self.subject.account_id,
            "aws:PrincipalType": "User",
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalServiceName": None,
            "aws:FederatedProvider": None,
            "aws:CalledVia": None,
            "aws:ViaAWSService": "false",
            "aws:SecureTransport": "true",
            "aws:MultiFactorAuthAge": age,
            **self.context,
            **({} if age is not None else {"aws:MultiFactorAuthAge": None}),
            "aws:MultiFactorAuthPresent": present,
        }


def read_policies(documents: Mapping[str, str]) -> tuple[Policy, ...]:
    """Read *documents*, which are known by their names.

    Raises:
        UsageError: one is no policy, or uses something that is not understood here; it says which, and where.
    """
    return tuple(_read(document, name) for name, document in documents.items())


def _read(document: str, name: str) -> Policy:
    try:
        return Policy.parse(document, name=name)
    except UsageError as error:
        raise UsageError(f"{name}: {error}", hint=error.hint) from None


def by_name(decisions: Iterable[Decision]) -> str:
    """Return the statements that made *decisions*, each once."""
    made = ((each.policy, each.statement) for each in decisions)
    names = dict.fromkeys(statement_name(policy, made_by) for policy, made_by in made if policy and made_by)
    return " and ".join(names)


def statement_name(policy: Policy, statement: Statement) -> str:
    """Return the Sid of *statement*, else its number, and its policy."""
    which = statement.sid or f"{policy.statements.index(statement) + 1}, which has no Sid,"
    return f"statement {which} of {policy.name}" if policy.name else f"statement {which}".rstrip(",")
