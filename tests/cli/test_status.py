"""`status` shows what the AWS files say, as a table or as JSON, and asks AWS only when it is told to."""

import json
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from mfa_session.model.credentials import timestamp
from tests.clean_environment import clean_environment
from tests.cli.sections import LONG_AGO, LONG_HENCE, SECRET, TOKEN, long_term_key, session
from tests.machine import PHONE, Machine

CONFIG = f"[profile test-user]\nmfa_serial = {PHONE}\nmfa_session_store = keyring\n"


def test_the_table_has_one_line_a_profile_and_fits_a_terminal_of_80_columns(machine: Machine) -> None:
    machine.write_config(CONFIG + "[profile work]\nmfa_session_duration = 8h\n")
    machine.write_credentials(session() + session("old-mfa", source="old", end=LONG_AGO))

    shown = machine.run("status")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        "PROFILE    SESSION PROFILE  SESSION                 DEVICE           KEY\n"
        "old        old-mfa          expired                 -                -\n"
        "test-user  test-user-mfa    valid until 2099-01-01  test-user-phone  keyring\n"
        "work       work-mfa         not logged in           -                -\n"
    )


def test_one_profile_is_told_in_full(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(session(end=LONG_HENCE) + long_term_key())

    shown = machine.run("status", "--profile", "test-user-mfa", TZ="UTC")

    assert shown.returncode == 0
    assert [line[:17].rstrip() for line in shown.stdout.splitlines()] == [
        "profile",
        "session profile",
        "session",
        "device",
        "long-term key",
    ]
    assert "valid until 2099-01-01 00:00 (" in shown.stdout
    assert PHONE in shown.stdout
    assert "in the OS keyring and in the credentials file, in plain text\n" in shown.stdout


@pytest.mark.parametrize(("days", "is_told"), [(89, False), (91, True)])
def test_a_key_that_is_older_than_ninety_days_is_to_be_rotated(machine: Machine, days: int, is_told: bool) -> None:
    created = timestamp(machine.account.now() - timedelta(days=days, minutes=1))
    machine.write_config(CONFIG + f"mfa_session_key_created = {created}\n")
    machine.write_credentials(session())

    table, full = machine.run("status"), machine.run("status", "--profile", "test-user")
    (record,) = json.loads(machine.run("status", "--json").stdout)["profiles"]

    advice = f"{days} days old; time for a new one: mfa-session keys rotate --profile test-user\n"
    assert (f"the key of test-user is {advice}" in table.stdout) == is_told
    assert (f"age of the key   {advice}" in full.stdout) == is_told
    assert f"age of the key   {days} days old" in full.stdout
    assert (record["created"], record["age_days"]) == (created, days)


def test_json_has_every_key_of_every_profile(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(session())

    (shown,) = json.loads(machine.run("status", "--json").stdout)["profiles"]

    remaining = shown.pop("remaining_seconds")
    assert remaining == pytest.approx(4070908800 - time.time(), abs=60)
    assert shown == {
        "profile": "test-user",
        "session_profile": "test-user-mfa",
        "state": "live",
        "expiration": "2099-01-01T00:00:00Z",
        "role": None,
        "source_profile": None,
        "serial_number": PHONE,
        "key_profile": "test-user",
        "store": "keyring",
        "key_in_credentials_file": False,
        "created": None,
        "age_days": None,
        "identity": None,
        "problem": None,
    }


def test_json_of_one_profile_has_the_same_shape_with_null_for_what_is_not_there(machine: Machine) -> None:
    machine.write_credentials(long_term_key())

    shown = machine.run("status", "--profile", "test-user", "--json")

    assert shown.returncode == 1
    assert json.loads(shown.stdout)["profiles"] == [
        {
            "profile": "test-user",
            "session_profile": "test-user-mfa",
            "state": "none",
            "expiration": None,
            "remaining_seconds": None,
            "role": None,
            "source_profile": None,
            "serial_number": None,
            "key_profile": "test-user",
            "store": "credentials_file",
            "key_in_credentials_file": True,
            "created": None,
            "age_days": None,
            "identity": None,
            "problem": None,
        }
    ]


def test_a_role_profile_is_shown_with_its_role_and_the_key_that_takes_it(machine: Machine) -> None:
    role = "arn:aws:iam::123456789012:role/admin"
    machine.write_config(CONFIG + f"[profile admin]\nrole_arn = {role}\nsource_profile = test-user\n")
    machine.write_credentials(session("admin-mfa", source="admin"))

    shown = machine.run("status", "--profile", "admin").stdout

    assert f"role             {role}\n" in shown
    assert "assumed with     the session of test-user\n" in shown
    assert f"device           {PHONE}\n" in shown
    assert "long-term key    in the OS keyring; it is that of test-user\n" in shown


def test_the_roles_of_a_user_have_a_line_each_with_who_takes_them(machine: Machine) -> None:
    role = "arn:aws:iam::123456789012:role/admin"
    machine.write_config(CONFIG + f"[profile admin]\nrole_arn = {role}\nsource_profile = test-user\n")
    machine.write_credentials(session() + session("admin-mfa", source="admin"))

    shown = machine.run("status", COLUMNS="200").stdout.splitlines()

    assert shown[1].split()[:2] == ["admin", "admin-mfa"]
    assert shown[1].endswith("via test-user")


def test_the_exit_code_tells_whether_a_shown_session_is_live(machine: Machine) -> None:
    machine.write_credentials(session(end=LONG_AGO) + session("work-mfa", source="work"))

    codes = [
        machine.run("status", *options).returncode
        for options in ((), ("--profile", "work"), ("--profile", "test-user"))
    ]

    assert codes == [0, 0, 1]


def test_a_damaged_session_is_shown_as_such_with_the_reason(machine: Machine) -> None:
    machine.write_credentials(session(token=""))

    shown = machine.run("status")

    assert shown.returncode == 1
    assert "damaged" in shown.stdout.splitlines()[1]
    assert shown.stdout.splitlines()[-1].endswith("no valid SessionToken among the temporary credentials")


def test_where_there_is_nothing_it_says_how_to_begin(machine: Machine) -> None:
    shown = machine.run("status")

    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr == ("mfa-session: no profile has a session yet; to begin: mfa-session login --profile NAME\n")
    assert json.loads(machine.run("status", "--json").stdout) == {"version": 1, "profiles": []}


def test_no_secret_is_shown(machine: Machine) -> None:
    machine.write_credentials(session() + long_term_key())

    shown = "".join(machine.run("status", *options).stdout for options in ((), ("--json",), ("--profile", "test-user")))

    assert SECRET not in shown
    assert TOKEN not in shown


def test_a_name_cannot_move_the_cursor(machine: Machine) -> None:
    machine.write_credentials(session(source="a\x1b[2Jb"))

    shown = machine.run("status").stdout

    assert "\x1b" not in shown
    assert r"a\x1b[2Jb" in shown


def test_verify_asks_aws_who_it_is(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    shown = machine.run("status", "--profile", "test-user", "--verify")

    assert shown.returncode == 0
    assert "identity         arn:aws:iam::123456789012:user/test-user\n" in shown.stdout
    assert [call.mfa for call in machine.calls("GetCallerIdentity")][-1] is True


def test_a_session_that_aws_refuses_is_shown_and_ends_as_a_refusal(machine: Machine) -> None:
    machine.write_credentials(session())

    shown = machine.run("status", "--verify", "--json")

    assert shown.returncode == 254
    (only,) = json.loads(shown.stdout)["profiles"]
    assert (only["state"], only["identity"]) == ("expired", None)
    assert json.loads(shown.stderr)["error"]["message"] == only["problem"]


def test_nothing_is_asked_of_aws_about_a_session_that_is_over(machine: Machine) -> None:
    machine.write_credentials(session(end=LONG_AGO))

    shown = machine.run("status", "--verify")

    assert shown.returncode == 1
    assert machine.endpoint.journal == []


@pytest.mark.parametrize(
    ("credentials", "options"),
    [
        (session(), ("--profile", "nobody")),
        (session() + session(), ()),
        ("aws_access_key_id = ASIA\n", ()),
    ],
)
def test_what_cannot_be_read_is_one_error_with_a_hint(
    machine: Machine, credentials: str, options: tuple[str, ...]
) -> None:
    machine.write_credentials(credentials)

    shown = machine.run("status", *options)

    assert (shown.returncode, shown.stdout) == (253, "")
    assert [line.split(":")[1] for line in shown.stderr.splitlines()] == [" error", " hint"]


def test_without_verify_neither_a_keyring_nor_aws_is_loaded(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(session())
    program = (
        "import sys\n"
        "from mfa_session.cli.app import run\n"
        "code = run(['status'])\n"
        "print(code, *sys.modules, file=sys.stderr)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(machine.home), capture_output=True, text=True, check=True
    )

    code, *loaded = ran.stderr.split()
    heavy = {"boto3", "botocore", "keyring", "secretstorage", "jeepney", "cryptography", "configobj", "rich", "http"}
    assert code == "0"
    assert heavy & set(loaded) == set()
