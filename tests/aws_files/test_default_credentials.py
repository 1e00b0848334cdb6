"""A file is hidden from a program where it has credentials for `default`, and left alone where it has none."""

import os
from pathlib import Path

import pytest

from mfa_session.aws_files.default_credentials import without_default_credentials

KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"


def variables(home: Path, *, credentials: str = "", config: str = "", **environment: str) -> dict[str, str]:
    (home / "credentials").write_text(credentials)
    (home / "config").write_text(config)
    return without_default_credentials(
        {"HOME": str(home), "USERPROFILE": str(home), **environment},
        credentials_file=home / "credentials",
        config_file=home / "config",
    )


@pytest.mark.parametrize(
    ("credentials", "config"),
    [
        ("", ""),
        (f"[other]\n{KEY}", "[profile other]\nrole_arn = x\n"),
        (
            "[default]\nregion = us-east-1\n",
            "[default]\nregion = us-east-1\noutput = json\ns3 =\n  max_bandwidth = 1\n",
        ),
    ],
)
def test_a_file_without_credentials_for_default_stays(tmp_path: Path, credentials: str, config: str) -> None:
    assert variables(tmp_path, credentials=credentials, config=config) == {}


@pytest.mark.parametrize("line", [KEY, "role_arn = x", "credential_process = x", "sso_start_url = x"])
def test_a_credentials_file_that_has_them_is_hidden(tmp_path: Path, line: str) -> None:
    found = variables(tmp_path, credentials=f"[default]\n{line}\n")

    assert found == {"AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@pytest.mark.parametrize(
    "line",
    [
        KEY,
        "role_arn = x",
        "source_profile = x",
        "credential_process = x",
        "credential_source = Environment",
        "sso_session = x",
        "sso_start_url = x",
        "web_identity_token_file = x",
        "login_session = x",
    ],
)
@pytest.mark.parametrize("header", ["[default]", "[profile default]"])
def test_a_config_file_that_has_them_is_hidden(tmp_path: Path, header: str, line: str) -> None:
    assert variables(tmp_path, config=f"{header}\n{line}\n") == {"AWS_CONFIG_FILE": os.devnull}


def test_what_else_a_hidden_config_file_says_is_said_by_variables(tmp_path: Path) -> None:
    config = "[default]\ncredential_process = x\noutput = text\nca_bundle = /ca.pem\nendpoint_url = https://x.test\n"

    assert variables(tmp_path, config=config, AWS_DEFAULT_OUTPUT="table") == {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_CA_BUNDLE": "/ca.pem",
        "AWS_ENDPOINT_URL": "https://x.test",
    }


@pytest.mark.parametrize(
    ("boto", "is_hidden"),
    [
        (f"[Credentials]\n{KEY}", True),
        ("[Credentials]\n# aws_access_key_id = x\ngs_access_key_id = x\n", False),
    ],
)
@pytest.mark.parametrize("name", [".boto", "another"])
def test_the_file_of_boto_is_hidden_where_it_has_a_key(tmp_path: Path, boto: str, is_hidden: bool, name: str) -> None:
    (tmp_path / name).write_text(boto)
    environment = {} if name == ".boto" else {"BOTO_CONFIG": str(tmp_path / name)}

    assert variables(tmp_path, **environment) == ({"BOTO_CONFIG": os.devnull} if is_hidden else {})
