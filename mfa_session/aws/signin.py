"""What is asked of the sign-in of the AWS console: a token that lets a browser in as a role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

import json
import logging
import re
import time
from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.http import HTTPCall, HTTPReply, Limits, OverdueError, no_response, outcome_unknown
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import not_from_aws
from mfa_session.errors import AWSError, ConfigurationError, SignInRefusedError, hint_command
from mfa_session.model.credentials import SessionCredentials

# Where one signs in, and what one signs in to. AWS documents no such address for the other partitions.
_HOSTS = {
    "aws": ("signin.aws.amazon.com", "console.aws.amazon.com"),
    "aws-cn": ("signin.amazonaws.cn", "console.amazonaws.cn"),
    "aws-us-gov": ("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
}

# Some 800 characters long when it was last seen; what follows is a URL, and the shortest limit of those is 8 KiB.
_TOKEN = re.compile(r"[!-~]{1,6144}")

_log = logging.getLogger(__name__)


class SignIn:
    """The sign-in of *partition*, or the one on this machine that *endpoints* name."""

    def __init__(self, partition: str, endpoints: Endpoints) -> None:
        if partition not in _HOSTS:
            raise ConfigurationError(
                f"it is not known where one signs in to the console of {partition}",
                hint=f"use a role of one of the partitions {', '.join(_HOSTS)}",
            )
        host, self._console = _HOSTS[partition]
        self._url = f"{(endpoints.signin_url or f'https://{host}').rstrip('/')}/federation"
        self._ca_bundle = endpoints.ca_bundle

    def url(self, credentials: SessionCredentials, *, region: str | None) -> str:
        """Return the URL that opens the console as the role of *credentials*; it is a secret for 15 minutes."""
        return self.sign_in_url(self.get_signin_token(credentials), region=region)

    def get_signin_token(self, credentials: SessionCredentials) -> str:
        """Return a token that signs a browser in as the role of *credentials*; it is a secret for 15 minutes.

        Raises:
            SignInRefusedError: these credentials open no console: they are over, or not of a role.
            AWSError: anything else went wrong.
        """
        request = APIRequest("signin", "getSigninToken", credentials, idempotent=True)
        exchange = HTTPCall(Limits(), ca_bundle=self._ca_bundle)
        begun = time.monotonic()
        try:
            reply = exchange.send(self._request(credentials))
        except (BotoCoreError, OverdueError) as error:
            # Cut off: its traceback holds the request.
            raise no_response(error, request=request, exchange=exchange) from None
        finally:
            took = 1000 * (time.monotonic() - begun)
            _log.debug("getSigninToken to %s: %s, %.0f ms", exchange.host, exchange.stage.name, took)
        if reply.status != 200:
            raise _refusal(reply, request=request, host=exchange.host)
        return _token(reply, host=exchange.host)

    def sign_in_url(self, token: str, *, region: str | None) -> str:
        """Return the URL that opens the console with *token*."""
        console = f"https://{self._console}/console/home"
        fields = {
            "Action": "login",
            "Issuer": "mfa-session",
            "Destination": f"{console}?{urlencode({'region': region})}" if region else console,
            "SigninToken": token,
        }
        return f"{self._url}?{urlencode(fields)}"

    def _request(self, credentials: SessionCredentials) -> Any:
        session = {
            "sessionId": credentials.access_key_id,
            "sessionKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token,
        }
        # In the body: what stands in a URL stands in logs. A role that was taken with a session has no SessionDuration.
        form = urlencode({"Action": "getSigninToken", "Session": json.dumps(session)})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "mfa-session"}
        return AWSRequest("POST", self._url, headers, form.encode("ascii")).prepare()


def _refusal(reply: HTTPReply, *, request: APIRequest, host: str) -> AWSError:
    if reply.status >= 500:
        return outcome_unknown(f"{host} had an internal error (HTTP {reply.status})", request=request)
    return SignInRefusedError(
        f"{host} does not let this session in to the console (HTTP {reply.status})",
        hint=f"get a new session of the role: {hint_command('login', '--force')}",
    )


def _token(reply: HTTPReply, *, host: str) -> str:
    try:
        response = json.loads(reply.body)
    except ValueError:
        response = None
    token = response.get("SigninToken") if isinstance(response, dict) else None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise not_from_aws(host, "it has no SigninToken")
    return token
