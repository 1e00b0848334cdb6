"""The sections of an AWS file are those that botocore reads."""

from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError

from mfa_session.aws_files.parser import read_sections, split_lines
from mfa_session.errors import SharedFileError

READABLE = {
    "nothing": b"",
    "comments alone": b"# one\n; two\n\n",
    "plain": b"[a]\nk = v\n\n[b]\nk = v\n",
    "no blanks, and a colon": b"[a]\nk=v\nl: w\n",
    "capitals": b"[A]\nKEY = Value\n",
    "comment signs in values": b"[a]\nk = v # not a comment\nl = ;\n",
    "empty values": b"[a]\nk =\nl = \n[b]\n",
    "wrapped value": b"[a]\nk = one\n  two\n\tthree\n\n  # a comment inside\n  four\nl = w\n",
    "nested block": b"[a]\ns3 =\n  x = 1\n\n  y = 2\nk = v\n",
    "indented header is a value": b"[a]\nk = v\n  [b]\n  l = w\n",
    "indented header after a header": b"[a]\n  [b]\n    [c]\n    k = v\n",
    "indented file": b"    [a]\n    k = v\n    [b]\n    k = v\n",
    "CRLF": b"[a]\r\nk = v\r\n  w\r\n[b]\r\nk = v\r\n",
    "CR alone": b"[a]\rk = v\r[b]\rk = v\r",
    "all three ends of line": b"[a]\r\nk = v\rl = w\n[b]\n",
    "no end of line": b"[a]\nk = v",
    "what only str.splitlines splits at": "[a]\nk = one\u2028two\x0bthree\x85four\x0cfive\n".encode(),
    "blanks of other scripts": "[a]\n\u3000k = v\n".encode(),
    "text after a header": b"[a] # c\nk = v\n[b] junk\nk = v\n[c] # [d]\nk = v\n",
    "brackets in a name": b"[x[0]]\nk = v\n",
    "what every profile inherits": b"[DEFAULT]\nregion = r\n[a]\nk = v\n[b]\nregion = s\n[DEFAULT]\noutput = json\n",
    "NUL in a value": b"[a]\nk = a\0b and more of it\n",
}

UNREADABLE = {
    "a section twice": (b"[a]\nk = v\n[b]\n[a]\n", 4),
    "a key twice": (b"[a]\nk = v\nl = w\nk = v\n", 4),
    "a key twice, in capitals": (b"[a]\nk = v\nK = v\n", 3),
    "a key twice in [DEFAULT]": (b"[DEFAULT]\nk = v\n[a]\n[DEFAULT]\nk = v\n", 5),
    "a line before any section": (b"# c\nk = v\n[a]\n", 2),
    "a line without =": (b"[a]\nk = v\nwJalrXUtnFEMI\n", 3),
    "a line without key": (b"[a]\n= v\n", 2),
    "a slash comment": (b"[a]\n// c\n", 2),
    "a header that does not close": (b"[a\nk = v\n", 1),
    "an empty header": (b"[]\nk = v\n", 1),
    "Latin-1": (b"[a]\nk = v\n# caf\xe9\n", 3),
    "a broken nested block": (b"[a]\ns3 =\n  x = 1\n  # c\n  wJalrXUtnFEMI\n", 5),
    "a nested block that is broken where only str.splitlines splits": ("[a]\ns3 =\n  x = 1\u2028X\n".encode(), 3),
    "a nested block of one broken line": (b"[a]\ns3 =\n  X\n", 3),
}


def as_botocore_reads(path: Path) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = raw_config_parse(str(path), parse_subsections=False)
    return sections


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE)
def test_names_keys_and_values_are_those_that_botocore_reads(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    found = read_sections(data)

    ours = {
        section.name: {**found.inherited, **section.values} for section in found.sections if section.name != "DEFAULT"
    }
    assert ours == as_botocore_reads(path)


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE)
def test_each_section_and_each_key_begins_on_the_line_that_says_so(data: bytes) -> None:
    found = read_sections(data)

    assert b"".join(found.lines) == data
    starts = [section.start for section in found.sections]
    assert [section.end for section in found.sections] == [*starts, len(found.lines)][1:]
    for section in found.sections:
        assert f"[{section.name}]" in found.texts[section.start]
        for key, line in section.keys.items():
            assert found.texts[line].strip().lower().startswith(key)
            assert section.start < line < section.end


@pytest.mark.parametrize(("data", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_botocore_cannot_read_is_refused_with_the_line_and_without_a_word_of_it(
    data: bytes, line: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises((ConfigParseError, UnicodeDecodeError)):
        raw_config_parse(str(path))

    with pytest.raises(SharedFileError, match=f"^line {line}: ") as refusal:
        read_sections(data)

    assert "wJalr" not in f"{refusal.value} {refusal.value.hint}"
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize(
    ("data", "problem", "fix"),
    [
        (b"[a]\nk = v\n[a]\n", "line 3: section [a] is there a second time", "make the two one section"),
        (b"[a]\nk = v\nk = w\n", "line 3: this key is there a second time in [a]", "delete one of the two lines"),
        (
            b"k = v\n[a]\n",
            "line 1: this line stands before any [section]",
            "delete it, or write the header of its profile above it",
        ),
        (
            b"[a]\nwords\n",
            "line 2: this is no [section], no key = value and no comment",
            "correct that line, or put a # before it",
        ),
        (
            b"[a]\ns3 =\n  words\n",
            "line 3: this line of an indented block has no =",
            "write it as key = value, or delete it",
        ),
        (b"[a]\nk = \xff\n", "line 2: this is not UTF-8 text", "save the file as UTF-8"),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_line_and_how_it_is_mended(data: bytes, problem: str, fix: str) -> None:
    with pytest.raises(SharedFileError) as refusal:
        read_sections(data)

    assert (str(refusal.value), refusal.value.hint) == (f"{problem}, and AWS tools cannot read the file", fix)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf[a]\nk = v\n", "a byte order mark of UTF-8"),
        ("[a]\nk = v\n".encode("utf-16"), "a byte order mark of UTF-16"),
        (b"\xfe\xff" + "[a]\n".encode("utf-16-be"), "a byte order mark of UTF-16"),
        ("[a]\nk = v\n".encode("utf-16-le"), "full of NUL bytes"),
        (b"[a]\nk = v\n" + b"\0" * 512, "full of NUL bytes"),
    ],
)
def test_a_file_of_another_encoding_is_refused_by_the_name_of_the_encoding(data: bytes, said: str) -> None:
    with pytest.raises(SharedFileError, match=said):
        read_sections(data)


def test_values_are_not_shown_where_a_section_is() -> None:
    shown = repr(read_sections(b"[a]\naws_secret_access_key = wJalrXUtnFEMI\n"))

    assert "wJalr" not in shown


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a\r\nb\rc\nd", [b"a\r\n", b"b\r", b"c\n", b"d"]),
        (b"a\r\r\nb", [b"a\r", b"\r\n", b"b"]),
        ("a\u2028b\x0bc\n".encode(), ["a\u2028b\x0bc\n".encode()]),
    ],
)
def test_a_line_ends_where_python_ends_it_in_a_text_file(data: bytes, lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    assert split_lines(data) == lines
    with path.open(encoding="utf-8") as file:
        assert len(list(file)) == len(lines)
