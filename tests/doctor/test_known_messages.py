"""Messages that tools of AWS print, word for word: each is explained."""

import pytest

from mfa_session.doctor.explain_message import explain
from mfa_session.model.profile import Profile

STS = "An error occurred ({}) when calling the {} operation: {}"
DENIED = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: s3:ListAllMyBuckets"

MESSAGES = [
    (
        "session-key",
        STS.format("AccessDenied", "GetSessionToken", "Cannot call GetSessionToken with session credentials"),
    ),
    ("profile-unknown", "The config profile (x) could not be found"),
    ("profile-unknown", "botocore.exceptions.ProfileNotFound: The config profile (x) could not be found"),
    ("profile-unknown", "Error: failed to get shared config profile, x"),
    (
        "profile-unknown",
        "CredentialsProviderError: Could not resolve credentials using profile: [x] in configuration files.",
    ),
    ("no-region", 'You must specify a region. You can also configure your region by running "aws configure".'),
    ("no-region", "botocore.exceptions.NoRegionError: You must specify a region."),
    ("no-region", "ConfigError: Missing region in config"),
    ("no-region", "Error: Region is missing"),
    ("no-region", "Error: Invalid AWS Region: mars-1"),
    ("no-credentials", 'Unable to locate credentials. You can configure credentials by running "aws configure".'),
    ("no-credentials", "botocore.exceptions.NoCredentialsError: Unable to locate credentials"),
    ("no-credentials", "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY"),
    ("no-credentials", "Error: No valid credential sources found"),
    ("no-credentials", "CredentialsProviderError: Could not load credentials from any providers"),
    (
        "no-credentials",
        "Unable to resolve AWS account to use. It must be either configured when you define your CDK Stack",
    ),
    ("no-credentials", "Need to perform AWS calls for account 123456789012, but no credentials have been configured"),
    (
        "no-credentials",
        "CredentialsError: Missing credentials in config, if using AWS_CONFIG_FILE, set AWS_SDK_LOAD_CONFIG=1",
    ),
    ("no-credentials", "failed to refresh cached credentials, no EC2 IMDS role found"),
    (
        "too-long",
        STS.format(
            "ValidationError",
            "AssumeRole",
            "The requested DurationSeconds exceeds the MaxSessionDuration set",
        ),
    ),
    (
        "too-long",
        STS.format(
            "ValidationError",
            "AssumeRole",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles",
        ),
    ),
    ("file-unreadable", "Unable to parse config file: /home/x/.aws/config"),
    ("file-unreadable", "SharedConfigLoadError: failed to load config file"),
    ("process-failed", "Error when retrieving credentials from custom-process: mfa-session: error: x"),
    ("process-failed", "ProcessProviderExecutionError: error in credential_process"),
    ("session-over", STS.format("ExpiredToken", "ListBuckets", "The provided token has expired.")),
    ("session-over", "ExpiredTokenException: The security token included in the request is expired"),
    ("session-over", "api error ExpiredToken: The provided token has expired."),
    (
        "key-unknown",
        STS.format(
            "InvalidClientTokenId", "GetCallerIdentity", "The security token included in the request is invalid."
        ),
    ),
    ("key-unknown", "api error InvalidClientTokenId: The security token included in the request is invalid."),
    ("key-unknown", "UnrecognizedClientException: The security token included in the request is invalid."),
    (
        "code-refused",
        STS.format("AccessDenied", "GetSessionToken", "MultiFactorAuthentication failed with invalid MFA code"),
    ),
    (
        "secret-wrong",
        STS.format("SignatureDoesNotMatch", "GetCallerIdentity", "The request signature we calculated does not match"),
    ),
    (
        "clock",
        STS.format("SignatureDoesNotMatch", "GetCallerIdentity", "Signature expired: 20261201T000000Z is now"),
    ),
    ("throttled", STS.format("Throttling", "GetCallerIdentity", "Rate exceeded")),
    ("sso-over", "The SSO session associated with this profile has expired or is otherwise invalid."),
    ("denied-without-mfa", f"{DENIED} with an explicit deny in an identity-based policy"),
    ("denied", DENIED),
    ("denied-by-organization", f"{DENIED} with an explicit deny in a service control policy"),
]


@pytest.mark.parametrize(("name", "message"), MESSAGES)
def test_it_is_explained(name: str, message: str) -> None:
    findings = explain(message, profile=Profile("x", "x-mfa"), caller=None)

    assert [finding.name for finding in findings] == [name]
    assert findings[0].fix
