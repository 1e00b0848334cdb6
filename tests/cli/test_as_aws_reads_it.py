"""A profile means what it means to the AWS CLI, which runs beside us on the same files."""

from pathlib import Path

import pytest

from tests.cli.refusals import CONFIGURATION, USAGE, files
from tests.cli.roles.role_sessions import add_role, policy
from tests.machine import AWS_CLI, PHONE, Machine
from tests.stored_keys import encrypted_file

ROLE = "arn:aws:iam::123456789012:role/admin"
FOREIGN = [
    ("credential_process = /opt/helper", "aws sts get-caller-identity --profile test-user"),
    ("login_session = arn:aws:iam::123456789012:user/x", "aws login --profile test-user"),
    ("sso_session = s", "aws sso login --profile test-user"),
    ("sso_start_url = https://x.awsapps.com/start", "aws sso login --profile test-user"),
    (f"role_arn = {ROLE}\nweb_identity_token_file = /t", "aws sts get-caller-identity --profile test-user"),
]


@pytest.fixture
def key_lines(machine: Machine) -> str:
    encrypted_file(machine)
    key = machine.key
    return f"aws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"


def write(machine: Machine, *, credentials: str = "", config: str = "") -> None:
    machine.write_credentials(credentials)
    machine.write_config(config)


def log_in(machine: Machine, profile: str, *options: str) -> str:
    ran = machine.run("login", "--profile", profile, "--token-code", machine.fresh_code(), *options)
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def caller(machine: Machine, *options: str) -> str:
    ran = machine.run_program(AWS_CLI, "sts", "get-caller-identity", "--query", "Arn", "--output", "text", *options)
    return ran.stdout.strip() or ran.stderr


def configured(machine: Machine, profile: str, setting: str) -> str:
    return machine.run_program(AWS_CLI, "configure", "get", setting, "--profile", profile).stdout.strip()


class TestCredentialsOfOtherTools:
    """Inputs 1 and 7: nothing is written beside them, and the tool's own command is named with the line."""

    @pytest.mark.parametrize("file", ["credentials", "config"])
    @pytest.mark.parametrize(("line", "command"), FOREIGN)
    def test_a_key_beside_them_is_not_imported(
        self, machine: Machine, key_lines: str, file: str, line: str, command: str
    ) -> None:
        section = f"[test-user]\n{key_lines}"
        if file == "credentials":
            write(machine, credentials=f"{section}{line}\n", config="[profile test-user]\nregion = eu-west-1\n")
        else:
            write(machine, credentials=section, config=f"[profile test-user]\n{line}\n")
        before = files(machine)

        ran = machine.run("keys", "import", "--profile", "test-user")

        where = "line 4 of" if file == "credentials" else "line 2 of"
        assert ran.returncode == CONFIGURATION
        assert where in ran.stderr and str(getattr(machine, f"{file}_file")) in ran.stderr
        assert "delete that line" not in ran.stderr
        assert files(machine) == before

    @pytest.mark.parametrize("file", ["credentials", "config"])
    @pytest.mark.parametrize(("line", "command"), FOREIGN[1:])
    @pytest.mark.parametrize("arguments", [("login", "--token-code", "123456"), ("keys", "add", "--stdin")])
    def test_login_and_keys_add_name_the_tool(
        self, machine: Machine, file: str, line: str, command: str, arguments: tuple[str, ...]
    ) -> None:
        header = "[test-user]" if file == "credentials" else "[profile test-user]"
        write(machine, **{file: f"{header}\n{line}\n"})
        before = files(machine)

        ran = machine.run(*arguments, "--profile", "test-user")

        assert ran.returncode == CONFIGURATION
        assert "line 2 of" in ran.stderr or "line 3 of" in ran.stderr
        if not line.startswith("role_arn") or arguments[0] == "login":
            assert command in ran.stderr
        assert files(machine) == before
        assert not machine.endpoint.journal

    @pytest.mark.parametrize("file", ["credentials", "config"])
    @pytest.mark.parametrize(("line", "_"), FOREIGN)
    def test_no_session_is_written_beside_them(
        self, machine: Machine, key_lines: str, file: str, line: str, _: str
    ) -> None:
        header = "[test-user-mfa]" if file == "credentials" else "[profile test-user-mfa]"
        text = {"credentials": f"[test-user]\n{key_lines}", "config": "[profile test-user]\nregion = eu-west-1\n"}
        write(machine, **{**text, file: f"{text[file]}{header}\n{line}\n"})

        ran = machine.run("login", "--profile", "test-user", "--token-code", "123456", "--replace")

        assert ran.returncode == CONFIGURATION
        assert not machine.calls("GetSessionToken")

    def test_configure_does_not_write_a_process_beside_them(self, machine: Machine) -> None:
        write(machine, credentials="[test-user]\nlogin_session = arn:aws:iam::123456789012:user/x\n")

        ran = machine.run("configure", "--profile", "test-user", "--credential-process")

        assert ran.returncode == CONFIGURATION
        assert "aws login --profile test-user" in ran.stderr

    def test_doctor_names_the_tool(self, machine: Machine) -> None:
        write(machine, config="[profile sso]\nsso_session = s\n[sso-session s]\nsso_region = eu-west-1\n")

        said = machine.run("doctor", "--offline", "--profile", "sso").stdout

        assert "aws sso login --profile sso" in said
        assert "no access key" not in said

    def test_the_key_that_a_process_prints_takes_a_role(self, machine: Machine, key_lines: str, tmp_path: Path) -> None:
        key = machine.key
        helper = tmp_path / "helper"
        helper.write_text(
            f"""#!/bin/sh\necho '{{"Version": 1, "AccessKeyId": "{key.access_key_id}","""
            f""" "SecretAccessKey": "{key.secret_access_key}"}}'\n"""
        )
        helper.chmod(0o700)
        write(
            machine,
            config=f"[profile source]\ncredential_process = {helper}\nregion = eu-west-1\nmfa_serial = {PHONE}\n",
        )

        log_in(machine, "source")

        assert caller(machine, "--profile", "source-mfa").endswith(":user/test-user")


class TestRegions:
    """Inputs 2 and 11."""

    @pytest.mark.parametrize("region", ["cn-northwest-1", "us-gov-west-1", "eu-west-3"])
    @pytest.mark.parametrize("config", ["", "[profile test-user]\nregion = ap-northeast-1\n"])
    def test_the_region_in_the_credentials_file_is_used(
        self, machine: Machine, key_lines: str, region: str, config: str
    ) -> None:
        write(machine, credentials=f"[test-user]\n{key_lines}region = {region}\n", config=config)

        log_in(machine, "test-user")

        assert configured(machine, "test-user", "region") == region
        assert configured(machine, "test-user-mfa", "region") == region
        assert region in machine.run("doctor", "--offline", "--profile", "test-user").stdout
        ran = machine.run("exec", "--profile", "test-user", "--", "sh", "-c", "echo $AWS_REGION")
        assert ran.stdout.strip() == region

    def test_a_region_changed_by_hand_reaches_the_session_profile(self, machine: Machine, key_lines: str) -> None:
        write(machine, credentials=f"[test-user]\n{key_lines}", config="[profile test-user]\nregion = eu-west-1\n")
        log_in(machine, "test-user")
        machine.write_config(machine.config_file.read_text().replace("region = eu-west-1", "region = eu-west-2", 1))

        log_in(machine, "test-user", "--force")

        assert configured(machine, "test-user-mfa", "region") == "eu-west-2"

    @pytest.mark.parametrize("by_option", [True, False])
    def test_a_region_that_was_chosen_for_the_session_profile_stays(
        self, machine: Machine, key_lines: str, by_option: bool
    ) -> None:
        write(machine, credentials=f"[test-user]\n{key_lines}", config="[profile test-user]\nregion = eu-west-1\n")
        log_in(machine, "test-user", *(["--region", "us-east-2"] if by_option else []))
        if not by_option:
            text = machine.config_file.read_text()
            at = text.index("[profile test-user-mfa]")
            machine.write_config(text[:at] + text[at:].replace("eu-west-1", "us-east-2"))

        log_in(machine, "test-user", "--force")

        assert configured(machine, "test-user-mfa", "region") == "us-east-2"


class TestKeysWhereverTheyAre:
    """Input 4."""

    @pytest.mark.parametrize("profile", ["test-user", "default"])
    @pytest.mark.parametrize("both", [False, True])
    def test_a_key_in_the_config_file_is_found_listed_and_imported(
        self, machine: Machine, key_lines: str, profile: str, both: bool
    ) -> None:
        header = "[default]" if profile == "default" else f"[profile {profile}]"
        write(
            machine,
            config=f"{header}\n{key_lines}region = eu-west-1\n",
            credentials=f"[{profile}]\n{key_lines}" if both else "",
        )

        log_in(machine, profile)
        assert "config_file" in machine.run("keys", "list", "--json").stdout
        assert "keys import" in machine.run("doctor", "--offline", "--profile", profile).stdout
        ran = machine.run("keys", "import", "--profile", profile)

        assert ran.returncode == 0, ran.stderr
        assert machine.key.secret_access_key not in machine.config_file.read_text()
        assert machine.key.secret_access_key not in machine.credentials_file.read_text()
        assert caller(machine, "--profile", profile).endswith(":user/test-user")

    def test_two_different_keys_of_one_profile_are_named(self, machine: Machine, key_lines: str) -> None:
        other = key_lines.replace(machine.key.access_key_id, "AKIAI44QH8DHBEXAMPLE")
        write(machine, config=f"[profile test-user]\n{other}", credentials=f"[test-user]\n{key_lines}")

        ran = machine.run("keys", "import", "--profile", "test-user")

        assert ran.returncode != 0
        assert "two keys" in ran.stderr


class TestRoles:
    """Input 5."""

    def test_a_profile_with_key_and_role_is_its_own_source(self, machine: Machine, key_lines: str) -> None:
        machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
        add_role(machine, "admin")
        write(
            machine,
            credentials=f"[default]\n{key_lines}",
            config=f"[default]\nrole_arn = {ROLE}\nsource_profile = default\n"
            f"mfa_serial = {PHONE}\nregion = eu-west-1\n",
        )

        log_in(machine, "default")

        assert ":assumed-role/admin/" in caller(machine, "--profile", "default-mfa")
        ran = machine.run("keys", "import", "--profile", "default")
        assert ran.returncode == CONFIGURATION
        assert "keys add --profile default-user" in ran.stderr


class TestEndpoints:
    """Input 6."""

    @pytest.fixture
    def machine(self, machine: Machine) -> Machine:
        del machine.environment["AWS_ENDPOINT_URL"]
        return machine

    def test_a_services_section_leads_to_sts_and_iam(self, machine: Machine, key_lines: str) -> None:
        url = machine.endpoint.url
        write(
            machine,
            credentials=f"[test-user]\n{key_lines}",
            config="[profile test-user]\nregion = eu-west-1\nservices = local\n"
            f"[profile test-user-mfa]\nregion = eu-west-1\nservices = local\n"
            f"[services local]\nsts =\n  endpoint_url = {url}\niam =\n  endpoint_url = {url}\n",
        )

        log_in(machine, "test-user")

        assert caller(machine, "--profile", "test-user").endswith(":user/test-user")
        assert caller(machine, "--profile", "test-user-mfa").endswith(":user/test-user")

    def test_a_section_that_is_missing_is_named_with_its_line(self, machine: Machine, key_lines: str) -> None:
        write(machine, credentials=f"[test-user]\n{key_lines}", config="[profile test-user]\nservices = nowhere\n")

        ran = machine.run("login", "--profile", "test-user", "--token-code", "123456")

        assert "does not exist" in caller(machine, "--profile", "test-user", "--region", "eu-west-1")
        assert ran.returncode == CONFIGURATION
        assert "[services nowhere] (line 2 of" in ran.stderr


class TestHeaders:
    """Input 8."""

    @pytest.mark.parametrize(
        "arguments", [("login", "--token-code", "123456"), ("keys", "import"), ("keys", "add", "--stdin")]
    )
    @pytest.mark.parametrize(
        ("file", "header", "right"),
        [
            ("credentials", "[profile adm]", "[adm]"),
            ("config", "[adm]", "[profile adm]"),
            ("config", "[Profile adm]", "[profile adm]"),
        ],
    )
    @pytest.mark.parametrize("other", ["", "[profile adm]\nregion = eu-west-1\n"])
    def test_a_header_that_aws_tools_pass_over_is_named(
        self,
        machine: Machine,
        key_lines: str,
        arguments: tuple[str, ...],
        file: str,
        header: str,
        right: str,
        other: str,
    ) -> None:
        text = {"config": other if file == "credentials" else ""}
        write(machine, **{**text, file: f"{header}\n{key_lines}"})

        ran = machine.run(*arguments, "--profile", "adm")

        assert ran.returncode == CONFIGURATION
        assert f"{header}, line 1 of {getattr(machine, f'{file}_file')}" in ran.stderr
        assert f"write it as {right}" in ran.stderr


class TestKeysOnStandardInput:
    """Input 9."""

    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", ""])
    def test_the_file_of_the_iam_console_is_read(
        self, machine: Machine, key_lines: str, tmp_path: Path, mark: bytes, end: str
    ) -> None:
        key = machine.key
        csv = f"Access key ID,Secret access key{end or chr(10)}{key.access_key_id},{key.secret_access_key}{end}"
        file = tmp_path / "accessKeys.csv"
        file.write_bytes(mark + csv.encode())
        write(machine)

        program = str(Path(AWS_CLI).parent / "mfa-session")
        ran = machine.run_program("sh", "-c", f"{program} keys add --stdin --profile test-user < {file}")

        assert ran.returncode == 0, ran.stderr

    @pytest.mark.parametrize("name", ["team:prod", "a+b"])
    def test_names_that_every_sdk_reads_are_imported(self, machine: Machine, key_lines: str, name: str) -> None:
        write(machine, credentials=f"[{name}]\n{key_lines}", config=f"[profile {name}]\nregion = eu-west-1\n")

        ran = machine.run("keys", "import", "--profile", name)

        assert ran.returncode == 0, ran.stderr
        log_in(machine, name)
        assert caller(machine, "--profile", name).endswith(":user/test-user")


class TestDevices:
    """Input 10."""

    @pytest.mark.parametrize("resource", ["user/x", "role/x", "u2f/user/x/key-1", "sms-mfa/x"])
    @pytest.mark.parametrize("way", ["--serial", "configure", "setting"])
    def test_what_shows_no_codes_is_refused_before_a_code_is_sent(
        self, machine: Machine, key_lines: str, resource: str, way: str
    ) -> None:
        arn = f"arn:aws:iam::123456789012:{resource}"
        setting = f"mfa_serial = {arn}\n" if way == "setting" else ""
        write(machine, credentials=f"[test-user]\n{key_lines}", config=f"[profile test-user]\n{setting}")
        arguments = {
            "--serial": ("login", "--profile", "test-user", "--token-code", "123456", "--serial", arn),
            "configure": ("configure", "--profile", "test-user", "--mfa-serial", arn),
            "setting": ("login", "--profile", "test-user", "--token-code", "123456"),
        }[way]

        ran = machine.run(*arguments)

        assert ran.returncode == (CONFIGURATION if way == "setting" else USAGE)
        assert not machine.endpoint.journal


class TestComments:
    """Input 11."""

    @pytest.mark.parametrize("setting", [f"mfa_serial = {PHONE} # phone", "region = eu-west-1 ; here"])
    def test_a_comment_behind_a_value_is_named(self, machine: Machine, key_lines: str, setting: str) -> None:
        write(machine, credentials=f"[test-user]\n{key_lines}", config=f"[profile test-user]\n{setting}\n")

        ran = machine.run("login", "--profile", "test-user", "--token-code", "123456")

        assert ran.returncode == CONFIGURATION
        assert "comment" in ran.stderr

    def test_the_home_folder_in_mfa_process(self, machine: Machine, key_lines: str) -> None:
        program = machine.home / "code"
        program.write_text(f"#!/bin/sh\necho {machine.fresh_code()}\n")
        program.chmod(0o700)
        write(
            machine,
            credentials=f"[test-user]\n{key_lines}",
            config="[profile test-user]\nregion = eu-west-1\nmfa_process = ~/code\n",
        )

        assert "mfa_process" not in machine.run("doctor", "--offline", "--profile", "test-user").stdout
        ran = machine.run("login", "--profile", "test-user")

        assert ran.returncode == 0, ran.stderr
