"""What a diagnosis looks with: the real parts, none of which asks anybody for anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from mfa_session.aws.connection import AWS
from mfa_session.aws_files.files import lost_sections, read_profiles, readable_by_others
from mfa_session.aws_files.profile_settings import check_nothing_shadows
from mfa_session.aws_files.session_profiles import session_in
from mfa_session.cli.context import Parts, now
from mfa_session.doctor.diagnose import Instruments
from mfa_session.errors import MFASessionError, SharedFileError
from mfa_session.filesystem import paths
from mfa_session.filesystem.safe_path import UnsafePath, unsafe_path
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile, Sections
from mfa_session.system.commands import find_program


def instruments(environ: Mapping[str, str]) -> Instruments:
    """Return the instruments for a diagnosis in *environ*."""
    parts = Parts(environ, no_prompt=True)
    return Instruments(
        environ=environ,
        files=_Files(parts),
        keys=_Keys(parts),
        session_in=session_in,
        endpoints=parts.endpoints,
        aws=lambda profile: AWS(parts.endpoints(profile)),
        last_failure=partial(_last_failure, parts),
        finds=lambda program: find_program(program, environ) is not None,
        clock=now,
    )


class _Files:
    """The AWS files of *parts*."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def config(self) -> Sections:
        return read_profiles(self._parts.config_file, "config")

    def credentials(self) -> Sections:
        return read_profiles(self._parts.credentials_file, "credentials")

    def no_profiles(self) -> list[str]:
        file = self._parts.config_file
        try:
            return [f"line {line} of {file}, [{name}]," for name, line in lost_sections(file).items()]
        except SharedFileError:
            return []  # which the reading of it has told already

    def open_to_others(self) -> list[str]:
        paths = (self._parts.credentials_file, self._parts.state_folder)
        return [str(place) for place in paths if readable_by_others(place)]

    def unsafe(self) -> list[UnsafePath]:
        home = paths.home(self._parts.environ)
        files = (self._parts.config_file, self._parts.credentials_file)
        return list(dict.fromkeys(unsafe for file in files if (unsafe := unsafe_path(file, home=home))))

    def check_nothing_shadows(self, profile: Profile) -> None:
        parts = self._parts
        check_nothing_shadows(profile, credentials_file=parts.credentials_file, config_file=parts.config_file)

    def check_place_of_session(self, profile: Profile) -> None:
        self._parts.sessions.claim(profile, replace=False)


class _Keys:
    """The long-term keys of *parts*."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def description(self, store: str) -> str:
        return self._parts.access_keys.store(store).description

    def stored(self, profile: Profile) -> AccessKey | None:
        return self._parts.access_keys.get(profile.name, str(profile.store))

    def in_plain_text(self, profile: Profile) -> AccessKey | None:
        return self._parts.plain_keys.get(profile.name)


def _last_failure(parts: Parts, profile: Profile) -> MFASessionError | None:
    return parts.failed_logins.since(profile, datetime.min.replace(tzinfo=UTC))
