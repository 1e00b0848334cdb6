"""What stands in the AWS files, as botocore reads it: profiles, services, and the lines that they are on."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mfa_session.aws_files.parser import Kind, Section, Sections, nested_block, read_sections
from mfa_session.aws_files.profile_names import name_in_header, profile_of
from mfa_session.aws_files.snapshots import identity, snapshot
from mfa_session.errors import SharedFileError
from mfa_session.filesystem.os_errors import explain_os_error
from mfa_session.text import escape_control

# Sections of the config file that are no profiles, and what only profiles have.
_OTHER_SECTIONS = {"DEFAULT", "sso-session", "services"}
_OF_A_PROFILE = {
    "region",
    "output",
    "role_arn",
    "source_profile",
    "mfa_serial",
    "credential_process",
    "aws_access_key_id",
}

# Who reads only is not kept waiting for a file that is truly empty.
_EMPTY_FOR_A_READER_SECONDS = 0.01

# A file that was written less than this ago may be written again without a new time of change.
_SETTLED_SECONDS = 0.01

# The sections of each file while `remembering_reads` holds, and which state of the file they are of.
_remembered: dict[str, tuple[tuple[int, ...], Sections]] | None = None


@contextlib.contextmanager
def remembering_reads() -> Iterator[None]:
    """Parse a file again only when it has changed, until the block ends.

    The block should be short: what is remembered includes the keys in the files.
    """
    global _remembered
    before, _remembered = _remembered, {} if _remembered is None else _remembered
    try:
        yield
    finally:
        _remembered = before


def read_profiles(path: str | os.PathLike[str], kind: Kind) -> dict[str, dict[str, str]]:
    """Return the profiles of the file *path* as botocore reads them; none where the file is missing.

    Keys are in lower case. Values are as they stand; one that begins with a newline is a
    nested block. What ``[DEFAULT]`` holds is in every profile.

    Raises:
        SharedFileError: AWS tools could not read it; the message names the line.
    """
    found = _read(Path(path))
    return {
        name: {**found.inherited, **section.values} if found.inherited else dict(section.values)
        for name, section in _profiles(found, kind)
    }


def read_services(path: str | os.PathLike[str]) -> dict[str, dict[str, dict[str, str]]]:
    """Return the ``[services NAME]`` sections of the config file *path*: the settings of each service.

    Raises:
        SharedFileError: AWS tools could not read the file.
    """
    found = _read(Path(path))
    return {
        name: {key: nested_block(value) for key, value in {**found.inherited, **section.values}.items()}
        for section in found.sections
        if section.name.startswith("services") and (name := name_in_header(section.name)) is not None
    }


def _profiles(found: Sections, kind: Kind) -> Iterator[tuple[str, Section]]:
    for section in found.sections:
        name = profile_of(section.name, kind)
        if name is not None and section.name != "DEFAULT":
            yield name, section


def line_of(path: str | os.PathLike[str], kind: Kind, profile: str, key: str) -> int | None:
    """Return the number of the line on which *key* of *profile* stands, ``None`` where it does not.

    Raises:
        SharedFileError: AWS tools could not read the file.
    """
    found = _read(Path(path))
    lines = [section.keys.get(key) for name, section in _profiles(found, kind) if name == profile]
    if lines and lines[-1] is None:
        lines = [section.keys.get(key) for section in found.sections if section.name == "DEFAULT"]
    return lines[-1] + 1 if lines and lines[-1] is not None else None


def header_line(path: str | os.PathLike[str], kind: Kind, profile: str) -> int | None:
    """Return the number of the line with the header of *profile*, ``None`` where it has no section.

    Raises:
        SharedFileError: AWS tools could not read the file.
    """
    lines = [section.start + 1 for name, section in _profiles(_read(Path(path)), kind) if name == profile]
    return lines[-1] if lines else None


def lost_sections(path: str | os.PathLike[str]) -> dict[str, int]:
    """Return the sections of the config file *path* that AWS tools pass over though they read like profiles.

    The values are the numbers of the lines on which they begin.

    Raises:
        SharedFileError: AWS tools could not read the file.
    """
    return {
        section.name: section.start + 1
        for section in _read(Path(path)).sections
        if profile_of(section.name, "config") is None
        and _OTHER_SECTIONS.isdisjoint(section.name.split()[:1])
        and not _OF_A_PROFILE.isdisjoint(section.values)
    }


def wrong_headers(credentials_file: Path, config_file: Path) -> dict[str, str]:
    """Return what is wrong with each section that looks like a profile, and that AWS tools pass over, by profile.

    Raises:
        SharedFileError: AWS tools could not read a file.
    """
    found = {}
    for header, line in lost_sections(config_file).items():
        words = header.split()
        name = " ".join(words[1:]) if words[0].lower() == "profile" else header
        right = f"[profile {name}]" if name != "default" else "[default]"
        found[name] = f"[{header}], line {line} of {config_file}, is no profile to AWS tools; write it as {right}"
    for section in _read(credentials_file).sections:
        name = section.name.removeprefix("profile ").strip()
        if name != section.name and "aws_access_key_id" in section.values:
            where = f"[{section.name}], line {section.start + 1} of {credentials_file},"
            found[name] = f"{where} is not the profile {name} to AWS tools; write it as [{name}]"
    return found


def readable_by_others(path: str | os.PathLike[str]) -> bool:
    """Tell whether others on this machine may read the file *path*; the next write to a credentials file ends that."""
    try:
        return os.name != "nt" and bool(Path(path).stat().st_mode & 0o077)
    except OSError:
        return False


def _read(path: Path) -> Sections:
    if _remembered is None:
        return _parsed(path)
    name, state = os.fspath(path), _state(path)
    known = _remembered.get(name)
    if known is not None and known[0] == state:
        return known[1]
    found = _parsed(path)
    if state is not None and _state(path) == state:
        _remembered[name] = (state, found)
    return found


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what tells one state of a file from the next, ``None`` while that cannot be told."""
    try:
        status = path.stat()
    except OSError:
        return None
    # A second write within one tick of the file system's clock would not show.
    is_settled = time.time() - status.st_mtime > _SETTLED_SECONDS
    return (*identity(status), status.st_ctime_ns) if is_settled else None


def _parsed(path: Path) -> Sections:
    # AWS_CONFIG_FILE=/dev/null is how people say that there is to be none.
    if os.path.realpath(path) == os.devnull:
        return read_sections(b"")
    try:
        return read_sections(snapshot(path, empty_until=time.monotonic() + _EMPTY_FOR_A_READER_SECONDS).data)
    except SharedFileError as error:
        problem, hint = str(error), error.hint
    except OSError as error:
        denied = isinstance(error, PermissionError)
        problem, hint = (
            "you may not read it" if denied else explain_os_error(error, path).problem,
            f"ls -l {escape_control(str(path))}",
        )
    raise SharedFileError(f"cannot read {escape_control(str(path))}: {problem}", hint=hint)
