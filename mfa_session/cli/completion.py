"""Completions of the shells: the script that asks this program, shown or installed for the shell that runs it."""

import os
import subprocess
from pathlib import Path
from typing import NoReturn

import typer
from shellingham import ShellDetectionFailure, detect_shell
from typer.completion import get_completion_script, install  # type: ignore[attr-defined]  # not re-exported

from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.system.commands import find_program

_PROGRAM = "mfa-session"
_VARIABLE = "_MFA_SESSION_COMPLETE"
_POWERSHELLS = ("powershell", "pwsh")
_SHELLS = ("bash", "zsh", "fish", *_POWERSHELLS)
_TIMEOUT_SECONDS = 30.0


def calling_shell() -> str | None:
    """Return the name of the shell that runs this program, ``None`` where it cannot be told."""
    try:
        name, _ = detect_shell()
    except ShellDetectionFailure:
        return None
    return str(name)


def show_completion() -> NoReturn:
    """Print the completion script for the shell that runs this program, and end."""
    typer.echo(_script(_known_shell()))
    raise typer.Exit


def install_completion() -> NoReturn:
    """Install the completion script for the shell that runs this program, and end."""
    shell = _known_shell()
    if shell in _POWERSHELLS:
        path = _install_in_powershell(shell)
    else:
        _, path = install(shell, _PROGRAM, _VARIABLE)
    typer.echo(f"{shell} completion installed in {path}")
    if shell in _POWERSHELLS:
        typer.echo("PowerShell reads it where scripts are allowed: Get-Help about_Execution_Policies")
    typer.echo("It takes effect in a new terminal")
    raise typer.Exit


def _known_shell() -> str:
    shell = calling_shell()
    if shell not in _SHELLS:
        raise UsageError(
            f"there are no completions for {shell}" if shell else "cannot tell which shell this is",
            hint="run it in bash, zsh, fish or PowerShell",
        )
    return shell


def _script(shell: str) -> str:
    script: str = get_completion_script(prog_name=_PROGRAM, complete_var=_VARIABLE, shell=shell)
    return script


def _install_in_powershell(shell: str) -> Path:
    """Add the script to the user's profile of PowerShell, whose execution policy stays as it is."""
    program = find_program(shell, os.environ)
    command = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; $PROFILE"
    try:
        answered = subprocess.run(
            [program or shell, "-NoProfile", "-NonInteractive", "-Command", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        answered = None
    name = answered.stdout.decode("utf-8", errors="replace").strip() if answered else ""
    if not name:
        raise ConfigurationError(
            f"{shell} does not tell where its profile is",
            hint="add it yourself: mfa-session --show-completion >> $PROFILE",
        )
    profile = Path(name)
    profile.parent.mkdir(parents=True, exist_ok=True)
    script = _script(shell)
    if not profile.exists() or script.encode() not in profile.read_bytes().replace(b"\r\n", b"\n"):
        with profile.open("a", encoding="ascii") as file:
            file.write(f"{script}\n")
    return profile
