"""The completion files that the wheel brings work in the shell that finds them, with nothing to install."""

import tomllib

import pytest

from tests.cli.test_completions import CONFIG, HOSTILE, SEARCH_PATH, needs
from tests.machine import Machine
from tests.test_documents import ROOT

FILES = ROOT / "completions"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine with profiles, some of which would be run by a careless shell."""
    machine.write_config(CONFIG)
    machine.write_credentials(HOSTILE)
    return machine


def test_the_wheel_brings_each_of_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]

    assert {f"completions/{file.name}" for file in FILES.iterdir()} <= set(shared)


@needs("bash")
def test_bash_completes_a_command_and_the_name_of_a_profile(machine: Machine) -> None:
    with machine.terminal() as terminal:
        terminal.run("bash", "--norc", "-i", environment={"PATH": SEARCH_PATH})
        terminal.type(f"source {FILES}/mfa-session.bash\n")
        terminal.type("mfa-session logi\t--profile p\t")
        terminal.expect("mfa-session login --profile production ")

    assert not (machine.home / "pwned").exists()


@needs("zsh")
def test_zsh_completes_a_command_and_the_name_of_a_profile_at_the_first_tab(machine: Machine) -> None:
    (machine.home / ".zshrc").write_text(f"fpath=({FILES} $fpath); autoload -U compinit; compinit -u; PS1='$ '\n")

    with machine.terminal() as terminal:
        terminal.run("zsh", "-i", environment={"PATH": SEARCH_PATH})
        terminal.expect("$ ")
        terminal.type("mfa-session logi\t--profile p\t")
        terminal.expect_on_screen("mfa-session login --profile production")

    assert not (machine.home / "pwned").exists()


@needs("fish")
@pytest.mark.parametrize(("typed", "completed"), [("logi", "login"), ("login --profile p", "production")])
def test_fish_completes_a_command_and_the_name_of_a_profile(machine: Machine, typed: str, completed: str) -> None:
    folder = machine.home / ".config" / "fish" / "completions"
    folder.mkdir(parents=True)
    (folder / "mfa-session.fish").write_text((FILES / "mfa-session.fish").read_text())

    ran = machine.run_program("fish", "-c", f"complete --do-complete 'mfa-session {typed}'", PATH=SEARCH_PATH)

    assert ran.stdout.split("\t")[0].strip() == completed, ran.stderr
    assert not (machine.home / "pwned").exists()
