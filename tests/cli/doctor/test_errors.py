"""`doctor` names the right cause of each broken set-up, and no other; no secret is shown, and nobody is asked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.model.credentials import timestamp
from tests.cli.doctor.set_up import DENIAL, Finding, SetUp, problems
from tests.faults import HTMLBody
from tests.machine import MFA_SESSION, PHONE


def no_key(set_up: SetUp) -> None:
    set_up.change("mfa_session_store = file\n", "")


def key_not_in_store(set_up: SetUp) -> None:
    (set_up.machine.home / ".aws" / "mfa-session" / "keys.json").unlink()


def no_keyring(set_up: SetUp) -> None:
    set_up.change("mfa_session_store = file\n", "mfa_session_store = keyring\n")
    set_up.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={set_up.machine.home}/no-bus"


def wrong_passphrase(set_up: SetUp) -> None:
    set_up.environ["MFA_SESSION_PASSPHRASE"] = "not this one"


def encrypted_file_open_to_others(set_up: SetUp) -> None:
    (set_up.machine.home / ".aws" / "mfa-session" / "keys.json").chmod(0o644)


def temporary_key_in_the_source_profile(set_up: SetUp) -> None:
    set_up.with_the_key_in_plain_text()
    set_up.change_session(set_up.key.access_key_id, "ASIAIOSFODNN7EXAMPLE")


def key_that_aws_does_not_know(set_up: SetUp) -> None:
    set_up.with_the_key_in_plain_text()
    set_up.machine.account.access_keys.clear()


def wrong_secret(set_up: SetUp) -> None:
    set_up.with_the_key_in_plain_text()
    set_up.change_session(set_up.key.secret_access_key, "wrong")


def key_of_root(set_up: SetUp) -> None:
    set_up.with_the_key_in_plain_text()
    root = set_up.machine.account.add_access_key(None)
    set_up.change_session(set_up.key.access_key_id, root.access_key_id)
    set_up.change_session(set_up.key.secret_access_key, root.secret_access_key)


def session_damaged(set_up: SetUp) -> None:
    set_up.change_session("aws_session_token", "# aws_session_token")


def long_term_key_in_the_session_profile(set_up: SetUp) -> None:
    set_up.change_session("aws_access_key_id = ASIA", "aws_access_key_id = AKIA")


def stale_security_token(set_up: SetUp) -> None:
    set_up.change_session("mfa_session_source", "aws_security_token = stale\nmfa_session_source")


def session_that_aws_ended(set_up: SetUp) -> None:
    set_up.machine.account.sessions.clear()


def session_profile_of_somebody_else(set_up: SetUp) -> None:
    set_up.change_session("mfa_session_source = test-user\n", "")


def session_profile_with_a_role(set_up: SetUp) -> None:
    set_up.config += (
        "[profile test-user-mfa]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = test-user\n"
    )


def security_key_as_device(set_up: SetUp) -> None:
    set_up.change(PHONE, "arn:aws:iam::123456789012:u2f/user/test-user/yubikey")


def user_with_only_a_security_key(set_up: SetUp) -> None:
    set_up.machine.user.devices.clear()
    set_up.machine.account.add_security_key(set_up.machine.user, "yubikey")
    set_up.change(f"mfa_serial = {PHONE}\n", "")


def user_without_a_device(set_up: SetUp) -> None:
    set_up.machine.user.devices.clear()


def device_that_was_removed(set_up: SetUp) -> None:
    set_up.change(PHONE, PHONE.replace("phone", "old"))


def device_of_another_account(set_up: SetUp) -> None:
    set_up.change(PHONE, "arn:aws:iam::210987654321:mfa/test-user")


def serial_number_that_is_none(set_up: SetUp) -> None:
    set_up.change(PHONE, "phone")


def missing_mfa_process(set_up: SetUp) -> None:
    set_up.config += "mfa_process = /nowhere/ykman oath code\n"


def clock_far_off(set_up: SetUp) -> None:
    set_up.machine.account.clock.offset = timedelta(minutes=20)


def region_that_is_none(set_up: SetUp) -> None:
    set_up.change("ap-northeast-1", "Tokyo; rm")


def endpoint_in_the_clear(set_up: SetUp) -> None:
    set_up.environ["AWS_ENDPOINT_URL"] = "http://sts.example.com"


def endpoint_where_nobody_answers(set_up: SetUp) -> None:
    set_up.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"


def proxy_that_answers_itself(set_up: SetUp) -> None:
    set_up.machine.endpoint.faults.add("GetCallerIdentity", HTMLBody())


def sts_switched_off(set_up: SetUp) -> None:
    set_up.machine.account.disabled_regions.add("ap-northeast-1")


def static_key_beside_the_process(set_up: SetUp) -> None:
    set_up.config += "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"


def program_of_the_process_gone(set_up: SetUp) -> None:
    set_up.change(f"{MFA_SESSION} ", "/opt/gone/mfa-session ")


def home_sign_in_the_process(set_up: SetUp) -> None:
    set_up.change(f"{MFA_SESSION} ", "~/bin/mfa-session ")


def process_of_another_profile(set_up: SetUp) -> None:
    set_up.change("--profile test-user\n", "--profile somebody\n")


def process_that_is_no_command(set_up: SetUp) -> None:
    set_up.change(f"{MFA_SESSION} ", f"'{MFA_SESSION} ")


def duplicate_section(set_up: SetUp) -> None:
    set_up.config += "[profile test-user]\nregion = eu-west-1\n"


def credentials_file_without_header(set_up: SetUp) -> None:
    set_up.credentials = "aws_access_key_id = x\n" + set_up.credentials


def profile_that_is_not_there(set_up: SetUp) -> None:
    set_up.options += ["--profile", "tset-user"]


def role_that_leads_back(set_up: SetUp) -> None:
    set_up.config += "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = a\n"
    set_up.options += ["--profile", "a"]


def key_in_the_environment(set_up: SetUp) -> None:
    key = set_up.key
    set_up.environ |= {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}


def secret_in_the_place_of_the_key_id(set_up: SetUp) -> None:
    set_up.environ["AWS_ACCESS_KEY_ID"] = set_up.key.secret_access_key


def exported_session_that_is_over(set_up: SetUp) -> None:
    set_up.environ |= {
        "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
        "AWS_SESSION_TOKEN": set_up.session.session_token,
        "AWS_CREDENTIAL_EXPIRATION": timestamp(datetime.now(UTC) - timedelta(hours=1)),
    }


def stale_token_in_the_environment(set_up: SetUp) -> None:
    set_up.environ["AWS_SECURITY_TOKEN"] = set_up.session.session_token


def unknown_profile_in_the_environment(set_up: SetUp) -> None:
    set_up.environ["AWS_PROFILE"] = "tset-user"


def state_folder_that_is_a_file(set_up: SetUp) -> None:
    folder = set_up.machine.home / ".aws" / "mfa-session" / "failed-logins"
    folder.write_text("")


def denied_for_want_of_mfa(set_up: SetUp) -> None:
    set_up.options += ["--message", f"{DENIAL} with an explicit deny in an identity-based policy"]


def denied_for_want_of_a_policy(set_up: SetUp) -> None:
    action = "s3:ListAllMyBuckets"
    set_up.options += ["--message", f"{DENIAL} because no identity-based policy allows the {action} action"]


def denied_by_the_organization(set_up: SetUp) -> None:
    set_up.options += ["--message", f"{DENIAL} with an explicit deny in a service control policy"]


def denied_to_somebody_else(set_up: SetUp) -> None:
    by_bob = DENIAL.replace("test-user", "bob")
    set_up.options += ["--message", f"{by_bob} with an explicit deny in a service control policy"]


def message_of_a_session_that_is_over(set_up: SetUp) -> None:
    set_up.options += ["--message", "An error occurred (ExpiredToken): The provided token has expired."]


ERRORS: list[tuple[Callable[[SetUp], None], set[Finding]]] = [
    (no_key, {("key", "no-key")}),
    (key_not_in_store, {("key", "key-not-in-store")}),
    (no_keyring, {("key", "no-keyring")}),
    (wrong_passphrase, {("key", "passphrase")}),
    (encrypted_file_open_to_others, {("key", "store")}),
    (temporary_key_in_the_source_profile, {("key", "no-long-term-key")}),
    (key_that_aws_does_not_know, {("key", "key-refused")}),
    (wrong_secret, {("key", "key-refused")}),
    (key_of_root, {("AWS", "root-key")}),
    (session_damaged, {("session", "session-damaged")}),
    (long_term_key_in_the_session_profile, {("session", "session-profile-taken")}),
    (stale_security_token, {("session", "stale-security-token")}),
    (session_that_aws_ended, {("session", "session-refused")}),
    (session_profile_of_somebody_else, {("session", "session-profile-taken")}),
    (session_profile_with_a_role, {("session", "session-profile-taken")}),
    (security_key_as_device, {("device", "no-codes")}),
    (user_with_only_a_security_key, {("device", "only-security-keys")}),
    (user_without_a_device, {("device", "no-device")}),
    (device_that_was_removed, {("device", "device-not-of-user")}),
    (device_of_another_account, {("device", "device-of-another-account")}),
    (serial_number_that_is_none, {("profile", "setting")}),
    (missing_mfa_process, {("device", "mfa-process-not-found")}),
    (clock_far_off, {("clock", "clock")}),
    (region_that_is_none, {("AWS", "no-way-to-aws")}),
    (endpoint_in_the_clear, {("AWS", "no-way-to-aws")}),
    (endpoint_where_nobody_answers, {("AWS", "unreachable")}),
    (proxy_that_answers_itself, {("AWS", "not-aws")}),
    (sts_switched_off, {("region", "region-disabled")}),
    (static_key_beside_the_process, {("profile", "two-kinds-of-credentials")}),
    (program_of_the_process_gone, {("process", "process-not-found")}),
    (home_sign_in_the_process, {("process", "process-not-found")}),
    (process_of_another_profile, {("process", "process-of-another-profile")}),
    (process_that_is_no_command, {("process", "process-unreadable")}),
    (duplicate_section, {("files", "unreadable")}),
    (credentials_file_without_header, {("files", "unreadable")}),
    (profile_that_is_not_there, {("profile", "no-such-profile")}),
    (role_that_leads_back, {("profile", "setting")}),
    (key_in_the_environment, {("environment", "keys-in-environment")}),
    (secret_in_the_place_of_the_key_id, {("environment", "keys-in-environment")}),
    (exported_session_that_is_over, {("environment", "exported-session-over")}),
    (stale_token_in_the_environment, {("environment", "stale-security-token-in-environment")}),
    (unknown_profile_in_the_environment, {("environment", "unknown-profile-in-environment")}),
    (state_folder_that_is_a_file, {("files", "state")}),
    (denied_for_want_of_mfa, {("message", "denied-without-mfa")}),
    (denied_for_want_of_a_policy, {("message", "not-allowed")}),
    (denied_by_the_organization, {("message", "denied-by-organization")}),
    (denied_to_somebody_else, {("message", "another-caller"), ("message", "denied-by-organization")}),
    (message_of_a_session_that_is_over, {("message", "session-over")}),
]


@pytest.mark.parametrize(("break_it", "causes"), ERRORS, ids=lambda each: getattr(each, "__name__", ""))
def test_the_right_cause_is_named_and_no_other(
    set_up: SetUp,
    examine: Callable[..., tuple[int, str]],
    break_it: Callable[[SetUp], None],
    causes: set[Finding],
) -> None:
    break_it(set_up)

    exit_code, shown = examine("--json")

    assert problems(shown, "error") == causes
    assert exit_code == 1
    assert all(each["fix"] for each in json.loads(shown)["findings"] if each["severity"] != "fine")
