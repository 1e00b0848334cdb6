"""The DoctorContext of a command; none of its parts prompts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws_files.files import lost_sections, read_profiles, readable_by_others
from mfa_session.aws_files.profile_settings import check_nothing_shadows
from mfa_session.aws_files.session_profiles import session_in
from mfa_session.cli.context import AppContext, now
from mfa_session.doctor.diagnose import DoctorContext
from mfa_session.errors import MFASessionError, SharedFileError
from mfa_session.filesystem import paths
from mfa_session.filesystem.safe_path import UnsafePath, unsafe_path
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile, Sections
from mfa_session.system.commands import find_program


def doctor_context(environ: Mapping[str, str]) -> DoctorContext:
    """Return the context for a diagnosis in *environ*."""
    app = AppContext(environ, no_prompt=True)
    return DoctorContext(
        environ=environ,
        files=_Files(app),
        keys=_Keys(app),
        session_in=session_in,
        endpoints=app.endpoints,
        sts=lambda profile: STS(app.transport(profile)),
        iam=lambda profile: IAM(app.transport(profile)),
        last_failure=partial(_last_failure, app),
        finds=lambda program: find_program(program, environ) is not None,
        clock=now,
    )


class _Files:
    """The AWS files."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def config(self) -> Sections:
        return read_profiles(self._app.config_file, "config")

    def credentials(self) -> Sections:
        return read_profiles(self._app.credentials_file, "credentials")

    def no_profiles(self) -> list[str]:
        file = self._app.config_file
        try:
            return [f"line {line} of {file}, [{name}]," for name, line in lost_sections(file).items()]
        except SharedFileError:
            return []  # reading it has reported that

    def open_to_others(self) -> list[str]:
        paths = (self._app.credentials_file, self._app.state_folder)
        return [str(place) for place in paths if readable_by_others(place)]

    def unsafe(self) -> list[UnsafePath]:
        home = paths.home(self._app.environ)
        files = (self._app.config_file, self._app.credentials_file)
        return list(dict.fromkeys(unsafe for file in files if (unsafe := unsafe_path(file, home=home))))

    def check_nothing_shadows(self, profile: Profile) -> None:
        app = self._app
        check_nothing_shadows(profile, credentials_file=app.credentials_file, config_file=app.config_file)

    def check_place_of_session(self, profile: Profile) -> None:
        self._app.sessions.check_writable(profile, replace=False)


class _Keys:
    """The long-term keys."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def description(self, store: str) -> str:
        return self._app.access_keys.store(store).description

    def stored(self, profile: Profile) -> AccessKey | None:
        return self._app.access_keys.get(profile.name, str(profile.store))

    def in_plain_text(self, profile: Profile) -> AccessKey | None:
        return self._app.plain_keys.get(profile.name)


def _last_failure(app: AppContext, profile: Profile) -> MFASessionError | None:
    return app.failed_logins.since(profile, datetime.min.replace(tzinfo=UTC))
