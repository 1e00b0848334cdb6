"""No error quotes a secret key, whoever has pasted it where."""

import secrets
from base64 import b64encode

import pytest

from mfa_session.errors import UsageError

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize("around", ["{}", "there is no source of codes called {}", "[{}]", "line 3: '{}'; it is none"])
def test_what_looks_like_a_secret_key_is_masked(around: str) -> None:
    error = UsageError(around.format(SECRET), hint=around.format(SECRET))

    assert str(error) == error.hint == around.format("…")


def test_any_secret_key_that_aws_makes_is_masked() -> None:
    made = [b64encode(secrets.token_bytes(30)).decode() for _ in range(1000)]
    # One of two thousand has neither a digit nor a plus sign.
    likely = [key for key in made if any(letter in "0123456789+" for letter in key)]

    assert {str(UsageError(f"called {key}", hint="")) for key in likely} == {"called …"}


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::123456789012:mfa/test-user-phone",
        "/home/somebody/.aws/mfa-session/keys/1Password",
        "mfa-session login --profile Production2",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        SECRET + "A",
    ],
)
def test_what_is_something_else_is_shown(text: str) -> None:
    assert str(UsageError(text, hint="")) == text
