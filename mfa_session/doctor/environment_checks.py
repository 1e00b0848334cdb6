"""Check for environment variables that override the AWS files."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from mfa_session.doctor.finding import Finding, error, fine, warning
from mfa_session.model.credentials import SessionCredentials, moment
from mfa_session.model.durations import in_words

_ABOUT = "environment"

_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")

_AWSUME = ("AWSUME_PROFILE", "AWSUME_COMMAND")


def environment_findings(
    environ: Mapping[str, str],
    *,
    known_profiles: Collection[str],
    sessions: Collection[SessionCredentials],
    now: datetime,
) -> Iterator[Finding]:
    """Yield what in *environ* overrides a profile or contradicts itself, without secret values.

    *sessions* are the valid ones in the credentials file; `export` may have put one there.
    """
    if key_id := environ.get("AWS_ACCESS_KEY_ID"):
        yield _key(key_id, environ, sessions=sessions, now=now)
    yield from _stale_token(environ)
    yield from _unknown_profile(environ, known_profiles)
    yield from _contradictions(environ)
    if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environ.get("AWS_ROLE_ARN"):
        yield warning(
            _ABOUT,
            "web-identity",
            "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are set: AWS tools prefer that role to a profile's keys",
            fix="unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
        )
    if environ.get("MFA_SESSION_NO_PROMPT", "").lower() in ("1", "true", "yes", "on"):
        what = "MFA_SESSION_NO_PROMPT is set: prompting is disabled"
        yield warning(_ABOUT, "no-prompt", what, fix="unset MFA_SESSION_NO_PROMPT")
    for variable, file in (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")):
        if environ.get(variable):
            yield fine(_ABOUT, f"other-{file}-file", f"{file} file from {variable}: {environ[variable]}")


def _key(
    key_id: str, environ: Mapping[str, str], *, sessions: Collection[SessionCredentials], now: datetime
) -> Finding:
    wins = f"AWS_ACCESS_KEY_ID is set ({_masked(key_id)}), and AWS tools prefer it to everything but --profile"
    fix = f"unset {' '.join(name for name in _KEYS if name in environ)}"
    if any(each.access_key_id == key_id and not each.expire_within(timedelta(0), now=now) for each in sessions):
        return fine(_ABOUT, "exported-session", "AWS tools use the session in the environment variables")
    end = moment(environ.get("AWS_CREDENTIAL_EXPIRATION", ""))
    if end is not None and end <= now:
        return error(_ABOUT, "exported-session-over", f"{wins}; the session expired {in_words(now - end)} ago", fix=fix)
    what_it_is = "; it is a long-term key, without MFA" if key_id.startswith("AKIA") else ""
    return error(_ABOUT, "keys-in-environment", f"{wins}{what_it_is}", fix=fix)


def _stale_token(environ: Mapping[str, str]) -> Iterator[Finding]:
    old, new = environ.get("AWS_SECURITY_TOKEN"), environ.get("AWS_SESSION_TOKEN")
    if old and old != new:
        yield error(
            _ABOUT,
            "stale-security-token-in-environment",
            "AWS_SECURITY_TOKEN is set, and boto3 and the AWS CLI prefer it to AWS_SESSION_TOKEN",
            fix="unset AWS_SECURITY_TOKEN",
        )


def _unknown_profile(environ: Mapping[str, str], known_profiles: Collection[str]) -> Iterator[Finding]:
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        name = environ.get(variable)
        if name and known_profiles and name not in known_profiles:
            yield error(
                _ABOUT,
                "unknown-profile-in-environment",
                f"{variable} is {name}, which does not exist: every AWS tool fails",
                fix=f"unset {variable}, or correct it",
            )


def _contradictions(environ: Mapping[str, str]) -> Iterator[Finding]:
    pairs = {
        "two-profiles-in-environment": ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
        "two-regions-in-environment": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    }
    for name, (one, other) in pairs.items():
        if environ.get(one) and environ.get(other) and environ[one] != environ[other]:
            yield warning(
                _ABOUT,
                name,
                f"{one} is {environ[one]} and {other} is {environ[other]}: AWS tools differ in which they use",
                fix=f"unset one of them: unset {other}",
            )
    if awsume := next((variable for variable in _AWSUME if environ.get(variable)), None):
        yield warning(
            _ABOUT,
            "awsume-in-environment",
            f"{awsume} is set: this shell has the keys of awsume",
            fix="awsume --unset, or a new shell",
        )


def _masked(key_id: str) -> str:
    # It may be anything, even the secret key.
    return f"{key_id[:4]}…{key_id[-4:]}" if _KEY_ID.fullmatch(key_id) else "which is not a key ID"
