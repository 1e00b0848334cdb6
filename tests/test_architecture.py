"""Which room may import which: the picture of docs/architecture.md, checked in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mfa_session

PACKAGE = Path(mfa_session.__file__).parent
REPOSITORY = Path(__file__).parent.parent

MAX_LINES = 400

# Every room may use these two.
FOR_ALL = {"errors", "text"}

# Each room, and the rooms it may import: only rooms above it in this table.
ROOMS: dict[str, set[str]] = {
    "filesystem": set(),
    "system": set(),
    "model": {"system"},
    "state": {"filesystem", "model"},
    "keystore": {"filesystem", "model"},
    "aws_files": {"filesystem", "system", "model"},
    "prompt": {"system", "model"},
    "aws": {"model"},
    "policies": {"model"},
    "sessions": {"model"},
    "importers": {"filesystem", "system", "model", "keystore", "aws_files"},
    "keys": {"model", "sessions"},
    "devices": {"model", "sessions"},
    "doctor": {"system", "model", "sessions"},
    "credential_server": {"model", "sessions"},
    "local_aws": {"model", "policies"},
    "demo": {"local_aws"},
}

# On the path of a cached answer: they import each other, and of the standard library what the interpreter has loaded.
HOT: dict[str, set[str]] = {
    "__main__": {"cached_answer", "environment", "exec_program", "text", "cli"},
    "cached_answer": set(),
    "environment": set(),
    "exec_program": {"system"},  # on Windows
    "text": set(),
}

# `signal` only on the way into exec(2), where the interpreter ends anyway; `gc` only on the way into the program.
HOT_STANDARD_LIBRARY = {"os", "sys", "time", "signal", "gc"}

# `cli` puts the rooms together; the Python interface is put together by it.
MAY_IMPORT: dict[str, set[str]] = {
    **{room: below | FOR_ALL for room, below in ROOMS.items()},
    **HOT,
    "cli": set(ROOMS) | FOR_ALL | {"__init__", "environment", "exec_program"},
    "api": {"aws", "cli", "errors", "model", "prompt", "sessions"},
    "__init__": {"api", "errors", "prompt"},
    "errors": {"text"},
}

THIRD_PARTIES: dict[str, set[str]] = {
    "aws": {"boto3", "botocore", "aiobotocore"},
    "aws_files": {"configobj"},
    "keystore": {"cryptography", "keyring", "secretstorage", "jeepney"},
    "importers": {"cryptography", "secretstorage"},  # opens what aws-vault has encrypted
    "cli": {"typer", "rich", "segno", "shellingham"},
    "api": {"boto3", "botocore"},  # in types alone
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(module: Path) -> str:
    """Return the room a module is in, or its own name at the top of the package."""
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(module: Path) -> Iterator[str]:
    """Yield every dotted name a module imports, those inside functions included."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide which room they reach into"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def our_place(name: str) -> str:
    """Return the room, or the module at the top, that an imported dotted *name* lies in."""
    second = name.split(".")[1] if "." in name else "__init__"
    return second if (PACKAGE / second).is_dir() or (PACKAGE / f"{second}.py").exists() else "__init__"


def imports_inside_functions(module: Path) -> Iterator[int]:
    """Yield the number of each line with an import in a function."""
    functions = (node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if is_function(node))
    for function in functions:
        yield from (node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def test_every_room_is_in_the_table() -> None:
    assert {place(module) for module in modules()} == set(MAY_IMPORT)


def test_no_room_imports_one_that_is_higher_in_the_house() -> None:
    order = list(ROOMS)

    assert [(room, below) for room in order for below in ROOMS[room] if order.index(below) >= order.index(room)] == []


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may_know(module: Path) -> None:
    ours = {our_place(name) for name in imports(module) if name.split(".")[0] == "mfa_session"}

    assert ours <= MAY_IMPORT[place(module)] | {place(module)}


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_third_party_lives_in_its_room(module: Path) -> None:
    all_of_them = set[str]().union(*THIRD_PARTIES.values())
    used = {name.split(".")[0] for name in imports(module)} & all_of_them

    assert used <= THIRD_PARTIES.get(place(module), set())


@pytest.mark.parametrize("name", sorted(HOT))
def test_a_hot_module_imports_only_what_the_bare_interpreter_has(name: str) -> None:
    module = PACKAGE / f"{name}.py"
    foreign = {i for i in imports(module) if not i.startswith("mfa_session")}

    assert {i.split(".")[0] for i in foreign} <= HOT_STANDARD_LIBRARY


@pytest.mark.parametrize("module", sorted((PACKAGE / "cli").rglob("*.py")), ids=lambda path: path.stem)
def test_an_import_inside_a_function_of_a_command_has_a_comment_that_says_why(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()

    assert [n for n in imports_inside_functions(module) if "#" not in lines[n - 1] + lines[n - 2]] == []


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_longer_than_a_reader_holds_in_mind(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    "file",
    sorted(file for folder in ("tests", "benchmarks", "release") for file in (REPOSITORY / folder).rglob("*.py")),
    ids=lambda path: str(path.relative_to(REPOSITORY)),
)
def test_no_test_or_benchmark_is_longer_than_a_module_may_be(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
