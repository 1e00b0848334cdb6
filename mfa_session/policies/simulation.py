"""A trial of policies: what a set of them decides for one user, by how the user calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from mfa_session.errors import UsageError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.policies.evaluator import Decision, DecisionType, Policy, Request, evaluate

# Whoever has no policies of his own to try: AWS's documents call him so.
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
            Target.ALL_DEVICES: "mfa/",
        }.get(target)
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}" if resource else "*"


@dataclass(frozen=True, slots=True)
class Simulation:
    """Policies on trial. *context* has what is known of the calls besides, such as ``aws:SourceIp``.

    Only identity-based policies count: no permissions boundary, no service control policy.
    """

    policies: tuple[Policy, ...]
    subject: Principal = field(default_factory=Principal)
    context: Mapping[str, str | None] = field(default_factory=dict)

    def decide(self, action: str, target: Target, caller: Caller) -> Decision:
        """Return what is decided about *action*, and by which statement.

        Raises:
            UsageError: it depends on something of which nothing is known here.
        """
        return evaluate(self.policies, Request(action, self.subject.arn(target), self._context(caller)))

    def allows(self, action: str, target: Target, caller: Caller) -> bool:
        """Tell whether *action* is allowed."""
        return self.decide(action, target, caller).decision is DecisionType.ALLOWED

    def denies(self, action: str, target: Target, caller: Caller) -> bool:
        """Tell whether *action* is denied explicitly, so that no other policy can allow it."""
        return self.decide(action, target, caller).decision is DecisionType.EXPLICITLY_DENIED

    def _context(self, caller: Caller) -> Mapping[str, str | None]:
        present, age = _MFA[caller]
        return {
            "aws:username": self.subject.name,
            "aws:PrincipalArn": self.subject.arn(Target.OWN_USER),
            "aws:PrincipalAccount": self.subject.account_id,
            "aws:PrincipalType": "User",
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
            "aws:SecureTransport": "true",
            **self.context,
            "aws:MultiFactorAuthPresent": present,
            "aws:MultiFactorAuthAge": age,
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


def by_name(rulings: Iterable[Decision]) -> str:
    """Return the statements that made *rulings*, each once, as a person would find them."""
    names = dict.fromkeys(_name(decide) for decide in rulings if decide.statement is not None)
    return " and ".join(names)


def _name(decide: Decision) -> str:
    policy, statement = decide.policy, decide.statement
    if policy is None or statement is None:
        return "no statement"
    which = statement.sid or f"{policy.statements.index(statement) + 1}, which has no Sid,"
    return f"statement {which} of {policy.name}" if policy.name else f"statement {which}".rstrip(",")
