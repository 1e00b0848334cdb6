"""The reference of the errors lists whatever the source can raise, in words that a user finds again."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from docs.machinery.error_reference import error_reference
from docs.machinery.pages import REFERENCE
from docs.machinery.raised import KINDS, Raised, all_raised
from docs.machinery.source import PACKAGE, Source
from mfa_session.cli.program import run

ROW = re.compile(r"^\| (.+) \| (.+) \| (\d+|as) (.+) \|$", re.MULTILINE)
PAGE = re.sub(r"\\(.)", r"\1", (REFERENCE / "errors.md").read_text(encoding="utf-8").replace("`", ""))


def pattern(text: str) -> str:
    """Return a regular expression for what *text* of the page may be at last; some have brackets of their own."""
    if part := re.fullmatch(r"(.*?)\[([^\[\]]*)\](.*)", text):
        return f"{pattern(part[1])}(?:\\[?{pattern(part[2])}\\]?)?{pattern(part[3])}"
    return "".join(".+" if piece.startswith("‹") else re.escape(piece) for piece in re.split("(‹[^‹›]*›)", text))


def rows() -> list[tuple[str, str, str]]:
    """Return every row of the page with its mend in full."""
    found: list[tuple[str, str, str]] = []
    for said, mend, code, _ in ROW.findall(PAGE):
        found.append((said, found[-1][1] if mend == "the same" else mend, code))
    return found


def errors_of(tmp_path: Path, **modules: str) -> list[Raised]:
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(inspect.cleandoc(text), encoding="utf-8")
    return list(all_raised(Source.read(tmp_path)))


def own_words(call: ast.Call) -> list[str]:
    """Return the parts of the message and the hint of *call* that are written in the call itself."""
    values = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
    return [value.strip() for value in values if isinstance(value, str) and len(value.split()) > 3]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_page_has_the_words_of_every_error_that_a_module_makes(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    errors = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in KINDS]

    shown = [error for error in errors if not any(ast.unparse(word) == "hint=''" for word in error.keywords)]

    assert [words for error in shown for words in own_words(error) if words not in PAGE] == []


@pytest.mark.parametrize(
    "typed",
    [
        "login --duration 5x",
        "login --all --profile p",
        "login --serial x",
        "login --token-code 12",
        "login --session-profile a]b --profile p",
        "--no-prompt login --profile p",
        "exec --profile p",
        "exec --profile p -- true",
        "export --format x --profile p",
        "console --profile p",
        "keys move --to keyring --profile p",
        "keys remove --profile p",
        "policy show --variant x",
        "policy check --context x",
        "policy check nothing.json",
    ],
)
def test_what_the_program_says_is_found_on_the_page_with_its_mend_and_its_exit_code(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "DBUS_SESSION_BUS_ADDRESS", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MFA_SESSION_NO_PROMPT", "1")

    code = run(typed.split())

    said = re.search(r"^mfa-session: error: (.+)\nmfa-session: hint: (.+)$", capsys.readouterr().err, re.MULTILINE)
    assert said
    assert [
        row
        for row in rows()
        if re.fullmatch(pattern(row[0]), said[1])
        and (row[2] == str(code) or row[2] == "as")
        and any(re.fullmatch(pattern(mend), said[2]) for mend in row[1].split("; or: "))
    ]


def test_the_page_names_every_kind_of_error_that_is_raised() -> None:
    raised = {each.kind for each in all_raised(Source.read()) if each.kind and each.hints}

    assert raised == set(re.findall(r"^\| \d+ [^|]+ \| (\w+) \|", PAGE.partition("## Kinds")[2], re.MULTILINE))


def test_a_text_that_is_handed_to_the_function_that_raises_is_read_from_its_callers(tmp_path: Path) -> None:
    [one, other] = errors_of(
        tmp_path,
        module="""
        def demand(condition: bool, message: str, *, hint: str) -> None:
            if not condition:
                raise UsageError(message, hint=hint)

        def check(name: str) -> None:
            demand(bool(name), "there is no name", hint="give one")
            demand(len(name) < 9, f"{name} is too long", hint="cut it short")
        """,
    )

    assert (one.messages, one.hints) == (("there is no name",), ("give one",))
    assert (other.messages, other.hints) == (("‹name› is too long",), ("cut it short",))


def test_what_may_be_said_or_not_stands_in_brackets_and_what_is_chosen_between_bars(tmp_path: Path) -> None:
    [error] = errors_of(
        tmp_path,
        module="""
        def check(name: str, line: int | None) -> None:
            where = f" (line {line + 1})" if line else ""
            raise UsageError(f"{name} is {'wrong' if line else 'absent'}{where}", hint="look" if line else "write it")
        """,
    )

    assert error.messages == ("‹name› is ‹wrong | absent›[ (line ‹line›)]",)
    assert error.hints == ("look", "write it")


def test_a_constant_is_read_from_the_module_that_it_is_imported_from(tmp_path: Path) -> None:
    [error] = errors_of(
        tmp_path,
        words='HINT = "give one of: " + "a, b"',
        module="""
        from mfa_session.words import HINT

        def check() -> None:
            raise UsageError("there is no such thing", hint=HINT)
        """,
    )

    assert error.hints == ("give one of: a, b",)


def test_an_error_that_tells_more_of_another_one_points_to_the_mend_of_that(tmp_path: Path) -> None:
    [error] = errors_of(
        tmp_path,
        module="""
        def check(name: str) -> None:
            try:
                parse(name)
            except UsageError as error:
                raise type(error)(f"line 1: {error}", hint=error.hint) from None
        """,
    )

    assert (error.kind, error.messages, error.hints) == (None, ("line 1: ‹error›",), ("‹its mend›",))


def test_a_new_error_makes_the_page_stale(tmp_path: Path) -> None:
    (tmp_path / "login.py").write_text(
        '"""Log in."""\nraise ConfigurationError("the moon is full", hint="wait a night")\n', encoding="utf-8"
    )

    page = error_reference(Source.read(tmp_path))

    assert "### Log in\n" in page
    assert "| the moon is full | wait a night | 253 configuration |" in page
