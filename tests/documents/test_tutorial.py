"""The tutorial is followed step by step in each of its languages, and the screen shows what the page shows."""

import pytest

from tests.documents.normalise import normalised
from tests.documents.pages import Block, blocks
from tests.documents.reader import Reader, reading, typed_and_shown
from tests.machine import Machine
from tests.secret_service import needs_secret_service, secret_service

PAGES = ("docs/tutorial/first-session.md", "docs/tutorial/first-session.ja.md")

# Each heading whose steps begin on a machine of their own.
WITHOUT_A_KEYRING = ("Where there is no keyring", "キーリングがない環境では")
KEY_IN_THE_FILE = ("If the key is in the file already", "キーがすでにファイルにある場合")


@pytest.fixture
def key_prompt(machine: Machine) -> Machine:
    """Return a machine on which no AWS tool was run yet."""
    machine.config_file.unlink()
    return without_a_store(machine)


@pytest.fixture
def pasted_session(machine: Machine) -> Machine:
    """Return a machine with the key in the file, and a session beside it that was pasted by hand."""
    machine.lay_down_the_key()
    machine.write_credentials(
        machine.credentials_file.read_text()
        + "[test-user-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
        + "aws_secret_access_key = pasted\naws_session_token = pasted\n"
    )
    return without_a_store(machine)


def without_a_store(machine: Machine) -> Machine:
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


def steps(page: str, headings: tuple[str, ...] = ()) -> list[Block]:
    """Return the steps of *page* below *headings*; without any, those of the way through the page."""
    apart = (*WITHOUT_A_KEYRING, *KEY_IN_THE_FILE)
    return [
        block
        for block in blocks(page)
        if block.language == "console" and (block.heading in headings if headings else block.heading not in apart)
    ]


@needs_secret_service
@pytest.mark.parametrize("page", PAGES)
def test_each_step_shows_what_the_page_shows(page: str, key_prompt: Machine) -> None:
    with (
        secret_service(key_prompt.home) as service,
        reading(key_prompt, DBUS_SESSION_BUS_ADDRESS=service.address) as reader,
    ):
        follow(reader, steps(page))


@needs_secret_service
@pytest.mark.parametrize("page", PAGES)
def test_so_does_the_step_for_a_key_in_the_file_and_a_pasted_session(page: str, pasted_session: Machine) -> None:
    with (
        secret_service(pasted_session.home) as service,
        reading(pasted_session, DBUS_SESSION_BUS_ADDRESS=service.address) as reader,
    ):
        follow(reader, steps(page, KEY_IN_THE_FILE))

    assert "[test-user]" not in pasted_session.credentials_file.read_text()


@pytest.mark.parametrize("page", PAGES)
def test_so_does_the_step_for_a_machine_without_a_keyring(page: str, key_prompt: Machine) -> None:
    with reading(key_prompt) as reader:
        follow(reader, steps(page, WITHOUT_A_KEYRING))


def test_both_languages_type_the_same_commands() -> None:
    english, japanese = (
        [command for block in blocks(page) if block.language == "console" for command, _ in typed_and_shown(block.text)]
        for page in PAGES
    )

    assert [command.replace("eu-west-1", "ap-northeast-1") for command in english] == japanese
