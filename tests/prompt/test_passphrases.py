"""Where the passphrase of the encrypted file comes from."""

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_session.errors import PassphraseError, PersonNeededError
from mfa_session.prompt.passphrases import Passphrases
from mfa_session.prompt.terminal import Terminal
from tests.clean_environment import clean_environment
from tests.terminal import Program, PseudoTerminal, Stream

FD = "MFA_SESSION_PASSPHRASE_FD"
FILE = "MFA_SESSION_PASSPHRASE_FILE"
VARIABLE = "MFA_SESSION_PASSPHRASE"


def no_terminal() -> Terminal:
    raise PersonNeededError("there is no terminal to ask on", hint="run it in a terminal")


def passphrases(**environment: str) -> Passphrases:
    return Passphrases(environment, no_terminal)


def file_of(path: Path, content: bytes, *, mode: int = 0o600) -> str:
    file = path / "passphrase"
    file.write_bytes(content)
    file.chmod(mode)
    return str(file)


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """Yield a descriptor as a parent hands it on: inheritable, with a passphrase to be read from it."""
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\nbattery staple\n")
    os.close(writing)
    os.set_inheritable(reading, True)
    yield reading
    with contextlib.suppress(OSError):
        os.close(reading)


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        (b"correct horse", "correct horse"),
        (b"correct horse\n", "correct horse"),
        (b"correct horse\r\nbattery\r\n", "correct horse"),
        (b" correct horse \n", " correct horse "),
        ("合言葉はひみつ\n".encode(), "合言葉はひみつ"),
    ],
)
def test_a_file_gives_its_first_line(tmp_path: Path, content: bytes, passphrase: str) -> None:
    assert passphrases(**{FILE: file_of(tmp_path, content)}).passphrase(new=False) == passphrase


def test_a_descriptor_gives_its_first_line_once_and_for_all(descriptor: int) -> None:
    source = passphrases(**{FD: str(descriptor)})

    assert source.passphrase(new=True) == "correct horse"
    assert source.passphrase(new=False) == "correct horse"


def test_a_descriptor_is_closed_when_it_was_read(descriptor: int) -> None:
    passphrases(**{FD: str(descriptor)}).passphrase(new=False)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_the_environment_gives_it_where_nothing_better_is_set() -> None:
    assert passphrases(**{VARIABLE: "correct horse"}).passphrase(new=False) == "correct horse"


def test_a_descriptor_comes_before_a_file_and_a_file_before_the_environment(tmp_path: Path, descriptor: int) -> None:
    every = {FD: str(descriptor), FILE: file_of(tmp_path, b"of the file"), VARIABLE: "of the environment"}
    without_descriptor = {name: value for name, value in every.items() if name != FD}

    assert passphrases(**every).passphrase(new=False) == "correct horse"
    assert passphrases(**without_descriptor).passphrase(new=False) == "of the file"


def test_what_is_set_first_counts_though_it_holds_nothing(tmp_path: Path) -> None:
    source = passphrases(**{FILE: file_of(tmp_path, b""), VARIABLE: "correct horse"})

    with pytest.raises(PassphraseError, match=f"{FILE} is set, but there is no passphrase"):
        source.passphrase(new=False)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    source = passphrases(**{FILE: file_of(tmp_path, b"correct horse", mode=mode)})

    with pytest.raises(PassphraseError, match="is readable by others") as refused:
        source.passphrase(new=False)
    assert "chmod 600" in refused.value.hint


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({FD: ""}, "is not the number of a descriptor"),
        ({FD: "three"}, "is not the number of a descriptor"),
        ({FD: "0"}, "is not the number of a descriptor"),
        ({FD: "2"}, "is not the number of a descriptor"),
        ({FD: "9" * 30}, "is not the number of a descriptor"),
        ({FD: "99999"}, "cannot be read: bad file descriptor"),
        ({FILE: "/nowhere/to\nbe found"}, r"/nowhere/to\\nbe found cannot be read: no such file"),
        ({FILE: ""}, "cannot be read: no such file"),
        ({FILE: "/"}, "is open to others|cannot be read: is a directory"),
        ({VARIABLE: ""}, f"{VARIABLE} is set, but there is no passphrase"),
        ({VARIABLE: "\udcff\udcfe"}, "is not UTF-8"),
        ({VARIABLE: "x" * 4097}, "is longer than 4096 bytes"),
    ],
)
def test_a_place_without_a_passphrase_has_a_sentence_of_its_own(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(PassphraseError, match=sentence):
        passphrases(**environment).passphrase(new=False)


def test_a_descriptor_that_we_opened_ourselves_is_not_the_one_that_is_meant(tmp_path: Path) -> None:
    ours = os.open(file_of(tmp_path, b"correct horse"), os.O_RDONLY)

    with pytest.raises(PassphraseError, match="bad file descriptor"):
        passphrases(**{FD: str(ours)}).passphrase(new=False)
    os.close(ours)


def test_a_passphrase_that_is_not_utf_8_is_not_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(PassphraseError) as refused:
        passphrases(**{FILE: file_of(tmp_path, b"secret\xff")}).passphrase(new=False)

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(("length", "is_taken"), [(7, False), (8, True)])
def test_a_new_passphrase_has_eight_characters_or_more(length: int, is_taken: bool) -> None:
    source = passphrases(**{VARIABLE: "é" * length})

    if is_taken:
        assert source.passphrase(new=True) == "é" * length
    else:
        with pytest.raises(PassphraseError, match="too short for a new one"):
            source.passphrase(new=True)


def test_a_passphrase_that_is_there_already_may_be_short() -> None:
    assert passphrases(**{VARIABLE: "short"}).passphrase(new=False) == "short"


def test_without_a_person_the_hint_names_every_way() -> None:
    with pytest.raises(PersonNeededError, match="passphrase of the encrypted file required") as refused:
        passphrases().passphrase(new=False)

    assert all(way in refused.value.hint for way in (FD, FILE, VARIABLE, "terminal"))


PROGRAM = """
import os, sys
from mfa_session.prompt.passphrases import Passphrases
from mfa_session.prompt.terminal import Terminal

print(ascii(Passphrases(os.environ, Terminal.open).passphrase(new={new})))
"""


def asked(terminal: PseudoTerminal, *, new: bool) -> Program:
    return terminal.run(sys.executable, "-c", PROGRAM.format(new=new), stdout=Stream.PIPE)


def test_a_person_is_asked_until_there_is_a_passphrase(terminal: PseudoTerminal) -> None:
    program = asked(terminal, new=False)

    terminal.expect("Passphrase of the encrypted file: ")
    terminal.type("\n")
    terminal.expect("Passphrase of the encrypted file: ")
    terminal.type("short\n")

    program.wait()
    assert program.stdout == b"'short'\n"
    assert "short" not in terminal.text


def test_a_new_passphrase_is_typed_twice_and_again_when_it_is_short_or_differs(terminal: PseudoTerminal) -> None:
    program = asked(terminal, new=True)

    for first, second in (("short", None), ("correct horse", "correct hose"), ("correct horse", "correct horse")):
        terminal.expect("New passphrase of the encrypted file (8 characters or more): ")
        terminal.type(f"{first}\n")
        if second is not None:
            terminal.expect("Repeat passphrase: ")
            terminal.type(f"{second}\n")

    program.wait()
    assert program.stdout == b"'correct horse'\n"
    assert "Use at least 8 characters.\n" in terminal.text
    assert "Passphrases do not match.\n" in terminal.text
    assert "horse" not in terminal.text


def test_a_process_substitution_is_a_file(tmp_path: Path) -> None:
    program = shlex.join((sys.executable, "-c", PROGRAM.format(new=False)))

    result = subprocess.run(
        ["bash", "-c", f"{FILE}=<(sleep 0.1; echo correct horse) exec {program}"],
        capture_output=True,
        env=clean_environment(tmp_path),
        timeout=20,
    )

    assert result.stdout == b"'correct horse'\n"


def test_the_file_may_be_named_from_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    file_of(tmp_path, b"correct horse\n")

    assert passphrases(**{FILE: "~/passphrase"}).passphrase(new=False) == "correct horse"
