"""Check the settings of a profile and the AWS files."""

import os
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
    """The AWS files."""

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
        """Return each section of the config file whose header lacks `profile`, with its line."""

    def open_to_others(self) -> list[str]:
        """Return the private files and folders that others can read."""

    def unsafe(self) -> Sequence[tuple[str, str]]:
        """Return why others can write each file, and how to fix it."""

    def check_nothing_shadows(self, profile: Profile) -> None:
        """Check that the profile has one kind of credentials.

        Raises:
            ConfigurationError: it has two.
        """

    def check_place_of_session(self, profile: Profile) -> None:
        """Check that a session of the profile can be written.

        Raises:
            SessionProfileTakenError: something else is there.
            SharedFileError: the file cannot be changed.
        """


def file_findings(files: Files) -> Iterator[Finding]:
    """Yield the problems of the files themselves."""
    for path in files.open_to_others():
        yield warning("files", "open-to-others", f"others on this machine can read {path}", fix=f"chmod go-rwx {path}")
    for problem, fix in files.unsafe():
        yield warning("files", "writable-by-others", f"{problem}; programs that it names are not run", fix=fix)
    for section in files.no_profiles():
        yield warning(
            "files",
            "no-profile",
            f"{section} is not a profile for AWS tools",
            fix="change the header to [profile NAME]",
        )


def profile_findings(profile: Profile, *, files: Files, finds: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield the findings about the settings of *profile*; *finds* tells whether a program can be run."""
    what = f"{profile.name}, session profile {profile.session_profile}"
    if profile.role is not None:
        what = f"{profile.name}, role assumed via {profile.user.name}: {profile.role.arn}"
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
            what = f"AWS tools get no credentials from profile {profile.name}: it has no credential_process"
            yield warning("process", "no-process", what, fix=f"{anew}; or use --profile {profile.session_profile}")
        return
    try:
        words = words_of(line)
    except ValueError:
        words = []
    if not words:
        yield error("process", "process-unreadable", "credential_process cannot be parsed", fix=anew)
        return
    files, rest = files_run_by(words)
    yield from _program(files, finds=finds, anew=anew)
    is_ours = words[2:4] == ["-m", "mfa_session"] or PurePath(files[-1]).stem == "mfa-session"
    if is_ours and rest != ["credential-process", "--profile", profile.name]:
        what = f"credential_process runs mfa-session for another profile than {profile.name}"
        yield error("process", "process-of-another-profile", what, fix=anew)


def _program(files: list[str], *, finds: Callable[[str], bool], anew: str) -> Iterator[Finding]:
    program = next((file for file in files if not finds(file)), None)
    if program is not None:
        what = f"credential_process names a program that cannot be run: {program}"
        yield error("process", "process-not-found", what, fix=anew)
        return
    program = next((file for file in files if not PurePath(file).is_absolute()), None)
    if program is not None:
        what = f"credential_process names {program} without a path; some tools have another PATH"
        yield warning("process", "process-without-path", what, fix=anew)
    else:
        yield fine("process", "process", f"credential_process runs {files[-1]}")


def _device(profile: Profile) -> Iterator[Finding]:
    device = profile.mfa_device
    choose = f"choose another: {hint_command('device list', profile=profile.user.name)}"
    if device is None:
        yield fine("device", "not-remembered", "not chosen yet; a login lists the devices of the user")
    elif not device.shows_codes:
        what = f"mfa_serial is a security key or passkey, not usable with the CLI: {device.serial_number}"
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
    if not words or not finds(os.path.expanduser(words[0])):  # noqa: PTH111  as `mfa_process` is run
        # The arguments may be secret.
        what = f"mfa_process names a program that cannot be run{': ' + words[0] if words else ''}"
        yield error("device", "mfa-process-not-found", what, fix="correct mfa_process, or delete the line")
