"""A plain file is read without configparser, and as configparser reads it."""

from random import Random

import pytest

from mfa_session.aws_files import parser
from mfa_session.errors import SharedFileError

PIECES = [
    "[a]", "[profile a]", "[b] ", "[default]", "[DEFAULT]", "\n", "\n", "\n", "\n", "k = v", "K=w", "s3 =", "  x = 1",
    "  # c", "# c", "; d", " ", "\r\n", "\r", "\t", "k2 : v", "=", "k3 =  a = b # c",
    "\x0c", "\x0b", "\x1c", "\x85", "\u2028",
    "é", "[c]x", "[", "]",
]  # fmt: skip


def reading(data: bytes) -> parser.Sections | str:
    try:
        return parser.read_sections(data)
    except SharedFileError as refusal:
        return str(refusal)


@pytest.mark.parametrize("seed", range(4))
def test_it_reads_as_configparser_does(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    contents = ["".join(random.choices(PIECES, k=random.randint(1, 14))).encode() for _ in range(2_000)]
    found = [reading(data) for data in contents]

    monkeypatch.setattr(parser, "_plain_sections", lambda _: None)

    assert [reading(data) for data in contents] == found
