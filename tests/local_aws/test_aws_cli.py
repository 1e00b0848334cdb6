"""The real AWS CLI at the local AWS: another program, another reader of the same answers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import LongTermKey, Session
from tests.clean_environment import clean_environment
from tests.faults import Endpoint

AWS = Path(sys.executable).with_name("aws")


def aws(endpoint: Endpoint, credentials: LongTermKey | Session, home: Path, *command: str) -> str:
    """Run the CLI; return what it prints, or what it says where it fails."""
    token = {"AWS_SESSION_TOKEN": credentials.session_token} if isinstance(credentials, Session) else {}
    environment = clean_environment(
        home,
        AWS_ENDPOINT_URL=endpoint.url,
        AWS_DEFAULT_REGION="eu-central-1",
        AWS_ACCESS_KEY_ID=credentials.access_key_id,
        AWS_SECRET_ACCESS_KEY=credentials.secret_access_key,
        AWS_EC2_METADATA_DISABLED="true",
        **token,
    )
    program = [sys.executable, str(AWS), *command]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else done.stderr


@pytest.fixture(autouse=True)
def only_where_it_is_installed() -> None:
    assert AWS.exists(), "the test extra brings the AWS CLI"


def test_a_long_term_key_is_denied_and_a_session_with_mfa_is_not(
    endpoint: Endpoint, key: LongTermKey, session: Session, tmp_path: Path
) -> None:
    assert "with an explicit deny in an identity-based policy" in aws(
        endpoint, key, tmp_path, "iam", "list-access-keys"
    )

    [listed] = json.loads(aws(endpoint, session, tmp_path, "iam", "list-access-keys"))["AccessKeyMetadata"]
    assert listed["AccessKeyId"] == key.access_key_id


def test_buckets_are_denied_and_then_listed(
    endpoint: Endpoint, key: LongTermKey, session: Session, tmp_path: Path
) -> None:
    assert "(AccessDenied)" in aws(endpoint, key, tmp_path, "s3", "ls")

    assert [line.split()[-1] for line in aws(endpoint, session, tmp_path, "s3", "ls").splitlines()] == [
        "test-user-backups",
        "test-user-photos",
    ]


def test_a_code_is_traded_for_a_session(endpoint: Endpoint, account: Account, key: LongTermKey, tmp_path: Path) -> None:
    [phone] = account.devices.values()
    code = ("--serial-number", phone.serial_number, "--token-code", phone.code())

    answer = json.loads(aws(endpoint, key, tmp_path, "sts", "get-session-token", *code))

    assert account.sessions[answer["Credentials"]["AccessKeyId"]].mfa_at is not None
