"""The cached answer answers for the plain case, and declines for every other."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_session.cached_answer import _seconds_since_1970, cached_session, document
from mfa_session.model.credentials import SessionCredentials, moment, timestamp
from tests.clean_environment import clean_environment

NOW = 1_800_000_000.0

CREDENTIALS = """\
[test-user]
output = json

[test-user-mfa]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
aws_session_token = FwoGZXIvYXdz+/==
x_security_token_expires = {end}
mfa_session_source = test-user

[other]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
"""


def text_of(seconds: float) -> str:
    return timestamp(datetime.fromtimestamp(seconds, tz=UTC))


def environ(tmp_path: Path, credentials: str, config: str = "") -> dict[str, str]:
    (tmp_path / ".aws").mkdir(exist_ok=True)
    (tmp_path / ".aws/credentials").write_bytes(credentials.encode())
    (tmp_path / ".aws/config").write_bytes(config.encode())
    return {"HOME": str(tmp_path)}


def live(tmp_path: Path, *, seconds: float = 3600, config: str = "") -> dict[str, str]:
    return environ(tmp_path, CREDENTIALS.format(end=text_of(NOW + seconds)), config)


@pytest.mark.parametrize(("seconds", "answers"), [(61, True), (60, False), (59, False), (-1, False)])
def test_a_session_answers_while_more_than_sixty_seconds_are_left(tmp_path: Path, seconds: int, answers: bool) -> None:
    session = cached_session("test-user", live(tmp_path, seconds=seconds), now=NOW)

    assert (session is not None) == answers


def test_the_answer_is_the_document_of_the_full_program_byte_for_byte(tmp_path: Path) -> None:
    session = cached_session("test-user", live(tmp_path), now=NOW)

    assert session is not None
    full = SessionCredentials(
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "FwoGZXIvYXdz+/==",
        datetime.fromtimestamp(NOW + 3600, tz=UTC),
    )
    assert document(session) == (full.document() + "\n").encode()


def test_a_session_profile_stands_for_its_source(tmp_path: Path) -> None:
    environment = live(tmp_path)

    assert cached_session("test-user-mfa", environment, now=NOW) == cached_session("test-user", environment, now=NOW)


def test_the_session_profile_that_the_configuration_names_is_looked_at(tmp_path: Path) -> None:
    environment = live(tmp_path, config="[profile test-user]\nmfa_session_profile = elsewhere\n")

    assert cached_session("test-user", environment, now=NOW) is None


def test_the_region_of_the_source_profile_comes_with_the_session(tmp_path: Path) -> None:
    session = cached_session(
        "test-user", live(tmp_path, config="[profile test-user]\nregion=ap-northeast-1\n"), now=NOW
    )

    assert session is not None
    assert session["region"] == "ap-northeast-1"


def test_a_region_in_the_credentials_file_comes_first(tmp_path: Path) -> None:
    credentials = CREDENTIALS.format(end=text_of(NOW + 3600)).replace("output = json", "region = cn-north-1")
    config = "[profile test-user]\nregion = ap-northeast-1\n"

    session = cached_session("test-user", environ(tmp_path, credentials, config), now=NOW)

    assert session is not None
    assert session["region"] == "cn-north-1"


ROLE = "[profile test-user]\nrole_arn = arn\nsource_profile = user\n"


@pytest.mark.parametrize(
    ("config", "region"),
    [
        ("region = us-east-2\n[profile user]\nregion = eu-west-1\n", "us-east-2"),
        ("[profile user]\nregion = eu-west-1\n", "eu-west-1"),
        ("[profile user]\n", None),
        ("", None),
    ],
)
def test_a_role_without_a_region_has_that_of_its_user(tmp_path: Path, config: str, region: str | None) -> None:
    session = cached_session("test-user", live(tmp_path, config=ROLE + config), now=NOW)

    assert session is not None
    assert session.get("region") == region


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ("[profile user]\nrole_arn = arn\n", ""),
        ("", "[user]\nmfa_session_source = another\n"),
        ("credential_process = x\n", ""),
        ("", "[profile]\n[user]\n[user]\n"),
    ],
)
def test_a_role_that_is_not_plainly_taken_by_a_user_is_left_to_the_program(
    tmp_path: Path, config: str, credentials: str
) -> None:
    environment = environ(tmp_path, CREDENTIALS.format(end=text_of(NOW + 3600)) + credentials, ROLE + config)

    assert cached_session("test-user", environment, now=NOW) is None


@pytest.mark.parametrize("name", ["test-user", "test-user-mfa"])
@pytest.mark.parametrize(
    ("own", "config"),
    [
        ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", ROLE),
        ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "[profile test-user]\ncredential_process = x\n"),
        ("role_arn = arn", ""),
    ],
)
def test_a_profile_with_credentials_of_two_kinds_is_left_to_the_program(
    tmp_path: Path, name: str, own: str, config: str
) -> None:
    credentials = CREDENTIALS.format(end=text_of(NOW + 3600)).replace("output = json", own)

    assert cached_session(name, environ(tmp_path, credentials, config), now=NOW) is None


@pytest.mark.parametrize("setting", ["mfa_process = code", "region = eu-west-1\nrole_arn = arn"])
@pytest.mark.parametrize(("seconds", "answers"), [(901, True), (900, False)])
def test_a_session_that_can_be_renewed_without_a_person_is_left_to_the_program_in_its_last_minutes(
    tmp_path: Path, seconds: int, answers: bool, setting: str
) -> None:
    config = f"[profile test-user]\n{setting}\n"

    assert (cached_session("test-user", live(tmp_path, seconds=seconds, config=config), now=NOW) is not None) == answers


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aws_session_token = FwoGZXIvYXdz+/==\n", ""),
        ("aws_session_token = FwoGZXIvYXdz+/==", "aws_session_token ="),
        ("aws_session_token = Fwo", "  aws_session_token = Fwo"),
        ("aws_session_token = Fwo", "aws_session_token: Fwo"),
        ("FwoGZXIvYXdz", "Fwo GZXIvYXdz"),
        ("ASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLé"),
        ("mfa_session_source = test-user", "mfa_session_source = somebody"),
        ("mfa_session_source = test-user\n", ""),
        ("x_security_token_expires = 2", "x_security_token_expires = +2"),
        ("[test-user-mfa]", "[test-user-mfa] # mine"),
        ("[test-user-mfa]", " [test-user-mfa]"),
        ("[other]", "[test-user-mfa]"),
        ("[other]", "# [test-user-mfa]"),
        ("mfa_session_source", "aws_security_token = OLD\nmfa_session_source"),
        ("mfa_session_source", "aws_session_token = OLD\nmfa_session_source"),
        ("mfa_session_source", "nonsense\nmfa_session_source"),
        ("mfa_session_source", "aws_security_token: a=b\nmfa_session_source"),
        ("mfa_session_source", "# c\r[a]\nmfa_session_source"),
        ("[other]", "[DEFAULT]\naws_security_token = OLD\n[other]"),
        ("[test-user]", "\ufeff[test-user]"),
        ("[other]", "[other]\n\0"),
    ],
)
def test_a_section_that_is_not_as_we_write_it_is_left_to_the_program(tmp_path: Path, old: str, new: str) -> None:
    credentials = CREDENTIALS.format(end=text_of(NOW + 3600))
    assert old in credentials

    session = cached_session("test-user", environ(tmp_path, credentials.replace(old, new, 1)), now=NOW)

    assert session is None


def test_a_static_key_beside_a_credential_process_is_left_to_the_program(tmp_path: Path) -> None:
    credentials = CREDENTIALS.format(end=text_of(NOW + 3600)).replace(
        "output = json", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE"
    )
    config = "[profile test-user]\ncredential_process = /usr/bin/mfa-session credential-process --profile test-user\n"

    assert cached_session("test-user", environ(tmp_path, credentials, config), now=NOW) is None
    assert cached_session("test-user", environ(tmp_path, credentials), now=NOW) is not None


@pytest.mark.parametrize("unreadable", ["missing", "folder", "fifo"])
def test_a_credentials_file_that_is_none_is_left_to_the_program(tmp_path: Path, unreadable: str) -> None:
    path = tmp_path / "credentials"
    if unreadable == "folder":
        path.mkdir()
    elif unreadable == "fifo":
        os.mkfifo(path)

    assert cached_session("test-user", {"AWS_SHARED_CREDENTIALS_FILE": str(path)}, now=NOW) is None


@pytest.mark.parametrize("path", ["$HOME/.aws/config", "~somebody/.aws/config"])
def test_a_path_that_has_to_be_expanded_is_left_to_the_program(tmp_path: Path, path: str) -> None:
    assert cached_session("test-user", {**live(tmp_path), "AWS_CONFIG_FILE": path}, now=NOW) is None


@given(st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC)))
def test_every_timestamp_is_read_as_the_program_reads_it(end: datetime) -> None:
    seconds = _seconds_since_1970(timestamp(end))

    assert seconds == end.replace(microsecond=0).timestamp()


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True))
def test_a_day_that_no_calendar_has_is_no_timestamp(text: str) -> None:
    read = moment(text) if text.isascii() and text[:4] >= "1970" else None

    assert _seconds_since_1970(text) == (read.timestamp() if read else None)


# What a cached answer may load beyond what the interpreter has loaded when it starts.
ALLOWED = {
    "mfa_session",
    "mfa_session.__main__",
    "mfa_session.cached_answer",
    "time",
}


def test_a_cached_answer_loads_nothing_but_the_hot_modules(tmp_path: Path) -> None:
    environ(tmp_path, CREDENTIALS.format(end="2099-01-01T00:00:00Z"))
    program = (
        "import sys; before = set(sys.modules)\n"
        "sys.argv = ['mfa-session', 'credential-process', '--profile', 'test-user']\n"
        "from mfa_session.__main__ import main\n"
        "code = main()\n"
        "print(code, *sorted(set(sys.modules) - before), file=sys.stderr)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(tmp_path), capture_output=True, text=True, check=True
    )

    code, *loaded = ran.stderr.split()
    assert code == "0"
    assert set(loaded) <= ALLOWED
    assert '"Expiration": "2099-01-01T00:00:00Z"' in ran.stdout


def test_a_session_of_a_profile_that_is_in_no_file_is_left_to_the_program(tmp_path: Path) -> None:
    alone = CREDENTIALS.replace("[test-user]\noutput = json\n", "").format(end=text_of(NOW + 3600))

    assert cached_session("test-user", environ(tmp_path, alone), now=NOW) is None


@pytest.mark.parametrize("arguments", [("credential-process", "--profile", "dev"), ("login",), ("exec", "--", "true")])
def test_an_interrupt_while_the_hot_modules_are_loaded_is_the_end_and_no_traceback(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    program = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'mfa_session.cached_answer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        f"sys.argv = {['mfa-session', *arguments]}\n"
        "from mfa_session.__main__ import main\n"
        "sys.exit(main())\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(tmp_path), capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")
