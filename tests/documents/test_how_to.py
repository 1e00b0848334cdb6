"""Each how-to is followed from top to bottom, and what it starts gets a session with MFA."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.documents.excuses import excuse
from tests.documents.normalise import normalised
from tests.documents.pages import Block, blocks
from tests.documents.reader import Reader, commands, reading, typed_and_shown
from tests.documents.scenes import SCENES, PageCase, logged_in
from tests.documents.shells import SHELLS, command_line
from tests.documents.stand_ins import install_stand_ins, keys_that_were_used, runs_of_consumers
from tests.machine import PROGRAMS, Machine

# These install the project anew; test_installing.py does that, in an environment of its own.
INSTALLS = re.compile(r"^(?:(?:py|python) -m |.* && )?pip install ", re.MULTILINE)

PROMPT = "docs/how-to/prompt.md"
STARSHIP = PROGRAMS / "starship"
TERRAFORM = shutil.which("terraform")

BLOCKS_OF_SHELLS = [block for block in blocks("docs/how-to/aliases.md") if block.language in ("sh", *SHELLS)]


def blocks_of(scene: str) -> list[Block]:
    page, _, heading = scene.partition("#")
    return [
        block
        for block in blocks(page)
        if block.language in ("sh", "console")
        and heading in ("", block.heading)
        and not INSTALLS.search(block.text)
        and excuse(block) is None
    ]


def follow(reader: Reader, block: Block, scene: PageCase) -> None:
    if block.language == "console":
        for command, page_shows in typed_and_shown(block.text):
            ran = reader.type(command, page_shows=page_shows, yes_or_no=scene.yes_or_no)
            assert normalised(ran.shown, reader.machine) == normalised(page_shows, reader.machine), str(block)
        return
    for command in commands(block.text.replace("/mnt/c/Users/you", str(reader.machine.home))):
        ran = reader.type(command, yes_or_no=scene.yes_or_no)
        assert ran.exit_code == scene.ends_with.get(command, 0), f"{block}: {command}\n{ran.shown}"


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_page_can_be_followed(name: str, machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    scene = SCENES[name]
    scene.set_up(machine)
    programs = install_stand_ins(tmp_path_factory.mktemp("programs"))
    shutil.copy(programs / "worker", machine.home)

    with reading(machine, programs) as reader:
        for block in blocks_of(name):
            follow(reader, block, scene)

    used = keys_that_were_used(machine)
    assert len(used) == sum(map(runs_of_consumers, blocks_of(name)))
    assert all(machine.account.sessions[key].mfa_at for key in used)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_lines_of_each_shell_lead_to_aws_with_mfa(
    shell: str, machine: Machine, request: pytest.FixtureRequest
) -> None:
    folders = [request.getfixturevalue("javascript") / "node_modules" / ".bin"] if shell == "nu" else []
    if not folders and shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    logged_in(machine)
    language = "sh" if shell in ("bash", "zsh") else shell
    own = [block for block in BLOCKS_OF_SHELLS if block.language == language]

    with reading(machine, *folders) as reader:
        shown = [reader.run(*command_line(shell, block)).shown for block in own]

    assert len(own) == 2
    assert all("test-user-photos" in text for text in shown), shown
    assert [call.mfa for call in machine.calls("ListBuckets")] == [True, True]


def test_a_prompt_shows_the_session_while_it_lives(machine: Machine) -> None:
    logged_in(machine)
    prompt = next(block.text for block in blocks(PROMPT) if block.text.startswith("PS1="))

    with machine.terminal() as terminal:
        environment = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "PS1": "> ", "HISTFILE": ""}
        terminal.run("bash", "--norc", "--noprofile", "--noediting", "-i", environment=environment)
        terminal.expect("> ")
        terminal.type(prompt)
        terminal.expect(re.compile(r"\nlive 11h5\dm [$#] "))
        terminal.type("mfa-session logout --profile test-user\n")
        terminal.expect(re.compile(r"\nnone [$#] "))


@pytest.mark.skipif(not STARSHIP.exists(), reason="starship is not installed: pip install -e '.[test-docs]'")
def test_starship_shows_how_long_the_session_lives(machine: Machine) -> None:
    logged_in(machine)
    # Its wheel does not say that it is a program.
    starship = Path(shutil.copy(STARSHIP, machine.home))
    starship.chmod(0o700)
    settings = next(block.text for block in blocks(PROMPT) if block.language == "toml")
    (machine.home / ".config").mkdir()
    (machine.home / ".config" / "starship.toml").write_text(settings)

    def shown() -> str:
        ran = machine.run_program(starship, "module", "aws", AWS_PROFILE="test-user-mfa", TERM="xterm")
        return re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout)

    alive = shown()
    end = machine.credentials("test-user-mfa")["x_security_token_expires"]
    machine.write_credentials(machine.credentials_file.read_text().replace(end, "2024-02-29T09:00:00Z"))

    assert re.match(r"test-user-mfa 1(1h59m\d+|2h0m0)s ", alive)
    assert shown() == "test-user-mfa ended "


@pytest.mark.skipif(TERRAFORM is None, reason="Terraform is not installed")
def test_terraform_itself_tells_aws_who_it_is_with_mfa(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene = SCENES["docs/how-to/terraform-and-cdk.md"]
    scene.set_up(machine)
    moving, configuration, *_ = blocks("docs/how-to/terraform-and-cdk.md")
    backend = configuration.text.split('provider "aws"')[0].replace("profile =", "use_path_style = true\n    profile =")
    folder = tmp_path_factory.mktemp("configuration")
    (folder / "main.tf").write_text(backend)

    with reading(machine) as reader:
        follow(reader, moving, scene)
    assert TERRAFORM
    machine.run_program(TERRAFORM, f"-chdir={folder}", "init", "-input=false", CHECKPOINT_DISABLE="1")

    # The first calls are ours, with the long-term key.
    assert machine.calls("GetCallerIdentity")[-1].mfa
