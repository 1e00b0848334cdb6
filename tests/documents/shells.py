"""The other shells of the pages: each runs a whole block at the terminal, and what a person would type next."""

from tests.documents.pages import Block

# How each shell runs a text, without the start-up files of this machine.
SHELLS: dict[str, tuple[str, ...]] = {
    "bash": ("bash", "--norc", "-c"),
    "zsh": ("zsh", "-f", "-c"),
    "fish": ("fish", "--no-config", "-c"),
    "nu": ("nu", "--no-config-file", "-c"),
}


def command_line(shell: str, block: Block) -> tuple[str, ...]:
    """Return the program that runs *block* and then asks AWS for something, by the name that the block gives it."""
    return (*SHELLS[shell], f"{block.text}\naws s3 ls")
