"""Which profile a command is for: the first word, --profile, the environment, default, the only one, or a choice."""

import pytest

from tests.cli.sections import LONG_HENCE, session
from tests.machine import Machine

KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"

LATER = "2099-06-01T00:00:00Z"


@pytest.fixture
def two(machine: Machine) -> Machine:
    """Return a machine with two profiles that have a live session, `play` the newer one."""
    machine.write_credentials(session("work-mfa", source="work") + session("play-mfa", source="play", end=LATER))
    machine.write_config("[profile work]\n[profile play]\n")
    return machine


def shown(machine: Machine, *arguments: str, **environment: str) -> str:
    """Return the profile whose session `exec` hands over."""
    ran = machine.run("exec", *arguments, "--", "sh", "-c", "echo $AWS_CREDENTIAL_EXPIRATION", **environment)
    assert ran.returncode == 0, ran.stderr
    return {LONG_HENCE: "work", LATER: "play"}[ran.stdout.strip()]


@pytest.mark.parametrize("name", ["work", "play", "play-mfa"])
def test_the_first_word_of_exec_is_a_profile_where_two_hyphens_follow(two: Machine, name: str) -> None:
    assert shown(two, name) == name.removesuffix("-mfa")


@pytest.mark.parametrize(
    "arguments",
    [
        ("login",),
        ("status",),
        ("export",),
        ("doctor", "--offline"),
        ("configure", "--region", "eu-west-1"),
        ("exec", "--", "true"),
        ("serve", "--", "true"),
        ("logout",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_takes_its_profile_as_the_first_word(two: Machine, arguments: tuple[str, ...]) -> None:
    command, *rest = arguments

    named = two.run(command, "play", *rest)
    unknown = two.run(command, "nowhere", *rest)

    assert named.returncode == (1 if command == "doctor" else 0), named.stderr
    assert "nowhere" in unknown.stdout + unknown.stderr


def test_a_profile_that_is_named_twice_is_refused(two: Machine) -> None:
    ran = two.run("status", "work", "--profile", "play")

    assert ran.returncode == 2
    assert "named twice" in ran.stderr


@pytest.mark.parametrize(
    ("environment", "profile"),
    [
        ({"AWS_PROFILE": "play"}, "play"),
        ({"AWS_DEFAULT_PROFILE": "play"}, "play"),
        ({"AWS_DEFAULT_PROFILE": "play", "AWS_PROFILE": ""}, "play"),
        ({"AWS_DEFAULT_PROFILE": "play-mfa", "AWS_PROFILE": "work"}, "play"),
    ],
)
def test_the_environment_names_the_profile_as_to_botocore(
    two: Machine, environment: dict[str, str], profile: str
) -> None:
    assert shown(two, **environment) == profile


def test_two_variables_that_differ_are_told_in_one_line(two: Machine) -> None:
    ran = two.run("exec", "--", "true", AWS_DEFAULT_PROFILE="play", AWS_PROFILE="work")

    assert (
        ran.stderr == "mfa-session: using profile play of AWS_DEFAULT_PROFILE, as AWS tools do; AWS_PROFILE is work\n"
    )


def test_the_default_profile_comes_before_every_other(two: Machine) -> None:
    two.write_config("[default]\n[profile work]\n[profile play]\n")

    assert "default-mfa" in two.run("status", "default").stdout
    assert "profile default" in two.run("export").stderr


def test_the_only_profile_is_used_and_said(machine: Machine) -> None:
    machine.write_config("[profile work]\n[profile other]\nsso_start_url = https://example.com\n")
    machine.write_credentials(session("work-mfa", source="work"))

    ran = machine.run("exec", "--", "true")

    assert (ran.returncode, ran.stderr) == (0, "mfa-session: using profile work, the only one\n")
    assert machine.run("login", "--quiet").stderr == ""


def test_without_a_terminal_several_profiles_are_listed_the_last_used_first(two: Machine) -> None:
    ran = two.run("login")

    assert ran.returncode == 253
    assert ran.stderr == (
        "mfa-session: error: no profile is named, and there is no default: play, work\n"
        "mfa-session: hint: name one: --profile NAME, or AWS_PROFILE\n"
    )


@pytest.mark.parametrize("answers", [["2"], ["work"], ["wo"], ["x", "2"], ["", "WORK"], ["-mfa", "rk"]])
def test_on_a_terminal_one_is_chosen_by_its_number_or_a_part_of_its_name(two: Machine, answers: list[str]) -> None:
    with two.terminal() as terminal:
        program = two.start(terminal, "login")
        terminal.expect("Which profile?")
        terminal.expect("1  play")
        for answer in answers:
            terminal.expect("Number, or part of the name: ")
            terminal.type(f"{answer}\n")
        terminal.expect("work-mfa")
        assert program.wait() == 0


def test_a_part_that_several_names_have_shows_these_again_with_their_numbers(machine: Machine) -> None:
    machine.write_config("[profile prod-admin]\n[profile prod-read]\n[profile test]\n")
    machine.write_credentials(session("prod-read-mfa", source="prod-read"))

    with machine.terminal() as terminal:
        program = machine.start(terminal, "login")
        terminal.expect("3  test")
        terminal.type("prod\n")
        terminal.expect("1  prod-read")
        terminal.expect("2  prod-admin")
        terminal.type("read\n")
        terminal.expect("prod-read-mfa")
        assert program.wait() == 0


class TestAProfileThatDoesNotExist:
    @pytest.fixture(autouse=True)
    def other_files(self, machine: Machine) -> None:
        machine.write_config("[default]\nregion = eu-west-1\n[profile test-usr]\n")
        machine.write_credentials(session("test-usr-mfa", source="test-usr"))

    def test_what_may_be_meant_is_asked_first(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            program = machine.start(terminal, "login", "test-user")
            terminal.expect("Profile test-user does not exist. Use test-usr instead? [Y/n]")
            terminal.type("\n")
            terminal.expect("test-usr-mfa")
            assert program.wait() == 0

    def test_it_is_created_with_its_key(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            machine.start(terminal, "login", "new-one")
            terminal.expect("Profile new-one does not exist. Create it? [Y/n]")
            terminal.type("y\n")
            terminal.expect("Access key ID for new-one: ")

    def test_no_is_no_error(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            program = machine.start(terminal, "login", "new-one")
            terminal.expect("Create it? [Y/n]")
            terminal.type("n\n")
            terminal.expect("Cancelled.\n")
            assert program.wait() == 1
            assert "hint" not in terminal.text

    def test_without_a_terminal_it_is_an_error_with_what_may_be_meant(self, machine: Machine) -> None:
        ran = machine.run("login", "test-user")

        assert ran.returncode == 253
        assert "did you mean test-usr?" in ran.stderr


class TestAShell:
    def test_exec_without_a_program_starts_the_shell_of_the_user_and_says_how_to_leave(self, two: Machine) -> None:
        with two.terminal() as terminal:
            program = two.start(terminal, "exec", "play", SHELL="/bin/sh")
            terminal.expect("mfa-session: this shell has the session of play until 2099-06-01")
            terminal.expect("to leave it: exit")
            terminal.type("echo $MFA_SESSION_PROFILE is $AWS_CREDENTIAL_EXPIRATION\n")
            terminal.expect(f"play is {LATER}")
            terminal.type("exit\n")
            assert program.wait() == 0

    def test_a_nested_one_says_so(self, two: Machine) -> None:
        with two.terminal() as terminal:
            two.start(terminal, "exec", "play", SHELL="/bin/sh", MFA_SESSION_PROFILE="work")
            terminal.expect("it runs inside the shell of work")
            terminal.type("exit\n")

    def test_without_a_terminal_there_is_none(self, two: Machine) -> None:
        ran = two.run("exec", "play")

        assert ran.returncode == 2
        assert "missing argument" in ran.stderr
