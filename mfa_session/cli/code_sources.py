"""The code sources of one profile, from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mfa_session.errors import ConfigurationError, UnsafeProgramError, UsageError
from mfa_session.filesystem.safe_path import UnsafePath
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.prompt.code_command import (
    PINENTRY,
    TERMINAL,
    Choice,
    CodeProgram,
    Command,
    choices_in_order,
    command_of,
    has_program,
)
from mfa_session.prompt.code_sources import CodePrompt, CodeSources, Source
from mfa_session.prompt.dialogs import OPENERS, CommandDialog, DialogUser
from mfa_session.prompt.pinentry import Pinentry
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.user import NoUser, User

_SETTINGS = ("mfa_process", "mfa_session_code_source", "mfa_session_pinentry")


def code_sources(
    profile: Profile,
    user: User | NoUser,
    *,
    environ: Mapping[str, str],
    command: str,
    endpoint: str | None,
    deadline: Deadline,
    unsafe_settings: Callable[[], UnsafePath | None],
) -> CodeSources:
    """Return the code sources of *profile*: programs, and prompts if *user* is not `NoUser`.

    *environ* is the environment of the programs; *command* is what to run in a terminal;
    *endpoint* is where codes go, if not to AWS; *unsafe_settings* tells why others may have
    chosen the programs, which are not run then.

    Raises:
        ConfigurationError: the settings are invalid.
    """
    sources: list[Source] = []
    try:
        for choice in choices_in_order(profile.settings):
            if printing := command_of(choice, profile.settings):
                printing = _if_safe(choice, printing, unsafe_settings)
                sources.append(CodeProgram(printing, environ=environ, deadline=deadline))
            elif isinstance(user, User):
                sources += _prompts(
                    choice,
                    user,
                    profile,
                    environ=environ,
                    endpoint=endpoint,
                    deadline=deadline,
                    unsafe_settings=unsafe_settings,
                )
    except UsageError as error:
        raise ConfigurationError(f"profile {profile.name}: {error}", hint=error.hint) from None
    if isinstance(user, NoUser):
        sources.append(user)
    return CodeSources(sources, user=user, command=command, deadline=deadline)


def _prompts(
    choice: Choice,
    user: User,
    profile: Profile,
    *,
    environ: Mapping[str, str],
    endpoint: str | None,
    deadline: Deadline,
    unsafe_settings: Callable[[], UnsafePath | None],
) -> list[CodePrompt]:
    if choice.word == TERMINAL:
        return [user]
    if choice.word == PINENTRY:
        chosen = profile.settings.get("mfa_session_pinentry")
        pinentry = Pinentry(chosen, environ, check=lambda: _refuse_if(unsafe_settings(), "mfa_session_pinentry"))
        return [DialogUser(pinentry, endpoint=endpoint, deadline=deadline)]
    dialogs = [CommandDialog(opener, environ) for opener in OPENERS]
    return [DialogUser(dialog, endpoint=endpoint, deadline=deadline) for dialog in dialogs]


def _if_safe(
    choice: Choice, printing: Callable[[MFADevice], Command], unsafe_settings: Callable[[], UnsafePath | None]
) -> Callable[[MFADevice], Command]:
    def command(device: MFADevice) -> Command:
        _refuse_if(unsafe_settings(), choice.word)
        return printing(device)

    return command


def _refuse_if(unsafe: UnsafePath | None, name: str) -> None:
    if unsafe is not None:
        raise UnsafeProgramError(f"{name} is not run: {unsafe.problem}", hint=unsafe.hint)


def has_code_program(profile: Profile) -> bool:
    """Tell whether a program may give the codes of *profile*, without a prompt."""
    try:
        return has_program(profile.settings)
    except UsageError:
        return False  # a login reports it


def with_code_settings_of(source: Profile, role: Profile) -> Profile:
    """Return *source* with the code settings of the section of its *role*, if there are any."""
    own = {key: role.settings[key] for key in _SETTINGS if key in role.settings}
    return replace(source, settings={**source.settings, **own})
