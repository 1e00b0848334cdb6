"""The report of `doctor`: what it shows of a set-up, in which order, and what AWS is asked for it."""

from collections.abc import Callable

from tests.cli.doctor.set_up import DENIAL, SetUp, problems
from tests.cli.doctor.test_errors import clock_far_off, no_key, stale_security_token
from tests.cli.doctor.test_warnings import session_over
from tests.faults import ResetConnection
from tests.machine import MFA_SESSION, PASSPHRASE, PHONE


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
