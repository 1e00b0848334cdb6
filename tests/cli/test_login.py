"""`login`, as its users run it: the installed program, a real terminal, and the AWS CLI beside it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.model.credentials import moment, timestamp
from tests.machine import AWS_CLI, MFA_SESSION, PHONE, Machine

QUESTION = "MFA code for test-user (test-user-phone, account 123456789012"

DENIED_TO_WHO_HAS_NO_MFA = ("iam", "list-access-keys", "--output", "text")


@pytest.fixture(autouse=True)
def key(machine: Machine) -> None:
    machine.lay_down_the_key()


def end_of_session(machine: Machine) -> datetime:
    end = moment(machine.credentials("test-user-mfa")["x_security_token_expires"])
    assert end is not None
    return end


def hours_left(machine: Machine) -> float:
    return (end_of_session(machine) - datetime.now(UTC)) / timedelta(hours=1)


def let_end(machine: Machine, *, left: timedelta) -> None:
    """Let the session that is kept end when *left* has passed."""
    text = machine.credentials_file.read_text()
    end = machine.credentials("test-user-mfa")["x_security_token_expires"]
    machine.write_credentials(text.replace(end, timestamp(datetime.now(UTC) + left)))


class TestTheMainJob:
    def test_the_aws_cli_is_denied_before_and_allowed_after_one_login(self, machine: Machine) -> None:
        denied = machine.run_program(AWS_CLI, *DENIED_TO_WHO_HAS_NO_MFA, "--profile", "test-user")
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user")
            terminal.expect(QUESTION)
            terminal.type(machine.phone.code() + "\n")
            terminal.expect("Move it to the ")
            terminal.type("n\n")
            assert login.wait() == 0
        allowed = machine.run_program(AWS_CLI, *DENIED_TO_WHO_HAS_NO_MFA, "--profile", "test-user-mfa")

        assert "(AccessDenied)" in denied.stderr
        assert (allowed.returncode, allowed.stderr) == (0, "")
        assert machine.key.access_key_id in allowed.stdout
        assert [call.status for call in machine.calls("GetSessionToken")] == [200]

    def test_a_region_and_an_output_are_there_without_aws_configure(self, machine: Machine) -> None:
        machine.log_in()

        for setting, value in (("region", "ap-northeast-1"), ("output", "json")):
            configured = machine.run_program(AWS_CLI, "configure", "get", setting, "--profile", "test-user-mfa")
            assert configured.stdout.strip() == value

    def test_a_region_and_an_output_that_are_there_already_stay(self, machine: Machine) -> None:
        machine.write_config(machine.config_file.read_text() + "[profile test-user-mfa]\nregion = eu-west-1\n")

        machine.log_in()

        assert machine.config("test-user-mfa") == {"region": "eu-west-1", "output": "json"}

    def test_the_person_hears_until_when_and_what_to_type_next(self, machine: Machine) -> None:
        ran = machine.run("login", "--profile", "test-user", "--token-code", machine.phone.code(), TZ="JST-9")

        end = end_of_session(machine) + timedelta(hours=9)
        assert re.match(rf"Logged in. Profile test-user-mfa is valid until .*{end:%H:%M} \(12 h\)\.\n", ran.stderr)
        assert "mfa-session: try it: aws sts get-caller-identity --profile test-user-mfa\n" in ran.stderr
        assert ran.stdout == ""

    def test_without_a_region_what_to_type_next_names_one_that_works(self, machine: Machine) -> None:
        machine.write_config(machine.config_file.read_text().replace("region = ap-northeast-1\n", ""))

        said = machine.log_in().stderr

        [line] = [line for line in said.splitlines() if "try it: aws " in line]
        words = line.partition("try it: aws ")[2].split()
        assert words == ["sts", "get-caller-identity", "--profile", "test-user-mfa", "--region", "us-east-1"]
        assert machine.run_program(AWS_CLI, *words).returncode == 0

    def test_no_other_byte_of_the_files_changes(self, machine: Machine) -> None:
        before = "# mine\n[other]\n  region=eu-west-1  \ns3 =\n  max_concurrent_requests = 20\n\n"
        machine.write_credentials(before + machine.credentials_file.read_text())
        kept = machine.credentials_file.read_text()

        machine.log_in()

        assert machine.credentials_file.read_text().startswith(kept + "\n[test-user-mfa]\n")


class TestALiveSession:
    @pytest.fixture(autouse=True)
    def session(self, machine: Machine, key: None) -> None:
        assert machine.log_in().returncode == 0

    def test_is_kept_and_said_to_live_until_when(self, machine: Machine) -> None:
        before = machine.credentials_file.read_bytes()

        ran = machine.run("login", "--profile", "test-user")

        assert ran.returncode == 0
        assert re.fullmatch(
            r"Already logged in. Profile test-user-mfa is valid until .+ \(1[12] h.*\); --force gets a new session\.\n",
            ran.stderr,
        )
        assert machine.credentials_file.read_bytes() == before
        assert len(machine.calls("GetSessionToken")) == 1

    def test_is_kept_without_a_word_by_quiet(self, machine: Machine) -> None:
        ran = machine.run("login", "--profile", "test-user", "--quiet")

        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")

    @pytest.mark.parametrize("option", [("--quiet", "--duration", "1h"), ("--quiet", "--no-prompt")], ids=" ".join)
    def test_is_kept_without_a_word_whatever_else_is_wished(self, machine: Machine, option: tuple[str, ...]) -> None:
        ran = machine.run("login", "--profile", "test-user", *option)

        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")

    def test_is_not_kept_by_force(self, machine: Machine) -> None:
        first = machine.credentials("test-user-mfa")
        machine.account.clock.offset = timedelta(seconds=30)

        ran = machine.log_in("--force")

        assert ran.returncode == 0
        assert machine.credentials("test-user-mfa")["aws_access_key_id"] != first["aws_access_key_id"]

    def test_is_not_kept_where_more_must_be_left(self, machine: Machine) -> None:
        machine.account.clock.offset = timedelta(seconds=30)

        ran = machine.log_in("--min-remaining", "13h")

        assert ran.returncode == 0
        assert len(machine.calls("GetSessionToken")) == 2

    def test_of_five_minutes_is_kept_where_no_more_must_be_left(self, machine: Machine) -> None:
        let_end(machine, left=timedelta(minutes=5))

        ran = machine.run("login", "--profile", "test-user", "--min-remaining", "0")

        assert (ran.returncode, len(machine.calls("GetSessionToken"))) == (0, 1)

    def test_is_found_by_the_name_of_its_own_profile(self, machine: Machine) -> None:
        ran = machine.run("login", "--profile", "test-user-mfa")

        assert "test-user-mfa is valid" in ran.stderr

    @pytest.mark.parametrize("name", ["test-user", "test-user-mfa"])
    def test_is_found_by_aws_profile(self, machine: Machine, name: str) -> None:
        ran = machine.run("login", AWS_PROFILE=name)

        assert "test-user-mfa is valid" in ran.stderr

    def test_gets_the_region_that_is_asked_for(self, machine: Machine) -> None:
        machine.run("login", "--profile", "test-user", "--region", "eu-west-1", "--output", "text")

        assert machine.config("test-user-mfa") == {"region": "eu-west-1", "output": "text"}
        assert len(machine.calls("GetSessionToken")) == 1

    def test_the_code_that_is_used_is_waited_out_at_a_terminal(self, machine: Machine) -> None:
        machine.use_the_present_code()

        with machine.terminal() as terminal:
            before = terminal.modes()
            login = machine.start(terminal, "login", "--profile", "test-user", "--force")
            terminal.expect(re.compile(r"Already used\. Wait for the next code \(\d+ s\)\."))
            terminal.press("^C")

            assert login.wait() == 130
            assert terminal.modes() == before


class TestWhatCanBeWished:
    def test_a_duration(self, machine: Machine) -> None:
        machine.log_in("--duration", "90m")

        assert hours_left(machine) == pytest.approx(1.5, abs=0.02)

    def test_the_name_of_the_session_profile_which_is_remembered(self, machine: Machine) -> None:
        machine.log_in("--session-profile", "work")

        assert machine.credentials("work")["mfa_session_source"] == "test-user"
        assert "work is valid" in machine.run("login", "--profile", "test-user").stderr
        assert "work is valid" in machine.run("login", "--profile", "work").stderr

    def test_default_which_every_tool_then_uses(self, machine: Machine) -> None:
        ran = machine.log_in("--default")

        assert "mfa-session: try it: aws sts get-caller-identity\n" in ran.stderr
        allowed = machine.run_program(AWS_CLI, *DENIED_TO_WHO_HAS_NO_MFA)
        assert (allowed.returncode, allowed.stderr) == (0, "")
        assert "default is valid" in machine.run("login").stderr

    def test_a_region_and_an_output(self, machine: Machine) -> None:
        machine.log_in("--region", "eu-west-1", "--output", "text")

        assert machine.config("test-user-mfa") == {"region": "eu-west-1", "output": "text"}
        assert machine.config("test-user")["region"] == "ap-northeast-1"

    def test_a_device_which_is_remembered_and_not_looked_for(self, machine: Machine) -> None:
        machine.account.add_device(machine.user, "second")

        assert machine.log_in("--serial", PHONE).returncode == 0

        assert machine.calls("ListMFADevices") == []
        assert machine.config("test-user")["mfa_serial"] == PHONE

    def test_silence(self, machine: Machine) -> None:
        ran = machine.log_in("--quiet")

        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        assert hours_left(machine) == pytest.approx(12, abs=0.02)

    def test_a_section_that_is_not_ours_to_be_replaced(self, machine: Machine) -> None:
        text = machine.credentials_file.read_text()
        machine.write_credentials(
            f"{text}[test-user-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_security_token = stale\nmine = 1\n"
        )

        assert machine.log_in("--replace").returncode == 0

        assert machine.credentials("test-user-mfa").keys() == {
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
            "x_security_token_expires",
            "mfa_session_source",
            "mfa_session_region",
            "mfa_session_output",
            "mine",
        }


class TestTheDevice:
    def test_is_remembered_and_not_looked_for_a_second_time(self, machine: Machine) -> None:
        machine.log_in()
        machine.account.clock.offset = timedelta(seconds=30)

        machine.log_in("--force")

        assert machine.config("test-user")["mfa_serial"] == PHONE
        assert len(machine.calls("ListMFADevices")) == 1
        assert [call.status for call in machine.calls("GetSessionToken")] == [200, 200]

    def test_of_the_config_file_is_taken(self, machine: Machine) -> None:
        machine.account.add_device(machine.user, "second")
        machine.write_config(f"[profile test-user]\nmfa_serial = {PHONE}\n")

        assert machine.log_in().returncode == 0
        assert machine.calls("ListMFADevices") == []

    def test_is_chosen_where_there_are_several(self, machine: Machine) -> None:
        second = machine.account.add_device(machine.user, "second")
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
            terminal.expect("You have several MFA devices. Which one do you use?")
            [number] = re.findall(
                r"(\d)  arn:aws:iam::123456789012:mfa/second", terminal.expect(re.compile(r"(?s).*\(1 to 2\): "))[0]
            )
            terminal.type(f"{number}\n")
            terminal.expect("(second, account 123456789012")
            terminal.type(second.code() + "\n")

            assert login.wait() == 0
        assert machine.config("test-user")["mfa_serial"] == second.serial_number

    def test_that_is_a_hardware_token_is_asked_for_by_its_number(self, machine: Machine) -> None:
        machine.user.devices.clear()
        token = machine.account.add_hardware_token(machine.user, "GAHT12345678")
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
            terminal.expect("(GAHT12345678")
            terminal.type(token.code() + "\n")

            assert login.wait() == 0
        assert machine.config("test-user")["mfa_serial"] == "GAHT12345678"


class TestTheCode:
    def test_that_is_wrong_is_asked_for_three_times_and_sent_once_each(self, machine: Machine) -> None:
        before = machine.credentials_file.read_bytes()
        with machine.terminal() as terminal:
            modes = terminal.modes()
            login = machine.start(terminal, "login", "--profile", "test-user")
            for code in ("000000", "111111", "222222"):
                terminal.expect(QUESTION)
                terminal.type(f"{code}\n")

            assert login.wait() == 254
            assert "mfa-session: error: AWS did not accept the MFA code\nmfa-session: hint: " in terminal.text
            assert terminal.modes() == modes
        assert len(machine.calls("GetSessionToken")) == 3
        assert machine.credentials_file.read_bytes() == before

    def test_that_was_refused_is_not_sent_again(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
            for code in ("000000", "000000", machine.phone.code()):
                terminal.expect(QUESTION)
                terminal.type(f"{code}\n")

            assert login.wait() == 0
        assert [call.status for call in machine.calls("GetSessionToken")] == [403, 200]

    def test_that_cannot_be_one_is_not_sent(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
            terminal.expect("MFA code: ")
            terminal.type("12345\n")
            terminal.expect("A token code is six digits; type the code that the MFA device shows now.")
            terminal.expect("MFA code: ")
            code = machine.phone.code()
            terminal.type("".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code[:3]) + f" {code[3:]}\n")

            assert login.wait() == 0
        assert [call.status for call in machine.calls("GetSessionToken")] == [200]

    def test_is_never_shown(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
            terminal.expect("MFA code: ")
            code = machine.phone.code()
            terminal.type(f"{code}\n")
            login.wait()

            assert code not in terminal.text

    def test_that_was_used_elsewhere_is_refused_and_the_next_one_taken(self, machine: Machine) -> None:
        used = machine.phone.code()
        machine.phone.accepts(used)
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
            terminal.expect(QUESTION)
            terminal.type(f"{used}\n")
            terminal.expect("AWS did not accept this code (wrong, used or too old). Type the next one.")
            terminal.expect(QUESTION)
            terminal.type(machine.phone.code(datetime.now(UTC) + timedelta(seconds=30)) + "\n")

            assert login.wait() == 0


class TestTheScreen:
    """What the person sees, without the endpoint that a test adds to the question."""

    @pytest.mark.parametrize("columns", [40, 80])
    def test_shows_the_whole_question_and_leaves_the_cursor_behind_it(self, machine: Machine, columns: int) -> None:
        with machine.terminal(columns=columns) as terminal:
            machine.start(terminal, "login", "--profile", "test-user")
            question = f"{QUESTION}, sent to {machine.endpoint.url}):"
            terminal.expect(f"{question}\nMFA code: ")

            assert terminal.screen.replace("\n", "") == f"{question}MFA code:"

    def test_says_each_thing_on_a_line_of_eighty_columns(self, machine: Machine) -> None:
        with machine.terminal(columns=80) as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user")
            terminal.expect(QUESTION)
            terminal.type("000000\n")
            terminal.expect(QUESTION)
            terminal.type(machine.phone.code() + "\n")
            terminal.expect("[Y/n]")
            terminal.type("y\n")
            login.wait()

            said = [line for line in terminal.text.splitlines() if QUESTION not in line]
        assert [line for line in said if len(line) > 80] == []


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_not_missed(machine: Machine, stream: str) -> None:
    closed = {"stdout": ">&-", "stderr": "2>&-"}[stream]

    ran = machine.run_program(
        "sh", "-c", f'exec "$0" login --profile test-user --token-code "$@" {closed}', MFA_SESSION, machine.phone.code()
    )

    assert ran.returncode == 0
    assert hours_left(machine) == pytest.approx(12, abs=0.02)
    assert machine.credentials("test-user")["aws_access_key_id"] == machine.key.access_key_id
