"""Sections of the AWS files, as the tests of the commands write them."""

KEY_ID = "ASIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdz+/=="
LONG_AGO = "2021-01-01T00:00:00Z"
LONG_HENCE = "2099-01-01T00:00:00Z"

LONG_TERM_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
LONG_TERM_SECRET = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"


def session(
    name: str = "test-user-mfa",
    *,
    source: str = "test-user",
    secret: str = SECRET,
    token: str = TOKEN,
    end: str = LONG_HENCE,
) -> str:
    """Return the section that `login` writes."""
    return (
        f"[{name}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {secret}\naws_session_token = {token}\n"
        f"x_security_token_expires = {end}\nmfa_session_source = {source}\n"
    )


def long_term_key(name: str = "test-user") -> str:
    """Return the section that `aws configure` writes."""
    return f"[{name}]\naws_access_key_id = {LONG_TERM_KEY_ID}\naws_secret_access_key = {LONG_TERM_SECRET}\n"
