"""Made-up texts: of any characters, of those that a parser looks at, and right ones with something wrong in them."""

from collections.abc import Sequence

from hypothesis import strategies as st

# What looks like a digit, a blank, a letter or an end of a line, and is another.
ODD = [
    "\0",
    "\x0b",
    "\x1c",
    "\x85",
    "\xa0",
    "\u2028",
    "\u200b",
    "\ufeff",
    "\u0660",
    "\uff11",
    "\u0131",
    "\u212a",
    "\ud800",
]

any_text = st.text(max_size=60)
any_bytes = st.binary(max_size=200)


def made_of(pieces: Sequence[str], *, at_most: int = 12) -> st.SearchStrategy[str]:
    """Return texts of *pieces* in any order, with something odd between them now and then."""
    piece = st.one_of(st.sampled_from([*pieces]), st.sampled_from([*pieces]), st.sampled_from(ODD), st.characters())
    return st.lists(piece, max_size=at_most).map("".join)


@st.composite
def nearly(draw: st.DrawFn, right: str) -> str:
    """Return *right* after a few characters were lost, doubled or replaced."""
    characters = list(right)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(len(characters) - 1, 0)))
        with_what = draw(st.one_of(st.just([]), st.sampled_from(ODD).map(list), st.text(max_size=2).map(list)))
        characters[at : at + draw(st.integers(0, 1))] = with_what
    return "".join(characters)


def like(*right: str) -> st.SearchStrategy[str]:
    """Return texts that are one of *right*, nearly one of them, or anything."""
    return st.one_of(st.sampled_from(right), st.sampled_from(right).flatmap(nearly), any_text)
