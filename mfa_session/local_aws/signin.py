"""The sign-in of the console: a token for the session of a role, and a way in for the token.

It takes the session of a role only. That of a user, MFA or not, is refused, as AWS does. Nothing
is signed here: what proves the caller are the credentials themselves, in the form.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import Response

PATH = "/federation"

_LIFE_OF_A_TOKEN = timedelta(minutes=15)


def federation(account: Account, request: HTTPRequest) -> Response:
    """Answer a request for a token, or one that comes with a token and wants to be let in."""
    match request.action:
        case "getSigninToken":
            return _get_signin_token(account, request.form)
        case "login":
            return _login(account, request.form)
    return _refused("unknown action")


def _get_signin_token(account: Account, form: Mapping[str, str]) -> Response:
    session = account.sessions.get(_said(form, "sessionId"))
    known = session is not None and _said(form, "sessionKey") == session.secret_access_key
    if session is None or not known or _said(form, "sessionToken") != session.session_token:
        return _refused("these are no credentials")
    if session.expiration <= account.now():
        return _refused("the session is over")
    if session.identity.role_name is None:
        return _refused("this is the session of a user")
    if "SessionDuration" in form:
        return _refused("a role that was taken with a session has no SessionDuration")
    token = secrets.token_urlsafe(600)
    account.signin_tokens[token] = min(session.expiration, account.now() + _LIFE_OF_A_TOKEN)
    body = json.dumps({"SigninToken": token}).encode("ascii")
    return Response(HTTPStatus.OK, body, {"Content-Type": "application/json"})


def _login(account: Account, form: Mapping[str, str]) -> Response:
    end = account.signin_tokens.get(form.get("SigninToken", ""))
    if end is None or end <= account.now():
        return _refused("no such token")
    return Response(HTTPStatus.FOUND, b"", {"Location": form.get("Destination", "")})


def _said(form: Mapping[str, str], name: str) -> str:
    """Return one of the three credentials that the field ``Session`` holds as JSON."""
    try:
        session: Any = json.loads(form.get("Session", ""))
    except ValueError:
        return ""
    return str(session.get(name, "")) if isinstance(session, dict) else ""


def _refused(why: str) -> Response:
    page = f"<!DOCTYPE html><html><body><h1>Bad Request</h1><p>{why}</p></body></html>"
    return Response(HTTPStatus.BAD_REQUEST, page.encode("ascii"), {"Content-Type": "text/html"}, "BadRequest")
