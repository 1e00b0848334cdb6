"""The sign-in of the console, asked of a strict local AWS."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from mfa_session.aws.endpoints import Endpoints, endpoint_settings
from mfa_session.aws.signin import SignIn
from mfa_session.errors import (
    AWSAnswerError,
    AWSUnreachableError,
    ConfigurationError,
    MFASessionError,
    ReplyLostError,
    SignInRefusedError,
)
from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import Session
from mfa_session.model.credentials import SessionCredentials
from tests.faults import DropReply, EndlessBody, Endpoint, Fault, HTMLBody, Redirect, ServerError

HOUR = timedelta(hours=1)


def credentials_of(session: Session) -> SessionCredentials:
    return SessionCredentials(
        session.access_key_id, session.secret_access_key, session.session_token, session.expiration
    )


@pytest.fixture
def sign_in(endpoint: Endpoint) -> SignIn:
    return SignIn("aws", Endpoints(signin_url=endpoint.url))


@pytest.fixture
def session(account: Account) -> SessionCredentials:
    role = account.add_role("admin", "{}")
    return credentials_of(account.begin_session(account.identity_of_role(role, "work"), HOUR))


def test_the_session_of_a_role_gets_a_token(sign_in: SignIn, session: SessionCredentials, endpoint: Endpoint) -> None:
    token = sign_in.get_signin_token(session)

    assert token in endpoint.account.signin_tokens
    assert [(call.action, call.status) for call in endpoint.journal] == [("getSigninToken", 200)]


def test_the_session_of_a_user_does_not(sign_in: SignIn, account: Account) -> None:
    user = account.identity_of(account.users["test-user"])

    with pytest.raises(SignInRefusedError):
        sign_in.get_signin_token(credentials_of(account.begin_session(user, HOUR, mfa_at=account.now())))


def test_nor_does_one_that_is_over(sign_in: SignIn, account: Account, session: SessionCredentials) -> None:
    account.end_sessions()

    with pytest.raises(SignInRefusedError, match=r"does not let this session in to the console \(HTTP 400\)(?m:$)"):
        sign_in.get_signin_token(session)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (DropReply(), ReplyLostError),
        (ServerError(), ReplyLostError),
        (HTMLBody(), AWSAnswerError),
        (EndlessBody(), AWSAnswerError),
        (Redirect("http://127.0.0.1:9/"), AWSAnswerError),
    ],
    ids=lambda part: type(part).__name__,
)
def test_what_is_no_answer_is_one_error_that_holds_no_secret(
    sign_in: SignIn, session: SessionCredentials, endpoint: Endpoint, fault: Fault, error: type[MFASessionError]
) -> None:
    endpoint.faults.add("getSigninToken", fault)

    with pytest.raises(error) as caught:
        sign_in.get_signin_token(session)

    assert session.secret_access_key not in f"{caught.value}{caught.value.hint}"


def test_nobody_there_is_told_as_such(session: SessionCredentials) -> None:
    with pytest.raises(AWSUnreachableError, match=r"127\.0\.0\.1:9 cannot be reached"):
        SignIn("aws", Endpoints(signin_url="http://127.0.0.1:9")).get_signin_token(session)


@pytest.mark.parametrize(
    ("partition", "host", "console"),
    [
        ("aws", "signin.aws.amazon.com", "console.aws.amazon.com"),
        ("aws-cn", "signin.amazonaws.cn", "console.amazonaws.cn"),
        ("aws-us-gov", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_own(partition: str, host: str, console: str) -> None:
    url = urlsplit(SignIn(partition, Endpoints()).sign_in_url("to&ken", region=None))

    assert (url.scheme, url.netloc, url.path) == ("https", host, "/federation")
    assert parse_qs(url.query)["Destination"] == [f"https://{console}/console/home"]
    assert parse_qs(url.query)["SigninToken"] == ["to&ken"]


def test_the_console_opens_in_the_region(sign_in: SignIn) -> None:
    url = urlsplit(sign_in.sign_in_url("token", region="eu-west-1"))

    assert parse_qs(url.query)["Destination"] == ["https://console.aws.amazon.com/console/home?region=eu-west-1"]


def test_a_partition_of_which_nothing_is_known_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="the console of aws-iso-b"):
        SignIn("aws-iso-b", Endpoints())


@pytest.mark.parametrize(
    ("environ", "config", "expected"),
    [
        ({"AWS_ENDPOINT_URL_SIGNIN": "http://127.0.0.1:1"}, {}, "http://127.0.0.1:1"),
        ({"AWS_ENDPOINT_URL": "http://localhost:1"}, {}, "http://localhost:1"),
        ({}, {"endpoint_url": "https://[::1]:1"}, "https://[::1]:1"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SIGNIN": "https://example.com"}, {}, None),
        ({"AWS_ENDPOINT_URL": "https://aws.example.com"}, {}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, {}, None),
        ({}, {}, None),
    ],
)
def test_only_an_address_on_this_machine_stands_for_that_of_aws(
    environ: dict[str, str], config: dict[str, str], expected: str | None
) -> None:
    assert endpoint_settings(environ, config).signin_url == expected
