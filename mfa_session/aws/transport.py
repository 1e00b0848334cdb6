"""Transport: sends requests to AWS. It imports botocore on a thread, while the user types.

Nothing here imports botocore: a program that only *might* call AWS does not pay for it.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse
from mfa_session.errors import ExpiredSessionError
from mfa_session.model.credentials import SessionCredentials

if TYPE_CHECKING:
    from mfa_session.aws.http import Limits
    from mfa_session.aws.signing_transport import SigningTransport

# The error codes of a session that has ended; https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
EXPIRED_CODES = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")

# An import computes without a pause. With Python's 5 ms, a prompt shown meanwhile would wait that long after each
# system call; a tenth of it is not felt.
_SWITCH_INTERVAL_SECONDS = 0.0005


class Transport:
    """Sends requests for STS and IAM to *endpoints*; each is signed with the credentials in it, and no others.

    *on_session_ended* is called with a session that AWS does not accept any more.
    *waiting* is entered with what is waited for, and left when the response is there.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        limits: "Limits | None" = None,
        on_session_ended: Callable[[SessionCredentials], None] = lambda _: None,
        waiting: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._endpoints = endpoints
        self._limits = limits
        self._on_session_ended = on_session_ended
        self._waiting = waiting
        self._loading: _Loading | None = None

    def prepare(self) -> None:
        """Begin to import botocore, and return at once. What goes wrong is raised by the first request."""
        self._begin()

    def send(self, request: APIRequest) -> APIResponse:
        """Send *request* and return the response.

        Raises:
            AWSError: AWS refused, could not be reached, or sent something else than a response.
            ConfigurationError: these settings lead to no host of AWS.
        """
        try:
            with self._waiting(f"Contacting AWS {request.service.upper()} …"):
                return self._begin().transport().send(request)
        except ExpiredSessionError as error:
            # IAM's InvalidClientTokenId may mean that the session is without MFA.
            if isinstance(request.credentials, SessionCredentials) and (
                request.service == "sts" or error.code in EXPIRED_CODES
            ):
                self._on_session_ended(request.credentials)
            raise

    def _begin(self) -> "_Loading":
        if self._loading is None:
            self._loading = _Loading(self._endpoints, self._limits)
            self._loading.start()
        return self._loading


class _Loading(threading.Thread):
    """Imports botocore. A daemon, so that Ctrl-C does not wait for the import."""

    def __init__(self, endpoints: Endpoints, limits: "Limits | None") -> None:
        super().__init__(name="import of botocore", daemon=True)
        self._endpoints = endpoints
        self._limits = limits
        self._transport: SigningTransport | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
        try:
            # 100 ms: on this thread, and only when a request may follow.
            from mfa_session.aws.signing_transport import SigningTransport

            self._transport = SigningTransport(self._endpoints, limits=self._limits)
        except BaseException as error:  # raised again by transport(), on the thread that needs it
            self._error = error
        finally:
            sys.setswitchinterval(before)

    def transport(self) -> "SigningTransport":
        """Wait for the import and return the transport, or raise what went wrong."""
        self.join()
        if self._transport is None:
            raise self._error or RuntimeError("the thread that imports botocore has died")
        return self._transport
