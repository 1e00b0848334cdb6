"""Where the policies to check come from: a file, standard input, or the account."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import aws_with_mfa
from mfa_session.errors import NoSuchEntityError, UsageError
from mfa_session.model.partitions import DEFAULT_PARTITION, partition_in
from mfa_session.policies.simulation import Principal, Simulation, read_policies

_POLICY_ARN = re.compile(r"arn:[a-z0-9-]+:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)

# A policy has a few thousand characters; what is a thousand times longer is none.
_MAX_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """Which policies: *kind* is ``file``, ``arn``, ``group`` or ``user``."""

    kind: str
    name: str

    @classmethod
    def of(cls, **named: str | None) -> Self:
        """Return the one that is named.

        Raises:
            UsageError: there is none, or more than one.
        """
        given = [(kind, name) for kind, name in named.items() if name is not None]
        if len(given) != 1:
            raise UsageError(
                "it is not clear which policies to check" if given else "there are no policies to check",
                hint="give one of: FILE, - for standard input, --arn ARN, --group NAME, --user NAME",
            )
        return cls(*given[0])


def trial_of(
    source: Source, app: AppContext, *, profile: str | None, partition: str | None, facts: Sequence[str]
) -> Simulation:
    """Return the policies of *source* on trial, for an example of a user, or the user who is named.

    Raises:
        UsageError: a policy cannot be read or understood, or a fact is none.
        MFASessionError: the account cannot be asked.
    """
    context = dict(_fact(fact) for fact in facts)
    if source.kind == "file":
        text = _read(source.name)
        name = "standard input" if source.name == "-" else source.name
        subject = Principal(partition or partition_in(text) or DEFAULT_PARTITION)
        return Simulation(read_policies({name: text}), subject, context)
    documents, subject = _ask(source, app, profile)
    return Simulation(read_policies(documents), subject, context)


def _ask(source: Source, app: AppContext, profile: str | None) -> tuple[dict[str, str], Principal]:
    if source.kind == "arn" and not _POLICY_ARN.fullmatch(source.name):
        raise UsageError(
            f"{source.name} is not the ARN of a managed policy",
            hint="it is written like arn:aws:iam::123456789012:policy/MFAEnforcePolicy",
        )
    sts, iam, session = aws_with_mfa(app, profile)
    if source.kind == "user":
        user = iam.get_user(session, source.name)
        return iam.policies_of_user(session, source.name), Principal.of(user)
    caller = sts.get_caller_identity(session)
    subject = Principal(caller.partition, caller.account_id)
    if source.kind == "group":
        return iam.policies_of_group(session, source.name), subject
    policy = iam.managed_policy(session, source.name)
    if policy is None:
        raise NoSuchEntityError(
            f"there is no policy {source.name}", hint="see which there are: aws iam list-policies --scope Local"
        )
    return {source.name: policy[0]}, subject


def _read(name: str) -> str:
    hint = "give a file with one policy as JSON"
    try:
        # By its number: sys.stdin is None where the descriptor is closed.
        with open(0 if name == "-" else name, "rb", closefd=name != "-") as file:
            raw = file.read(_MAX_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it has a NUL in its name"
        raise UsageError(f"cannot read {name}: {reason.lower()}", hint=hint) from None
    if len(raw) > _MAX_FILE:
        raise UsageError(f"{name} is too long for a policy", hint=hint)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {name}: it is no text in UTF-8", hint=hint) from None


def _fact(text: str) -> tuple[str, str | None]:
    key, sign, value = text.partition("=")
    if not re.fullmatch(r"[\w-]+:[\w/+=.@-]+", key, re.ASCII):
        raise UsageError(f"{text} names no condition key", hint="write it as aws:SourceIp=192.0.2.1")
    return key, value if sign else None
