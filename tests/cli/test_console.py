"""`console` opens the AWS console as a role, in a browser or by a URL that is printed, and for nobody else."""

import http.client
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faults import GarbageBody, ServerError
from tests.machine import Machine

ACCOUNT = "123456789012"
PRINT = ("console", "--profile", "admin", "--print")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user has a session, and may take a role in ``eu-west-1``."""
    everybody = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    roles = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    machine.user.grants.inline["roles"] = json.dumps({"Version": "2012-10-17", "Statement": roles})
    role = machine.account.add_role("admin", json.dumps({"Version": "2012-10-17", "Statement": everybody}))
    machine.write_config(
        "[profile test-user]\noutput = json\n\n"
        f"[profile admin]\nrole_arn = {role.arn}\nsource_profile = test-user\nregion = eu-west-1\n"
    )
    machine.lay_down_the_key()
    machine.log_in()
    return machine


def landing(url: str) -> tuple[int, str]:
    """Follow *url* as a browser does, and return the status and where it leads."""
    parts = urlsplit(url)
    assert parts.hostname
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        return response.status, response.headers.get("Location", "")
    finally:
        connection.close()


def browser(machine: Machine) -> tuple[Path, Path]:
    """Return a browser that notes what it is started with and in which environment, and its note."""
    program, note = machine.home / "browser", machine.home / "note"
    program.write_text(f'#!/bin/sh\necho "$1" > {note}\nenv >> {note}\n')
    program.chmod(0o700)
    return program, note


def test_the_printed_url_opens_the_console_in_the_region_of_the_role(machine: Machine) -> None:
    ran = machine.run(*PRINT)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert landing(ran.stdout.strip()) == (302, "https://console.aws.amazon.com/console/home?region=eu-west-1")


def test_the_keys_go_in_the_body_of_one_request_and_not_in_the_url(machine: Machine) -> None:
    url = machine.run(*PRINT).stdout.strip()

    assert set(parse_qs(urlsplit(url).query)) == {"Action", "Issuer", "Destination", "SigninToken"}
    assert machine.credentials("admin-mfa")["aws_secret_access_key"] not in url
    assert [call.status for call in machine.calls("getSigninToken")] == [200]


def test_a_browser_is_opened_with_the_url_and_nothing_of_it_is_printed(machine: Machine) -> None:
    program, note = browser(machine)

    ran = machine.run("console", "--profile", "admin", BROWSER=str(program))

    url, environment = note.read_text().split("\n", 1)
    assert landing(url)[0] == 302
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr == "mfa-session: the console is open in the browser, as admin\n"
    assert "MFA_SESSION_PASSPHRASE" not in environment


def test_where_no_browser_can_be_started_it_is_said_how_to_get_the_url(machine: Machine) -> None:
    ran = machine.run("console", "--profile", "admin", BROWSER="/bin/false", PATH="/nonexistent")

    assert (ran.returncode, ran.stdout) == (255, "")
    assert "SigninToken" not in ran.stderr
    assert "mfa-session console --profile admin --print" in ran.stderr


def test_the_token_is_not_even_in_the_debug_log(machine: Machine) -> None:
    ran = machine.run("--debug", *PRINT)

    [token] = parse_qs(urlsplit(ran.stdout.strip()).query)["SigninToken"]
    assert "getSigninToken to" in ran.stderr
    assert token not in ran.stderr


def test_a_role_that_is_not_taken_yet_is_taken_by_a_code(machine: Machine) -> None:
    machine.run("logout", "--profile", "test-user")
    machine.forget_used_codes()

    with machine.terminal() as terminal:
        console = machine.start(terminal, *PRINT)
        terminal.expect("MFA code for test-user")
        terminal.type(machine.fresh_code() + "\n")

        assert console.wait() == 0
        assert "SigninToken=" in terminal.text


@pytest.mark.parametrize("profile", ["test-user", "test-user-mfa"])
def test_for_a_user_it_is_not_possible_and_it_is_said_why_and_what_to_do(machine: Machine, profile: str) -> None:
    calls = len(machine.endpoint.journal)

    ran = machine.run("console", "--profile", profile)

    assert (ran.returncode, ran.stdout) == (253, "")
    assert "error: not possible, because test-user is the profile of a user" in ran.stderr
    assert "role_arn and source_profile = test-user" in ran.stderr
    assert len(machine.endpoint.journal) == calls


def test_a_partition_without_a_known_sign_in_is_told_before_anything_is_asked(machine: Machine) -> None:
    machine.write_config(machine.config_file.read_text().replace("arn:aws:", "arn:aws-iso:"))
    calls = len(machine.endpoint.journal)

    ran = machine.run(*PRINT)

    assert ran.returncode == 253
    assert "it is not known where one signs in to the console of aws-iso" in ran.stderr
    assert len(machine.endpoint.journal) == calls


@pytest.mark.parametrize("fault", [ServerError(), GarbageBody()], ids=lambda fault: type(fault).__name__)
def test_a_sign_in_that_does_not_answer_as_it_should_is_one_error(
    machine: Machine, fault: ServerError | GarbageBody
) -> None:
    machine.endpoint.faults.add("getSigninToken", fault)

    ran = machine.run(*PRINT)

    assert (ran.returncode, ran.stdout) == (254, "")
    assert ran.stderr.count("mfa-session: error: ") == 1


def test_a_session_that_aws_has_ended_opens_nothing(machine: Machine) -> None:
    machine.run("login", "--profile", "admin")
    machine.account.end_sessions()

    ran = machine.run(*PRINT)

    assert (ran.returncode, ran.stdout) == (254, "")
    assert "does not let this session in to the console (HTTP 400)" in ran.stderr
    assert "mfa-session login --profile admin --force" in ran.stderr
