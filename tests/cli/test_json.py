"""JSON is an interface: docs/reference/json.md has every field of every command, and each has them all, always."""

import json
import re
from typing import Any

import pytest

from tests.machine import MFA_SESSION, Machine
from tests.test_documents import ROOT

PAGE = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Fields")[0]

ERROR = {"version", "error"}


def documented(command: str) -> dict[str, set[str]]:
    """Return the fields of *command*, and of the records under each."""
    row = re.search(rf"^\| (?:`{command}`|{command}) \| (.*) \|$", TABLE, re.MULTILINE)
    assert row, command
    shape: dict[str, set[str]] = {}
    for number, part in enumerate(row[1].split(";")):
        names, colon, fields = part.partition(":")
        found = re.findall(r"`(\w+)`", names)
        for name in found:
            has_records = colon and (number > 0 or name == found[-1])
            shape[name] = set(re.findall(r"`(\w+)`", fields)) if has_records else set()
    return shape


def check(text: str, command: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    shape = documented(command)
    assert set(document) == set(shape)
    assert document["version"] == 1
    for name, fields in shape.items():
        records = document[name] if isinstance(document[name], list) else [document[name]]
        if fields:
            assert all(set(each) == fields for each in records), records
    return document


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    return machine


@pytest.fixture
def live(machine: Machine) -> Machine:
    assert machine.log_in().returncode == 0
    machine.forget_used_codes()
    return machine


@pytest.mark.parametrize("options", [(), ("--profile", "test-user"), ("--verify",)])
def test_status(live: Machine, options: tuple[str, ...]) -> None:
    ran = live.run("status", *options, "--json")

    assert (ran.returncode, ran.stderr) == (0, "")
    (only,) = check(ran.stdout, "status")["profiles"]
    assert only["state"] == "live"


def test_login_logs_in_and_keeps(machine: Machine) -> None:
    new, kept = machine.log_in("--json"), machine.log_in("--json")

    for ran, is_kept in ((new, False), (kept, True)):
        assert (ran.returncode, ran.stderr) == (0, "")
        (only,) = check(ran.stdout, "login")["profiles"]
        assert only["kept"] is is_kept


def test_login_to_several(live: Machine) -> None:
    ran = live.run("--no-prompt", "login", "--profile", "test-user", "--profile", "nobody", "--json")

    assert ran.returncode == 253
    nobody, user = sorted(check(ran.stdout, "login")["profiles"], key=lambda each: str(each["profile"]))
    assert (user["kept"], user["problem"]) == (True, None)
    assert "nobody" in nobody["problem"]
    check(ran.stderr, "every command that fails \\(stderr\\)")


@pytest.mark.parametrize("options", [("--profile", "test-user"), ("--all",)])
def test_logout(live: Machine, options: tuple[str, ...]) -> None:
    first, again = live.run("logout", *options, "--json"), live.run("logout", "--profile", "test-user", "--json")

    assert (first.stderr, again.stderr) == ("", "")
    assert [each["removed"] for each in check(first.stdout, "logout")["profiles"]] == [True]
    assert [each["removed"] for each in check(again.stdout, "logout")["profiles"]] == [False]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("doctor", ("--profile", "test-user")),
        ("keys list", ()),
        ("device list", ("--profile", "test-user")),
        ("policy check", ("policy.json",)),
        ("keys import", ("--profile", "test-user", "--dry-run")),
        ("keys import", ("--profile", "test-user")),
        ("keys import", ("--all",)),
    ],
)
def test_a_command(live: Machine, command: str, options: tuple[str, ...]) -> None:
    policy = live.home / "policy.json"
    policy.write_text(live.run("policy", "show").stdout)
    paths = {"policy.json": str(policy)}

    ran = live.run(*command.split(), *(paths.get(each, each) for each in options), "--json")

    document = check(ran.stdout, command)
    for line in ran.stderr.splitlines():
        check(line, "every command that fails \\(stderr\\)")
    if command.startswith("keys"):
        assert [each["profile"] for each in document["keys"]] == ["test-user"]


def test_keys_rotate(live: Machine) -> None:
    live.run("keys", "import", "--profile", "test-user")

    ran = live.run("keys", "rotate", "--profile", "test-user", "--json")

    assert (ran.returncode, ran.stderr) == (0, "")
    document = check(ran.stdout, "keys rotate")
    assert (document["store"], document["old_key_is_deleted"]) == ("file", False)
    assert document["created"] is not None


@pytest.mark.parametrize(
    ("arguments", "name", "code"),
    [
        (("status", "--profile", "nobody", "--json"), "ProfileNotFoundError", 253),
        (("--no-prompt", "login", "--profile", "test-user", "--json"), "PersonNeededError", 255),
        (("login", "--profile", "test-user", "--token-code", "000000", "--json"), "TokenCodeRefusedError", 254),
        (("login", "--json", "--no-such-option"), "UsageError", 2),
        (("logout", "--all", "--profile", "test-user", "--json"), "UsageError", 2),
    ],
)
def test_an_error_is_one_line_on_stderr(machine: Machine, arguments: tuple[str, ...], name: str, code: int) -> None:
    ran = machine.run(*arguments)

    (line,) = ran.stderr.splitlines()
    error = check(line, "every command that fails \\(stderr\\)")["error"]
    assert (ran.returncode, ran.stdout) == (code, "")
    assert (error["name"], error["exit_code"]) == (name, code)
    assert error["message"]
    assert error["fix"]


@pytest.mark.parametrize("command", ["status --json", "keys list --json", "status"])
def test_a_reader_that_has_enough_is_no_error(live: Machine, command: str) -> None:
    ran = live.run_program("bash", "-c", f"{MFA_SESSION} {command} | head -0")

    assert (ran.stdout, ran.stderr) == ("", "")


class TestStatusForPrompts:
    def test_short_is_one_word_and_the_time(self, live: Machine) -> None:
        fast = live.run("status", "--short", "--profile", "test-user")
        full = live.run("status", "--profile", "test-user", "--short", "--debug")

        assert re.fullmatch(r"live 11h59m\n", fast.stdout)
        assert re.match(r"live 11h5\dm\n", full.stdout)

    def test_without_a_session_it_is_one_word(self, machine: Machine) -> None:
        ran = machine.run("status", "--short", "--profile", "test-user")
        unknown = machine.run("status", "--short", "--profile", "nobody")

        assert (ran.returncode, ran.stdout, ran.stderr) == (1, "none\n", "")
        assert (unknown.returncode, unknown.stdout, unknown.stderr) == (1, "none\n", "")

    def test_it_costs_what_a_cached_answer_costs(self, live: Machine) -> None:
        program = (
            "import sys; sys.argv = ['mfa-session', 'status', '--short', '--profile', 'test-user']\n"
            "from mfa_session.__main__ import main; assert main() == 0\n"
            "print({'typer', 'json', 're', 'dataclasses'} & set(sys.modules))"
        )

        assert live.run_program("python", "-S", "-c", program).stdout.endswith("set()\n")

    def test_quiet_prints_nothing(self, live: Machine) -> None:
        ran = live.run("status", "--quiet")
        out = live.run("logout", "--quiet", "--profile", "test-user")

        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        assert (out.returncode, out.stdout, out.stderr) == (0, "", "")
        assert live.run("status", "--quiet").returncode == 1

    @pytest.mark.parametrize("options", [(), ("--json",), ("--quiet",), ("--short",)])
    def test_the_exit_code_is_the_same_with_and_without_a_folder(
        self, machine: Machine, options: tuple[str, ...]
    ) -> None:
        with_files = machine.run("status", *options).returncode
        machine.credentials_file.unlink()
        machine.config_file.unlink(missing_ok=True)
        without_files = machine.run("status", *options).returncode
        machine.credentials_file.parent.rename(machine.home / "elsewhere")

        assert (with_files, without_files, machine.run("status", *options).returncode) == (1, 1, 1)
