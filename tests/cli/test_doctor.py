"""`doctor` names the right cause of each broken set-up, and no other; no secret is shown, and nobody is asked."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.cli.program import run
from mfa_session.credentials import timestamp
from mfa_session.demo.faults import HTMLBody, ResetConnection
from mfa_session.demo.sessions import LongTermKey, Session
from mfa_session.errors import TokenCodeRefusedError
from mfa_session.profiles import Profile
from mfa_session.store.failed_logins import FailedLogins
from tests import stored_keys
from tests.machine import MFA_SESSION, PASSPHRASE, PHONE, Machine

DENIAL = "User: arn:aws:iam::123456789012:user/test-user is not authorized to perform: s3:ListAllMyBuckets"

Finding = tuple[str, str]


@dataclass
class SetUp:
    """A set-up that works, until a test breaks it: the key is in the encrypted file, and there is a live session."""

    machine: Machine
    session: Session
    key: LongTermKey
    environ: dict[str, str]
    options: list[str] = field(default_factory=list)

    @property
    def config(self) -> str:
        return self.machine.config_file.read_text()

    @config.setter
    def config(self, text: str) -> None:
        self.machine.write_config(text)

    @property
    def credentials(self) -> str:
        return self.machine.credentials_file.read_text()

    @credentials.setter
    def credentials(self, text: str) -> None:
        self.machine.write_credentials(text)

    @property
    def secrets(self) -> list[str]:
        return [self.key.secret_access_key, self.session.secret_access_key, self.session.session_token]

    def change(self, old: str, new: str) -> None:
        """Change a line of the config file."""
        assert old in self.config
        self.config = self.config.replace(old, new)

    def change_session(self, old: str, new: str) -> None:
        """Change a line of the credentials file."""
        assert old in self.credentials
        self.credentials = self.credentials.replace(old, new)

    def without_session(self) -> None:
        self.credentials = ""

    def with_the_key_in_plain_text(self) -> None:
        """Have the key where it can be used without a passphrase, and no session to use instead."""
        self.change("mfa_session_store = file\n", "")
        self.change(f"credential_process = {MFA_SESSION} credential-process --profile test-user\n", "")
        self.machine.lay_down_the_key()


@pytest.fixture
def set_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    stored_keys.store(machine, machine.key, account_id="123456789012")
    machine.write_config(
        "[profile test-user]\n"
        "region = ap-northeast-1\n"
        "output = json\n"
        f"mfa_serial = {PHONE}\n"
        "mfa_session_store = file\n"
        f"credential_process = {MFA_SESSION} credential-process --profile test-user\n"
    )
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    machine.write_credentials(
        f"[test-user-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = test-user\n"
    )
    for name in list(os.environ):
        if name.startswith(("AWS", "MFA_SESSION", "DBUS", "SSH")) or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    return SetUp(machine, session, machine.key, {"HOME": str(machine.home), "AWS_ENDPOINT_URL": machine.endpoint.url})


@pytest.fixture
def examine(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run `doctor` in this process, where forty set-ups cost what one does in a process of its own."""

    def examine(*options: str) -> tuple[int, str]:
        for name, value in set_up.environ.items():
            monkeypatch.setenv(name, value)
        before = {path: path.read_bytes() for path in set_up.machine.home.rglob("*") if path.is_file()}
        exit_code = run(["doctor", "--profile", "test-user", *set_up.options, *options])
        shown, said = capfd.readouterr()
        assert said == ""
        assert {path: path.read_bytes() for path in set_up.machine.home.rglob("*") if path.is_file()} == before
        assert not [secret for secret in set_up.secrets if secret in shown]
        return exit_code, shown

    return examine


def problems(shown: str, severity: str) -> set[Finding]:
    return {(each["about"], each["name"]) for each in json.loads(shown)["findings"] if each["severity"] == severity}


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
    (stale_security_token, {("session", "stale-security-token")}),
    (session_that_aws_ended, {("session", "session-refused")}),
    (session_profile_of_somebody_else, {("session", "session-profile-taken")}),
    (session_profile_with_a_role, {("session", "session-profile-taken")}),
    (security_key_as_device, {("device", "no-codes")}),
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
    assert all(each["mend"] for each in json.loads(shown)["findings"] if each["severity"] != "fine")


def session_over(set_up: SetUp) -> None:
    set_up.change_session(timestamp(set_up.session.expiration), timestamp(datetime.now(UTC) - timedelta(hours=1)))


def credentials_open_to_others(set_up: SetUp) -> None:
    set_up.machine.credentials_file.chmod(0o644)


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
    error = TokenCodeRefusedError("AWS did not accept the token code", hint="type the next one")
    failed.remember(Profile("test-user", "test-user-mfa"), error)


def message_of_nobody(set_up: SetUp) -> None:
    set_up.options += ["--message", "it does not work"]


WARNINGS: list[tuple[Callable[[SetUp], None], set[Finding]]] = [
    (SetUp.without_session, {("session", "no-session")}),
    (session_over, {("session", "session-over")}),
    (credentials_open_to_others, {("files", "open-to-others")}),
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


def test_nothing_is_wrong_with_a_set_up_that_works(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    exit_code, shown = examine()

    assert exit_code == 0
    assert shown.splitlines() == [
        "profile      test-user, whose session is in test-user-mfa",
        f"process      AWS tools that use test-user ask {MFA_SESSION}",
        f"device       {PHONE} (virtual)",
        "key          in the encrypted file ~/.aws/mfa-session/keys.json,"
        " which was not opened: that takes the passphrase",
        "session      in [test-user-mfa], for another 11 h 59 min",
        "region       ap-northeast-1, partition aws",
        f"AWS          STS is asked at {set_up.machine.endpoint.url}",
        "AWS          it answers, and knows us as arn:aws:iam::123456789012:user/test-user",
        "clock        within a minute of AWS's",
        "",
        "Nothing is wrong here.",
    ]


def test_a_key_whose_store_opens_by_itself_is_shown_by_the_ends_of_its_id(
    set_up: SetUp, examine: Callable[..., tuple[int, str]]
) -> None:
    set_up.environ["MFA_SESSION_PASSPHRASE"] = PASSPHRASE

    _, shown = examine()

    key_id = set_up.key.access_key_id
    assert f"key          AKIA…{key_id[-4:]} of account 123456789012 in the encrypted file" in shown
    assert key_id not in shown


def test_a_session_that_was_exported_is_as_it_should_be(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    set_up.environ["AWS_ACCESS_KEY_ID"] = set_up.session.access_key_id

    exit_code, shown = examine()

    assert exit_code == 0
    assert "environment  the session is in this environment, and AWS tools take it from there\n" in shown


def test_files_that_the_environment_names_are_told(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    other = set_up.machine.home / "other-config"
    set_up.environ["AWS_CONFIG_FILE"] = str(other)
    other.write_text(set_up.config)

    _, shown = examine()

    assert f"environment  AWS_CONFIG_FILE names the config file: {other}\n" in shown


def test_the_worst_stands_at_the_end(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    no_key(set_up)
    session_over(set_up)

    _, shown = examine()

    assert [line.split()[0] for line in shown.splitlines() if line.isupper() or line.startswith(("W", "E", "do"))] == [
        "WARNING",
        "do",
        "ERROR",
        "do",
    ]


def test_aws_is_asked_once_and_not_at_all_offline(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    examine()
    asked = [call.action for call in set_up.machine.endpoint.journal]
    examine("--offline")

    assert asked == ["GetCallerIdentity"]
    assert len(set_up.machine.endpoint.journal) == 1


def test_offline_a_clock_that_is_off_is_not_seen_and_all_else_is(
    set_up: SetUp, examine: Callable[..., tuple[int, str]]
) -> None:
    clock_far_off(set_up)
    stale_security_token(set_up)

    _, shown = examine("--offline", "--json")

    assert problems(shown, "error") == {("session", "stale-security-token")}


def test_a_role_profile_is_looked_at_with_the_key_of_its_user(
    set_up: SetUp, examine: Callable[..., tuple[int, str]]
) -> None:
    set_up.config += "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = test-user\n"

    exit_code, shown = examine("--profile", "admin")

    assert exit_code == 0
    assert "profile      admin, a role that test-user takes: arn:aws:iam::123456789012:role/admin\n" in shown
    assert "key          in the encrypted file" in shown


def test_a_name_cannot_move_the_cursor(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    set_up.environ["AWS_PROFILE"] = "a\x1b[2Jb"

    _, shown = examine()

    assert "\x1b" not in shown
    assert r"a\x1b[2Jb" in shown


def test_an_error_of_an_aws_tool_is_explained_from_a_pipe(set_up: SetUp) -> None:
    machine = set_up.machine
    message = f"{DENIAL} with an explicit deny in an identity-based policy"
    pipe = 'echo "$1" | "$0" doctor --profile test-user --offline --message -'

    ran = machine.run_program("sh", "-c", pipe, MFA_SESSION, message)

    assert ran.returncode == 1
    assert "use the session: mfa-session login --profile test-user, and then --profile test-user-mfa" in ran.stdout


def test_without_a_connection_it_takes_no_longer_than_a_call_may(set_up: SetUp) -> None:
    set_up.machine.endpoint.faults.add("GetCallerIdentity", ResetConnection(), ResetConnection(), ResetConnection())

    ran = set_up.machine.run("doctor", "--profile", "test-user", "--json")

    assert (ran.returncode, problems(ran.stdout, "error")) == (1, {("AWS", "unreachable")})
