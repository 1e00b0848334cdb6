"""The real parts, put together for one command."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import quote

from mfa_session.aws.endpoints import Endpoints, endpoint_settings
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.aws_files.files import read_profiles, read_services, wrong_headers
from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.aws_files.profile_settings import ProfileSettings, place_of
from mfa_session.aws_files.session_profiles import RoleSessionsWrittenTogether, SessionProfiles
from mfa_session.cli.choose_profile import choose_profile
from mfa_session.cli.output import waiting_for, write_stderr
from mfa_session.cli.own_program import program_command
from mfa_session.errors import (
    ConfigurationError,
    MFASessionError,
    PersonNeededError,
    ProfileNotFoundError,
    name_in_hints,
)
from mfa_session.filesystem import paths
from mfa_session.filesystem.locks import locked
from mfa_session.filesystem.safe_path import UnsafePath, unsafe_path
from mfa_session.importers.aws_mfa import check_not_of_aws_mfa
from mfa_session.importers.credential_process import printed_key
from mfa_session.importers.environment import EnvironmentKey
from mfa_session.keys.add import add_prompted_key
from mfa_session.keys.lookup import KeyLookup
from mfa_session.keystore.encrypted_file import EncryptedFile
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.keystore.stores import AccessKeys, KeyStore
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.partitions import partition_in, partition_of
from mfa_session.model.profile import Profile, ProfileReader, Sections
from mfa_session.model.provider import how_to_use
from mfa_session.prompt.passphrases import Passphrases
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from mfa_session.state.per_profile import DeclinedMoves, FailedLogins, KeyringPlaces, RotationJournal
from mfa_session.state.used_codes import UsedCodes

# Names stand on lines of their own: they may hold anything else.
_VARIABLE = "MFA_SESSION_ANSWERING"


def answering_too(environ: Mapping[str, str], profiles: Iterable[str]) -> dict[str, str]:
    """Return *environ* for a program that is started to get a code for these *profiles*."""
    return {**environ, _VARIABLE: "\n".join(dict.fromkeys((*_answering(environ), *profiles)))}


def check_not_answering(environ: Mapping[str, str], profile: Profile) -> None:
    """Refuse to log in to *profile* while a process that started us waits for that login.

    Raises:
        ConfigurationError: we were started, in the end, to get a code for this very login.
    """
    if profile.name in _answering(environ):
        raise ConfigurationError(
            f"a login of profile {profile.name} was called by a program that it has started itself",
            hint="let mfa_process use another profile, or none",
        )


def _answering(environ: Mapping[str, str]) -> list[str]:
    return environ.get(_VARIABLE, "").splitlines()


# The user of another process may be looking for a phone.
_LOCK = timedelta(seconds=60)


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class AppContext:
    """What a command works with, made from the environment when it is first needed.

    *open_terminal* opens the terminal; answers are wanted until *deadline*.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        no_prompt: bool,
        open_terminal: Callable[[], Terminal] = Terminal.open,
        deadline: Deadline = Deadline(),  # noqa: B008  it is frozen
    ) -> None:
        self.environ = environ
        self.no_prompt = no_prompt
        self.deadline = deadline
        self.quiet = False
        self._open_terminal = open_terminal
        self._terminal: Terminal | None = None
        self._locked: list[str] = []

    @cached_property
    def credentials_file(self) -> Path:
        """The AWS credentials file."""
        return paths.credentials_file(self.environ)

    @cached_property
    def config_file(self) -> Path:
        """The AWS config file."""
        return paths.config_file(self.environ)

    @cached_property
    def state_folder(self) -> Path:
        """The folder of our own files."""
        return paths.state_folder(self.environ)

    def unsafe_settings(self) -> UnsafePath | None:
        """Return who else may have written the AWS files, and so chosen the programs that they name."""
        home = paths.home(self.environ)
        return unsafe_path(self.config_file, home=home) or unsafe_path(self.credentials_file, home=home)

    def profile(self, name: str | None) -> Profile:
        """Return the source profile that *name* stands for, else that of :meth:`profile_name`; hints name it."""
        named = name or self.profile_name()
        name_in_hints(named)
        try:
            profile = self.profiles().profile(named)
        except ProfileNotFoundError:
            self._check_headers(named)
            raise
        name_in_hints(profile.name)
        if profile.user.provider is None and profile.user.store is None:
            self._check_headers(profile.user.name)
        return profile

    def _check_headers(self, name: str) -> None:
        """Raise ConfigurationError where the header of a section was meant to be that of profile *name*, and is not."""
        if problem := wrong_headers(self.credentials_file, self.config_file).get(name):
            what, _, fix = problem.partition("; ")
            raise ConfigurationError(f"profile {name} has no credentials: {what}", hint=fix)

    def profile_name(self) -> str:
        """Return the profile for a command line that names none.

        Raises:
            ConfigurationError: there are several, and prompting is not possible.
        """
        return choose_profile(
            self.environ,
            self.profiles(),
            credentials=read_profiles(self.credentials_file, "credentials"),
            user=lambda: self.user("the same with --profile NAME"),
            quiet=self.quiet,
        )

    def profiles(self) -> ProfileReader:
        """Return a reader of any number of profiles, as the files are now."""
        return ProfileReader(self._config, read_profiles(self.credentials_file, "credentials"), locate=self.place_of)

    def place_of(self, profile: str, key: str) -> str | None:
        """Return the line and the file where AWS tools read *key* of *profile*."""
        return place_of(profile, key, credentials_file=self.credentials_file, config_file=self.config_file)

    @cached_property
    def sessions(self) -> SessionProfiles:
        """The session profiles."""
        return SessionProfiles(
            credentials_file=self.credentials_file, config_file=self.config_file, is_stored=self._is_stored
        )

    def write_role_sessions_together(self) -> RoleSessionsWrittenTogether:
        """Have the sessions of roles wait, from here on, until what is returned is flushed."""
        self.sessions = together = RoleSessionsWrittenTogether(
            credentials_file=self.credentials_file, config_file=self.config_file, is_stored=self._is_stored
        )
        return together

    @cached_property
    def settings(self) -> ProfileSettings:
        """What we write into the config file."""
        return ProfileSettings(self.config_file, program=program_command(), credentials_file=self.credentials_file)

    @cached_property
    def plain_keys(self) -> PlainKeys:
        """The long-term keys that are in plain text in the AWS files."""
        return PlainKeys(self.credentials_file, self.config_file)

    @cached_property
    def used_codes(self) -> UsedCodes:
        """The last used time step of each device."""
        return UsedCodes(self.state_folder / "used-codes")

    @cached_property
    def failed_logins(self) -> FailedLogins:
        """How the last login of each profile failed."""
        return FailedLogins(self.state_folder / "failed-logins", clock=now)

    @cached_property
    def declined_moves(self) -> DeclinedMoves:
        """The keys that are to stay in the credentials file."""
        return DeclinedMoves(self.state_folder / "declined-moves", clock=now)

    @cached_property
    def rotations(self) -> RotationJournal:
        """How far the rotation of each key has come."""
        return RotationJournal(self.state_folder / "rotations")

    def endpoints(self, profile: Profile, *, region: str | None = None) -> Endpoints:
        """Return where AWS is reached for *profile*."""
        # As botocore does, a role is assumed where its own profile says.
        shared = {key: profile.user.settings[key] for key in ("ca_bundle",) if key in profile.user.settings}
        settings = {**shared, **profile.settings, **({"region": profile.region} if profile.region else {})}
        return endpoint_settings(self.environ, settings, services=partial(self._services, profile), region=region)

    def _services(self, profile: Profile) -> dict[str, str]:
        """Return the address of each service that the ``services`` line of *profile* leads to."""
        name = profile.settings.get("services")
        if name is None:
            return {}
        if not (found := read_services(self.config_file).get(name)):
            raise ConfigurationError(
                f"profile {profile.name}: there is no [services {name}] ({self.place_of(profile.name, 'services')})",
                hint=f"correct that line, or add the section to {self.config_file}",
            )
        return {service: settings.get("endpoint_url", "") for service, settings in found.items()}

    def transport(self, profile: Profile, endpoints: Endpoints | None = None) -> Transport:
        """Return the transport for *profile*. A session that AWS does not accept any more is marked as expired."""
        endpoints = endpoints or self.endpoints(profile)
        on_session_ended = partial(self._mark_ended, profile, endpoints)
        return Transport(endpoints, on_session_ended=on_session_ended, waiting=self._waiting)

    def _waiting(self, what: str) -> AbstractContextManager[None]:
        """Show what is waited for, except with --quiet and for AWS tools, whose terminal it is."""
        return nullcontext() if self.quiet or self.deadline.reader_fd is not None else waiting_for(what)

    def _mark_ended(self, profile: Profile, endpoints: Endpoints, session: SessionCredentials) -> None:
        # Another partition, asked by mistake, does not know the session either.
        device = profile.mfa_device.serial_number if profile.mfa_device else ""
        known = partition_in(profile.role.arn if profile.role else device)
        if known in (None, partition_of(endpoints.region)):
            with suppress(MFASessionError):  # the user has to see the error of AWS, not this one
                self.sessions.mark_ended(session, now=now())

    def user(self, command: str, *, endpoints: Endpoints | None = None) -> User | NoUser:
        """Return the user, to ask; *command* is what to run in a terminal if there is none here."""
        if self.no_prompt:
            return NoUser(command)
        endpoint = endpoints.sts_url if endpoints else None
        return User(self.terminal, command=command, endpoint=endpoint, deadline=self.deadline)

    @cached_property
    def access_keys(self) -> AccessKeys:
        """The stores of long-term keys."""
        return AccessKeys(
            {
                "keyring": OSKeyring(
                    environ=self.environ,
                    interactive=not self.no_prompt,
                    records=KeyringPlaces(self.state_folder / "keyrings"),
                    named=self._named_keyring(),
                    tell=lambda text: write_stderr(f"mfa-session: {text}"),
                ),
                "file": EncryptedFile(
                    self.state_folder / "keys.json",
                    Passphrases(
                        self.environ,
                        self._terminal_for_a_passphrase,
                        deadline=lambda: self.deadline,
                        question=self._passphrase_question,
                    ),
                ),
            }
        )

    def _named_keyring(self) -> str | None:
        """Return the one back end that the config file insists on, whatever the system would choose."""
        named = {settings.get("mfa_session_keyring", "") for settings in self._config.values()} - {""}
        if len(named) > 1:
            raise ConfigurationError(
                f"the config file names several keyrings: {', '.join(sorted(named))}",
                hint="let all lines mfa_session_keyring name the same one",
            )
        if named and (unsafe := self.unsafe_settings()):
            raise ConfigurationError(f"mfa_session_keyring is not used: {unsafe.problem}", hint=unsafe.hint)
        return named.pop() if named else None

    def _is_stored(self, profile: str, key_id: str) -> bool:
        store = self._config.get(profile, {}).get("mfa_session_store")
        key = self.access_keys.get(profile, store) if store else None
        return key is not None and key.access_key_id == key_id

    @property
    def _config(self) -> Sections:
        return read_profiles(self.config_file, "config")

    def choose_store(self, user: User | NoUser, *, wanted: str | None = None) -> KeyStore:
        """Return the store for a new key: the one *wanted*, or that ``MFA_SESSION_STORE`` names, or the best."""
        return self.access_keys.choose(
            wanted or self.environ.get("MFA_SESSION_STORE") or None,
            consent=partial(user.agrees, by_default=True),
        )

    def keys(self, sts: STS, *, user: User | NoUser | None) -> "KeyLookup":
        """Return where the long-term keys are looked for; a *person* may give one that is nowhere yet."""
        find = partial(KeyLookup, stored=self.access_keys.get, in_file=self.plain_keys.get, printed=self.printed_key)
        if user is None:
            return find()
        choose_store = partial(self.choose_store, user)
        return find(
            prompt=partial(
                add_prompted_key,
                user=user,
                sts=sts,
                choose_store=choose_store,
                settings=self.settings,
                offered=EnvironmentKey(self.environ).usable,
            )
        )

    def printed_key(self, profile: Profile) -> AccessKey:
        """Return the access key that the ``credential_process`` of *profile*, another program, prints."""
        return printed_key(profile, environ=self.environ_for(profile), unsafe_settings=self.unsafe_settings)

    def check_has_own_key(self, profile: Profile, *, at_login: bool) -> None:
        """Check that the access key behind *profile* is mfa-session's to use.

        A ``credential_process`` of the user may run us, so only `login` refuses it, *at_login*.

        Raises:
            ConfigurationError: another tool gives its credentials; the message names the line.
        """
        if (user := profile.user).store is None:
            check_not_of_aws_mfa(user.name, read_profiles(self.credentials_file, "credentials"), self._config)
        if user.foreign is None:
            return
        may_run_us = not at_login or user.store is None or "mfa-session" in user.settings[user.foreign]
        if user.foreign == "credential_process" and may_run_us:
            return
        whose = f"its source profile {user.name}" if profile.role else f"profile {user.name}"
        prefix = f"profile {profile.name}: " if profile.role else ""
        raise ConfigurationError(
            f"{prefix}{whose} gets its credentials from another tool ({user.foreign}, "
            f"{self.place_of(user.name, user.foreign)})",
            hint=how_to_use(user.name, user.foreign),
        )

    @contextmanager
    def lock(self, profile: Profile, *, timeout: timedelta = _LOCK) -> Iterator[None]:
        """Hold the lock that one login at a time of *profile* holds, from the question to the answer.

        Raises:
            ConfigurationError: a login that waits for us holds it.
            LockedError: another held it all the time.
        """
        if profile.name in self._locked:  # the key and the role of one profile
            yield
            return
        check_not_answering(self.environ, profile)
        with locked(self.state_folder / "locks" / quote(profile.name, safe=""), timeout=timeout):
            self._locked.append(profile.name)
            try:
                yield
            finally:
                self._locked.remove(profile.name)

    def environ_for(self, profile: Profile) -> dict[str, str]:
        """Return the environment of a program that gets a code of *profile* for us."""
        return answering_too(self.environ, (*self._locked, profile.name, profile.user.name))

    def _terminal_for_a_passphrase(self) -> Terminal:
        if self.no_prompt:
            raise PersonNeededError(
                "passphrase of the encrypted file required, but prompting is disabled (--no-prompt)",
                hint="set MFA_SESSION_PASSPHRASE_FILE or MFA_SESSION_PASSPHRASE_FD",
            )
        return self.terminal()

    def _passphrase_question(self) -> str:
        """Return the question for the passphrase; inside an AWS tool it says who asks, and for what."""
        if self.deadline.reader_fd is None or not self._locked:
            return "Passphrase of the encrypted file:"
        return f"mfa-session: passphrase for the access key of {self._locked[-1]}:"

    def terminal(self) -> Terminal:
        """Open the terminal, or raise PersonNeededError."""
        if self._terminal is None:
            self._terminal = self._open_terminal()
        return self._terminal

    def tell_where_asked(self, text: str) -> None:
        """Show *text* on the terminal, if a question was asked there and stderr goes elsewhere."""
        if self._terminal and self._terminal.has_asked and not (sys.stderr and sys.stderr.isatty()):
            self._terminal.tell(text)
