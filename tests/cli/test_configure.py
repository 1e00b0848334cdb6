"""`configure` writes what was chosen and nothing else, and nothing at all where a part of it cannot be."""

import configparser
import shlex

import pytest

from tests.cli.sections import long_term_key, session
from tests.machine import INTERPRETER, MFA_SESSION, PHONE, Machine

CONFIG = """\
# mine
[profile test-user]
region = ap-northeast-1
output=json

[profile other]
region = eu-west-1
credential_process = /usr/bin/other-tool

[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = test-user
"""

LINE = f"{INTERPRETER} -I {MFA_SESSION} credential-process --profile test-user"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.write_config(CONFIG)
    return machine


def configure(machine: Machine, *options: str, profile: str = "test-user") -> str:
    """Configure with success, and return what was said."""
    done = machine.run("configure", "--profile", profile, *options)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr


def test_options_write_their_settings_and_leave_every_other_byte(machine: Machine) -> None:
    said = configure(machine, "--region", "eu-west-1", "--mfa-serial", PHONE, "--duration", "8h")

    assert machine.config_file.read_text() == CONFIG.replace(
        "region = ap-northeast-1\noutput=json\n",
        f"region = eu-west-1\nmfa_serial = {PHONE}\nmfa_session_duration = 8h\noutput=json\n",
    )
    assert said == (
        f"mfa-session: profile test-user in {machine.config_file}: region, mfa_serial, mfa_session_duration changed\n"
    )


def test_every_setting_can_be_given_as_an_option(machine: Machine) -> None:
    configure(
        machine,
        *("--region", "us-east-1", "--output", "text", "--mfa-serial", "GAHT12345678"),
        *("--mfa-process", "ykman oath accounts code -s aws", "--session-profile", "work", "--duration", "90m"),
        *("--code-source", "op:AWS pinentry"),
        "--credential-process",
    )

    assert machine.config("test-user") == {
        "region": "us-east-1",
        "output": "text",
        "mfa_serial": "GAHT12345678",
        "mfa_process": "ykman oath accounts code -s aws",
        "mfa_session_code_source": "op:AWS pinentry",
        "mfa_session_profile": "work",
        "mfa_session_duration": "90m",
        "credential_process": LINE,
    }


@pytest.mark.parametrize("nothing", ["", "none", "None"])
def test_an_empty_value_or_none_removes_the_line(machine: Machine, nothing: str) -> None:
    configure(machine, "--region", nothing)

    assert machine.config_file.read_text() == CONFIG.replace("region = ap-northeast-1\n", "")


def test_what_is_so_already_is_not_written(machine: Machine) -> None:
    before = machine.config_file.stat().st_ino, machine.config_file.stat().st_mtime_ns

    said = configure(machine, "--region", "ap-northeast-1", "--duration", "none", "--no-credential-process")

    assert said == "mfa-session: profile test-user stays as it is\n"
    assert (machine.config_file.stat().st_ino, machine.config_file.stat().st_mtime_ns) == before


def test_a_new_profile_is_created(machine: Machine) -> None:
    configure(machine, "--region", "eu-west-1", profile="brand-new")

    assert machine.config_file.read_text() == CONFIG + "\n[profile brand-new]\nregion = eu-west-1\n"


def test_a_session_profile_stands_for_its_source(machine: Machine) -> None:
    machine.write_credentials(session())

    configure(machine, "--duration", "8h", profile="test-user-mfa")

    assert machine.config("test-user")["mfa_session_duration"] == "8h"


def test_a_setting_that_cannot_be_is_mended(machine: Machine) -> None:
    machine.write_config("[profile test-user]\nmfa_serial = phone\nmfa_session_profile = test-user\n")

    configure(machine, "--mfa-serial", PHONE, "--session-profile", "none")

    assert machine.config("test-user") == {"mfa_serial": PHONE}


def test_the_copy_in_the_session_profile_changes_with_the_source(machine: Machine) -> None:
    machine.write_config(CONFIG + "[profile test-user-mfa]\nregion = ap-northeast-1\noutput = yaml\n")
    machine.write_credentials(session())

    configure(machine, "--region", "eu-west-1", "--output", "text")

    assert machine.config("test-user-mfa") == {"region": "eu-west-1", "output": "yaml"}


def test_a_profile_of_its_own_that_is_called_like_the_session_profile_stays(machine: Machine) -> None:
    machine.write_config(CONFIG + "[profile test-user-mfa]\nregion = ap-northeast-1\n")

    configure(machine, "--region", "eu-west-1")

    assert machine.config("test-user-mfa") == {"region": "ap-northeast-1"}


def test_it_says_that_a_session_stays_in_the_old_session_profile(machine: Machine) -> None:
    machine.write_credentials(session())

    said = configure(machine, "--session-profile", "work")

    assert "the session in test-user-mfa stays there; to remove it: mfa-session logout --all" in said


def test_the_credential_process_line_starts_this_program_and_is_removed_again(machine: Machine) -> None:
    configure(machine, "--credential-process")
    written = configparser.RawConfigParser()
    written.read(machine.config_file)
    python, option, program, *rest = shlex.split(written["profile test-user"]["credential_process"])
    configure(machine, "--no-credential-process")

    assert (python, option, program) == (INTERPRETER, "-I", str(MFA_SESSION))
    assert rest == ["credential-process", "--profile", "test-user"]
    assert machine.config_file.read_text() == CONFIG


BAD_OPTIONS = [
    (("--region", "eu west"), 253, "eu west is not a region"),
    (("--region", "eu-west-1\nx = y"), 2, "control character"),
    (("--output", "json;"), 2, "not an output format"),
    (("--mfa-serial", "phone"), 2, "not the serial number of an MFA device"),
    (("--duration", "14m"), 2, "a session cannot last 14 min"),
    (("--duration", "soon"), 2, "not a span of time"),
    (("--mfa-process", "code\x1b"), 2, "control character"),
    (("--mfa-process", "echo '123456"), 2, "--mfa-process: a quotation mark in it is not closed"),
    (("--code-source", "yubikey"), 2, "--code-source: there is no code source yubikey"),
    (("--session-profile", "my work"), 2, "not every AWS tool can read a profile called my work"),
    (("--session-profile", "test-user"), 2, "cannot be written over test-user itself"),
    (("--session-profile", "others-session"), 2, "is for the sessions of elsewhere"),
    (("--session-profile", "plain"), 253, "profile plain holds a long-term access key"),
    (("--session-profile", "other"), 253, "profile other has credential_process"),
    (("--region", "eu-west-1", "--duration", "5m"), 2, "a session cannot last 5 min"),
    (("--profile", "other", "--credential-process"), 253, "from another program (credential_process at line 8 of"),
    (("--profile", "other", "--no-credential-process"), 253, "is another program (line 8 of"),
    (("--profile", "plain", "--credential-process"), 253, "profile plain has a static key (line 2 of"),
    (("--profile", "not portable", "--region", "eu-west-1"), 2, "a profile called not portable"),
    (("--profile", "a+b", "--credential-process"), 2, "a profile called a+b"),
    (("--profile", "admin", "--duration", "13h"), 2, "the session of a role cannot last 13 h"),
    (("--region",), 2, "requires an argument"),
]


@pytest.mark.parametrize(("options", "code", "message"), BAD_OPTIONS, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_one_error_with_a_hint_and_nothing_is_written(
    machine: Machine, options: tuple[str, ...], code: int, message: str
) -> None:
    credentials = long_term_key("plain") + session("others-session", source="elsewhere")
    machine.write_credentials(credentials)

    refused = machine.run("configure", "--profile", "test-user", *options)

    error, hint = refused.stderr.splitlines()
    assert (refused.returncode, refused.stdout) == (code, "")
    assert error.startswith("mfa-session: error: ")
    assert message in error
    assert hint.startswith("mfa-session: hint: ")
    assert machine.config_file.read_text() == CONFIG
    assert machine.credentials_file.read_text() == credentials


@pytest.mark.parametrize("options", [(), ("--no-prompt",)])
def test_without_a_terminal_it_says_how_to_do_without(machine: Machine, options: tuple[str, ...]) -> None:
    refused = machine.run("configure", "test-user", *options)

    assert refused.returncode == 255
    assert refused.stderr.splitlines()[-1] == (
        "mfa-session: hint: give the settings as options: mfa-session configure --help"
    )


def test_the_settings_are_asked_for_one_by_one_and_enter_keeps_each(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, "configure", "--profile", "test-user")
        for question in (
            "AWS region [ap-northeast-1]: ",
            "Output format of the AWS CLI [json]: ",
            "MFA device: its ARN, or the number of a hardware token [none]: ",
            "Program that prints a token code [none]: ",
            "Read MFA codes from: ykman, op, pass-otp, bw [none]: ",
            "Session profile, if not test-user-mfa [none]: ",
            "How long a session lasts, if not 12h [none]: ",
            "Shall mfa-session answer the AWS tools that use profile test-user? [y/N] ",
        ):
            terminal.expect(question)
            terminal.type("\n")

        assert program.wait() == 0
        assert "stays as it is" in terminal.text
    assert machine.config_file.read_text() == CONFIG


def test_answers_are_checked_as_they_come_and_written_at_the_end(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, "configure", "--profile", "test-user")
        terminal.expect("AWS region [ap-northeast-1]: ")
        terminal.type("Europe!\n")
        terminal.expect("Europe! is not a region; ")
        terminal.expect("AWS region [ap-northeast-1]: ")
        terminal.type("eu-west-1\nnone\n")
        terminal.expect("hardware token [none]: ")
        terminal.type("phone\n")
        terminal.expect("This is not the serial number of an MFA device; ")
        terminal.expect("hardware token [none]: ")
        terminal.type(f"{PHONE}\n\nyubikey\n")
        terminal.expect("There is no code source yubikey; ")
        terminal.type("\ntest-user\n")
        terminal.expect("cannot be written over test-user itself")
        terminal.type("\n8h\n")
        terminal.expect("[y/N] ")
        assert machine.config_file.read_text() == CONFIG
        terminal.type("y\n")

        assert program.wait() == 0
    assert machine.config("test-user") == {
        "region": "eu-west-1",
        "mfa_serial": PHONE,
        "mfa_session_duration": "8h",
        "credential_process": LINE,
    }


def test_a_key_in_the_credentials_file_is_named_instead_of_the_question_that_it_forbids(machine: Machine) -> None:
    machine.write_credentials(long_term_key())

    with machine.terminal() as terminal:
        program = machine.start(terminal, "configure", "--profile", "test-user")
        terminal.type("\n" * 7)

        assert program.wait() == 0
        terminal.expect(
            "AWS tools cannot ask mfa-session for this profile. Profile test-user has a static key (line 2 of"
        )
        terminal.expect("mfa-session keys import --profile test-user.")


def test_a_configuration_that_is_broken_off_writes_nothing(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, "configure", "--profile", "test-user")
        terminal.expect("AWS region")
        terminal.type("eu-west-1\n")
        terminal.expect("Output format")
        terminal.press("^C")

        assert program.wait() == 130
    assert machine.config_file.read_text() == CONFIG
