"""`doctor` warns of what works and should be mended, and of nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.errors import TokenCodeRefusedError
from mfa_session.model.credentials import timestamp
from mfa_session.model.profile import Profile
from mfa_session.state.per_profile import FailedLogins
from tests.cli.doctor.set_up import Finding, SetUp, problems
from tests.machine import MFA_SESSION


def session_over(set_up: SetUp) -> None:
    set_up.change_session(timestamp(set_up.session.expiration), timestamp(datetime.now(UTC) - timedelta(hours=1)))


def credentials_open_to_others(set_up: SetUp) -> None:
    set_up.machine.credentials_file.chmod(0o644)


def config_that_others_can_write(set_up: SetUp) -> None:
    set_up.machine.config_file.chmod(0o660)


def key_in_plain_text_too(set_up: SetUp) -> None:
    set_up.change(f"credential_process = {MFA_SESSION} credential-process --profile test-user\n", "")
    key = set_up.key
    set_up.credentials += (
        f"[test-user]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    )


def no_process(set_up: SetUp) -> None:
    set_up.change(f"credential_process = {MFA_SESSION} credential-process --profile test-user\n", "")


def process_without_path(set_up: SetUp) -> None:
    set_up.environ["PATH"] = str(MFA_SESSION.parent)
    set_up.change(f"{MFA_SESSION} ", "mfa-session ")


def header_without_profile(set_up: SetUp) -> None:
    set_up.config += "[other]\nregion = eu-west-1\n"


def clock_a_little_off(set_up: SetUp) -> None:
    set_up.machine.account.clock.offset = timedelta(minutes=-3)


def no_region(set_up: SetUp) -> None:
    set_up.change("region = ap-northeast-1\n", "")


def two_regions(set_up: SetUp) -> None:
    set_up.environ |= {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}


def two_profiles(set_up: SetUp) -> None:
    set_up.environ |= {"AWS_PROFILE": "test-user", "AWS_DEFAULT_PROFILE": "test-user-mfa"}


def web_identity(set_up: SetUp) -> None:
    set_up.environ |= {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/x"}


def nobody_to_ask(set_up: SetUp) -> None:
    set_up.environ["MFA_SESSION_NO_PROMPT"] = "1"


def left_by_aws_mfa(set_up: SetUp) -> None:
    key = set_up.key
    set_up.credentials += (
        f"[dev-long-term]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    )


def left_by_awsume(set_up: SetUp) -> None:
    set_up.credentials += "[autoawsume-dev]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"


def awsume_in_the_shell(set_up: SetUp) -> None:
    set_up.environ["AWSUME_PROFILE"] = "dev"


def left_by_saml2aws(set_up: SetUp) -> None:
    set_up.credentials += "[saml]\nx_principal_arn = arn:aws:sts::123456789012:assumed-role/R/me\n"


def answered_by_aws_vault(set_up: SetUp) -> None:
    set_up.config += "[profile dev]\ncredential_process = /usr/bin/aws-vault exec dev --json\n"


def login_that_failed(set_up: SetUp) -> None:
    set_up.without_session()
    failed = FailedLogins(set_up.machine.home / ".aws" / "mfa-session" / "failed-logins")
    error = TokenCodeRefusedError("AWS did not accept the MFA code", hint="type the next one")
    failed.remember(Profile("test-user", "test-user-mfa"), error)


def message_of_nobody(set_up: SetUp) -> None:
    set_up.options += ["--message", "it does not work"]


WARNINGS: list[tuple[Callable[[SetUp], None], set[Finding]]] = [
    (SetUp.without_session, {("session", "no-session")}),
    (session_over, {("session", "session-over")}),
    (credentials_open_to_others, {("files", "open-to-others")}),
    (config_that_others_can_write, {("files", "writable-by-others")}),
    (key_in_plain_text_too, {("key", "plain-text"), ("process", "no-process")}),
    (no_process, {("process", "no-process")}),
    (process_without_path, {("process", "process-without-path")}),
    (header_without_profile, {("files", "no-profile")}),
    (clock_a_little_off, {("clock", "clock")}),
    (no_region, {("region", "no-region")}),
    (two_regions, {("environment", "two-regions-in-environment")}),
    (two_profiles, {("environment", "two-profiles-in-environment")}),
    (web_identity, {("environment", "web-identity")}),
    (nobody_to_ask, {("environment", "no-prompt")}),
    (left_by_aws_mfa, {("leftovers", "aws-mfa")}),
    (left_by_awsume, {("leftovers", "awsume")}),
    (awsume_in_the_shell, {("environment", "awsume-in-environment")}),
    (left_by_saml2aws, {("leftovers", "saml2aws")}),
    (answered_by_aws_vault, {("leftovers", "aws-vault")}),
    (login_that_failed, {("session", "no-session"), ("process", "last-login-failed")}),
    (message_of_nobody, {("message", "unknown-message")}),
]


@pytest.mark.parametrize(("do", "causes"), WARNINGS, ids=lambda each: getattr(each, "__name__", ""))
def test_what_works_and_should_be_mended_is_told_and_is_no_failure(
    set_up: SetUp, examine: Callable[..., tuple[int, str]], do: Callable[[SetUp], None], causes: set[Finding]
) -> None:
    do(set_up)

    exit_code, shown = examine("--json")

    assert problems(shown, "warning") == causes
    assert (problems(shown, "error"), exit_code) == (set(), 0)
