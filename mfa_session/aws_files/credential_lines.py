"""Write and remove lines of the credentials file without losing a long-term key.

Every write to that file goes through here. A section may have the only copy of a secret access key, so a
long-term key is overwritten or removed only if the caller names it.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from mfa_session.aws_files.files import line_of, remove_keys, write_profile, write_profiles
from mfa_session.errors import SessionProfileTakenError, hint_command
from mfa_session.model.credentials import long_term_key_id, masked


def write_lines(
    path: Path,
    profile: str,
    values: Mapping[str, str | None],
    *,
    key_that_may_go: str | None,
    check: Callable[[Mapping[str, str]], None] | None = None,
) -> None:
    """Write *values* to *profile*; a long-term key there is overwritten only if it is *key_that_may_go*.

    *check* gets the section as it is in the file, and may raise.

    Raises:
        SessionProfileTakenError: another long-term key is there.
        SharedFileError: the file cannot be changed without harm. Nothing was changed, either way.
    """

    def check_section(section: Mapping[str, str]) -> None:
        if check is not None:
            check(section)
        check_no_key_is_lost(path, profile, section, key_that_may_go=key_that_may_go)

    write_profile(path, "credentials", profile, values, check=check_section)


def write_lines_of_several(
    path: Path, changes: Mapping[str, Mapping[str, str | None]], *, keys_that_may_go: Mapping[str, str]
) -> None:
    """Write the values of each profile of *changes* at once; only *keys_that_may_go* are overwritten.

    Raises:
        SessionProfileTakenError: another long-term key is in one of them.
        SharedFileError: the file cannot be changed without harm. Nothing was changed, either way.
    """
    checks = {name: partial(_check_section, path, name, keys_that_may_go.get(name)) for name in changes}
    write_profiles(path, "credentials", changes, checks=checks)


def remove_lines(path: Path, profile: str, keys: Collection[str], *, key_that_may_go: str | None) -> None:
    """Remove these *keys* of *profile*, and with the last line the section; other lines and comments stay.

    Raises:
        SessionProfileTakenError: a long-term key other than *key_that_may_go* is there.
        SharedFileError: it cannot be done without harm. Nothing was changed, either way.
    """
    check = partial(_check_section, path, profile, key_that_may_go)
    remove_keys(path, "credentials", profile, keys, check=check)


def _check_section(path: Path, profile: str, key_that_may_go: str | None, section: Mapping[str, str]) -> None:
    check_no_key_is_lost(path, profile, section, key_that_may_go=key_that_may_go)


def check_no_key_is_lost(
    path: Path, profile: str, section: Mapping[str, str], *, key_that_may_go: str | None = None
) -> None:
    """Check that *section* of *profile* in the file *path* may be overwritten or removed.

    Raises:
        SessionProfileTakenError: it holds a long-term key other than *key_that_may_go*.
    """
    key_id = long_term_key_id(section)
    if key_id is None or key_id == key_that_may_go:
        return
    line = line_of(path, "credentials", profile, "aws_access_key_id")
    message = f"profile {profile} holds a long-term access key (line {line} of {path}): {masked(key_id)}"
    if "mfa_session_source" in section:
        raise SessionProfileTakenError(
            message,
            hint=f"rename the section [{profile}] and delete its mfa_session_source line, "
            f"then move that key into the store: {hint_command('keys import')}; or delete its lines",
        )
    raise SessionProfileTakenError(
        message,
        hint="choose another name for the session: --session-profile NAME; "
        f"or move that key into the store first: {hint_command('keys import', profile=profile)}",
    )
