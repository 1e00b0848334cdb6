"""Where the policies to check come from: a file, standard input, or the account."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import aws_with_mfa
from mfa_session.errors import NoSuchEntityError, UsageError
from mfa_session.model.partitions import DEFAULT_PARTITION, partition_in
from mfa_session.policies.conditions import Values
from mfa_session.policies.simulation import Principal, Simulation, read_policies

_POLICY_ARN = re.compile(r"arn:[a-z0-9-]+:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)

# A policy has a few thousand characters; what is a thousand times longer is none.
_MAX_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """Which policies: *kind* is ``file``, ``arn``, ``group`` or ``user``; only files may be several."""

    kind: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, *, file: tuple[str, ...], **named: str | None) -> Self:
        """Return the one that is named.

        Raises:
            UsageError: there is none, or more than one.
        """
        given: list[tuple[str, tuple[str, ...]]] = [(kind, (name,)) for kind, name in named.items() if name is not None]
        given += [("file", file)] if file else []
        if len(given) != 1 or file.count("-") > 1:
            raise UsageError(
                "it is not clear which policies to check" if given else "there are no policies to check",
                hint="give one of: FILE..., - for standard input, --arn ARN, --group NAME, --user NAME",
            )
        return cls(*given[0])


def simulation_of(
    source: Source, app: AppContext, *, profile: str | None, partition: str | None, facts: Sequence[str]
) -> Simulation:
    """Return the policies of *source*, for the user who is named or else an example of one.

    Raises:
        UsageError: a policy cannot be read or understood, or a fact is none.
        MFASessionError: the account cannot be asked.
    """
    context = _context(facts)
    if source.kind == "file":
        texts = {"standard input" if name == "-" else name: read_file(name) for name in source.names}
        named = (partition_in(text) for text in texts.values())
        subject = Principal(partition or next(filter(None, named), DEFAULT_PARTITION))
        return Simulation(read_policies(texts), subject, context)
    documents, subject = _ask(source.kind, source.names[0], app, profile)
    return Simulation(read_policies(documents), subject, context, is_complete=source.kind == "user")


def _ask(kind: str, name: str, app: AppContext, profile: str | None) -> tuple[dict[str, str], Principal]:
    if kind == "arn" and not _POLICY_ARN.fullmatch(name):
        raise UsageError(
            f"{name} is not the ARN of a managed policy",
            hint="it is written like arn:aws:iam::123456789012:policy/MFAEnforcePolicy",
        )
    sts, iam, session = aws_with_mfa(app, profile)
    if kind == "user":
        user = iam.get_user(session, name)
        return iam.policies_of_user(session, name), Principal.of(user)
    caller = sts.get_caller_identity(session)
    subject = Principal(caller.partition, caller.account_id)
    if kind == "group":
        return iam.policies_of_group(session, name), subject
    policy = iam.managed_policy(session, name)
    if policy is None:
        raise NoSuchEntityError(
            f"there is no policy {name}", hint="see which there are: aws iam list-policies --scope Local"
        )
    return {name: policy[0]}, subject


def read_file(name: str) -> str:
    """Return the text of the file *name*, or of standard input for ``-``.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    hint = "give files with one policy each, as JSON"
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


def _context(facts: Sequence[str]) -> dict[str, Values]:
    now = datetime.now(UTC)
    context: dict[str, Values] = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
    }
    given: dict[str, list[str]] = {}
    for fact in facts:
        key, sign, value = fact.partition("=")
        if not re.fullmatch(r"[\w-]+:[^\s=]+", key):
            raise UsageError(f"{fact} names no condition key", hint="write it as aws:SourceIp=192.0.2.1")
        values = given.setdefault(key, [])
        values += [value] if sign else []
    for key, values in given.items():
        context[key] = values[0] if len(values) == 1 else tuple(values) or None
    return context
