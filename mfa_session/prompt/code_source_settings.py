"""Which places token codes may come from, and in which order, as a profile's settings say."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from mfa_session.errors import UsageError
from mfa_session.model.mfa_device import MFADevice
from mfa_session.prompt.code_command import PRESETS, Command, mfa_process, preset

SOURCES = "mfa_session_code_source"

PROCESS = "mfa_process"
TERMINAL = "terminal"
PINENTRY = "pinentry"
DIALOG = "dialog"

# In the usual order.
_PEOPLE = (TERMINAL, PINENTRY, DIALOG)


@dataclass(frozen=True, slots=True)
class Choice:
    """One place: its *word*, and for a preset the *item* with the code, where that is not named as the device is."""

    word: str
    item: str | None = None


def parse_choices(text: str) -> list[Choice]:
    """Return the places that *text* names: words with blanks between, such as ``ykman`` or ``op:AWS terminal``.

    Raises:
        UsageError: one of them is none.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError("a quotation mark in it is not closed", hint="close it") from None
    return [_choice(word) for word in words]


def _choice(text: str) -> Choice:
    word, colon, item = text.partition(":")
    if word not in (*PRESETS, PROCESS, *_PEOPLE):
        known = ", ".join((*PRESETS, PROCESS, *_PEOPLE))
        raise UsageError(f"there is no source of codes called {word}", hint=f"these are: {known}")
    if colon and (word not in PRESETS or not item or item.startswith("-")):
        raise UsageError(f"what stands behind {word}: is not the name of an item", hint=f"write {word}, or {word}:NAME")
    return Choice(word, item or None)


def choices_in_order(settings: Mapping[str, str]) -> list[Choice]:
    """Return every place that is tried: first those that *settings* name, then the others of the usual ones.

    Raises:
        UsageError: ``mfa_session_code_source`` cannot be what it is, or names a
            ``mfa_process`` that is not there.
    """
    try:
        named = parse_choices(settings.get(SOURCES, ""))
    except UsageError as error:
        raise UsageError(f"{SOURCES}: {error}", hint=error.hint) from None
    words = [choice.word for choice in named]
    has_process = bool(settings.get(PROCESS))
    if PROCESS in words and not has_process:
        raise UsageError(f"{SOURCES} names mfa_process, and there is none", hint="set mfa_process, or leave it out")
    first = [Choice(PROCESS)] if has_process and PROCESS not in words else []
    return [*first, *named, *(Choice(word) for word in _PEOPLE if word not in words)]


def needs_no_person(settings: Mapping[str, str]) -> bool:
    """Tell whether a program may give the code."""
    return any(choice.word not in _PEOPLE for choice in choices_in_order(settings))


def command_of(choice: Choice, settings: Mapping[str, str]) -> Callable[[MFADevice], Command] | None:
    """Return what prints the code of a device, or ``None`` where *choice* is a person.

    Raises:
        UsageError: ``mfa_process`` is no command.
    """
    if choice.word in _PEOPLE:
        return None
    if choice.word == PROCESS:
        try:
            command = mfa_process(settings[PROCESS])
        except UsageError as error:
            raise UsageError(f"{PROCESS}: {error}", hint=error.hint) from None
        return lambda _: command
    return partial(_preset, choice)


def _preset(choice: Choice, device: MFADevice) -> Command:
    return preset(choice.word, choice.item or device.serial_number)
