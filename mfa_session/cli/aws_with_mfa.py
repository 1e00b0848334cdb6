"""AWS, asked with the MFA session of a profile: what nobody should do with a long-term key."""

from mfa_session.aws.connection import AWS
from mfa_session.cli.desk import live_session
from mfa_session.cli.parts import Parts
from mfa_session.model.credentials import SessionCredentials


def aws_with_mfa(parts: Parts, profile: str | None) -> tuple[AWS, SessionCredentials]:
    """Return AWS for *profile*, and the session of it that is live, or a new one for which a code is asked."""
    source = parts.profile(profile)
    session = live_session(parts, source)
    return AWS(parts.endpoints(source)), session
