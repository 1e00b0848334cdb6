"""The line editing of a Windows console, whose keys are played here one by one."""

from functools import reduce

import pytest

from mfa_session.errors import PromptCancelledError
from mfa_session.prompt.windows_console import TypedLine, shown_change


def typed(keys: str) -> TypedLine:
    return reduce(TypedLine.after, keys, TypedLine())


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("123456\r", "123456"),
        ("１２３\n", "１２３"),
        (" 1\t2 \r", " 12 "),
        ("12x\b3\r", "123"),
        ("12x\x7f3\r", "123"),
        ("\b\b1\r", "1"),
        ("wrong\x1bright\r", "right"),
        ("wrong\x15right\r", "right"),
        ("1\x1a2\x043\r", "123"),
        ("1\x002\r", "12"),
        ("\ud83d\ude001\r", "\U0001f6001"),
        ("\ud83d\ude00\b1\r", "1"),
        ("1\ud83d\r", "1?"),
        ("\r", ""),
    ],
)
def test_keys_make_the_line_that_a_person_means(keys: str, line: str) -> None:
    assert typed(keys) == TypedLine(line, is_ended=True)


def test_a_line_is_not_ended_before_enter() -> None:
    assert not typed("123456").is_ended


def test_the_interrupt_key_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt):
        typed("12\x03")


@pytest.mark.parametrize("key", ["\x1a", "\x04"])
def test_the_end_of_input_on_an_empty_line_cancels(key: str) -> None:
    with pytest.raises(PromptCancelledError):
        typed(f"1\b{key}")


def test_a_line_without_end_is_capped() -> None:
    assert len(typed("1" * 5000).text) == 4096


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("12", "123", "3"),
        ("", "", ""),
        ("12", "1", "\b \b\b \b1"),
        ("１", "", "\b \b\b \b"),
        ("wrong", "", "\b \b" * 5),
    ],
)
def test_the_console_shows_each_change_of_the_line(before: str, after: str, change: str) -> None:
    assert shown_change(TypedLine(before), TypedLine(after)) == change
