"""Which profile a command is for, where its command line names none."""

import difflib
from collections.abc import Callable, Mapping

from mfa_session.aws_files.profile_names import check_portable_profile_name
from mfa_session.cli.output import write_stderr
from mfa_session.errors import ConfigurationError, PromptCancelledError
from mfa_session.model.profile import Profile, ProfileReader
from mfa_session.model.provider import Provider, Sections, foreign_setting
from mfa_session.prompt.user import NoUser, User
from mfa_session.text import escape_control

# In botocore's order.
_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")

_DEFAULT = "default"


def choose_profile(
    environ: Mapping[str, str],
    reader: ProfileReader,
    *,
    credentials: Sections,
    user: Callable[[], User | NoUser],
    quiet: bool = False,
) -> str:
    """Return the profile of the environment, ``default``, the only one there is, or the one that the user chooses.

    With *quiet*, nothing is said of a choice that was made without a question.

    Raises:
        ConfigurationError: there are several, and no terminal to choose on.
    """
    if named := profile_of_environment(environ, tell=None if quiet else _tell):
        return named
    candidates = profiles_for_login(reader, credentials)
    if _DEFAULT in reader.names() or not candidates:
        return _DEFAULT
    if len(candidates) == 1:
        if not quiet:
            _tell(f"using profile {candidates[0]}, the only one")
        return candidates[0]
    asked = user()
    if not asked.is_there:
        raise ConfigurationError(
            f"no profile is named, and there is no default: {', '.join(candidates)}",
            hint="name one: --profile NAME, or AWS_PROFILE",
        )
    return candidates[asked.choose("Which profile?", candidates)]


def profile_of_environment(environ: Mapping[str, str], *, tell: Callable[[str], None] | None) -> str | None:
    """Return the profile that botocore takes from the environment; *tell* of another variable that says otherwise."""
    set_to = {variable: environ[variable] for variable in _VARIABLES if environ.get(variable)}
    if not set_to:
        return None
    (variable, chosen), *others = set_to.items()
    for other, ignored in others:
        if ignored != chosen and tell is not None:
            tell(f"using profile {chosen} of {variable}, as AWS tools do; {other} is {ignored}")
    return chosen


def profiles_for_login(reader: ProfileReader, credentials: Sections) -> list[str]:
    """Return the profiles that can have a session of ours, the one with the newest session first."""
    newest: dict[str, str] = {}
    for section in credentials.values():
        if source := section.get("mfa_session_source"):
            newest[source] = max(newest.get(source, ""), section.get("x_security_token_expires", ""))
    names = sorted(name for name in reader.names() if _can_log_in(name, reader))
    return sorted(names, key=lambda name: newest.get(name, ""), reverse=True)


def _can_log_in(name: str, reader: ProfileReader) -> bool:
    settings, provider = reader.settings(name), reader.provider(name)
    if reader.source_profile_name(name) != name or "aws_session_token" in settings:
        return False  # it holds a session
    if provider is Provider.ROLE:
        return "source_profile" in settings
    return foreign_setting(name, settings, provider) is None


def offer_to_create(name: str, reader: ProfileReader, user: User | NoUser) -> Profile | None:
    """Ask what is meant by the profile *name*, which does not exist; ``None`` where prompting is not possible.

    Raises:
        PromptCancelledError: the user does not want it.
        UsageError: no AWS tool could use a profile of this name.
    """
    if not user.is_there:
        return None
    shown = f"Profile {name} does not exist."
    if alike := difflib.get_close_matches(name, reader.names(), n=1):
        if user.agrees(f"{shown} Use {alike[0]} instead?", by_default=True):
            return reader.profile(alike[0])
        shown = ""
    check_portable_profile_name(name)
    if not user.agrees(f"{shown} Create {name if alike else 'it'}?".strip(), by_default=True):
        raise PromptCancelledError
    return Profile(name, session_profile=f"{name}-mfa")


def _tell(text: str) -> None:
    write_stderr(f"mfa-session: {escape_control(text)}")
