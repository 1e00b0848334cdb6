"""The modes of a terminal, as ``stty`` shows and sets them."""

import termios
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Modes:
    """The termios flags and control characters of a terminal. Two are equal when a person could not tell them apart."""

    input: int
    output: int
    control: int
    local: int
    characters: tuple[bytes | int, ...]

    @classmethod
    def of(cls, terminal: int) -> Self:
        """Return those that the *terminal* of a descriptor is in now."""
        input_, output, control, local, _, _, characters = termios.tcgetattr(terminal)
        return cls(input_, output, control, local, tuple(characters))

    @property
    def echo(self) -> bool:
        """Whether what is typed is shown."""
        return bool(self.local & termios.ECHO)

    @property
    def canonical(self) -> bool:
        """Whether a program reads whole lines, with the keys to correct them."""
        return bool(self.local & termios.ICANON)


def set_modes(terminal: int, *, echo: bool, canonical: bool) -> None:
    """Put the *terminal* of a descriptor into modes that a program may find it in."""
    attributes = termios.tcgetattr(terminal)
    for flag, wanted in ((termios.ECHO, echo), (termios.ICANON, canonical)):
        attributes[3] = attributes[3] | flag if wanted else attributes[3] & ~flag
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
