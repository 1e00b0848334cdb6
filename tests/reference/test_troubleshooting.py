"""Every message on the troubleshooting page is really printed, and every command there can be run."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import botocore
import pytest

from docs.machinery.pages import DOCS
from mfa_session.cli.app import COMMANDS, run
from mfa_session.doctor.explain_message import explain
from mfa_session.model.profile import Profile
from tests.test_documents import ROOT

PAGE = (DOCS / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
TYPED = re.compile(r"`(mfa-session [^`]+)`")
AS_ABOVE = "As above."


class Row(NamedTuple):
    message: str
    cause: str
    fix: str

    def fragments(self) -> list[str]:
        """Return the parts of the message that are the same each time."""
        return [part.strip() for part in self.message.split("…") if part.strip(" :,;[]()")]

    def matches(self, printed: str) -> bool:
        return re.search(".*".join(map(re.escape, self.message.split("…"))), printed) is not None


def rows_below(heading: str) -> list[Row]:
    """Return the rows of each table between this heading of the second level and the next."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [Row(*cells) for cells in re.findall(r"^\| `(.+?)` \| (.+?) \| (.+) \|$", section, re.MULTILINE)]


def texts_of(*modules: Path) -> set[str]:
    """Return every text in the source of *modules*, with a blank for each value that is filled in."""
    texts = set()
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "" for part in node.values]
                texts.add("\0".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
    return texts


OURS = texts_of(*(ROOT / "mfa_session").rglob("*.py"))
BOTOCORE = texts_of(*(Path(botocore.__file__).parent / name for name in ("exceptions.py", "credentials.py")))
OF_AWS, OF_AWS_CLI = rows_below("From AWS"), rows_below("From the AWS CLI and boto3")
OF_OTHERS, OF_MFA_SESSION = rows_below("From Terraform and the SDKs"), rows_below("From mfa-session")


def test_each_section_has_messages_and_no_message_is_there_twice() -> None:
    sections = [OF_AWS, OF_AWS_CLI, OF_OTHERS, OF_MFA_SESSION]
    messages = [row.message for rows in sections for row in rows]

    assert all(len(rows) >= 5 for rows in sections)
    assert len(messages) == len(set(messages))
    # Each line of a table was read, those without a message apart.
    assert len(messages) == len(re.findall(r"^\| `", PAGE, re.MULTILINE))


@pytest.mark.parametrize("row", OF_MFA_SESSION, ids=lambda row: row.message)
def test_each_message_of_ours_is_found_in_the_source(row: Row) -> None:
    assert row.fragments()
    assert [part for part in row.fragments() if not any(part in text for text in OURS)] == []


@pytest.mark.parametrize("row", OF_AWS, ids=lambda row: row.message)
def test_each_message_of_aws_is_one_that_doctor_explains(row: Row) -> None:
    message = row.message.replace("User: …", "User: arn:aws:iam::123456789012:user/test-user").replace(
        "perform: …", "perform: s3:GetObject"
    )

    explained = explain(message, profile=Profile("test-user", "test-user-mfa"), caller=None)

    assert "unknown-message" not in [finding.name for finding in explained]


@pytest.mark.parametrize("row", OF_AWS_CLI, ids=lambda row: row.message)
def test_each_message_of_the_aws_cli_is_one_of_botocore(row: Row) -> None:
    texts = {re.sub(r"{\w+}", "\0", text) for text in BOTOCORE}

    assert [part for part in row.fragments() if not any(part in text for text in texts)] == []


@pytest.mark.parametrize("command", sorted(set(TYPED.findall(PAGE))))
def test_each_command_can_be_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    own = command.partition(" -- ")[0].removeprefix("mfa-session ").split()
    words = own[1:] if own[0] == "--debug" else own
    name = words[: 2 if words[0] in ("device", "keys", "policy") else 1]

    code = run([*name, "--help"])

    helped = capsys.readouterr().out
    options = set(re.findall(r"(?<= )--[a-z-]+", command.partition(" -- ")[0])) - {"--debug"}
    assert code == 0
    assert words[0] in COMMANDS
    assert [option for option in options if option not in helped] == []


def test_what_is_as_above_has_something_above() -> None:
    rows = [*OF_AWS, *OF_AWS_CLI, *OF_OTHERS, *OF_MFA_SESSION]

    assert all(AS_ABOVE not in (rows[0].cause, rows[0].fix) for rows in (OF_AWS, OF_AWS_CLI, OF_OTHERS, OF_MFA_SESSION))
    assert all(row.fix == AS_ABOVE for row in rows if row.cause == AS_ABOVE)


@pytest.mark.parametrize(
    "typed",
    [
        "--no-prompt login --profile p",
        "--no-prompt keys add --profile p",
        "exec --profile p -- true",
        "export --profile p",
    ],
)
def test_what_the_program_says_is_found_on_the_page(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "DBUS_SESSION_BUS_ADDRESS", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MFA_SESSION_NO_PROMPT", "1")

    run(typed.split())

    said = re.search(r"^mfa-session: error: (.+)$", capsys.readouterr().err, re.MULTILINE)
    assert said
    assert [row.message for row in OF_MFA_SESSION if row.matches(said[1])], said[1]
