"""STS: GetCallerIdentity, GetSessionToken and AssumeRole.

https://docs.aws.amazon.com/STS/latest/APIReference/
"""

from datetime import UTC, datetime, timedelta

from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, not_from_aws
from mfa_session.aws.transport import Transport
from mfa_session.errors import AWSAnswerError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.role import Role

# AWS accepts signatures from clocks up to fifteen minutes off; its time may differ from ours by as much.
_CLOCK_TOLERANCE = timedelta(minutes=15)


class STS:
    """Calls of STS over *transport*. Each may raise an ``AWSError``; ``Raises:`` has what callers tell apart."""

    def __init__(self, transport: Transport) -> None:
        self.prepare = transport.prepare
        self._send = transport.send

    def get_caller_identity(self, credentials: AccessKey | SessionCredentials) -> CallerIdentity:
        """Return whose *credentials* are; no policy can deny this. For a session of an IAM user, it is the user.

        Raises:
            AccessKeyRefusedError: AWS does not know the key, or the secret is wrong.
            ExpiredSessionError: AWS does not accept the session any more.
        """
        return self.caller_and_time(credentials)[0]

    def caller_and_time(self, credentials: AccessKey | SessionCredentials) -> tuple[CallerIdentity, datetime | None]:
        """Return whose *credentials* are, and AWS's time to the second; ``None`` if the response has no time."""
        response = self._send(APIRequest("sts", "GetCallerIdentity", credentials, idempotent=True))
        try:
            return CallerIdentity(response.text("Arn")), _time_of(response)
        except AWSAnswerError as error:
            raise response.with_host(error) from None

    def get_session_token(
        self, key: AccessKey, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Get session credentials with *code*, in one attempt. AWS gives root an hour at most.

        Raises:
            TokenCodeRefusedError: the code is wrong, used or too old.
            MFADeviceRefusedError: the device is not one of this user's.
            ReplyLostError: the code was sent and may have been used.
            AWSAnswerError: the same.
        """
        parameters: dict[str, str | int] = {
            "SerialNumber": device.serial_number,
            "TokenCode": code.digits,
            "DurationSeconds": int(duration.total_seconds()),
        }
        response = self._send(APIRequest("sts", "GetSessionToken", key, parameters, codes=(code,)))
        return _session_credentials(response, duration=duration, now=datetime.now(UTC))

    def assume_role(
        self, credentials: AccessKey | SessionCredentials, role: Role, duration: timedelta
    ) -> SessionCredentials:
        """Assume *role*; with the credentials of a session, for an hour at most.

        Raises:
            AccessDeniedError: the caller may not assume the role.
            DurationRefusedError: the role does not allow this duration.
            ExpiredSessionError: AWS does not accept the session of the caller any more.
        """
        request = APIRequest("sts", "AssumeRole", credentials, _role_parameters(role, duration), idempotent=True)
        return _session_credentials(self._send(request), duration=duration, now=datetime.now(UTC))

    def assume_role_with_code(
        self, key: AccessKey, role: Role, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Assume *role* with *code* in the same call, in one attempt.

        Raises:
            As get_session_token and assume_role; when denied, the code may have been used.
        """
        mfa: dict[str, str | int] = {"SerialNumber": device.serial_number, "TokenCode": code.digits}
        parameters = {**_role_parameters(role, duration), **mfa}
        response = self._send(APIRequest("sts", "AssumeRole", key, parameters, codes=(code,)))
        return _session_credentials(response, duration=duration, now=datetime.now(UTC))


def _role_parameters(role: Role, duration: timedelta) -> dict[str, str | int]:
    external_id = {"ExternalId": role.external_id} if role.external_id else {}
    return {
        "RoleArn": role.arn,
        "RoleSessionName": role.session_name,
        "DurationSeconds": int(duration.total_seconds()),
        **external_id,
    }


def _time_of(response: APIResponse) -> datetime | None:
    # 4 ms, which no prompt is to wait for; botocore has imported it by now.
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.date).replace(tzinfo=UTC)
    except ValueError:
        return None


def _session_credentials(response: APIResponse, *, duration: timedelta, now: datetime) -> SessionCredentials:
    credentials = response.part("Credentials")
    expiration = credentials.moment("Expiration")
    if expiration <= now:
        raise not_from_aws(response.host, "its session has already expired")
    if expiration > now + duration + _CLOCK_TOLERANCE:
        raise not_from_aws(response.host, "its session lasts longer than requested")
    try:
        return SessionCredentials(
            access_key_id=credentials.text("AccessKeyId"),
            secret_access_key=credentials.text("SecretAccessKey"),
            session_token=credentials.text("SessionToken"),
            expiration=expiration.astimezone(UTC).replace(microsecond=0),
        )
    except AWSAnswerError as error:
        raise response.with_host(error) from None
