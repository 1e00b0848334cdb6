"""A program gives one token code or a reason in one line; it gets no secret of ours, and never outlives its limit."""

import os
import shlex
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import CodeSourceError, PromptCancelledError, UsageError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.prompt.code_command import PRESETS, CodeProgram, Command, mfa_process, preset
from mfa_session.prompt.prompt import Deadline
from tests.clean_environment import clean_environment
from tests.processes import is_running
from tests.programs import shell_program
from tests.terminal import LOOK_SECONDS, TIMEOUT_SECONDS

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/phone")


def shell(script: str) -> str:
    return f"sh -c {shlex.quote(script)}"


def code_of(
    text: str,
    *,
    home: Path,
    limit: timedelta = timedelta(seconds=TIMEOUT_SECONDS),
    reader_fd: int | None = None,
    shown: list[str] | None = None,
    **environment: str,
) -> TokenCode:
    program = CodeProgram(
        lambda _: mfa_process(text),
        environ=clean_environment(home, **environment),
        deadline=Deadline(reader_fd=reader_fd),
        limit=limit,
    )
    return program.token_code(PHONE, show=([] if shown is None else shown).append)


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while is_running(process):
        assert time.monotonic() < deadline, f"process {process} is still there"
        time.sleep(LOOK_SECONDS)


def number_in(file: Path) -> int:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"nothing was written to {file}"
        time.sleep(LOOK_SECONDS)
    return int(file.read_text())


@pytest.mark.parametrize("printed", ["123456", "123456\\n", "\\n  123456\\r\\n\\n", "123 456\\n", "123-456"])
def test_the_code_is_all_that_the_program_prints(tmp_path: Path, printed: str) -> None:
    assert code_of(f"printf '{printed}'", home=tmp_path) == TokenCode("123456")


@pytest.mark.parametrize(
    "printed",
    [
        "Code: 123456",
        "123456\\n654321",
        "1\\n2\\n3\\n4\\n5\\n6",
        "12345",
        "1234567",
        "otpauth://totp/x",
        "\\377\\376",
        "12345\\000",
        "\\033[1m123456",
    ],
)
def test_anything_else_is_no_code_and_is_not_repeated(tmp_path: Path, printed: str) -> None:
    with pytest.raises(CodeSourceError) as raised:
        code_of(f"printf '{printed}'", home=tmp_path)

    assert str(raised.value) == "mfa_process printed something other than one MFA code of six digits"
    assert "six digits and nothing else" in raised.value.hint


def test_nothing_is_no_code(tmp_path: Path) -> None:
    with pytest.raises(CodeSourceError, match=r"^mfa_process printed nothing(?m:$)"):
        code_of("true", home=tmp_path)


def test_an_exit_code_matters_more_than_what_was_printed(tmp_path: Path) -> None:
    with pytest.raises(CodeSourceError, match=r"^mfa_process exited with code 7(?m:$)"):
        code_of(shell("echo 123456; exit 7"), home=tmp_path)


def test_the_last_line_of_the_errors_says_why(tmp_path: Path) -> None:
    script = "echo 'looking for it' >&2; printf '\\033[31mERROR: no YubiKey\\n\\n' >&2; exit 1"

    with pytest.raises(CodeSourceError) as raised:
        code_of(shell(script), home=tmp_path)

    assert str(raised.value) == r"mfa_process exited with code 1: \x1b[31mERROR: no YubiKey"


@pytest.mark.parametrize("code", ["123456", "123 456", "123-456"])
def test_a_code_among_the_errors_is_not_repeated(tmp_path: Path, code: str) -> None:
    with pytest.raises(CodeSourceError) as raised:
        code_of(shell(f"echo 'cannot copy {code}, account 123456789012' >&2; exit 1"), home=tmp_path)

    assert str(raised.value).endswith("cannot copy ······, account 123456789012")


def test_a_program_that_was_killed_is_told_by_its_signal(tmp_path: Path) -> None:
    with pytest.raises(CodeSourceError, match=r"^mfa_process was killed by SIGKILL(?m:$)"):
        code_of(shell("kill -KILL $$"), home=tmp_path)


def test_what_it_says_is_shown_while_it_runs(tmp_path: Path) -> None:
    shown: list[str] = []

    code_of(shell("echo 'Touch your YubiKey...' >&2; echo 123456"), home=tmp_path, shown=shown)

    assert shown == ["Touch your YubiKey..."]


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_program_that_never_stops_printing_is_ended(tmp_path: Path, stream: str) -> None:
    with pytest.raises(CodeSourceError, match="printed too much"):
        code_of(shell(f"exec yes 1>&{stream}" if stream == "2" else "exec yes"), home=tmp_path)


def test_a_program_that_hangs_is_ended_at_the_limit_with_all_that_it_has_started(tmp_path: Path) -> None:
    script = f"trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >{tmp_path}/child; sleep 60; sleep 60'; sleep 60"
    begun = time.monotonic()

    with pytest.raises(CodeSourceError, match=r"^mfa_process printed no code within 2 s(?m:$)"):
        code_of(shell(script), home=tmp_path, limit=timedelta(seconds=2))

    assert time.monotonic() - begun < 10
    wait_until_gone(number_in(tmp_path / "child"))


def test_what_it_leaves_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    begun = time.monotonic()

    code = code_of(shell(f"sleep 30 & echo $! >{tmp_path}/child; echo 123456"), home=tmp_path)

    assert code == TokenCode("123456")
    assert time.monotonic() - begun < 10
    os.kill(number_in(tmp_path / "child"), signal.SIGKILL)


def test_it_is_ended_when_nobody_wants_the_code_any_more(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with pytest.raises(PromptCancelledError):
        code_of("sleep 30", home=tmp_path, reader_fd=writing)

    os.close(writing)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_does_not_outlive_us(tmp_path: Path, number: signal.Signals) -> None:
    program = f"""
from datetime import timedelta
from mfa_session.prompt.code_command import CodeProgram, mfa_process
from mfa_session.prompt.prompt import Deadline
import os
from mfa_session.model.mfa_device import MFADevice
command = mfa_process({shell(f"echo $$ >{tmp_path}/child; sleep 60; sleep 60")!r})
program = CodeProgram(lambda _: command, environ=os.environ, deadline=Deadline())
program.token_code(MFADevice("GAHT12345678"), show=print)
"""
    ours = subprocess.Popen([sys.executable, "-c", program], env=clean_environment(tmp_path), stderr=subprocess.DEVNULL)
    child = number_in(tmp_path / "child")

    ours.send_signal(number)

    assert ours.wait(TIMEOUT_SECONDS) == -number
    wait_until_gone(child)


def test_no_secret_of_ours_is_in_its_environment(tmp_path: Path) -> None:
    code_of(
        shell(f"env >{tmp_path}/environment; echo 123456"),
        home=tmp_path,
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI",
        AWS_SESSION_TOKEN="token",
        MFA_SESSION_PASSPHRASE="correct horse",
        MFA_SESSION_PASSPHRASE_FILE="/pass",
        MFA_SESSION_PASSPHRASE_FD="3",
        AWS_PROFILE="other",
        BW_SESSION="theirs",
    )

    environment = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines())
    assert not [name for name in environment if name.startswith(("AWS_ACCESS", "AWS_S", "MFA_SESSION_PASS"))]
    assert (environment["AWS_PROFILE"], environment["BW_SESSION"]) == ("other", "theirs")


def test_it_has_no_descriptor_of_ours_and_nothing_to_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)

    code_of(
        shell(f"cat; (: <&{reading}) 2>/dev/null && echo open >{tmp_path}/open; echo 123456"),
        home=tmp_path,
    )

    os.close(reading)
    os.close(writing)
    assert not (tmp_path / "open").exists()


def test_no_shell_looks_at_the_command(tmp_path: Path) -> None:
    with pytest.raises(CodeSourceError) as raised:
        code_of(f"echo 123456; touch {tmp_path}/made $(touch {tmp_path}/made)", home=tmp_path)

    assert not (tmp_path / "made").exists()
    assert raised.value.hint == "mfa_process is run without a shell; to use one, write sh -c '…'"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("no-such-program --otp", "no such file or directory"),
        ("{home}/not-mine", "permission denied"),
        ("{home}", "permission denied"),
        ("{home}/empty", "exec format error"),
        ("'x\0y'", "there is a NUL in its command"),
    ],
)
def test_a_program_that_cannot_be_run_is_told_in_one_line(tmp_path: Path, command: str, reason: str) -> None:
    (tmp_path / "not-mine").write_text("#!/bin/sh\n")
    (tmp_path / "empty").touch(0o700)

    with pytest.raises(CodeSourceError) as raised:
        code_of(command.format(home=tmp_path), home=tmp_path)

    assert str(raised.value) == f"mfa_process cannot be run: {reason}"


def test_a_secret_in_the_command_is_in_no_message(tmp_path: Path) -> None:
    for command in ("no-such-oathtool --totp -b JBSWY3DP", "false JBSWY3DP", "echo JBSWY3DP"):
        with pytest.raises(CodeSourceError) as raised:
            code_of(command, home=tmp_path)

        assert "JBSWY3DP" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("text", ["", "  ", "''", "'' x", "echo '123456", 'echo "'])
def test_what_is_no_command_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        mfa_process(text)


@pytest.mark.parametrize(
    ("word", "program", "expected"),
    [
        ("ykman", "ykman", ["oath", "accounts", "code", "--single", "my phone"]),
        ("op", "op", ["item", "get", "my phone", "--otp"]),
        ("pass-otp", "pass", ["otp", "my phone"]),
        ("bw", "bw", ["--nointeraction", "get", "totp", "my phone"]),
    ],
)
def test_one_word_stands_for_a_whole_command(tmp_path: Path, word: str, program: str, expected: list[str]) -> None:
    shell_program(tmp_path / "bin" / program, f'printf "%s\\n" "$@" >{tmp_path}/words; echo 123456')
    environ = clean_environment(tmp_path) | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}

    code = CodeProgram(lambda _: preset(word, "my phone"), environ=environ, deadline=Deadline()).token_code(
        PHONE, show=print
    )

    assert code == TokenCode("123456")
    assert (tmp_path / "words").read_text().splitlines() == expected


def test_every_preset_is_told_by_its_word_and_can_be_tried_by_hand() -> None:
    for word in PRESETS:
        command = preset(word, PHONE.serial_number)

        assert isinstance(command, Command)
        assert command.name == word
        assert PHONE.serial_number in command.hint
