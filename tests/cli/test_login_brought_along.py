"""`login` and `status` where the key is in the environment, or where another tool keeps it."""

import pytest

from tests.machine import Machine
from tests.terminal import PseudoTerminal

LOGIN = ("login", "--profile", "test-user")
SESSION = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\naws_session_token = token\n"


def long_term_key(machine: Machine) -> str:
    return f"aws_access_key_id = {machine.key.access_key_id}\naws_secret_access_key = {machine.key.secret_access_key}\n"


@pytest.fixture
def aws_mfa(machine: Machine) -> Machine:
    """Give aws-mfa the keys of `test-user` and `default`."""
    key = long_term_key(machine)
    machine.credentials_file.write_text(
        "".join(
            f"[{name}-long-term]\n{key}[{name}]\n{SESSION}expiration = 2026-01-01 00:00:00\n"
            for name in ("test-user", "default")
        )
    )
    return machine


def key_in_the_environment(machine: Machine, secret: str | None = None) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": machine.key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret or machine.key.secret_access_key,
    }


def type_a_code(terminal: PseudoTerminal, machine: Machine) -> None:
    terminal.expect("MFA code: ")
    terminal.type(machine.phone.code() + "\n")


class TestTheKeyInTheEnvironment:
    def test_is_offered_and_stored_instead_of_asking_for_another(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            login = machine.start(terminal, *LOGIN, **key_in_the_environment(machine))
            terminal.expect(f"Use the access key in AWS_ACCESS_KEY_ID (AKIA…{machine.key.access_key_id[-4:]})? [Y/n] ")
            terminal.type("\n")
            type_a_code(terminal, machine)

            assert login.wait() == 0
            assert "Access key ID for" not in terminal.text
            assert machine.key.secret_access_key not in terminal.text
        assert machine.config("test-user")["mfa_session_store"] == "file"

    def test_is_not_used_when_the_user_says_no(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            machine.start(terminal, *LOGIN, **key_in_the_environment(machine))
            terminal.expect("Use the access key in AWS_ACCESS_KEY_ID")
            terminal.type("n\n")
            terminal.expect("Access key ID for test-user: ")

    def test_with_a_wrong_secret_only_the_secret_is_asked_for(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            machine.start(terminal, *LOGIN, **key_in_the_environment(machine, secret="wrong"))
            terminal.expect("Use the access key in AWS_ACCESS_KEY_ID")
            terminal.type("y\n")
            terminal.expect("Secret access key (not shown): ")

            assert "Access key ID for" not in terminal.text

    @pytest.mark.parametrize(
        "environment",
        [
            {"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"},
            {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
            {
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_SESSION_TOKEN": "token",
            },
        ],
        ids=["temporary", "no secret", "with a token"],
    )
    def test_is_not_offered_where_it_is_no_whole_long_term_key(
        self, machine: Machine, environment: dict[str, str]
    ) -> None:
        with machine.terminal() as terminal:
            machine.start(terminal, *LOGIN, **environment)
            terminal.expect("Access key ID for test-user: ")

            assert "AWS_ACCESS_KEY_ID" not in terminal.text


class TestTheKeyOfAWSMFA:
    @pytest.mark.parametrize("profile", ["test-user", "default"])
    def test_is_named_by_login_with_the_command_that_imports_it(self, aws_mfa: Machine, profile: str) -> None:
        before = aws_mfa.credentials_file.read_bytes()

        ran = aws_mfa.run("login", "--profile", profile)

        assert ran.returncode == 253
        assert f"the access key of {profile} is where aws-mfa keeps it: [{profile}-long-term]\n" in ran.stderr
        assert f"hint: move it to mfa-session: mfa-session keys import --profile {profile}\n" in ran.stderr
        assert aws_mfa.credentials_file.read_bytes() == before

    def test_is_imported_by_that_command(self, aws_mfa: Machine) -> None:
        assert aws_mfa.run("keys", "import", "--profile", "test-user").returncode == 0

        assert aws_mfa.run(*LOGIN, "--token-code", aws_mfa.phone.code()).returncode == 0

    def test_is_named_by_status(self, aws_mfa: Machine) -> None:
        ran = aws_mfa.run("status")

        assert "aws-mfa keeps long-term keys in plain text: [test-user-long-term], [default-long-term]" in ran.stderr
        assert "mfa-session keys import --from aws-mfa --all" in ran.stderr

    def test_is_left_alone_beside_a_long_term_key_of_the_profile(self, aws_mfa: Machine) -> None:
        text = aws_mfa.credentials_file.read_text()
        own = text.split("[default-long-term]")[0].replace(SESSION, long_term_key(aws_mfa))
        aws_mfa.credentials_file.write_text(own)

        assert aws_mfa.run(*LOGIN, "--token-code", aws_mfa.phone.code()).returncode == 0
