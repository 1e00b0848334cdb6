"""The report of `doctor`: what it shows of a set-up, in which order, and what AWS is asked for it."""

import json
from collections.abc import Callable

from tests.cli.doctor.set_up import DENIAL, SetUp, problems
from tests.cli.doctor.test_errors import clock_far_off, no_key, stale_security_token
from tests.cli.doctor.test_warnings import session_over
from tests.faults import Refuse, ResetConnection
from tests.machine import MFA_SESSION, PASSPHRASE, PHONE


def test_nothing_is_wrong_with_a_set_up_that_works(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    exit_code, shown = examine()

    assert exit_code == 0
    assert shown.splitlines() == [
        "profile      test-user, session profile test-user-mfa",
        f"process      credential_process runs {MFA_SESSION}",
        f"device       {PHONE} (virtual)",
        "key          in the encrypted file ~/.aws/mfa-session/keys.json (locked; not opened)",
        "session      [test-user-mfa] is valid for 11 h 59 min",
        "region       ap-northeast-1, partition aws",
        f"AWS          STS endpoint {set_up.machine.endpoint.url}",
        "AWS          identity arn:aws:iam::123456789012:user/test-user",
        "clock        within a minute of AWS",
        "",
        "No problems found.",
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
    assert "environment  AWS tools use the session in the environment variables\n" in shown


def test_files_that_the_environment_names_are_told(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    other = set_up.machine.home / "other-config"
    set_up.environ["AWS_CONFIG_FILE"] = str(other)
    other.write_text(set_up.config)

    _, shown = examine()

    assert f"environment  config file from AWS_CONFIG_FILE: {other}\n" in shown


def test_the_worst_stands_at_the_end(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    no_key(set_up)
    session_over(set_up)

    _, shown = examine()

    assert [line.split()[0] for line in shown.splitlines() if line.isupper() or line.startswith(("W", "E", "fix"))] == [
        "WARNING",
        "fix",
        "ERROR",
        "fix",
    ]


def test_aws_is_asked_two_questions_and_none_offline(set_up: SetUp, examine: Callable[..., tuple[int, str]]) -> None:
    examine()
    asked = [call.action for call in set_up.machine.endpoint.journal]
    examine("--offline")

    assert asked == ["GetCallerIdentity", "ListMFADevices"]
    assert len(set_up.machine.endpoint.journal) == 2


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
    assert "profile      admin, role assumed via test-user: arn:aws:iam::123456789012:role/admin\n" in shown
    assert "key          in the encrypted file" in shown


def test_without_a_profile_every_managed_one_has_a_line_and_its_problems_below(
    set_up: SetUp, examine_all: Callable[..., tuple[int, str]]
) -> None:
    set_up.config += "[profile other]\nregion = eu-west-1\nmfa_session_store = file\n[profile sso]\nsso_session = s\n"
    set_up.config += "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = test-user\n"
    set_up.environ["MFA_SESSION_PASSPHRASE"] = PASSPHRASE
    set_up.environ["AWS_REGION"], set_up.environ["AWS_DEFAULT_REGION"] = "eu-west-1", "us-east-1"

    exit_code, shown = examine_all()

    assert exit_code == 1
    summary, *details = shown.split("\n\n")
    assert [line.split(maxsplit=1) for line in summary.splitlines()] == [
        ["PROFILE", "RESULT"],
        ["admin", "1 warning"],
        ["other", "1 error, 2 warnings"],
        ["test-user", "no problems"],
    ]
    assert [each.splitlines()[0] for each in details if not each.startswith(("WARNING", "ERROR"))] == [
        "admin:",
        "other:",
    ]
    assert "fix          enter it again: mfa-session keys add --profile other" in shown
    assert shown.count("AWS_DEFAULT_REGION is us-east-1") == 1


def test_several_profiles_without_a_problem_end_with_0_and_say_so(
    set_up: SetUp, examine_all: Callable[..., tuple[int, str]]
) -> None:
    set_up.config += set_up.config.replace("test-user", "work").replace(PHONE.replace("test-user", "work"), PHONE)
    set_up.credentials += set_up.credentials.replace("test-user", "work")

    exit_code, shown = examine_all()

    assert (exit_code, shown.splitlines()[-1]) == (0, "No problems found.")


def test_the_json_of_several_profiles_says_whose_each_finding_is(
    set_up: SetUp, examine_all: Callable[..., tuple[int, str]]
) -> None:
    set_up.config += "[profile other]\nregion = eu-west-1\nmfa_session_store = file\n"
    set_up.environ["MFA_SESSION_NO_PROMPT"] = "1"

    _, shown = examine_all("--json")
    document = json.loads(shown)

    assert document["profile"] is None
    assert {each["profile"] for each in document["findings"]} == {"test-user", "other", None}
    assert [each["name"] for each in document["findings"] if each["profile"] is None] == ["no-prompt"]


def test_a_profile_of_the_environment_is_the_only_one(
    set_up: SetUp, examine_all: Callable[..., tuple[int, str]]
) -> None:
    set_up.config += "[profile other]\nregion = eu-west-1\nmfa_session_store = file\n"
    set_up.environ["AWS_PROFILE"] = "test-user"

    exit_code, shown = examine_all()

    assert (exit_code, shown.splitlines()[0]) == (0, "profile      test-user, session profile test-user-mfa")


def test_a_policy_that_forbids_to_list_the_devices_is_no_problem(
    set_up: SetUp, examine: Callable[..., tuple[int, str]]
) -> None:
    set_up.machine.endpoint.faults.add("ListMFADevices", *[Refuse(403, "AccessDenied", "no")] * 2)

    exit_code, shown = examine()

    assert exit_code == 0
    assert "device       AWS did not list the devices of the user: " in shown


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
