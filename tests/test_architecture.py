"""Who may import whom: the house of docs/architecture.md, held to by its own source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mfa_session

PACKAGE = Path(mfa_session.__file__).parent
REPOSITORY = Path(__file__).parent.parent

LINES_OF_THE_LONGEST_FILE = 400

# What every module may use: values, and the errors that go with them. None of them knows a file, a wire or a person.
VALUES = {
    "batch_file",
    "command_line",
    "container_credentials",
    "credentials",
    "durations",
    "enforcing_policies",
    "errors",
    "findings",
    "iam_role",
    "identity",
    "key_metadata",
    "mfa",
    "partitions",
    "policies",
    "policy_conditions",
    "policy_holes",
    "policy_patterns",
    "policy_trial",
    "process_line",
    "program_search",
    "shells",
    "profiles",
    "recent",
    "rotation",
    "visible",
}

# What the tool does: one verb a module. They take values and protocols, and know none of the rooms.
VERBS = {
    "console",
    "credential_process",
    "device_removal",
    "diagnosis",
    "discovery",
    "enrolment",
    "environment_findings",
    "explanation",
    "key_add",
    "key_copies",
    "key_findings",
    "key_import",
    "key_list",
    "key_lookup",
    "key_move",
    "key_proof",
    "key_removal",
    "key_rotation",
    "leftovers",
    "login",
    "login_round",
    "policy_apply",
    "policy_check",
    "profile_findings",
    "resynchronization",
    "roles",
    "second_key",
    "serving",
    "status",
    "two_codes",
}

# What stands on the path of a cached answer: they know each other, and nothing else of ours.
HOT = {"__main__", "cached_answer", "environment", "takeover", "until"}

ROOMS = {"aws", "store", "ask", "loopback", "cli", "demo"}

MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(VALUES, VALUES | {"until"}),
    **dict.fromkeys(VERBS, VALUES | VERBS),
    "aws": VALUES | {"aws"},
    "store": VALUES | {"store"},
    "ask": VALUES | {"ask"},
    "loopback": VALUES | {"loopback"},
    "demo": VALUES | {"demo"},
    "cli": VALUES | VERBS | ROOMS | {"__init__", "environment", "takeover", "until"},
    "api": {"ask", "aws", "cli", "credentials", "login"},
    "until": set(),
    "environment": set(),
    "takeover": set(),
    "cached_answer": set(),
    "__main__": {"cached_answer", "environment", "takeover", "until", "cli"},
    "__init__": {"api", "errors"},
}

THIRD_PARTIES: dict[str, set[str]] = {
    "aws": {"boto3", "botocore"},
    "store": {"configobj", "cryptography", "keyring", "secretstorage", "jeepney"},
    "cli": {"typer", "rich", "segno"},
    "api": {"boto3"},  # by name alone: what it returns is boto3's
}

# `signal` only on the way into exec(2), where the interpreter ends anyway; `gc` only on the way into the program.
HOT_STANDARD_LIBRARY = {"os", "sys", "time", "signal", "gc"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(module: Path) -> str:
    """Return the room a module is in, or its own name where it stands in none."""
    parts = module.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(module: Path) -> Iterator[str]:
    """Yield every dotted name a module imports, those inside functions included."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide which room they reach into"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def our_place(name: str) -> str:
    """Return the place of ours that an imported dotted *name* lies in."""
    second = name.split(".")[1] if "." in name else "__init__"
    return second if (PACKAGE / second).is_dir() or (PACKAGE / f"{second}.py").exists() else "__init__"


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_place_may_know(module: Path) -> None:
    ours = {our_place(name) for name in imports(module) if name.split(".")[0] == "mfa_session"}

    assert ours <= MAY_IMPORT[place(module)]


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_third_party_lives_in_one_room(module: Path) -> None:
    everybody = set[str]().union(*THIRD_PARTIES.values())
    used = {name.split(".")[0] for name in imports(module)} & everybody

    assert used <= THIRD_PARTIES.get(place(module), set())


@pytest.mark.parametrize("name", sorted(HOT))
def test_a_hot_module_imports_only_what_the_bare_interpreter_has(name: str) -> None:
    module = PACKAGE / f"{name}.py"
    foreign = {i for i in imports(module) if not i.startswith("mfa_session")}

    assert {i.split(".")[0] for i in foreign} <= HOT_STANDARD_LIBRARY


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_longer_than_a_reader_holds_in_mind(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LINES_OF_THE_LONGEST_FILE


@pytest.mark.parametrize(
    "file",
    sorted(file for folder in ("tests", "benchmarks", "release") for file in (REPOSITORY / folder).rglob("*.py")),
    ids=lambda path: str(path.relative_to(REPOSITORY)),
)
def test_no_test_or_benchmark_is_longer_than_a_module_may_be(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINES_OF_THE_LONGEST_FILE
