"""The proof lets an edit pass only if everything else reads as before."""

import pytest

from mfa_session.aws_files.editor import Splice, proven
from mfa_session.aws_files.parser import read_sections
from mfa_session.errors import SharedFileError

FILE = b"[a]\nk = v\n[dev]\nk = v\n[b]\nk = v\n[c]\nk = v\n"


def test_an_edit_of_one_section_passes_and_only_its_lines_change() -> None:
    splice = Splice(3, 4, [b"k = w\n", b"# c\n"])

    assert proven(read_sections(FILE), splice, at=1, becomes=("dev", {"k": "w"})) == FILE.replace(
        b"[dev]\nk = v\n", b"[dev]\nk = w\n# c\n"
    )


@pytest.mark.parametrize(
    ("splice", "becomes"),
    [
        pytest.param(Splice(3, 4, [b"k = x\n"]), ("dev", {"k": "w"}), id="another value than was wanted"),
        pytest.param(Splice(3, 4, [b"k = w\n", b"l = w\n"]), ("dev", {"k": "w"}), id="a key too many"),
        pytest.param(Splice(2, 4, [b"[d]\n", b"k = w\n"]), ("dev", {"k": "w"}), id="another name than was wanted"),
        pytest.param(Splice(2, 4, [b"[c]\n", b"k = w\n"]), ("c", {"k": "w"}), id="the name of another section"),
        pytest.param(Splice(3, 4, [b"k = w\n", b"[d]\n"]), ("dev", {"k": "w"}), id="a section too many"),
        pytest.param(Splice(3, 4, [b"k = w\n", b"k = w\n"]), ("dev", {"k": "w"}), id="a key twice"),
        pytest.param(Splice(3, 4, [b"w\n"]), ("dev", {}), id="a line that cannot be read"),
        pytest.param(Splice(3, 5, [b"k = w\n"]), ("dev", {"k": "w"}), id="a header lost"),
        pytest.param(Splice(3, 4, [b"k = w"]), ("dev", {"k": "w"}), id="lines that run together"),
        pytest.param(Splice(3, 4, [b"k = w\r", b"\n"]), ("dev", {"k": "w"}), id="ends of line that run together"),
        pytest.param(Splice(1, 4, [b"k = x\n", b"[dev]\n", b"k = w\n"]), ("dev", {"k": "w"}), id="the section before"),
        pytest.param(
            Splice(2, 4, [b"  more\n", b"[dev]\n", b"k = w\n"]), ("dev", {"k": "w"}), id="a value before it grown"
        ),
        pytest.param(Splice(2, 4, [b"# c\n"]), ("dev", {"k": "w"}), id="the section itself lost"),
        pytest.param(Splice(2, 3, []), None, id="its keys left to the section before"),
    ],
)
def test_an_edit_that_does_anything_else_is_refused(splice: Splice, becomes: tuple[str, dict[str, str]] | None) -> None:
    with pytest.raises(
        SharedFileError, match=r"^another profile would read differently after this change(?m:$)"
    ) as refusal:
        proven(read_sections(FILE), splice, at=1, becomes=becomes)

    assert refusal.value.hint == "write these lines with an editor"


def test_a_line_above_an_indented_header_that_would_swallow_it_is_refused() -> None:
    found = read_sections(b"[a]\n[dev]\n  [b]\nk = v\n")

    with pytest.raises(SharedFileError, match="read differently"):
        proven(found, Splice(2, 2, [b"k = w\n"]), at=1, becomes=("dev", {"k": "w"}))
