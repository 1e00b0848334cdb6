"""The client of AWS: it opens the line while the user is busy, and puts questions when it stands.

Nothing here imports botocore: a program that only *might* ask AWS does not pay for it.
"""

import sys
import threading
from typing import TYPE_CHECKING

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse

if TYPE_CHECKING:
    from mfa_session.aws.transport import Transport

# An import computes without a pause. With Python's 5 ms, whoever talks to the user meanwhile would wait that long
# after each call to the system; a tenth of it is not felt.
_TURN_SECONDS = 0.0005


class Client:
    """Puts questions to AWS."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.endpoints = endpoints
        self._opening: _Opening | None = None

    def prepare(self) -> None:
        """Begin to open the line, and return at once. What goes wrong is raised by the first question."""
        self._begin()

    def ask(self, request: APIRequest) -> APIResponse:
        """Put *question*, when the line stands.

        Raises:
            AWSError: AWS refused, could not be reached, or answered with something else than an answer.
            ConfigurationError: there is no way to AWS with these settings.
        """
        return self._begin().transport().ask(request)

    def _begin(self) -> "_Opening":
        if self._opening is None:
            self._opening = _Opening(self.endpoints)
            self._opening.start()
        return self._opening


class _Opening(threading.Thread):
    """The opening of a line. A daemon, so that a user who gives up does not wait for an import."""

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__(name="opening a line to AWS", daemon=True)
        self._endpoints = endpoints
        self._transport: Transport | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_TURN_SECONDS)
        try:
            from mfa_session.aws.transport import Transport

            self._transport = Transport(self._endpoints)
        except BaseException as error:  # it is raised where somebody can be told
            self._error = error
        finally:
            sys.setswitchinterval(usual)

    def transport(self) -> "Transport":
        """Return the line when it is open, or raise what kept it from opening."""
        self.join()
        if self._transport is None:
            raise self._error or RuntimeError("the thread that opens the line to AWS has died")
        return self._transport
