"""Clients of the local AWS: botocore's own, which sign as real programs do."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mfa_session.local_aws.credentials import LongTermKey, Session
from tests.faults import Endpoint

# One attempt: what a test asks is asked once.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)


@functools.cache
def _session() -> Any:
    return botocore.session.Session()


def client(endpoint: Endpoint, service: str, credentials: LongTermKey | Session, *, region: str = "us-east-1") -> Any:
    """Return a botocore client of *service* that signs with *credentials*."""
    return _session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint.url,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token if isinstance(credentials, Session) else None,
        config=ONCE,
    )


@contextmanager
def refused(code: str, message: str = "", *, status: int | None = None) -> Iterator[None]:
    """Expect AWS to refuse with *code*, with *message* in its words, and with HTTP *status*."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert (error["Code"], message in error["Message"]) == (code, True), error
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
