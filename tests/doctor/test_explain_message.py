"""A message of AWS is explained by what AWS says, whichever tool has printed it."""

import pytest

from mfa_session.doctor.explain_message import explain
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.profile import Profile

PROFILE = Profile("test-user", "test-user-mfa")
USER = CallerIdentity("arn:aws:iam::123456789012:user/engineering/test-user")
DENIED = f"User: {USER.arn} is not authorized to perform: s3:GetObject"
BY_A_ROLE = DENIED.replace(USER.arn, "arn:aws:sts::123456789012:assumed-role/admin/test-user")


def explained(message: str, *, caller: CallerIdentity | None = USER) -> list[str]:
    return [finding.name for finding in explain(message, profile=PROFILE, caller=caller)]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (f"{DENIED} with an explicit deny in an identity-based policy", "denied-without-mfa"),
        (f"{DENIED} with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x", "denied-without-mfa"),
        (f"{DENIED} because no identity-based policy allows the s3:GetObject action", "not-allowed"),
        (f"{DENIED} with an explicit deny in a resource-based policy", "denied-by-resource"),
        (f"{DENIED} because no resource-based policy allows the s3:GetObject action", "denied-by-resource"),
        (f"{DENIED} because no service control policy allows the s3:GetObject action", "denied-by-organization"),
        (f"{DENIED} with an explicit deny in a resource control policy", "denied-by-organization"),
        (f"{DENIED} because no permissions boundary allows the s3:GetObject action", "denied-by-boundary"),
        (f"{DENIED} with an explicit deny in a VPC endpoint policy", "denied-by-endpoint"),
        (f"{DENIED} because no session policy allows the s3:GetObject action", "denied-by-session-policy"),
        (DENIED, "denied"),
        (
            "An error occurred (AccessDenied): MultiFactorAuthentication failed with invalid MFA one time pass code.",
            "code-refused",
        ),
        ("(SignatureDoesNotMatch) when calling: Signature expired: 20220127T001427Z is now earlier than …", "clock"),
        ("An error occurred (SignatureDoesNotMatch): The request signature we calculated …", "secret-wrong"),
        ("An error occurred (AccessDenied): Cannot call GetSessionToken with session credentials", "session-key"),
        ("DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", "too-long"),
        ("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "too-long"),
        ("An error occurred (RegionDisabledException): STS is not activated in this region", "region-disabled"),
        ("An error occurred (Throttling): Rate exceeded", "throttled"),
        ("The security token included in the request is expired", "session-over"),
        ("ExpiredTokenException: …", "session-over"),
        ("The security token included in the request is invalid.", "key-unknown"),
        ("Unable to locate credentials. You can configure credentials by running …", "no-credentials"),
        ("", "unknown-message"),
        ("it does not work", "unknown-message"),
    ],
)
def test_the_cause_is_named(message: str, name: str) -> None:
    assert explained(message) == [name]


@pytest.mark.parametrize("resource", ["", " on resource: arn:aws:s3:::bucket/key"])
def test_action_and_resource_are_told(resource: str) -> None:
    [finding] = explain(f"{DENIED}{resource} because no identity-based policy allows it", profile=PROFILE, caller=USER)

    assert finding.what == f"no policy allows s3:GetObject{resource.replace(' resource:', '')}; with or without MFA"


def test_a_denial_without_mfa_leads_to_the_session_and_to_the_policies() -> None:
    message = f"{DENIED} with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/enforce"

    [finding] = explain(message, profile=PROFILE, caller=USER)

    assert "arn:aws:iam::123456789012:policy/enforce" in finding.what
    assert "mfa-session login --profile test-user, and then --profile test-user-mfa" in finding.fix
    assert "mfa-session policy check --profile test-user --user test-user" in finding.fix


def test_a_role_is_not_told_to_get_a_session_with_mfa() -> None:
    message = f"{BY_A_ROLE} with an explicit deny in an identity-based policy"

    assert explained(message, caller=None) == ["denied-to-role"]


def test_a_caller_who_is_not_the_one_of_the_profile_is_told_first() -> None:
    message = f"{BY_A_ROLE} with an explicit deny in a service control policy"

    assert explained(message) == ["another-caller", "denied-by-organization"]


def test_a_message_that_was_broken_into_lines_is_read_as_one() -> None:
    message = f"{DENIED} with an explicit\n  deny in an identity-based\r\n policy"

    assert explained(message) == ["denied-without-mfa"]


@pytest.mark.parametrize("piece", ["User: arn:", "with an explicit deny in a ", "because no ", "a" * 50 + " "])
def test_a_message_that_never_ends_takes_no_time(piece: str) -> None:
    assert explained(DENIED + " " + piece * 100_000) in (["denied"], ["unknown-message"])
