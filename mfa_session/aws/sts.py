"""What is asked of STS: who a key belongs to, a session for a token code, and the session of a role."""

from datetime import UTC, datetime, timedelta

from mfa_session.aws.client import Client
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, not_from_aws
from mfa_session.errors import AWSAnswerError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.role import Role

# AWS accepts a signature from a clock that is fifteen minutes off; its idea of now may differ from ours by as much.
_CLOCK_TOLERANCE = timedelta(minutes=15)


class STSCalls(Client):
    """The calls to STS."""

    def get_caller_identity(self, credentials: AccessKey | SessionCredentials) -> CallerIdentity:
        """Return who AWS says the owner of *credentials* is; no policy can deny this.

        A session of an IAM user is the user, not something of its own.

        Raises:
            AccessKeyRefusedError: AWS does not know the key, or the secret is not its own.
            ExpiredSessionError: the session is over.
            AWSError: anything else went wrong.
        """
        return self.caller_and_time(credentials)[0]

    def caller_and_time(self, credentials: AccessKey | SessionCredentials) -> tuple[CallerIdentity, datetime | None]:
        """Return who AWS says the owner of *credentials* is, and what AWS's clock shows, to the second.

        ``None`` where the answer does not tell the time.

        Raises:
            AWSError: as :meth:`get_caller_identity`.
        """
        response = self.ask(APIRequest("sts", "GetCallerIdentity", credentials, idempotent=True))
        try:
            return CallerIdentity(response.text("Arn")), _time_of(response)
        except AWSAnswerError as error:
            raise response.with_host(error) from None

    def get_session_token(
        self, key: AccessKey, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Trade *code* for a session of at most *duration*, in one attempt.

        AWS gives root an hour at most, whatever is asked.

        Raises:
            TokenCodeRefusedError: the code is wrong, used or too old.
            MFADeviceRefusedError: the device is not one of this user's.
            ReplyLostError: the code went out and may have been used.
            AWSAnswerError: the same, and what came back is not a session.
            AWSError: anything else went wrong, and the code was not used.
        """
        parameters: dict[str, str | int] = {
            "SerialNumber": device.serial_number,
            "TokenCode": code.digits,
            "DurationSeconds": int(duration.total_seconds()),
        }
        response = self.ask(APIRequest("sts", "GetSessionToken", key, parameters, codes=(code,)))
        return _session_credentials(response, duration=duration, now=datetime.now(UTC))

    def assume_role(
        self, credentials: AccessKey | SessionCredentials, role: Role, duration: timedelta
    ) -> SessionCredentials:
        """Return a session of *role* for *duration*; with the credentials of a session, AWS gives an hour at the most.

        Raises:
            AccessDeniedError: the role is not the caller's to take.
            DurationRefusedError: not for so long.
            ExpiredSessionError: the session that asks is over.
            AWSError: anything else went wrong.
        """
        request = APIRequest("sts", "AssumeRole", credentials, _role_parameters(role, duration), idempotent=True)
        return _session_credentials(self.ask(request), duration=duration, now=datetime.now(UTC))

    def assume_role_with_code(
        self, key: AccessKey, role: Role, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Return a session of *role* for *duration*, and prove the device with *code* in the same call, in one attempt.

        Raises:
            TokenCodeRefusedError: the code is wrong, used or too old.
            MFADeviceRefusedError: the device is not one of this user's.
            ReplyLostError: the code went out and may have been used.
            AWSAnswerError: the same, and what came back is not a session.
            AccessDeniedError: the role is not the user's to take; the code may have been used.
            DurationRefusedError: not for so long.
            AWSError: anything else went wrong, and the code was not used.
        """
        proof: dict[str, str | int] = {"SerialNumber": device.serial_number, "TokenCode": code.digits}
        parameters = {**_role_parameters(role, duration), **proof}
        response = self.ask(APIRequest("sts", "AssumeRole", key, parameters, codes=(code,)))
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
    # Imported here, where botocore has done so: no prompt is to wait for it.
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.date).replace(tzinfo=UTC)
    except ValueError:
        return None


def _session_credentials(response: APIResponse, *, duration: timedelta, now: datetime) -> SessionCredentials:
    credentials = response.part("Credentials")
    expiration = credentials.moment("Expiration")
    if expiration <= now:
        raise not_from_aws(response.host, "its session is over already")
    if expiration > now + duration + _CLOCK_TOLERANCE:
        raise not_from_aws(response.host, "its session lasts longer than was asked for")
    try:
        return SessionCredentials(
            access_key_id=credentials.text("AccessKeyId"),
            secret_access_key=credentials.text("SecretAccessKey"),
            session_token=credentials.text("SessionToken"),
            expiration=expiration.astimezone(UTC).replace(microsecond=0),
        )
    except AWSAnswerError as error:
        raise response.with_host(error) from None
