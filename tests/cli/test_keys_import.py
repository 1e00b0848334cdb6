"""`keys import`: a key leaves the plain file, and everything that used it goes on working."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from mfa_session.local_aws.account import User
from tests.aws_vault import item, sealed, write_item
from tests.cli.refusals import CONFIGURATION, SERVICE, USAGE, files
from tests.machine import AWS_CLI, PHONE, Machine
from tests.stored_keys import encrypted_file, store, stored_key

IMPORT = ("keys", "import", "--profile", "test-user")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose key lies in the credentials file, among other things."""
    encrypted_file(machine)
    machine.lay_down_the_key()
    machine.write_credentials("# mine\n" + machine.credentials_file.read_text() + "[other]\nregion = eu-west-1\n")
    return machine


def forms_of(secret: str) -> Iterator[bytes]:
    """Yield every form in which a secret might lie about."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    yield secret.replace("/", r"\/").encode()
    for offset in range(3):
        # Inside a longer text, where each of three places in a group of four letters is possible.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(offset) + raw)[-(-offset * 8 // 6) : -4]


def places_of_the_secret(machine: Machine) -> list[str]:
    """Return every file below the home that has the secret in one of its forms, in its content or its name."""
    forms = list(forms_of(machine.key.secret_access_key))
    return [
        str(path.relative_to(machine.home))
        for path in machine.home.rglob("*")
        if path.is_file() and any(form in path.read_bytes() + path.name.encode() for form in forms)
    ]


def allow(user: User, *actions: str) -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    user.grants.inline["work"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_key_is_in_the_store_and_no_byte_of_it_anywhere_else(machine: Machine) -> None:
    assert places_of_the_secret(machine) == [".aws/credentials"]

    ran = machine.run(*IMPORT)

    assert ran.returncode == 0, ran.stderr
    assert places_of_the_secret(machine) == []
    key = stored_key(machine)
    assert key is not None
    assert (key.secret_access_key, key.account_id) == (machine.key.secret_access_key, "123456789012")
    assert machine.credentials_file.read_text() == "# mine\n[other]\nregion = eu-west-1\n"


def test_every_step_is_told(machine: Machine) -> None:
    ran = machine.run(*IMPORT)

    last = machine.key.access_key_id[-4:]
    assert ran.stdout == ""
    assert ran.stderr.splitlines() == [
        f"mfa-session: test-user: AKIA…{last} lies in {machine.credentials_file}",
        "mfa-session: AWS accepts it: arn:aws:iam::123456789012:user/test-user",
        "mfa-session: it is in the encrypted file ~/.aws/mfa-session/keys.json, and was read back",
        "mfa-session: profile test-user asks mfa-session for its keys",
        f"mfa-session: it is gone from {machine.credentials_file}",
        "mfa-session: try it: aws sts get-caller-identity --profile test-user",
    ]


def test_the_same_command_line_of_the_aws_cli_works_before_and_after(machine: Machine) -> None:
    machine.account.groups["developers"].grants.attached.clear()
    allow(machine.user, "s3:ListAllMyBuckets", "iam:ListMFADevices")
    command = (AWS_CLI, "s3", "ls", "--profile", "test-user")

    before = machine.run_program(*command)
    machine.run(*IMPORT)
    with machine.terminal() as terminal:
        program = terminal.run(*command, environment=machine.environment)
        terminal.expect("(test-user-phone")
        terminal.type(machine.phone.code() + "\n")
        terminal.expect("test-user-photos")
        assert program.wait() == 0
    after = machine.run_program(*command)

    assert before.returncode == after.returncode == 0
    assert "test-user-backups" in before.stdout
    assert before.stdout == after.stdout


def test_a_dry_run_tells_all_and_does_nothing(machine: Machine) -> None:
    before = files(machine)

    ran = machine.run(*IMPORT, "--dry-run")

    assert ran.returncode == 0
    assert "would store it in the encrypted file ~/.aws/mfa-session/keys.json" in ran.stderr
    assert "would delete it there" in ran.stderr
    assert files(machine) == before
    assert machine.endpoint.journal == []
    assert stored_key(machine) is None


def test_a_second_run_finds_nothing_left_to_do(machine: Machine) -> None:
    machine.run(*IMPORT)
    before = files(machine)

    ran = machine.run(*IMPORT)

    assert ran.returncode == 0
    assert "is in the encrypted file ~/.aws/mfa-session/keys.json already" in ran.stderr
    assert files(machine) == before


def test_a_key_that_aws_refuses_stays_where_it_is(machine: Machine) -> None:
    machine.key.active = False
    before = files(machine)

    ran = machine.run(*IMPORT)

    assert ran.returncode == SERVICE
    assert "AWS does not know the access key AKIA…" in ran.stderr
    assert files(machine) == before
    assert stored_key(machine) is None


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("AKIA", "ASIA", "line 3 of .+ a temporary access key"),
        ("aws_secret_access_key = ", "aws_secret_access_key = a blank ", "line 3 of .+ it has blanks"),
        ("aws_secret_access_key = .*\n", "", "line 3 of .+ not a secret access key"),
    ],
)
def test_what_is_no_long_term_key_stays_where_it_is(machine: Machine, old: str, new: str, error: str) -> None:
    machine.write_credentials(re.sub(old, new, machine.credentials_file.read_text()))
    before = files(machine)

    ran = machine.run(*IMPORT)

    assert ran.returncode == CONFIGURATION
    assert re.search(error, ran.stderr)
    assert ran.stderr.count("\n") == 2
    assert files(machine) == before
    assert machine.endpoint.journal == []


def test_another_key_that_is_stored_is_not_replaced_unless_one_insists(machine: Machine) -> None:
    other = machine.account.add_access_key(machine.user)
    store(machine, other)
    before = files(machine)

    refused = machine.run(*IMPORT)
    unchanged = files(machine) == before
    insisted = machine.run(*IMPORT, "--replace")

    assert refused.returncode == CONFIGURATION
    assert f"another key for profile test-user, AKIA…{other.access_key_id[-4:]}" in refused.stderr
    assert unchanged
    assert insisted.returncode == 0
    assert places_of_the_secret(machine) == []


def test_a_profile_with_a_credential_process_of_another_program_is_left_alone(machine: Machine) -> None:
    machine.write_config("[profile test-user]\ncredential_process = /opt/other\n")
    before = files(machine)

    ran = machine.run(*IMPORT)

    assert ran.returncode == CONFIGURATION
    assert "gets its credentials from another program (credential_process at line 2 of " in ran.stderr
    assert files(machine) == before


class TestOtherPlaces:
    def test_the_sections_of_aws_mfa_give_key_and_device_and_their_session_goes(self, machine: Machine) -> None:
        text = machine.credentials_file.read_text().replace("[test-user]", "[test-user-long-term]")
        machine.write_credentials(
            text.replace("[other]", f"aws_mfa_device = {PHONE}\n[other]")
            + "[test-user]\nassumed_role = False\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
            "aws_secret_access_key = x\naws_session_token = y\naws_security_token = y\n"
            "expiration = 2026-11-24 01:29:50\n"
        )

        ran = machine.run(*IMPORT)

        assert ran.returncode == 0, ran.stderr
        assert machine.credentials_file.read_text() == "# mine\n[other]\nregion = eu-west-1\n"
        assert machine.config("test-user")["mfa_serial"] == PHONE
        assert places_of_the_secret(machine) == []

    def test_a_key_of_its_own_beside_that_of_aws_mfa_is_a_question_for_the_owner(self, machine: Machine) -> None:
        text = machine.credentials_file.read_text()
        machine.write_credentials(text + text.split("[other]")[0].replace("[test-user]", "[test-user-long-term]"))

        ran = machine.run(*IMPORT)

        assert ran.returncode == CONFIGURATION
        assert "--from aws-mfa or --from credentials" in ran.stderr

    def test_the_environment_gives_a_key_and_is_for_its_owner_to_clean(self, machine: Machine) -> None:
        machine.write_credentials("")

        ran = machine.run(
            *(*IMPORT, "--from", "environment"),
            AWS_ACCESS_KEY_ID=machine.key.access_key_id,
            AWS_SECRET_ACCESS_KEY=machine.key.secret_access_key,
        )

        assert ran.returncode == 0, ran.stderr
        assert "now: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY" in ran.stderr
        assert stored_key(machine) is not None

    def test_a_key_from_elsewhere_is_of_no_use_while_the_profile_has_one_in_the_file(self, machine: Machine) -> None:
        before = files(machine)

        ran = machine.run(
            *(*IMPORT, "--from", "environment"),
            AWS_ACCESS_KEY_ID=machine.key.access_key_id,
            AWS_SECRET_ACCESS_KEY=machine.key.secret_access_key,
        )

        assert ran.returncode == CONFIGURATION
        assert "which AWS tools would go on using" in ran.stderr
        assert files(machine) == before

    @pytest.mark.parametrize(
        ("options", "code", "error"),
        [
            (("--from", "environment"), CONFIGURATION, "there is no long-term key of profile test-user in the env"),
            (("--from", "somewhere"), USAGE, "there is no place for keys called somewhere"),
            (("--all",), USAGE, "--all and --profile contradict each other"),
        ],
    )
    def test_what_cannot_be_found_there_is_said(
        self, machine: Machine, options: tuple[str, ...], code: int, error: str
    ) -> None:
        ran = machine.run(*IMPORT, *options)

        assert ran.returncode == code
        assert error in ran.stderr

    def test_all_keys_are_imported_and_the_one_that_cannot_be_is_told_of(self, machine: Machine) -> None:
        second = machine.account.add_access_key(machine.account.add_user("second"))
        machine.write_credentials(
            machine.credentials_file.read_text() + f"[second-long-term]\naws_access_key_id = {second.access_key_id}\n"
            f"aws_secret_access_key = {second.secret_access_key}\n"
            "[broken]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = unknown\n"
        )

        ran = machine.run("keys", "import", "--all")

        assert ran.returncode == SERVICE
        assert "mfa-session: error: profile broken: " in ran.stderr
        assert {name for name in ("test-user", "second", "broken") if stored_key(machine, name)} == {
            "test-user",
            "second",
        }
        assert "[broken]" in machine.credentials_file.read_text()

    def test_the_files_of_aws_vault_are_read_and_left_to_it(self, machine: Machine) -> None:
        machine.write_credentials("")
        content = item(machine.key.access_key_id, machine.key.secret_access_key)
        file = write_item(machine.home, "test-user", sealed(content, "open sesame"))

        with machine.terminal() as terminal:
            program = machine.start(terminal, *IMPORT, "--from", "aws-vault")
            terminal.expect("Passphrase of aws-vault's files in ")
            terminal.type("open sesame\n")

            assert program.wait() == 0
            assert "aws-vault still has it; when you no longer use that: aws-vault remove test-user" in terminal.text
        assert stored_key(machine) is not None
        assert file.exists()
        assert places_of_the_secret(machine) == []

    def test_a_keychain_of_aws_vault_is_opened_by_aws_vault_alone(self, machine: Machine) -> None:
        ran = machine.run(*IMPORT, "--from", "aws-vault", AWS_VAULT_BACKEND="keychain")

        assert ran.returncode == CONFIGURATION
        assert "aws-vault exec --no-session" in ran.stderr
