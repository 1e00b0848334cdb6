"""`export` prints the session so that a shell takes it as it is, and forgets what would win over it."""

import io
import json
import shutil
from datetime import timedelta
from pathlib import Path

import dotenv
import pytest

from mfa_session.filesystem.locks import locked
from tests.cli.sections import KEY_ID, LONG_HENCE, SECRET, TOKEN, long_term_key, session
from tests.machine import MFA_SESSION, Machine

# Every printable character but the blank, as a secret may hold them; at its end what a shell would run.
HOSTILE = "".join(chr(code) for code in range(0x21, 0x7F)) + "$(touch${IFS}pwned)`id>pwned`"

VARIABLES = {
    "AWS_ACCESS_KEY_ID": KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": TOKEN,
    "AWS_CREDENTIAL_EXPIRATION": LONG_HENCE,
    "AWS_REGION": "ap-northeast-1",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
}

STALE = {"AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "other", "AWS_SECURITY_TOKEN": "stale"}

FAILURES = {
    "env": "false\n",
    "env-no-export": "false\n",
    "fish": "false\n",
    "powershell": "throw 'mfa-session export failed'\n",
    "windows-cmd": "cmd /c exit 1\n",
    "dotenv": "",
    "process": "",
}

EXPORT = f"{MFA_SESSION} export --profile test-user"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.write_credentials(long_term_key() + session())
    return machine


def export(machine: Machine, form: str) -> str:
    printed = machine.run("export", "--profile", "test-user", "--format", form)
    assert (printed.returncode, printed.stderr) == (0, "")
    return printed.stdout


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        pytest.param(
            shell,
            script,
            id=shell,
            marks=pytest.mark.skipif(not shutil.which(shell), reason=f"no {shell} is installed"),
        )
        for shell, script in [
            ("sh", f'eval "$({EXPORT})"; env -0'),
            ("dash", f'eval "$({EXPORT})"; env -0'),
            ("bash", f"source <({EXPORT} --format env); env -0"),
            ("zsh", f'eval "$({EXPORT})"; env -0'),
            ("fish", f"{EXPORT} --format fish | source; env -0"),
        ]
    ],
)
def test_a_shell_has_the_session_byte_for_byte_and_has_run_nothing(machine: Machine, shell: str, script: str) -> None:
    machine.write_credentials(session(secret=HOSTILE, token=HOSTILE[::-1]))
    machine.write_config("[profile test-user]\nregion = ';touch pwned;'\u00fc\n")

    ran = machine.run_program(shell, "-c", f"cd; {script}", **STALE)

    assert (ran.returncode, ran.stderr) == (0, "")
    found = dict(pair.split("=", 1) for pair in ran.stdout.split("\0") if pair)
    assert {name: found.get(name) for name in VARIABLES} == {
        **VARIABLES,
        "AWS_SECRET_ACCESS_KEY": HOSTILE,
        "AWS_SESSION_TOKEN": HOSTILE[::-1],
        "AWS_REGION": "';touch pwned;'\u00fc",
        "AWS_DEFAULT_REGION": "';touch pwned;'\u00fc",
    }
    assert not set(STALE) & set(found)
    assert not (machine.home / "pwned").exists()


def test_without_export_the_variables_stay_in_the_shell(machine: Machine) -> None:
    script = f'eval "$({EXPORT} --format env-no-export)"; printf "%s " "$AWS_ACCESS_KEY_ID"; printenv AWS_ACCESS_KEY_ID'

    ran = machine.run_program("sh", "-c", script)

    assert (ran.returncode, ran.stdout) == (1, f"{KEY_ID} ")


def test_powershell_gets_an_assignment_a_line(machine: Machine) -> None:
    lines = export(machine, "powershell").splitlines()

    assert lines == [
        *(f"Remove-Item -ErrorAction Ignore Env:{name}" for name in STALE),
        *(f"$Env:{name} = '{value}'" for name, value in VARIABLES.items()),
    ]


def test_cmd_gets_an_assignment_a_line(machine: Machine) -> None:
    lines = export(machine, "windows-cmd").splitlines()

    assert lines == [
        *(f"set {name}=" for name in STALE),
        *(f'set "{name}={value}"' for name, value in VARIABLES.items()),
    ]


def test_a_dotenv_file_is_read_by_others(machine: Machine) -> None:
    assert dotenv.dotenv_values(stream=io.StringIO(export(machine, "dotenv"))) == VARIABLES


def test_the_process_format_is_the_document(machine: Machine) -> None:
    document = export(machine, "process")

    assert json.loads(document) == {
        "Version": 1,
        "AccessKeyId": KEY_ID,
        "SecretAccessKey": SECRET,
        "SessionToken": TOKEN,
        "Expiration": LONG_HENCE,
    }
    assert document == machine.run("credential-process", "--profile", "test-user").stdout


def test_where_no_region_is_known_none_is_set(machine: Machine) -> None:
    machine.write_config("[profile test-user]\noutput = json\n")

    assert "REGION" not in export(machine, "env")


def test_the_long_term_key_is_never_printed(machine: Machine) -> None:
    printed = export(machine, "env")

    assert "AKIA" not in printed
    assert machine.key.secret_access_key not in printed


@pytest.mark.parametrize("form", ["windows-cmd", "dotenv"])
def test_what_a_format_cannot_say_is_refused_before_anything_is_printed(machine: Machine, form: str) -> None:
    machine.write_credentials(session(secret=HOSTILE))

    refused = machine.run("export", "--profile", "test-user", "--format", form)

    error, hint = refused.stderr.splitlines()
    assert (refused.returncode, refused.stdout) == (2, FAILURES[form])
    assert "one of these values" in error
    assert hint.startswith("mfa-session: hint: use another format, such as --format ")


@pytest.mark.parametrize(
    ("options", "code", "message", "printed"),
    [
        (("--profile", "test-user", "--format", "csh"), 2, "there is no format csh", ""),
        (("--profile", "test-user", "--format", "csh\x1b[2J"), 2, r"there is no format csh\x1b[2J", ""),
        (("--profile", "nobody"), 253, "there is no profile nobody in the AWS files", "false\n"),
        (("--profile", "test-user", "extra"), 2, "the profile is named twice", "false\n"),
        (("test-user", "extra"), 2, "unexpected extra argument", "false\n"),
        (("--profil", "test-user", "--format=powershell"), 2, "--profil", "throw 'mfa-session export failed'\n"),
    ],
)
def test_what_cannot_be_exported_is_one_error_with_a_hint(
    machine: Machine, options: tuple[str, ...], code: int, message: str, printed: str
) -> None:
    refused = machine.run("export", *options)

    error, hint = refused.stderr.splitlines()
    assert (refused.returncode, refused.stdout) == (code, printed)
    assert error.startswith(f"mfa-session: error: {message}") or message in error
    assert hint.startswith("mfa-session: hint: ")


def test_without_a_session_nothing_is_printed_where_nobody_can_be_asked(machine: Machine) -> None:
    machine.write_credentials(long_term_key())

    refused = machine.run("export", "--profile", "test-user")

    assert (refused.returncode, refused.stdout) == (255, "false\n")
    assert "run in a terminal: mfa-session login --profile test-user" in refused.stderr


@pytest.mark.parametrize("form", FAILURES)
@pytest.mark.parametrize("spelling", ["--format {}", "--format={}"])
def test_each_format_has_its_line_that_fails(machine: Machine, form: str, spelling: str) -> None:
    refused = machine.run("--no-prompt", "export", "--profile", "nobody", *spelling.format(form).split())

    assert (refused.returncode, refused.stdout) == (253, FAILURES[form])


FAILING = f"{MFA_SESSION} export --profile nobody 2>/dev/null"

# Each would say so if it went on.
STOPS = [
    *(
        (shell, script)
        for shell in ("sh", "dash", "bash", "zsh")
        for script in (
            f'eval "$({FAILING})" && echo went on',
            f'set -e; eval "$({FAILING})"; echo went on',
            f"{FAILING} | sh -c 'eval \"$(cat)\" && echo went on'",
            f"{FAILING} | sh -ec 'eval \"$(cat)\"; echo went on'",
            f'if eval "$({FAILING})"; then echo went on; fi',
            f'eval "$({FAILING.replace("nobody", "test-user --no-such-option")})" && echo went on',
        )
    ),
    ("bash", f"source <({FAILING}) && echo went on"),
    ("bash", f"set -e; source <({FAILING}); echo went on"),
    ("zsh", f"source <({FAILING}) && echo went on"),
    ("fish", f"{FAILING} --format fish | source; and echo went on"),
    ("fish", f"if {FAILING} --format fish | source; echo went on; end"),
    ("fish", f"eval ({FAILING} --format fish); and echo went on"),
    ("pwsh", f"{FAILING} --format powershell | Out-String | Invoke-Expression; echo 'went on'"),
]


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        pytest.param(*each, marks=pytest.mark.skipif(not shutil.which(each[0]), reason=f"no {each[0]} is installed"))
        for each in STOPS
    ],
)
def test_a_script_does_not_go_on_where_export_fails(machine: Machine, shell: str, script: str) -> None:
    ran = machine.run_program(shell, "-c", script, AWS_ACCESS_KEY_ID="old")

    assert ran.stdout == ""


def test_on_a_terminal_nothing_is_printed_but_the_error(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, "export", "--profile", "nobody")

        assert program.wait() == 253
        assert "false" not in terminal.text


def test_a_live_session_waits_for_nobody_who_is_logging_in(machine: Machine) -> None:
    lock = Path(machine.home, ".aws", "mfa-session", "locks", "test-user")

    with locked(lock, timeout=timedelta(seconds=1)):
        printed = export(machine, "env")

    assert KEY_ID in printed


def test_a_new_session_is_printed_when_its_code_was_typed(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = terminal.run(
            "sh",
            "-c",
            f'eval "$({EXPORT})"; echo "key: $AWS_ACCESS_KEY_ID"',
            environment=machine.environment,
        )
        terminal.expect("(test-user-phone")
        terminal.type(machine.phone.code() + "\n")

        assert program.wait() == 0
        terminal.expect(f"key: {machine.credentials('test-user-mfa')['aws_access_key_id']}")
