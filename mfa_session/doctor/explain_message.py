"""Explain an error message of AWS."""

import re

from mfa_session.doctor.finding import Finding, error, warning
from mfa_session.errors import AWSAnswerError, hint_command
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.profile import Profile
from mfa_session.text import escape_control, quoted

_ABOUT = "message"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIED = re.compile(
    r"User: (?P<caller>arn:\S+) is not authorized to perform: (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*]+)"
    r"(?: on resource: (?P<resource>\S+))?"
    r"(?:.*?(?P<how>with an explicit deny in an?|because no) (?P<kind>[A-Za-z -]{1,40} policy|permissions boundary)"
    r"(?:: (?P<policy>arn:\S+))?)?"
)

# AWS's messages have some hundred characters.
_MAX_MESSAGE = 4000

# The name of the finding for each kind of policy, and who can change it.
_KINDS = {
    "service control policy": ("denied-by-organization", "the administrator of the organization"),
    "resource control policy": ("denied-by-organization", "the administrator of the organization"),
    "permissions boundary": ("denied-by-boundary", "the administrator of the account"),
    "session policy": ("denied-by-session-policy", "the program that made the session, which is not mfa-session"),
    "resource-based policy": ("denied-by-resource", "the owner of the resource"),
    "VPC endpoint policy": ("denied-by-endpoint", "the administrator of the network"),
}

# The first that matches counts; braces stand for commands.
_OTHERS = (
    (
        r"config profile \(.*\) could not be found|ProfileNotFound|[Ff]ailed to get shared config profile"
        r"|Could not resolve credentials using profile|Profile \S+ (?:not found|could not be found)",
        "profile-unknown",
        "the profile is not in the AWS files that the tool reads",
        "list the profiles: aws configure list-profiles; check AWS_PROFILE, AWS_CONFIG_FILE and HOME of the tool",
    ),
    (
        r"You must specify a region|NoRegionError|Missing region in config|Could not find region|Region is missing"
        r"|[Ii]nvalid AWS Region|MissingRegion|ConfigError: Missing region",
        "no-region",
        "no region is set",
        "set one: {region}; or AWS_REGION",
    ),
    (
        r"Unable to parse config file|ConfigParseError|failed to load shared config|SharedConfigLoadError",
        "file-unreadable",
        "a line of an AWS file cannot be read",
        "find the line: {doctor}",
    ),
    (
        r"retrieving credentials from custom-process|ProcessProviderExecutionError|process provider error"
        r"|[Ee]rror in credential_process|credential_process (?:failed|returned)",
        "process-failed",
        "the credential_process of the profile failed; what it wrote is in the message, or hidden by the tool",
        "run it where you can see it: {process}",
    ),
    (
        r"SSO (?:session|Token).*(?:expired|invalid)|Error loading SSO Token|UnauthorizedSSOToken|aws sso login",
        "sso-over",
        "the session of IAM Identity Center has expired; mfa-session does not handle it",
        "aws sso login --profile {name}",
    ),
    (
        r"MultiFactorAuthentication failed",
        "code-refused",
        "wrong MFA code, or unknown device",
        "list the devices: {devices}; then: {login}",
    ),
    (
        r"Cannot call GetSessionToken with session credentials",
        "session-key",
        "the access key is that of a session, which cannot get another session",
        "use the session itself: --profile {session_profile}",
    ),
    (
        r"1 hour session limit|exceeds the MaxSessionDuration",
        "too-long",
        "longer than the role allows; assumed with a session, it is 1 hour at most",
        "ask for less: --duration 1h",
    ),
    (
        r"RegionDisabled",
        "region-disabled",
        "STS is turned off in this region for the account",
        "use another region: {elsewhere}; or turn it on: IAM console, Account settings",
    ),
    (
        r"Throttl|Rate exceeded|TooManyRequests|RequestLimitExceeded",
        "throttled",
        "too many requests to AWS",
        "wait a minute and try again",
    ),
    (
        r"Signature expired|Signature not yet current|RequestTimeTooSkewed|RequestExpired",
        "clock",
        "the clock of this machine is wrong",
        "set the clock, and turn on automatic time",
    ),
    (
        r"ExpiredToken|TokenRefreshRequired|security token included in the request is expired"
        r"|provided token has expired",
        "session-over",
        "the session has expired; a program that runs for long keeps its old one",
        "{login} --force; then restart that program",
    ),
    (
        r"SignatureDoesNotMatch",
        "secret-wrong",
        "the secret access key does not match its key ID",
        "enter both again: {add_key}",
    ),
    (
        r"InvalidClientTokenId|InvalidAccessKeyId|security token included in the request is invalid",
        "key-unknown",
        "unknown access key: deleted, inactive, of another partition, or a session without MFA",
        "{force}; if the key itself is refused: {list_keys}",
    ),
    (
        r"Unable to locate credentials|NoCredentials|Partial credentials|No valid credential sources found"
        r"|Could not load credentials from any providers|CredentialsProviderError|failed to refresh cached credentials"
        r"|no EC2 IMDS role found|Need to perform AWS calls for account|Unable to resolve AWS account"
        r"|Missing credentials in config",
        "no-credentials",
        "the tool found no profile with credentials",
        "name one: --profile {session_profile}, or AWS_PROFILE={session_profile}",
    ),
)


def explain(message: str, *, profile: Profile, caller: CallerIdentity | None) -> list[Finding]:
    """Return what *message* means for *profile*; *caller* is its identity at AWS, if known."""
    message = " ".join(message[:_MAX_MESSAGE].split())
    if denied := _DENIED.search(message):
        return [*_another_caller(denied["caller"], profile, caller), _denial(denied, profile)]
    commands = {
        "login": hint_command("login", profile=profile.name),
        "force": hint_command("login", "--force", profile=profile.name),
        "elsewhere": hint_command("login", "--region", "us-east-1", profile=profile.name),
        "devices": hint_command("device list", profile=profile.name),
        "add_key": hint_command("keys add", profile=profile.name),
        "list_keys": hint_command("keys list", profile=""),
        "region": hint_command("configure", "--region", "REGION", profile=profile.name),
        "process": hint_command("credential-process", profile=profile.name),
        "doctor": hint_command("doctor", "--offline", profile=profile.name),
        "name": quoted(escape_control(profile.name)),
    }
    for pattern, name, what, fix in _OTHERS:
        if re.search(pattern, message):
            words = fix.format(**commands, session_profile=profile.session_profile)
            return [error(_ABOUT, name, what, fix=words)]
    return [
        warning(
            _ABOUT,
            "unknown-message",
            "message not recognised",
            fix="paste the whole message of AWS, from the word User or An error occurred",
        )
    ]


def _denial(denied: re.Match[str], profile: Profile) -> Finding:
    action = denied["action"]
    where = f" on {denied['resource']}" if denied["resource"] else ""
    if denied["kind"] in _KINDS:
        kind = denied["kind"]
        name, who = _KINDS[kind]
        how = "does not allow" if denied["how"] == "because no" else "denies"
        return error(_ABOUT, name, f"a {kind} {how} {action}{where}", fix=f"ask {who}")
    if denied["how"] == "because no":
        return error(
            _ABOUT,
            "not-allowed",
            f"no policy allows {action}{where}; with or without MFA",
            fix=f"ask the account's administrator to allow {action}{where}",
        )
    policy = f", {denied['policy']}," if denied["policy"] else ""
    check = hint_command("policy check", "--user", denied["caller"].rsplit("/", 1)[-1], profile=profile.name)
    use_it = (
        f"use the session: {hint_command('login', profile=profile.name)}, and then --profile {profile.session_profile}"
    )
    if not denied["how"]:
        return error(
            _ABOUT,
            "denied",
            f"a policy denies {action}{where}; AWS does not say which one",
            fix=f"{use_it}; if you did, ask the account's administrator",
        )
    if ":user/" not in denied["caller"]:
        return error(
            _ABOUT,
            "denied-to-role",
            f"a policy{policy} denies {action}{where} to the role",
            fix="ask the account's administrator",
        )
    return error(
        _ABOUT,
        "denied-without-mfa",
        f"a policy{policy} denies {action}{where}, probably because the call was without MFA",
        fix=f"{use_it}; if you did, the policy may require a newer code: "
        f"{hint_command('login', '--force', profile=profile.name)}; or see: {check}",
    )


def _another_caller(arn: str, profile: Profile, caller: CallerIdentity | None) -> list[Finding]:
    if caller is None or _is_the_same(arn, caller):
        return []
    return [
        error(
            _ABOUT,
            "another-caller",
            f"the caller was {arn}, but profile {profile.name} is {caller.arn}",
            fix=f"check for another --profile, AWS_PROFILE or AWS_ACCESS_KEY_ID where the command ran;"
            f" or use this one: --profile {profile.session_profile}",
        )
    ]


def _is_the_same(arn: str, caller: CallerIdentity) -> bool:
    try:
        return CallerIdentity(arn) == caller
    except AWSAnswerError:
        return False
