"""A table is one line a row at the width of the terminal, in colours where the user wants them."""

import re

import pytest

from mfa_session.cli.table import display_width, table
from tests.cli.sections import LONG_AGO, session
from tests.machine import PHONE, Machine
from tests.terminal import PseudoTerminal

NAME = "a-profile-of-the-production-account-in-tokyo"

ROLE = f"[profile {NAME}-admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = {NAME}\n"


def screen_of(machine: Machine, terminal: PseudoTerminal, *arguments: str, **environment: str) -> list[str]:
    """Return the lines that the program writes on a terminal of 80 columns."""
    program = machine.start(terminal, *arguments, **environment)
    program.wait()
    return [line for line in terminal.text.replace("\r", "").split("\n") if line]


def test_a_wide_character_takes_two_columns_and_one_that_combines_none() -> None:
    assert display_width("本番 e\u0301 ｶ") == 4 + 1 + 1 + 1 + 1

    lines = table(("NAME", "X"), [("本番", "1"), ("prod", "2")]).splitlines()

    assert lines == ["NAME  X", "本番  1", "prod  2"]


def test_status_with_a_role_and_long_names_has_one_line_a_profile_on_a_terminal(machine: Machine) -> None:
    machine.write_config(f"[profile {NAME}]\nmfa_serial = {PHONE}\nmfa_session_store = file\n{ROLE}")
    machine.write_credentials(session(f"{NAME}-mfa", source=NAME))

    with machine.terminal(columns=80) as terminal:
        lines = screen_of(machine, terminal, "status", NO_COLOR="1")

    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert "…" in lines[1]
    assert re.search(r"valid until 2099-01-01 ", lines[1])


def test_a_value_that_is_too_wide_for_a_terminal_is_whole_in_a_pipe(machine: Machine) -> None:
    machine.write_config(f"[profile {NAME}]\nmfa_serial = {PHONE}\nmfa_session_store = file\n{ROLE}")

    assert f"{NAME}-admin-mfa" in machine.run("status").stdout


@pytest.mark.parametrize(
    ("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_session_has_the_colour_of_its_state_where_colours_are_wanted(
    machine: Machine, environment: dict[str, str], is_coloured: bool
) -> None:
    machine.write_credentials(session() + session("old-mfa", source="old", end=LONG_AGO))

    with machine.terminal() as terminal:
        screen_of(machine, terminal, "status", **{"TERM": "xterm", **environment})

    assert (b"\x1b[32mvalid until" in terminal.raw, b"\x1b[31mexpired\x1b[0m" in terminal.raw) == (is_coloured,) * 2
    assert (b"\x1b" in terminal.raw) == is_coloured


def test_a_table_in_a_pipe_has_no_colours(machine: Machine) -> None:
    machine.write_credentials(session())

    assert "\x1b" not in machine.run("status", TERM="xterm").stdout
