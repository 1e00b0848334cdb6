"""The sign-in of the console: who is let in, and for how long."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import Session
from tests.faults import Endpoint
from tests.local_aws.wire import Received, Wire

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
CONSOLE = "https://console.aws.amazon.com/"


def ask(endpoint: Endpoint, body: str = "", *, query: str = "", method: str = "POST") -> Received:
    content = body.encode()
    headers = {**HEADERS, "Host": endpoint.host, "Content-Length": str(len(content))}
    return Wire(endpoint.host, headers, content, method, f"/federation{query}").send()


def get_signin_token(endpoint: Endpoint, session: Session, **changed: str) -> Received:
    said = {
        "sessionId": session.access_key_id,
        "sessionKey": session.secret_access_key,
        "sessionToken": session.session_token,
    }
    form = {"Action": "getSigninToken", "Session": json.dumps({**said, **changed})}
    return ask(endpoint, urlencode(form))


def log_in(endpoint: Endpoint, token: str) -> Received:
    fields = {"Action": "login", "Destination": CONSOLE, "SigninToken": token}
    return ask(endpoint, query=f"?{urlencode(fields)}", method="GET")


@pytest.fixture
def of_a_role(account: Account) -> Session:
    return account.begin_session(account.identity_of_role(account.add_role("admin", "{}"), "work"), timedelta(hours=1))


def test_the_session_of_a_role_is_let_in(endpoint: Endpoint, of_a_role: Session) -> None:
    token = json.loads(get_signin_token(endpoint, of_a_role).body)["SigninToken"]

    answer = log_in(endpoint, token)

    assert (answer.status, answer.headers["Location"]) == (302, CONSOLE)


def test_the_session_of_a_user_is_not_even_with_mfa(endpoint: Endpoint, session: Session) -> None:
    assert get_signin_token(endpoint, session).status == 400


@pytest.mark.parametrize("part", ["sessionId", "sessionKey", "sessionToken"])
def test_every_part_has_to_be_right(endpoint: Endpoint, of_a_role: Session, part: str) -> None:
    assert get_signin_token(endpoint, of_a_role, **{part: "wrong"}).status == 400


def test_a_session_that_is_over_is_not_let_in(endpoint: Endpoint, account: Account, of_a_role: Session) -> None:
    account.end_sessions()

    assert get_signin_token(endpoint, of_a_role).status == 400


@pytest.mark.parametrize(("minutes", "status"), [(14, 302), (16, 400)])
def test_a_token_lives_for_fifteen_minutes(
    endpoint: Endpoint, account: Account, of_a_role: Session, minutes: int, status: int
) -> None:
    token = json.loads(get_signin_token(endpoint, of_a_role).body)["SigninToken"]

    account.clock.offset = timedelta(minutes=minutes)

    assert log_in(endpoint, token).status == status


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Action=getSigninToken",
        "Action=getSigninToken&Session=x",
        "Action=getSigninToken&Session=[]",
        "Action=other",
    ],
)
def test_what_is_no_request_is_refused(endpoint: Endpoint, body: str) -> None:
    assert ask(endpoint, body).status == 400


def test_nobody_is_let_in_without_a_token(endpoint: Endpoint) -> None:
    assert log_in(endpoint, "").status == 400
