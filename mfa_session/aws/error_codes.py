"""Translate error codes and messages of AWS into our errors.

AWS uses one code for many things, so the sentence decides where the code does not; it is matched by
parts that have been stable for years. Nothing of it is shown that may quote a token code.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.http import HTTPReply, outcome_unknown
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import read_refusal
from mfa_session.aws.transport import EXPIRED_CODES
from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyRefusedError,
    AWSAnswerError,
    AWSError,
    ClockSkewError,
    DeleteConflictError,
    DurationRefusedError,
    EntityAlreadyExistsError,
    EntityTemporarilyUnmodifiableError,
    ExpiredSessionError,
    LimitExceededError,
    MFADeviceRefusedError,
    NoSuchEntityError,
    NotAnIAMUserError,
    RegionDisabledError,
    ThrottledError,
    TokenCodeRefusedError,
    hint_command,
)
from mfa_session.model.credentials import AccessKey
from mfa_session.model.durations import in_words

# "20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)": the first is the
# time of the signature, the one in brackets AWS's own.
_SIGNATURE_TIMES = re.compile(
    r"(?P<ours>[0-9]{8}T[0-9]{6}Z) is (?:now earlier|still later) than [0-9TZ]+ \((?P<theirs>[0-9]{8}T[0-9]{6}Z)"
)
_DENIAL = re.compile(
    r"not authorized to perform: (?P<action>[\w:*-]+)(?: on resource: .+?)?(?: (?P<why>(?:with|because) .+))?$"
)
_PARAMETER = re.compile(r"at '(?P<name>\w+)' failed to satisfy constraint")
_TOO_LONG = re.compile(r"exceeds the (MaxSessionDuration|1 hour session limit)")

_LATER = "wait a minute, and run the command again"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that AWS gave for an answer.

    *text* may quote a token code: it is to be matched, and shown only through :attr:`said`.
    """

    code: str
    text: str = field(repr=False)
    status: int
    date: str
    request: APIRequest
    endpoints: Endpoints

    @property
    def said(self) -> str:
        """What AWS said, fit to be shown."""
        return self.request.quotable(self.text)


def refusal(reply: HTTPReply, *, request: APIRequest, host: str, endpoints: Endpoints, now: datetime) -> AWSError:
    """Return what *reply*, which is not an answer, means; *now* is what this machine's clock shows."""
    try:
        code, text = read_refusal(reply.body, host=host)
    except AWSAnswerError as error:
        return _without_a_code(reply.status, error, request=request, host=host)
    explain = _BY_CODE.get(code, _unknown_code)
    explained = explain(Refusal(code, text, reply.status, reply.date, request, endpoints), now)
    explained.code = request.quotable(code)
    return explained


def _without_a_code(status: int, error: AWSAnswerError, *, request: APIRequest, host: str) -> AWSError:
    if status >= 500:  # a proxy's or a load balancer's own page
        return outcome_unknown(f"{host} had an internal error (HTTP {status})", request=request, hint=_LATER)
    return AWSAnswerError(f"{error} (HTTP {status})", hint=error.hint)


def _invalid_client_token(refusal: Refusal, _: datetime) -> AWSError:
    key = refusal.request.credentials
    if not isinstance(key, AccessKey):
        # IAM answers so to a session that was made without MFA, and STS did to one that is over.
        return ExpiredSessionError(
            "AWS does not accept the session: it has ended, its access key was deleted, or it was made without MFA",
            hint=f"get a new one: {hint_command('login', '--force')}",
        )
    hint = "check it in the IAM console > Security credentials; a key created seconds ago works after 15 s"
    if not refusal.endpoints.region_is_known:
        hint += "; an account in China, GovCloud or the European Sovereign Cloud needs its region: --region, AWS_REGION"
    return AccessKeyRefusedError(f"AWS does not know the access key {key.masked_id}, or it is inactive", hint=hint)


def _signature(refusal: Refusal, now: datetime) -> AWSError:
    if "Signature expired" in refusal.text or "Signature not yet current" in refusal.text:
        return _clock_skew(refusal, now)
    key = refusal.request.credentials
    if not isinstance(key, AccessKey):
        return ExpiredSessionError(
            "the secret key of the session does not match its key ID",
            hint=f"get a new one: {hint_command('login', '--force')}",
        )
    return AccessKeyRefusedError(
        f"the secret access key does not match {key.masked_id}",
        hint=f"type the key ID and the secret again: {hint_command('keys add')};"
        " if the secret is lost, create a new key",
    )


def _clock_skew(refusal: Refusal, now: datetime) -> AWSError:
    ahead = _ahead_of_aws(refusal, now)
    if ahead is None:
        how_far = "too far from AWS's"
    else:
        minutes = timedelta(minutes=round(abs(ahead) / timedelta(minutes=1)))  # the seconds are those of the journey
        how_far = f"{in_words(minutes)} {'ahead of' if ahead > timedelta(0) else 'behind'} AWS's"
    return ClockSkewError(f"the clock of this machine is {how_far}", hint="set the clock, and turn on automatic time")


def _ahead_of_aws(refusal: Refusal, now: datetime) -> timedelta | None:
    try:
        if times := _SIGNATURE_TIMES.search(refusal.text):
            return _signature_time(times["ours"]) - _signature_time(times["theirs"])
        return now - parsedate_to_datetime(refusal.date).replace(tzinfo=UTC)
    except ValueError:
        return None


def _signature_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _access_denied(refusal: Refusal, _: datetime) -> AWSError:
    if "invalid MFA one time pass code" in refusal.text:
        return _token_code_refused()
    if "unable to validate MFA code" in refusal.text:
        return _device_refused(refusal)
    if "with session credentials" in refusal.text:
        return NotAnIAMUserError(
            "this access key is temporary, and cannot get another session",
            hint="use the long-term access key (AKIA…) of an IAM user",
        )
    return _role_denied(refusal) if refusal.request.operation == "AssumeRole" else _not_authorized(refusal)


def _role_denied(refusal: Refusal) -> AWSError:
    # A role that is not there, an external ID that is wrong and an MFA that is too old all look the same.
    denial = _DENIAL.search(refusal.said)
    why = f", {denial['why']}" if denial and denial["why"] else ""
    return AccessDeniedError(
        f"AWS does not let you assume the role {refusal.request.parameters['RoleArn']}{why}",
        hint="check role_arn and external_id, and whether the role's trust policy and your own policies allow it",
    )


def _token_code_refused() -> AWSError:
    return TokenCodeRefusedError(
        "AWS did not accept the MFA code",  # and never says why
        hint="it is wrong, already used or too old: type the next one;"
        f" if this happens again, resynchronize the device: {hint_command('device resync')}",
    )


def _device_refused(refusal: Refusal) -> AWSError:
    serial_number = refusal.request.parameters.get("SerialNumber", "this")
    return MFADeviceRefusedError(
        f"AWS does not know {serial_number} as an MFA device of this user",
        hint=f"list the devices: {hint_command('device list')}; then correct mfa_serial, or use --serial",
    )


def _not_authorized(refusal: Refusal) -> AWSError:
    if denial := _DENIAL.search(refusal.said):
        message = f"AWS does not allow {denial['action']}"
        message += f", {denial['why']}" if denial["why"] else ""
    else:
        message = f"AWS does not allow {refusal.request.operation}: {refusal.said}"
    signed_with_key = isinstance(refusal.request.credentials, AccessKey)
    return AccessDeniedError(
        message,
        hint=f"a policy may require MFA: {hint_command('login')}, then use the session"
        if signed_with_key
        else "ask the account's administrator to allow it",
    )


def _validation(refusal: Refusal, now: datetime) -> AWSError:
    parameter = match["name"] if (match := _PARAMETER.search(refusal.text)) else ""
    if parameter.lower() == "tokencode":
        return _token_code_refused()
    if parameter.lower().startswith("authenticationcode"):
        return _authentication_codes_refused(refusal, now)
    if parameter.lower() == "serialnumber":
        return _device_refused(refusal)
    if parameter.lower() == "durationseconds" or _TOO_LONG.search(refusal.text):
        return DurationRefusedError(
            f"AWS refuses this duration: {refusal.said}",
            hint="use --duration 1h, or duration_seconds in the profile",
        )
    return _unknown_code(refusal, now)


def _no_such_entity(refusal: Refusal, _: datetime) -> AWSError:
    return NoSuchEntityError(
        f"not found: {refusal.said or refusal.request.operation}",
        hint=f"check the name, and whether this is the right account: {hint_command('status', '--verify')}",
    )


def _entity_already_exists(refusal: Refusal, _: datetime) -> AWSError:
    return EntityAlreadyExistsError(
        f"already exists: {refusal.said or refusal.request.operation}", hint="choose another name"
    )


def _limit_exceeded(refusal: Refusal, _: datetime) -> AWSError:
    return LimitExceededError(
        f"limit reached: {refusal.said or refusal.request.operation}",
        hint="remove what you no longer need, and try again",
    )


def _delete_conflict(refusal: Refusal, _: datetime) -> AWSError:
    return DeleteConflictError(
        f"in use, and not deleted: {refusal.said or refusal.request.operation}",
        hint="detach or deactivate it first",
    )


def _temporarily_unmodifiable(refusal: Refusal, _: datetime) -> AWSError:
    return EntityTemporarilyUnmodifiableError(
        f"an earlier change is still in progress: {refusal.said or refusal.request.operation}",
        hint="wait a minute, and run the command again",
    )


def _authentication_codes_refused(_: Refusal, __: datetime) -> AWSError:
    return TokenCodeRefusedError(
        "AWS did not accept the two codes",
        hint="type two consecutive codes: the one that the device shows, then the next one",
    )


def _expired(_: Refusal, __: datetime) -> AWSError:
    return ExpiredSessionError("the session has expired", hint=f"get a new one: {hint_command('login', '--force')}")


def _region_disabled(refusal: Refusal, _: datetime) -> AWSError:
    region = refusal.endpoints.region
    return RegionDisabledError(
        f"STS is turned off in {region} for this account",
        hint=f"use a region where it is on, such as --region us-east-1,"
        f" or turn it on for {region}: IAM console > Account settings",
    )


def _throttled(refusal: Refusal, _: datetime) -> AWSError:
    said = refusal.said or refusal.request.quotable(refusal.code)
    return ThrottledError(f"too many requests: {said}", hint=_LATER)


def _unknown_code(refusal: Refusal, now: datetime) -> AWSError:
    request, code = refusal.request, refusal.request.quotable(refusal.code)
    if refusal.status >= 500:
        return outcome_unknown(f"AWS had an internal error ({code})", request=request, hint=_LATER)
    if refusal.status == 429:
        return _throttled(refusal, now)
    return AWSError(
        f"AWS refused {request.operation}: {code}: {refusal.said}",
        hint="AWS describes its error codes in the API reference of the service",
    )


_BY_CODE: dict[str, Callable[[Refusal, datetime], AWSError]] = {
    **dict.fromkeys(("InvalidClientTokenId", "UnrecognizedClientException"), _invalid_client_token),
    **dict.fromkeys(("SignatureDoesNotMatch", "InvalidSignatureException"), _signature),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestInTheFuture"), _clock_skew),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException"), _access_denied),
    **dict.fromkeys(("ValidationError", "ValidationException"), _validation),
    **dict.fromkeys(EXPIRED_CODES, _expired),
    "NoSuchEntity": _no_such_entity,
    "EntityAlreadyExists": _entity_already_exists,
    "LimitExceeded": _limit_exceeded,
    "DeleteConflict": _delete_conflict,
    "EntityTemporarilyUnmodifiable": _temporarily_unmodifiable,
    "InvalidAuthenticationCode": _authentication_codes_refused,
    "RegionDisabledException": _region_disabled,
    **dict.fromkeys(
        ("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"),
        _throttled,
    ),
}
