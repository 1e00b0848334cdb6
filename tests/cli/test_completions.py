"""Shells complete profile names, quickly, and whatever the AWS files look like."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from mfa_session.cli.app import program
from mfa_session.cli.options import profile_names
from tests.clean_environment import clean_environment
from tests.cli.sections import session
from tests.machine import PROGRAMS, Machine

CONFIG = "[default]\n[profile production]\n[profile test-user]\n"

# Each of these would be run, or would end the line, in one shell or another.
HOSTILE = "[p$(touch pwned)]\n[p`touch pwned`]\n[p';touch pwned;']\n[p q]\n[--p]\n[p\x1b[2J]\n"

SEARCH_PATH = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


def install_completion(machine: Machine, shell: str) -> None:
    """Do what a person does, in the shell that is to complete."""
    # Without the second command, the shell would make way for the program, which could not tell what shell it was.
    done = machine.run_program(shell, "-c", "mfa-session --install-completion; true", PATH=SEARCH_PATH)
    assert f"{shell} completion installed" in done.stdout, done.stderr


def answer(machine: Machine, shell: str, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Return what the script of *shell* would be told about *line*."""
    return machine.run(
        _MFA_SESSION_COMPLETE=f"complete_{shell}",
        _TYPER_COMPLETE_ARGS=line,
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split(" ")) - 1),
        **more,
    )


def every_command(group: typer.core.TyperGroup) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from ((f"{name} {inner}", found) for inner, found in every_command(command))
        elif isinstance(command, typer.core.TyperCommand):
            yield name, command


@needs("bash")
def test_bash_completes_the_name_of_a_profile(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(HOSTILE)
    install_completion(machine, "bash")

    with machine.terminal() as terminal:
        terminal.run("bash", "-i", environment={"PATH": SEARCH_PATH})
        terminal.type("mfa-session login --profile p\t")
        terminal.expect("--profile production ")

    assert not (machine.home / "pwned").exists()


@needs("zsh")
def test_zsh_completes_the_name_of_a_profile(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(HOSTILE)
    install_completion(machine, "zsh")

    with machine.terminal() as terminal:
        terminal.run("zsh", "-i", environment={"PS1": "$ ", "PATH": SEARCH_PATH})
        terminal.expect("$ ")
        # At the first Tab zsh only reads Typer's script.
        terminal.type("mfa-session login --profile p\t\t")
        terminal.expect_on_screen("--profile production")

    assert not (machine.home / "pwned").exists()


@needs("fish")
def test_fish_completes_the_name_of_a_profile(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(HOSTILE)
    install_completion(machine, "fish")

    completed = machine.run_program(
        "fish", "-c", "complete --do-complete 'mfa-session login --profile p'", PATH=SEARCH_PATH
    )

    assert completed.stdout == "production\n"
    assert not (machine.home / "pwned").exists()


def test_powershell_is_given_a_script_that_asks_us_and_one_name_a_line(machine: Machine) -> None:
    machine.write_config(CONFIG)

    script = machine.run(_MFA_SESSION_COMPLETE="source_powershell").stdout
    told = answer(machine, "powershell", "mfa-session login --profile p", _TYPER_COMPLETE_WORD_TO_COMPLETE="p").stdout

    assert "Register-ArgumentCompleter -Native -CommandName mfa-session -ScriptBlock $scriptblock" in script
    assert '$Env:_MFA_SESSION_COMPLETE = "complete_powershell"' in script
    assert told == "production::: \n"


POWERSHELL = """\
#!/bin/sh
printf '%s\\n' "$*" >>"$HOME/called"
echo "$HOME/powershell/profile.ps1"
"""


def install_in_powershell(machine: Machine, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Install the completion from a shell that is called pwsh, beside another that knows where its profile is."""
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    for folder in (outer, inner):
        folder.mkdir(exist_ok=True)
    shutil.copy("/bin/sh", outer / "pwsh")
    (inner / "pwsh").write_text(POWERSHELL)
    (inner / "pwsh").chmod(0o700)
    path = f"{inner}{os.pathsep}{SEARCH_PATH}"
    return machine.run_program(outer / "pwsh", "-c", "mfa-session --install-completion; exit $?", PATH=path)


def test_powershell_gets_the_script_once_and_keeps_its_execution_policy(machine: Machine, tmp_path: Path) -> None:
    done = install_in_powershell(machine, tmp_path)
    profile = machine.home / "powershell" / "profile.ps1"
    installed = profile.read_text()
    install_in_powershell(machine, tmp_path)

    assert f"pwsh completion installed in {profile}" in done.stdout, done.stderr
    assert "Get-Help about_Execution_Policies" in done.stdout
    assert installed.count("Register-ArgumentCompleter -Native -CommandName mfa-session") == 1
    assert profile.read_text() == installed
    assert "ExecutionPolicy" not in (machine.home / "called").read_text()


def test_a_powershell_that_does_not_answer_is_told_how_to_add_the_script(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "outer").mkdir()
    shutil.copy("/bin/sh", tmp_path / "outer" / "pwsh")

    refused = machine.run_program(
        tmp_path / "outer" / "pwsh", "-c", "mfa-session --install-completion; exit $?", PATH=SEARCH_PATH
    )

    assert refused.returncode == 253
    assert "mfa-session: hint: add it yourself: mfa-session --show-completion >> $PROFILE" in refused.stderr


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_a_shell_without_completions_says_so_in_a_sentence(machine: Machine, tmp_path: Path, option: str) -> None:
    shutil.copy("/bin/sh", tmp_path / "csh")

    refused = machine.run_program(tmp_path / "csh", "-c", f"mfa-session {option}; exit $?", PATH=SEARCH_PATH)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.splitlines() == [
        "mfa-session: error: there are no completions for csh",
        "mfa-session: hint: run it in bash, zsh, fish or PowerShell",
    ]


def test_the_names_are_those_of_both_files_once(machine: Machine) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials("[test-user]\n" + session())

    told = answer(machine, "bash", "mfa-session exec --profile ")

    assert told.stdout.splitlines() == ["default", "production", "test-user", "test-user-mfa"]


@pytest.mark.parametrize("damage", ["no section\n", "[a]\n[a]\n", "\ufeff[a]\n", "[a]\nkey\n"])
def test_a_file_that_cannot_be_read_has_no_names_and_nothing_is_said(machine: Machine, damage: str) -> None:
    machine.write_config(CONFIG)
    machine.write_credentials(damage)

    told = answer(machine, "bash", "mfa-session status --profile t")

    assert (told.stdout, told.stderr) == ("test-user\n", "")


def test_without_a_home_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nowhere")

    assert profile_names("") == []


def test_every_option_that_takes_a_profile_completes_it(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write_config(CONFIG)
    monkeypatch.setenv("HOME", str(machine.home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(machine.config_file))
    group = typer.main.get_command(program())
    assert isinstance(group, typer.core.TyperGroup)

    offered = {}
    for name, command in every_command(group):
        context = typer.Context(command)
        for parameter in command.params:
            if "--profile" in parameter.opts:
                offered[name] = [item.value for item in parameter.shell_complete(context, "prod")]

    assert {"login", "exec", "export", "logout", "status", "configure", "credential-process"} <= set(offered)
    assert all(names == ["production"] for names in offered.values())


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("export --format po", ["powershell"]),
        ("keys add --store ", ["keyring", "file"]),
        ("keys import --from aws", ["aws-mfa", "aws-vault"]),
        ("keys move --to k", ["keyring"]),
        ("policy show --variant art", ["article"]),
        ("login pro", ["production"]),
        ("device list pro", ["production"]),
    ],
)
def test_the_values_of_an_option_and_the_first_word_are_completed(
    machine: Machine, line: str, values: list[str]
) -> None:
    machine.write_config(CONFIG)

    assert answer(machine, "bash", f"mfa-session {line}").stdout.splitlines() == values


def test_completing_loads_neither_a_keyring_nor_aws(machine: Machine) -> None:
    machine.write_config(CONFIG)
    asking = (
        "import sys\n"
        "sys.argv = ['mfa-session']\n"
        "from mfa_session.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", asking],
        env=clean_environment(
            machine.home,
            _MFA_SESSION_COMPLETE="complete_bash",
            COMP_WORDS="mfa-session login --profile p",
            COMP_CWORD="3",
        ),
        capture_output=True,
        text=True,
        check=True,
    )

    heavy = {"boto3", "botocore", "keyring", "secretstorage", "jeepney", "cryptography", "configobj", "rich", "http"}
    assert ran.stdout == "production\n"
    assert heavy & set(ran.stderr.split()) == set()
