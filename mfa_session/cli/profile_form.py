"""The settings of one profile that its owner chooses, and what each may be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mfa_session.aws.endpoints import endpoint_settings
from mfa_session.aws_files.files import line_of, read_profiles
from mfa_session.aws_files.profile_names import check_portable_profile_name
from mfa_session.aws_files.profile_settings import check_nothing_shadows
from mfa_session.cli.context import AppContext
from mfa_session.cli.own_program import program_command
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.model.durations import role_duration, session_duration
from mfa_session.model.mfa_device import code_device
from mfa_session.model.profile import Profile, source_profile_name
from mfa_session.prompt.code_command import PRESETS, SOURCES, mfa_process, parse_choices
from mfa_session.system.credential_process_line import credential_process_line, runs_this_program

# What people type for a setting that is to go: it stands in the brackets where there is none.
NOTHING = "none"

# Of the AWS CLI, whose versions know different ones.
_OUTPUT_FORMATS = ("json", "text", "table", "yaml", "yaml-stream", "off")

_DEVICE_QUESTION = "MFA device: its ARN, or the number of a hardware token"

# What `login` copies into the session profile, so that it is as useful as its source.
_COPIED = ("region", "output")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its *option*, *key* in the config file and *question*, and the *check* that refuses a value."""

    option: str
    key: str
    question: str
    check: Callable[[str], object]

    def value(self, text: str) -> str | None:
        """Return what is to stand in the config file for *text*, ``None`` where the line is to go.

        Raises:
            UsageError: the setting cannot be this.
            ConfigurationError: it cannot be this because of what else is configured.
        """
        chosen = text.strip()
        if not chosen or chosen.lower() == NOTHING:
            return None
        if not chosen.isprintable():
            raise UsageError("this has a control character in it", hint="type it on one line")
        self.check(chosen)
        return chosen


def output_format(text: str) -> str:
    """Return *text*, if it is an output format of the AWS CLI.

    Raises:
        UsageError: it is none.
    """
    if text not in _OUTPUT_FORMATS:
        raise UsageError(
            "this is not an output format of the AWS CLI", hint=f"it is one of: {', '.join(_OUTPUT_FORMATS)}"
        )
    return text


class Choices:
    """What may be chosen for the profile that *named* stands for, beside everything else in the AWS files.

    Its present settings are not checked: the user may be here to fix one. The name may be new,
    if every AWS tool can read it.
    """

    def __init__(self, app: AppContext, named: str) -> None:
        self._app = app
        self._config = read_profiles(app.config_file, "config")
        self._credentials = read_profiles(app.credentials_file, "credentials")
        self.name = source_profile_name(named, config=self._config, credentials=self._credentials)
        self.is_new = self.name not in self._config and self.name not in self._credentials
        if self.is_new:
            check_portable_profile_name(self.name)
        self.present: Mapping[str, str] = self._config.get(self.name, {})
        self._default_session_profile = f"{self.name}-mfa"
        self.session_profile = self.present.get("mfa_session_profile") or self._default_session_profile
        self.has_session = self._credentials.get(self.session_profile, {}).get("mfa_session_source") == self.name
        self.is_answered = runs_this_program(self.present.get("credential_process", ""), self.name)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """All that may be chosen, in the order in which it is asked for; the ``credential_process`` comes after it."""
        return (
            Setting("--region", "region", "AWS region", _check_region),
            Setting("--output", "output", "Output format of the AWS CLI", output_format),
            Setting(
                "--mfa-serial", "mfa_serial", "MFA device: its ARN, or the number of a hardware token", code_device
            ),
            Setting("--mfa-process", "mfa_process", "Program that prints a token code", mfa_process),
            Setting("--code-source", SOURCES, f"Read MFA codes from: {', '.join(PRESETS)}", parse_choices),
            Setting(
                "--session-profile",
                "mfa_session_profile",
                f"Session profile, if not {self._default_session_profile}",
                self._check_session_profile,
            ),
            Setting("--duration", "mfa_session_duration", *self._duration),
        )

    @property
    def _duration(self) -> tuple[str, Callable[[str], object]]:
        """The question for the duration and its check: AWS has other limits for the sessions of roles."""
        if self.present.get("role_arn"):
            return "How long a session of the role lasts, if not 1h", role_duration
        return "How long a session lasts, if not 12h", session_duration

    def credential_process(self, *, ours: bool) -> str | None:
        """Return the line that makes this program *ours*, the one that AWS tools ask, or ``None`` to remove it.

        Raises:
            ConfigurationError: the profile has credentials from elsewhere, which are never
                removed here; or no line that every SDK reads can be written.
        """
        if ours:
            line = credential_process_line(program_command(), self.name)
            answered = Profile(self.name, self.session_profile, settings={"credential_process": line})
            self._app.settings.check_can_answer(answered)
            check_nothing_shadows(
                answered, credentials_file=self._app.credentials_file, config_file=self._app.config_file
            )
            return line
        if "credential_process" in self.present and not self.is_answered:
            file = self._app.config_file
            number = line_of(file, "config", self.name, "credential_process")
            raise ConfigurationError(
                f"the credential_process of profile {self.name} is another program (line {number} of {file})",
                hint="delete that line yourself, if it is to go",
            )
        return None

    def copied(self, changed: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return what of *changed* goes for the session profile too: what is there as `login` has copied it."""
        copy = self._config.get(self.session_profile, {}) if self.has_session else {}
        return {
            key: changed[key]
            for key in _COPIED
            if key in changed and key in copy and copy[key] == self.present.get(key)
        }

    def _check_session_profile(self, name: str) -> None:
        check_portable_profile_name(name)
        if name == self.name:
            raise UsageError(
                f"the session of {name} cannot be written over {name} itself",
                hint=f"choose another name, such as {self._default_session_profile}",
            )
        if owner := self._other_owner(name):
            raise UsageError(f"profile {name} is for the sessions of {owner}", hint="choose another name")
        self._app.sessions.check_writable(Profile(self.name, name), replace=True)

    def _other_owner(self, session_profile: str) -> str | None:
        """Return the other profile that has its sessions in *session_profile*, if there is one."""
        key = "mfa_session_profile"
        owners = [name for name, settings in self._config.items() if settings.get(key) == session_profile]
        owners.append(self._credentials.get(session_profile, {}).get("mfa_session_source", self.name))
        return next((owner for owner in owners if owner != self.name), None)


def _check_region(name: str) -> None:
    endpoint_settings({}, {}, region=name)
