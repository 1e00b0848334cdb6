"""What a terminal shows, without what is different on every run: times, keys, ports and places."""

import re

from tests.machine import MFA_SESSION, Machine

# What is said of an address only because it is not AWS's own.
_LOCAL_ADDRESS = re.compile(
    r", sent to http://127\.0\.0\.1:\d+|^AWS +STS endpoint http://127\.0\.0\.1:\d+\n", re.MULTILINE
)
_OURSELVES_AT_HOME = "/home/me/.local/bin/mfa-session"

# Each kind of text that is different on every run, and what stands for it.
_CHANGING = {
    r"until (?:tomorrow |\d{4}-\d\d-\d\d |[A-Z][a-z]{2} )?\d\d:\d\d": "until TIME",
    r"\b11 h 5\d min": "11 h 59 min",
    r"\(11 h 59 min\)": "(12 h)",
    r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b": "DATE TIME",
    r"\b\d{4}-\d\d-\d\d\b": "DATE",
    r"\b\d\d:\d\d\b": "TIME",
    r"\bAKIA(?:[A-Z0-9]{16}|…[A-Z0-9]{4})": "AKIA…",
    r"\bASIA(?:[A-Z0-9]{16}|…[A-Z0-9]{4})": "ASIA…",
    r"^MFA code: \d{6}$": "MFA code: DIGITS",
    r"^mfa-session \d+\.\d+\.\S+$": "mfa-session VERSION",
    # The columns of a table are as wide as what stands in them.
    r"(?<=\S) {2,}(?=\S)": "  ",
    r" +$": "",
}


def normalised(shown: str, machine: Machine) -> str:
    """Return *shown* with a word for whatever changes from run to run, and without the local address of AWS."""
    text = _LOCAL_ADDRESS.sub("", shown).replace(str(MFA_SESSION), _OURSELVES_AT_HOME)
    text = text.replace(f"{machine.home}/.aws", "~/.aws").replace(str(machine.home), "/home/me")
    for pattern, word in _CHANGING.items():
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text.strip("\n")
