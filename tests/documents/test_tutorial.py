"""The tutorial is followed step by step in each of its languages, and the screen shows what the page shows."""

import pytest

from tests.documents.normalise import normalised
from tests.documents.pages import Block, blocks
from tests.documents.reader import Reader, reading, typed_and_shown
from tests.machine import Machine
from tests.secret_service import needs_secret_service, secret_service

PAGES = ("docs/tutorial/first-session.md", "docs/tutorial/first-session.ja.md")
WITHOUT_A_KEYRING = ("Where there is no keyring", "キーリングがない環境では")


@pytest.fixture
def key_prompt(machine: Machine) -> Machine:
    """Return the machine of somebody who has never run an AWS tool."""
    machine.config_file.unlink()
    for name in ("MFA_SESSION_STORE", "MFA_SESSION_PASSPHRASE"):
        del machine.environment[name]
    return machine


def follow(reader: Reader, steps: list[Block]) -> None:
    """Type each command of *steps*, and hold the screen to what the page shows."""
    for step in steps:
        for command, page_shows in typed_and_shown(step.text):
            ran = reader.type(command, page_shows=page_shows)

            assert normalised(ran.shown, reader.machine) == normalised(page_shows, reader.machine), str(step)
            assert ran.exit_code == 0, f"{step}: {command}"


def steps(page: str, *, without_a_keyring: bool) -> list[Block]:
    return [
        block
        for block in blocks(page)
        if block.language == "console" and (block.heading in WITHOUT_A_KEYRING) == without_a_keyring
    ]


@needs_secret_service
@pytest.mark.parametrize("page", PAGES)
def test_each_step_shows_what_the_page_shows(page: str, key_prompt: Machine) -> None:
    with (
        secret_service(key_prompt.home) as service,
        reading(key_prompt, DBUS_SESSION_BUS_ADDRESS=service.address) as reader,
    ):
        follow(reader, steps(page, without_a_keyring=False))


@pytest.mark.parametrize("page", PAGES)
def test_so_does_the_step_for_a_machine_without_a_keyring(page: str, key_prompt: Machine) -> None:
    with reading(key_prompt) as reader:
        follow(reader, steps(page, without_a_keyring=True))


def test_both_languages_type_the_same_commands() -> None:
    english, japanese = (
        [command for block in blocks(page) if block.language == "console" for command, _ in typed_and_shown(block.text)]
        for page in PAGES
    )

    assert [command.replace("eu-west-1", "ap-northeast-1") for command in english] == japanese
