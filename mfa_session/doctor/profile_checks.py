"""Look at what the AWS files say about a profile, for whatever keeps AWS tools from using it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Protocol

from mfa_session.doctor.finding import Finding, error, fine, warning
from mfa_session.errors import ConfigurationError, SessionProfileTakenError, hint_command
from mfa_session.model.profile import Profile, Sections
from mfa_session.system.commands import words_of
from mfa_session.system.credential_process_line import files_run_by

_PROCESS = "credential_process"


class Files(Protocol):
    """The AWS files of this machine; each is read as AWS tools read it."""

    def config(self) -> Sections:
        """Return the profiles of the config file.

        Raises:
            SharedFileError: AWS tools cannot read it.
        """

    def credentials(self) -> Sections:
        """Return the profiles of the credentials file.

        Raises:
            SharedFileError: AWS tools cannot read it.
        """

    def no_profiles(self) -> list[str]:
        """Return what looks like the section of a profile in the config file, and is none, each with its line."""

    def open_to_others(self) -> list[str]:
        """Return every file and folder that only its owner should be able to read, and others can."""

    def unsafe(self) -> Sequence[tuple[str, str]]:
        """Return why others may have chosen what is in the files, and what to run about it; at most one for each."""

    def check_nothing_shadows(self, profile: Profile) -> None:
        """Make sure that the profile has credentials of one kind.

        Raises:
            ConfigurationError: it has two.
        """

    def check_place_of_session(self, profile: Profile) -> None:
        """Make sure that a session of the profile can be written.

        Raises:
            SessionProfileTakenError: something else stands there.
            SharedFileError: the file cannot be changed.
        """


def file_findings(files: Files) -> Iterator[Finding]:
    """Yield what is wrong with the files, whatever the profile."""
    for path in files.open_to_others():
        yield warning("files", "open-to-others", f"others on this machine can read {path}", fix=f"chmod go-rwx {path}")
    for problem, fix in files.unsafe():
        yield warning("files", "writable-by-others", f"{problem}: no program that it names is run", fix=fix)
    for section in files.no_profiles():
        yield warning(
            "files",
            "no-profile",
            f"{section} is the section of no profile, and AWS tools pass it over",
            fix="write it as [profile NAME], in small letters",
        )


def profile_findings(profile: Profile, *, files: Files, finds: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield what the files say about *profile*; *finds* tells whether a program can be run by this name."""
    what = f"{profile.name}, whose session is in {profile.session_profile}"
    if profile.role is not None:
        what = f"{profile.name}, a role that {profile.user.name} takes: {profile.role.arn}"
    yield fine("profile", "profile", what)
    try:
        files.check_nothing_shadows(profile)
    except ConfigurationError as problem:
        yield error("profile", "two-kinds-of-credentials", str(problem), fix=problem.hint)
    try:
        files.check_place_of_session(profile)
    except SessionProfileTakenError as problem:
        yield error("session", "session-profile-taken", str(problem), fix=problem.hint)
    except ConfigurationError as problem:
        yield error("files", "not-writable", str(problem), fix=problem.hint)
    yield from _process(profile, finds=finds)
    yield from _device(profile)
    yield from _mfa_process(profile, finds=finds)


def _process(profile: Profile, *, finds: Callable[[str], bool]) -> Iterator[Finding]:
    anew = hint_command("configure", "--credential-process", profile=profile.name)
    line = profile.settings.get(_PROCESS)
    if line is None:
        if profile.store is not None:
            what = f"AWS tools get no credentials from profile {profile.name} itself: it has no credential_process"
            yield warning("process", "no-process", what, fix=f"{anew}; or use --profile {profile.session_profile}")
        return
    try:
        words = words_of(line)
    except ValueError:
        words = []
    if not words:
        yield error("process", "process-unreadable", "the credential_process cannot be split into words", fix=anew)
        return
    files, rest = files_run_by(words)
    yield from _program(files, profile, finds=finds, anew=anew)
    is_ours = words[2:4] == ["-m", "mfa_session"] or PurePath(files[-1]).stem == "mfa-session"
    if is_ours and rest != ["credential-process", "--profile", profile.name]:
        what = f"its credential_process asks mfa-session for something else than profile {profile.name}"
        yield error("process", "process-of-another-profile", what, fix=anew)


def _program(files: list[str], profile: Profile, *, finds: Callable[[str], bool], anew: str) -> Iterator[Finding]:
    program = next((file for file in files if not finds(file)), None)
    if program is not None:
        what = f"its credential_process names a program that cannot be run: {program}"
        yield error("process", "process-not-found", what, fix=anew)
        return
    program = next((file for file in files if not PurePath(file).is_absolute()), None)
    if program is not None:
        what = f"its credential_process names {program} without a path, and not every tool has your PATH"
        yield warning("process", "process-without-path", what, fix=anew)
    else:
        yield fine("process", "process", f"AWS tools that use {profile.name} ask {files[-1]}")


def _device(profile: Profile) -> Iterator[Finding]:
    device = profile.mfa_device
    choose = f"choose another: {hint_command('device list', profile=profile.user.name)}"
    if device is None:
        yield fine("device", "not-remembered", "not chosen yet: a login asks AWS which ones the user has")
    elif not device.shows_codes:
        what = f"mfa_serial names a device that shows no codes, which the API does not take: {device.serial_number}"
        yield error("device", "no-codes", what, fix=f"{choose}; or add one: {hint_command('device add')}")
    else:
        yield fine("device", "device", f"{device.serial_number} ({device.kind})")


def _mfa_process(profile: Profile, *, finds: Callable[[str], bool]) -> Iterator[Finding]:
    line = profile.user.settings.get("mfa_process")
    if not line:
        return
    try:
        words = words_of(line)
    except ValueError:
        words = []
    if not words or not finds(words[0]):
        # No more of the line is shown: what a program is told may be a secret.
        what = f"mfa_process names a program that cannot be run{': ' + words[0] if words else ''}"
        yield error("device", "mfa-process-not-found", what, fix="correct mfa_process, or delete the line")
