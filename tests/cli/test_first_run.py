"""The first run: no key anywhere, or a key that lies in a plain file."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.state.per_profile import DeclinedMoves
from tests.cli.refusals import CANCELLED, INTERRUPTED, SERVICE, files
from tests.machine import AWS_CLI, PASSPHRASE, Machine
from tests.terminal import Program, PseudoTerminal

LOGIN = ("login", "--profile", "test-user")

NO_KEY = "There is no access key for profile test-user yet."
KEY_ID = "Access key ID for test-user: "
SECRET = "Secret access key (not shown): "
KEEP_IN_FILE = re.compile(
    r"\nNo OS keyring found \(no D-Bus session\)\.\n"
    r"Store the key in an encrypted file with a passphrase\? \(~/\.aws/mfa-session/keys\.json\) \[Y/n\] "
)
NEW_PASSPHRASE = "New passphrase of the encrypted file (8 characters or more): "
AGAIN = "Repeat passphrase: "
CODE = re.compile("MFA code: ")
QUESTIONS = (KEEP_IN_FILE, KEY_ID, SECRET, NEW_PASSPHRASE, AGAIN)

MOVE = "Move it to the encrypted file? `--profile test-user` will keep working. [Y/n] "


@pytest.fixture
def terminal(machine: Machine) -> Iterator[PseudoTerminal]:
    with machine.terminal() as terminal:
        yield terminal


def answer(terminal: PseudoTerminal, question: str | re.Pattern[str], text: str) -> None:
    terminal.expect(question)
    terminal.type(f"{text}\n")


def answer_with_the_code(terminal: PseudoTerminal, machine: Machine) -> None:
    terminal.expect(CODE)
    terminal.type(machine.phone.code() + "\n")


def answer_with_the_key_and_a_passphrase(terminal: PseudoTerminal, machine: Machine) -> None:
    answer(terminal, KEY_ID, machine.key.access_key_id)
    answer(terminal, SECRET, machine.key.secret_access_key)
    answer(terminal, NEW_PASSPHRASE, PASSPHRASE)
    answer(terminal, AGAIN, PASSPHRASE)


def let_the_next_code_come(machine: Machine) -> None:
    """Let AWS and the phone be a step ahead, and the program not know that it has used a code."""
    machine.account.clock.offset += timedelta(seconds=30)
    machine.forget_used_codes()


class TestWithoutAKey:
    """There is no OS keyring, and nothing says which store to use."""

    @pytest.fixture(autouse=True)
    def no_wish_for_a_store(self, machine: Machine) -> None:
        del machine.environment["MFA_SESSION_STORE"]
        del machine.environment["MFA_SESSION_PASSPHRASE"]

    @pytest.fixture
    def login(self, machine: Machine, terminal: PseudoTerminal) -> Program:
        return machine.start(terminal, *LOGIN)

    def test_the_key_is_asked_for_proven_stored_and_used(
        self, machine: Machine, terminal: PseudoTerminal, login: Program
    ) -> None:
        terminal.expect(NO_KEY)
        answer(terminal, KEEP_IN_FILE, "y")
        answer_with_the_key_and_a_passphrase(terminal, machine)
        answer_with_the_code(terminal, machine)

        assert login.wait() == 0
        assert "Logged in. Profile test-user-mfa is valid until " in terminal.text
        assert machine.credentials("test-user") == {}
        assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"
        assert machine.config("test-user")["mfa_session_store"] == "file"

    def test_no_secret_is_shown_or_lies_in_a_file(
        self, machine: Machine, terminal: PseudoTerminal, login: Program
    ) -> None:
        answer(terminal, KEEP_IN_FILE, "y")
        answer_with_the_key_and_a_passphrase(terminal, machine)
        answer_with_the_code(terminal, machine)
        login.wait()

        written = b"".join(path.read_bytes() for path in machine.home.rglob("*") if path.is_file())
        for secret in (machine.key.secret_access_key, PASSPHRASE):
            assert secret not in terminal.text
            assert secret.encode() not in written

    def test_the_aws_cli_then_works_with_the_name_of_the_profile_itself(
        self, machine: Machine, terminal: PseudoTerminal, login: Program
    ) -> None:
        answer(terminal, KEEP_IN_FILE, "")
        answer(terminal, KEY_ID, f"  {machine.key.access_key_id} ")
        answer(terminal, SECRET, f" {machine.key.secret_access_key}\t")
        answer(terminal, NEW_PASSPHRASE, PASSPHRASE)
        answer(terminal, AGAIN, PASSPHRASE)
        answer_with_the_code(terminal, machine)
        login.wait()

        ran = machine.run_program(AWS_CLI, "iam", "list-access-keys", "--profile", "test-user")

        assert (ran.returncode, ran.stderr) == (0, "")
        assert machine.key.access_key_id in ran.stdout

    def test_what_cannot_be_a_key_is_asked_for_again_before_the_secret(
        self, machine: Machine, terminal: PseudoTerminal, login: Program
    ) -> None:
        answer(terminal, KEEP_IN_FILE, "y")
        answer(terminal, KEY_ID, "ASIAIOSFODNN7EXAMPLE")
        terminal.expect("This is a temporary access key (ASIA…), which cannot get a session")
        answer(terminal, KEY_ID, machine.key.access_key_id)
        answer(terminal, SECRET, "two words")
        terminal.expect("This is not a secret access key")
        answer(terminal, SECRET, machine.key.secret_access_key)
        terminal.expect(NEW_PASSPHRASE)

        assert "two words" not in terminal.text
        assert [call.action for call in machine.endpoint.journal] == ["GetCallerIdentity"]

    @pytest.mark.parametrize(
        ("key_id", "secret", "error"),
        [
            ("AKIAIOSFODNN7EXAMPLE", "of/another/key", "AWS does not know the access key AKIA…MPLE, or it is inactive"),
            (None, "of/another/key", "the secret access key does not match AKIA…"),
        ],
        ids=["unknown", "wrong secret"],
    )
    def test_a_key_that_aws_does_not_take_is_asked_for_three_times_and_not_stored(
        self,
        machine: Machine,
        terminal: PseudoTerminal,
        login: Program,
        key_id: str | None,
        secret: str,
        error: str,
    ) -> None:
        before = files(machine)
        answer(terminal, KEEP_IN_FILE, "y")
        answer(terminal, KEY_ID, key_id or machine.key.access_key_id)
        answer(terminal, SECRET, secret)
        for _ in range(2):
            terminal.expect(error[1:])
            terminal.expect("Try again.")
            if key_id is not None:
                answer(terminal, KEY_ID, key_id)
            answer(terminal, SECRET, secret)

        assert login.wait() == SERVICE
        assert f"mfa-session: error: {error}" in terminal.text
        assert [call.action for call in machine.endpoint.journal] == ["GetCallerIdentity"] * 3
        assert terminal.text.count(KEY_ID) == (3 if key_id else 1)
        assert secret not in terminal.text
        assert files(machine) == before
        assert not (machine.home / ".aws" / "mfa-session" / "keys.json").exists()

    def test_who_does_not_want_the_encrypted_file_types_no_secret(
        self, machine: Machine, terminal: PseudoTerminal, login: Program
    ) -> None:
        answer(terminal, KEEP_IN_FILE, "n")

        assert login.wait() == CANCELLED
        assert "Cancelled.\n" in terminal.text
        assert KEY_ID not in terminal.text

    def test_a_profile_that_no_file_knows_yet_is_made(self, machine: Machine, terminal: PseudoTerminal) -> None:
        machine.config_file.unlink()
        login = machine.start(terminal, *LOGIN)
        answer(terminal, KEEP_IN_FILE, "y")
        answer_with_the_key_and_a_passphrase(terminal, machine)
        answer_with_the_code(terminal, machine)

        assert login.wait() == 0
        assert machine.config("test-user").keys() == {"mfa_serial", "mfa_session_store", "credential_process"}

    @pytest.mark.parametrize("number", range(len(QUESTIONS)))
    def test_ctrl_c_at_a_question_writes_nothing(
        self, machine: Machine, terminal: PseudoTerminal, login: Program, number: int
    ) -> None:
        before = files(machine)
        modes = terminal.modes()
        answers = ("y", machine.key.access_key_id, machine.key.secret_access_key, PASSPHRASE, PASSPHRASE)
        for question, typed in zip(QUESTIONS[:number], answers, strict=False):
            answer(terminal, question, typed)
        terminal.expect(QUESTIONS[number])
        terminal.press("^C")

        assert login.wait() == INTERRUPTED
        assert terminal.modes() == modes
        assert "Traceback" not in terminal.text
        assert files(machine) == before
        assert not (machine.home / ".aws" / "mfa-session" / "keys.json").exists()

    def test_ctrl_c_at_the_code_keeps_the_key_for_the_next_run(
        self, machine: Machine, terminal: PseudoTerminal, login: Program
    ) -> None:
        answer(terminal, KEEP_IN_FILE, "y")
        answer_with_the_key_and_a_passphrase(terminal, machine)
        terminal.expect(CODE)
        terminal.press("^C")
        assert login.wait() == INTERRUPTED

        second = machine.start(terminal, *LOGIN)
        answer(terminal, "Passphrase of the encrypted file: ", PASSPHRASE)
        answer_with_the_code(terminal, machine)

        assert second.wait() == 0


class TestWithTheKeyInThePlainFile:
    @pytest.fixture(autouse=True)
    def key_in_the_file(self, machine: Machine) -> None:
        machine.lay_down_the_key()

    def test_it_is_used_and_moved_when_its_owner_agrees(self, machine: Machine, terminal: PseudoTerminal) -> None:
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        terminal.expect("Your access key is still in plain text in ~/.aws/credentials.\n")
        answer(terminal, MOVE, "y")

        assert login.wait() == 0
        assert (
            "Moved to the encrypted file ~/.aws/mfa-session/keys.json.\n`--profile test-user` now uses MFA.\n"
            in terminal.text
        )
        assert "[test-user]\n" not in machine.credentials_file.read_text()
        assert machine.key.secret_access_key not in machine.credentials_file.read_text()

    def test_every_aws_command_of_old_works_with_mfa_after_the_move(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "")
        login.wait()

        ran = machine.run_program(AWS_CLI, "iam", "list-access-keys", "--profile", "test-user")

        assert (ran.returncode, ran.stderr) == (0, "")
        assert [call.mfa for call in machine.calls("ListAccessKeys")] == [True]
        assert len(machine.calls("GetSessionToken")) == 1

    def test_the_next_login_takes_it_from_the_store(self, machine: Machine, terminal: PseudoTerminal) -> None:
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "y")
        login.wait()
        let_the_next_code_come(machine)

        again = machine.log_in("--force")

        assert again.returncode == 0
        assert "still in plain text" not in again.stderr

    def test_it_stays_when_its_owner_says_no_who_is_not_asked_again(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "n")
        terminal.expect("Not moved. To move it later: mfa-session keys import --profile test-user\n")
        assert login.wait() == 0
        let_the_next_code_come(machine)
        again = machine.start(terminal, *LOGIN, "--force")
        answer_with_the_code(terminal, machine)

        assert again.wait() == 0
        assert terminal.text.count("still in plain text") == 1
        assert machine.credentials("test-user")["aws_secret_access_key"] == machine.key.secret_access_key
        assert "mfa_session_store" not in machine.config("test-user")

    def test_it_is_asked_about_again_when_it_is_another_key(self, machine: Machine, terminal: PseudoTerminal) -> None:
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "n")
        login.wait()
        del machine.account.access_keys[machine.key.access_key_id]
        machine.account.add_access_key(machine.user)
        machine.lay_down_the_key()
        let_the_next_code_come(machine)

        assert "still in plain text" in machine.log_in().stderr

    @pytest.mark.parametrize(
        ("jump", "counts"),
        [
            (timedelta(hours=2), False),
            (timedelta(days=400), False),
            (timedelta(hours=-2), True),
            (timedelta(days=-400), True),
        ],
        ids=str,
    )
    def test_a_no_of_the_future_counts_as_none(self, machine: Machine, jump: timedelta, counts: bool) -> None:
        said_at = partial(datetime.now(UTC).__add__, jump)
        moves = DeclinedMoves(machine.home / ".aws" / "mfa-session" / "declined-moves", clock=said_at)
        key = AccessKey(machine.key.access_key_id, machine.key.secret_access_key)
        moves.remember(Profile("test-user", "test-user-mfa"), key)

        assert ("still in plain text" not in machine.log_in().stderr) is counts

    def test_without_a_terminal_a_hint_is_left(self, machine: Machine) -> None:
        ran = machine.log_in()

        assert ran.stderr.endswith(
            "Your access key is still in plain text in ~/.aws/credentials.\n"
            "To move it to the encrypted file: mfa-session keys import --profile test-user\n"
        )
        assert ran.returncode == 0

    def test_quiet_offers_nothing(self, machine: Machine, terminal: PseudoTerminal) -> None:
        login = machine.start(terminal, *LOGIN, "--quiet")
        answer_with_the_code(terminal, machine)

        assert login.wait() == 0
        assert "still in plain text" not in terminal.text

    @pytest.mark.parametrize(("key", "exit_code"), [("^C", INTERRUPTED), ("^D", 0)])
    def test_who_gives_up_at_the_offer_has_a_session_and_the_key_where_it_was(
        self, machine: Machine, terminal: PseudoTerminal, key: str, exit_code: int
    ) -> None:
        modes = terminal.modes()
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        terminal.expect(MOVE)
        terminal.press(key)

        assert login.wait() == exit_code
        assert terminal.modes() == modes
        assert machine.credentials("test-user")["aws_secret_access_key"] == machine.key.secret_access_key
        assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"

    def test_a_move_that_fails_does_not_fail_the_login(self, machine: Machine, terminal: PseudoTerminal) -> None:
        machine.write_config("[profile test-user]\ncredential_process = /opt/other\n")
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "y")

        assert login.wait() == 0
        assert "the key was not moved: profile test-user gets its credentials from another program" in terminal.text
        assert machine.credentials("test-user")["aws_secret_access_key"] == machine.key.secret_access_key

    def test_a_move_that_was_cut_short_is_offered_again(self, machine: Machine, terminal: PseudoTerminal) -> None:
        lines = machine.credentials_file.read_text()
        login = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "y")
        login.wait()
        machine.write_credentials(lines)
        let_the_next_code_come(machine)

        again = machine.start(terminal, *LOGIN)
        answer_with_the_code(terminal, machine)
        answer(terminal, MOVE, "y")

        assert again.wait() == 0
        assert "[test-user]\n" not in machine.credentials_file.read_text()
