"""The search finds what is there: without that, nothing found would mean nothing."""

import base64
import json
import random

import pytest

from tests.campaigns.figures import count
from tests.campaigns.secrets.search import forms, found_in, holds, pieces
from tests.machine import PASSPHRASE

COLUMNS = 20

# One of each kind, as long and of the letters that the real ones have.
ASSETS = {
    "long-term secret key": "je7MtGbClwBF/2Zp9Utk+h3yCo8nvbEXAMPLEKEY",
    "session secret key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "session token": base64.b64encode(random.Random(1).randbytes(240)).decode(),
    "token code": "048213",
    "seed": base64.b32encode(random.Random(2).randbytes(40)).decode(),
    "passphrase": PASSPHRASE,
    "token of the companion": base64.urlsafe_b64encode(random.Random(3).randbytes(32)).decode().rstrip("="),
    "sign-in token": base64.urlsafe_b64encode(random.Random(4).randbytes(600)).decode(),
}

NAMED = {asset: {secret} for asset, secret in ASSETS.items()}


def wrapped(text: str, *, first_line: int) -> str:
    """Return *text* as a terminal shows it whose cursor stands *first_line* places before the end of the line."""
    rest = text[first_line:]
    return "\r\n".join([text[:first_line], *(rest[at : at + COLUMNS] for at in range(0, len(rest), COLUMNS))])


@pytest.mark.parametrize("asset", NAMED)
def test_every_form_of_an_asset_is_found_alone_and_in_the_middle_of_other_text(asset: str) -> None:
    alone = list(forms(ASSETS[asset]).values())
    in_a_line = [b"mfa-session: error: " + form + b" is refused\n" for form in alone]

    missed = [text for text in alone + in_a_line if found_in(text, NAMED) != [asset]]

    count("secrets", "control: forms that are planted", cases=2 * len(alone), missed=len(missed))
    assert missed == []


@pytest.mark.parametrize("asset", NAMED)
def test_an_asset_is_found_wherever_a_terminal_of_twenty_columns_breaks_it(asset: str) -> None:
    broken = [wrapped(ASSETS[asset], first_line=first) for first in range(COLUMNS + 1)]
    coloured = [text.replace("\r\n", "\x1b[0m\r\n\x1b[31m") for text in broken]

    missed = [text for text in broken + coloured if found_in(f"code {text}\r\n".encode(), NAMED) != [asset]]

    count("secrets", "control: lines that are broken", cases=len(broken + coloured), missed=len(missed))
    assert missed == []


@pytest.mark.parametrize("asset", [asset for asset, secret in ASSETS.items() if len(pieces(secret)) > 1])
def test_a_piece_of_a_long_asset_is_found(asset: str) -> None:
    assert [holds(piece.encode(), ASSETS[asset]) for piece in pieces(ASSETS[asset])] == [True] * 3


@pytest.mark.parametrize("before", ["", "user:", "xy", "Basic realm="])
def test_an_asset_is_found_in_the_base_64_of_more(before: str) -> None:
    coded = {asset: base64.b64encode(f"{before}{secret} and more".encode()) for asset, secret in ASSETS.items()}

    assert [asset for asset, text in coded.items() if not holds(text, ASSETS[asset])] == []


def test_an_asset_is_found_in_json_in_json() -> None:
    document = json.dumps({"Message": json.dumps(ASSETS)})

    assert found_in(document.encode(), NAMED) == list(ASSETS)


@pytest.mark.parametrize("text", ["", "account 1048213", "0482134", "wJalr", "mfa-session: error: correct horse"])
def test_what_only_looks_like_one_is_not_found(text: str) -> None:
    assert found_in(text.encode(), NAMED) == []
