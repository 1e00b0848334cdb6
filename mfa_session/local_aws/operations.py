"""Operations: one call of one API action, by a known caller, with parameters that were checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.authentication import Caller
from mfa_session.local_aws.parameter_rules import violations
from mfa_session.local_aws.responses import RefusedError, Result
from mfa_session.policies.evaluator import Decision, DecisionType, Request, evaluate_known


@dataclass(frozen=True)
class Operation:
    """A call in the making."""

    service: str
    action: str
    parameters: Mapping[str, str]
    caller: Caller
    account: Account

    def __getitem__(self, name: str) -> str:
        """Return a parameter that the action requires."""
        return self.parameters[name]

    def get(self, name: str) -> str | None:
        """Return a parameter that may be missing."""
        return self.parameters.get(name)

    @property
    def user(self) -> User | None:
        """The IAM user who calls; ``None`` for root and for a role."""
        name = self.caller.identity.user_name
        return self.account.users[name] if name else None

    @property
    def principal_arn(self) -> str:
        """Whose policies count: the user's ARN, and for a role's session the role's."""
        identity = self.caller.identity
        return self.account.roles[identity.role_name].arn if identity.role_name else identity.arn

    def authorize(self, resource: str, context: Mapping[str, str] | None = None) -> None:
        """Make sure that the caller's policies allow this action on *resource*.

        *context* has the condition keys that only this action knows, such as ``iam:PolicyARN``.

        Raises:
            RefusedError: they do not.
        """
        request = self.request(resource, context or {})
        decide = self.decide(request)
        if decide.decision is not DecisionType.ALLOWED:
            raise self.refusal(request, decide)

    def request(self, resource: str, context: Mapping[str, str | None]) -> Request:
        """Return this call as policies see it."""
        return Request(f"{self.service}:{self.action}", resource, {**self._context(), **context})

    def decide(self, request: Request) -> Decision:
        """Return what the caller's own policies say of *request*; root may do everything."""
        if self.caller.identity.is_root:
            return Decision(DecisionType.ALLOWED)
        return evaluate_known(self.account.policies_of(self.caller.identity), request)

    def refusal(self, request: Request, decide: Decision | None) -> RefusedError:
        """Return AWS's words for a *request* that is denied, with the reason where a *ruling* is one."""
        text = f"User: {self.caller.identity.arn} is not authorized to perform: {request.action}"
        text += f" on resource: {request.resource}"
        if decide is not None and decide.decision is DecisionType.IMPLICITLY_DENIED:
            text += f" because no identity-based policy allows the {request.action} action"
        elif decide is not None:
            text += " with an explicit deny in an identity-based policy"
            if self.account.denials_name_the_policy and decide.policy and decide.policy.name.startswith("arn:"):
                text += f": {decide.policy.name}"
        return RefusedError(403, "AccessDenied", text)

    def _context(self) -> dict[str, str | None]:
        identity, session = self.caller.identity, self.caller.session
        mfa_at = session.mfa_at if session and self.caller.mfa else None
        return {
            "aws:MultiFactorAuthPresent": None if self.caller.mfa is None else str(self.caller.mfa).lower(),
            "aws:MultiFactorAuthAge": str(int((self.account.now() - mfa_at).total_seconds())) if mfa_at else None,
            "aws:username": identity.user_name,
            "aws:userid": identity.user_id,
            "aws:PrincipalArn": self.principal_arn,
            "aws:PrincipalAccount": self.account.account_id,
            "aws:PrincipalType": "AssumedRole" if identity.role_name else "User",
            "aws:RequestedRegion": self.caller.region,
            "aws:ViaAWSService": "false",
            "iam:PolicyARN": None,
            # the loopback stands for what is TLS when it is AWS
            "aws:SecureTransport": "true",
        }


@dataclass(frozen=True)
class Action:
    """One action of an API: what does it, and which parameters it takes; others are ignored, as AWS does."""

    perform: Callable[[Operation], Result | None]
    requires: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    # where this action's rule for a parameter differs from the usual one
    shapes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """An API of the query protocol: its actions, and who may call them."""

    name: str
    version: str
    namespace: str
    actions: Mapping[str, Action]
    admit: Callable[[Account, Caller, str], None]

    def perform(self, account: Account, caller: Caller, form: Mapping[str, str]) -> Result | None:
        """Do what *form* asks for.

        Raises:
            RefusedError: it is not known, not well formed, or not allowed.
        """
        name, version = form.get("Action", ""), form.get("Version", self.version)
        self.admit(account, caller, name)
        action = self.actions.get(name) if version == self.version else None
        if action is None:
            raise RefusedError(400, "InvalidAction", f"Could not find operation {name} for version {version}")
        parameters = {parameter: form[parameter] for parameter in action.requires + action.accepts if parameter in form}
        wrong = violations(parameters, required=action.requires, shapes=action.shapes)
        if wrong:
            detected = "1 validation error" if len(wrong) == 1 else f"{len(wrong)} validation errors"
            raise RefusedError(400, "ValidationError", f"{detected} detected: {'; '.join(wrong)}")
        return action.perform(Operation(self.name, name, parameters, caller, account))
