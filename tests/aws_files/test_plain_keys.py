"""Keys in the clear: what stands in the credentials file, in the sections of aws-mfa, and in the environment."""

from pathlib import Path

import pytest

from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.errors import ConfigurationError, SharedFileError
from mfa_session.importers.aws_mfa import AWSMFAKeys
from mfa_session.importers.environment import EnvironmentKey
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
LINES = f"aws_access_key_id = {KEY.access_key_id}\naws_secret_access_key = {KEY.secret_access_key}\n"
DEVICE = "arn:aws:iam::123456789012:mfa/test-user"

AWS_MFA_SESSION = """\
[test-user]
assumed_role = False
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
aws_session_token = FwoGZXIvYXdz
aws_security_token = FwoGZXIvYXdz
expiration = 2026-11-24 01:29:50
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


class TestTheCredentialsFile:
    def test_the_key_of_a_profile_is_found(self, file: Path) -> None:
        file.write_text(f"[test-user]\n{LINES}")

        assert PlainKeys(file).get("test-user") == KEY
        assert PlainKeys(file).get("other") is None

    @pytest.mark.parametrize(
        ("lines", "problem"),
        [
            ("aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n", "temporary"),
            ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "not a secret access key"),
            ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s3cret s3cret\n", "blanks"),
            ("aws_access_key_id = akia\naws_secret_access_key = x\n", "not an access key ID"),
        ],
    )
    def test_what_is_no_long_term_key_is_an_error_that_names_the_line_and_quotes_nothing(
        self, file: Path, lines: str, problem: str
    ) -> None:
        file.write_text(f"# mine\n[test-user]\n{lines}")

        with pytest.raises(ConfigurationError, match=problem) as caught:
            PlainKeys(file).get("test-user")

        assert f"line 3 of {file}" in str(caught.value)
        assert "s3cret" not in str(caught.value)

    def test_every_profile_with_a_long_term_key_is_listed(self, file: Path) -> None:
        file.write_text(f"[b]\n{LINES}[session]\naws_access_key_id = ASIA\n[empty]\n[a]\n{LINES}")

        assert list(PlainKeys(file).profiles()) == ["b", "a"]

    def test_only_the_lines_of_the_key_are_deleted(self, file: Path) -> None:
        file.write_text(f"[a]\nregion = eu-west-1\n{LINES}# note\n\n[test-user]\n{LINES}[b]\n{LINES}")

        PlainKeys(file).remove("a", KEY)
        PlainKeys(file).remove("test-user", KEY)
        PlainKeys(file).remove("test-user", KEY)

        assert file.read_text() == f"[a]\nregion = eu-west-1\n# note\n\n[b]\n{LINES}"

    def test_another_key_than_the_one_that_was_moved_stays(self, file: Path) -> None:
        before = f"[test-user]\n{LINES.replace('EXAMPLEKEY', 'ANOTHERKEY')}"
        file.write_text(before)

        with pytest.raises(SharedFileError, match="another key"):
            PlainKeys(file).remove("test-user", KEY)

        assert file.read_text() == before


class TestTheSectionsOfAWSMFA:
    def test_key_and_device_are_found_beside_the_session(self, file: Path) -> None:
        file.write_text(f"[test-user-long-term]\n{LINES}aws_mfa_device = {DEVICE}\n{AWS_MFA_SESSION}")
        keys = AWSMFAKeys(file)

        assert keys.get("test-user") == KEY
        assert keys.device("test-user") == MFADevice(DEVICE)
        assert list(keys.profiles()) == ["test-user"]

    def test_a_section_may_name_no_device(self, file: Path) -> None:
        file.write_text(f"[test-user-long-term]\n{LINES}")

        assert AWSMFAKeys(file).device("test-user") is None
        assert AWSMFAKeys(file).device("other") is None

    def test_a_device_that_is_none_is_an_error_that_names_the_line(self, file: Path) -> None:
        file.write_text(f"[test-user-long-term]\n{LINES}aws_mfa_device = my phone\n")

        with pytest.raises(ConfigurationError, match=f"line 4 of {file}"):
            AWSMFAKeys(file).device("test-user")

    def test_the_key_its_device_and_the_session_go(self, file: Path) -> None:
        file.write_text(f"# mine\n[test-user-long-term]\n{LINES}aws_mfa_device = {DEVICE}\n\n{AWS_MFA_SESSION}")

        AWSMFAKeys(file).check_can_remove("test-user")
        AWSMFAKeys(file).remove("test-user", KEY)

        assert file.read_text() == "# mine\n\n"

    def test_what_else_stands_in_the_sections_stays(self, file: Path) -> None:
        file.write_text(f"[test-user-long-term]\nassume_role = admin\n{LINES}\n{AWS_MFA_SESSION}region = eu-west-1\n")

        AWSMFAKeys(file).remove("test-user", KEY)

        assert file.read_text() == "[test-user-long-term]\nassume_role = admin\n\n[test-user]\nregion = eu-west-1\n"

    def test_a_session_of_somebody_else_stays(self, file: Path) -> None:
        ours = "[test-user]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\nmfa_session_source = other\n"
        file.write_text(f"[test-user-long-term]\n{LINES}{ours}")

        AWSMFAKeys(file).remove("test-user", KEY)

        assert file.read_text() == ours


class TestTheEnvironment:
    def test_the_key_is_found_for_whichever_profile(self) -> None:
        environ = {"AWS_ACCESS_KEY_ID": KEY.access_key_id, "AWS_SECRET_ACCESS_KEY": KEY.secret_access_key}

        assert EnvironmentKey(environ).get("any") == KEY
        assert EnvironmentKey({}).get("any") is None

    @pytest.mark.parametrize(
        "environ",
        [
            {"AWS_ACCESS_KEY_ID": KEY.access_key_id},
            {"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cret"},
            {"AWS_ACCESS_KEY_ID": KEY.access_key_id, "AWS_SECRET_ACCESS_KEY": "s3cret\n"},
        ],
    )
    def test_what_is_no_long_term_key_is_an_error_that_names_the_variables(self, environ: dict[str, str]) -> None:
        with pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: ") as caught:
            EnvironmentKey(environ).get("any")

        assert "s3cret" not in str(caught.value)

    def test_the_owner_is_told_what_is_left_to_do(self) -> None:
        assert "unset AWS_ACCESS_KEY_ID" in EnvironmentKey({}).manual_steps("any")
