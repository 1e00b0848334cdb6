"""The transport to AWS: imports botocore late, on a thread, and reads no setting but those it is given."""

import logging
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.aws.raw_server import Connection, serving
from tests.clean_environment import clean_environment
from tests.faults import Endpoint


def python(program: str, *arguments: str, environment: dict[str, str]) -> str:
    """Run *program* in an interpreter of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_that_asks_nothing_does_not_import_botocore(tmp_path: Path) -> None:
    program = """
        import sys
        from mfa_session.aws.endpoints import Endpoints
        from mfa_session.aws.sts import STS
        from mfa_session.aws.transport import Transport
        from mfa_session.aws.iam import IAM
        IAM(Transport(Endpoints())), STS(Transport(Endpoints()))
        print({"botocore", "boto3", "urllib3", "logging"} & set(sys.modules))
    """

    printed = python(program, environment=clean_environment(tmp_path))

    assert printed.strip() == "set()"


HOSTILE_FILE = """
[default]
credential_process = touch {trap}
region = nowhere
endpoint_url = http://127.0.0.1:1
ca_bundle = /nowhere
[profile other]
credential_process = touch {trap}
"""


def test_nothing_of_the_user_is_read_but_what_was_handed_over(
    tmp_path: Path, endpoint: Endpoint, key: AccessKey
) -> None:
    trap, aws = tmp_path / "trap", tmp_path / ".aws"
    (aws / "models" / "sts" / "2099-01-01").mkdir(parents=True)
    (aws / "models" / "sts" / "2099-01-01" / "service-2.json").write_text("{}")
    for name in ("config", "credentials"):
        (aws / name).write_text(HOSTILE_FILE.format(trap=trap))
    hostile = clean_environment(
        tmp_path,
        AWS_PROFILE="other",
        AWS_DEFAULT_PROFILE="missing",
        AWS_ACCESS_KEY_ID="AKIAWRONGWRONGWRONGA",
        AWS_SECRET_ACCESS_KEY="wrong",
        AWS_SESSION_TOKEN="wrong",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_ENDPOINT_URL_STS="http://127.0.0.1:1",
        AWS_REGION="nowhere",
        AWS_DEFAULT_REGION="nowhere",
        AWS_CA_BUNDLE="/nowhere",
        AWS_DATA_PATH=str(aws / "models"),
        AWS_DEFAULTS_MODE="auto",
        AWS_MAX_ATTEMPTS="many",
        AWS_RETRY_MODE="never",
        AWS_STS_REGIONAL_ENDPOINTS="nowhere",
        AWS_CSM_ENABLED="true",
    )
    program = """
        import os, sys
        opened = []
        sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
        from mfa_session.aws.endpoints import Endpoints
        from mfa_session.aws.sts import STS
        from mfa_session.aws.transport import Transport
        from mfa_session.model.credentials import AccessKey
        url, key_id, secret = sys.argv[1:]
        sts = STS(Transport(Endpoints(sts_url=url, iam_url=url)))
        print(sts.get_caller_identity(AccessKey(key_id, secret)).user_name)
        print([path for path in opened if path.startswith(os.environ["HOME"])])
    """

    printed = python(program, endpoint.url, key.access_key_id, key.secret_access_key, environment=hostile)

    assert printed.splitlines() == ["test-user", "[]"]
    assert not trap.exists()
    assert len(endpoint.journal) == 1


def test_ctrl_c_ends_the_wait_for_an_answer(tmp_path: Path) -> None:
    program = """
        import sys
        from mfa_session.aws.endpoints import Endpoints
        from mfa_session.aws.sts import STS
        from mfa_session.aws.transport import Transport
        from mfa_session.model.credentials import AccessKey
        STS(Transport(Endpoints(sts_url=sys.argv[1]))).get_caller_identity(AccessKey("AKIAIOSFODNN7EXAMPLE", "secret"))
    """

    def interrupt(connection: Connection) -> None:
        connection.read_request()
        child.send_signal(signal.SIGINT)
        connection.wait()

    with serving(interrupt) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), server.url],
            env=clean_environment(tmp_path),
            stderr=subprocess.PIPE,
        )
        _, complaint = child.communicate(timeout=10)

    assert complaint.rstrip().endswith(b"KeyboardInterrupt")


def test_an_error_of_the_import_is_raised_by_the_first_call(tmp_path: Path) -> None:
    (tmp_path / "botocore.py").write_text("raise ImportError('this botocore is broken')")
    program = """
        from mfa_session.aws.endpoints import Endpoints
        from mfa_session.aws.sts import STS
        from mfa_session.aws.transport import Transport
        from mfa_session.model.credentials import AccessKey
        sts = STS(Transport(Endpoints()))
        sts.prepare()
        try:
            sts.get_caller_identity(AccessKey("AKIAIOSFODNN7EXAMPLE", "secret"))
        except ImportError as error:
            print(error)
    """

    printed = python(program, environment=clean_environment(tmp_path, PYTHONPATH=str(tmp_path)))

    assert printed.strip() == "this botocore is broken"


def test_botocore_is_imported_once(transport: Transport, key: AccessKey) -> None:
    transport.prepare()
    loading = transport._loading
    transport.prepare()

    STS(transport).get_caller_identity(key)

    assert transport._loading is loading


def test_the_log_has_neither_code_nor_secret_and_leaves_other_loggers_alone(
    sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode], caplog: pytest.LogCaptureFixture
) -> None:
    typed = code()

    with caplog.at_level(logging.DEBUG, logger="mfa_session"):
        session = sts.get_session_token(key, device, typed, timedelta(hours=1))

    [line] = caplog.messages
    assert line.startswith("GetSessionToken to 127.0.0.1:")
    assert not any(secret in caplog.text for secret in (typed.digits, key.secret_access_key, session.session_token))
    assert logging.getLogger("botocore").level == logging.NOTSET
