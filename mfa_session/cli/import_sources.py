"""Where long-term keys lie that are to be imported: in plain files, in the environment, with other programs."""

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Protocol

from mfa_session.cli.context import AppContext
from mfa_session.cli.key_options import ORIGINS
from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError, PersonNeededError, UsageError, hint_command
from mfa_session.importers.aws_mfa import AWSMFAKeys
from mfa_session.importers.aws_vault import AWSVaultKeys, Backend
from mfa_session.importers.aws_vault_file import AWSVaultFiles
from mfa_session.importers.aws_vault_pass import AWSVaultPass
from mfa_session.importers.environment import EnvironmentKey
from mfa_session.keys.protocols import KeySource
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.prompt.terminal import Terminal

# Where keys are looked for without --from: what can be read without a prompt.
_DEFAULT = ("aws-mfa", "credentials")

_AWS_MFA_SUFFIX = "-long-term"


class ImportSource(KeySource, Protocol):
    """A place that has keys to import."""

    def profiles(self) -> Iterator[str]:
        """Yield the profiles that have a key there."""

    def has(self, profile: str) -> bool:
        """Tell whether there is one for *profile*, or something that looks like one."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*."""

    def device(self, profile: str) -> MFADevice | None:
        """Return the MFA device of *profile*, if the place has it."""


def find(app: AppContext, profile: Profile, *, wanted: str | None) -> ImportSource:
    """Return where the key of *profile* lies: in the place that is *wanted*, or where keys usually do.

    Raises:
        UsageError: there is no such place.
        ConfigurationError: there are two keys.
        AccessKeyNotFoundError: there is none.
    """
    places = _places(app, wanted)
    having = [place for place in places.values() if place.has(profile.name)]
    if len(having) > 1:
        raise ConfigurationError(
            f"profile {profile.name} has two long-term keys: its own, and the one of aws-mfa",
            hint=f"say which is to be imported: --from {' or --from '.join(places)}; and delete the other",
        )
    if not having:
        # What looks like a key there, and is none, has an error of its own.
        for place in places.values():
            place.get(profile.name)
        looked_in = dict.fromkeys(place.description for place in places.values())
        raise AccessKeyNotFoundError(
            f"there is no long-term key of profile {profile.name} in {' or '.join(looked_in)}",
            hint=f"type it: {hint_command('keys add', profile=profile.name)}"
            + ("" if wanted else "; or look elsewhere: --from environment, --from aws-vault"),
        )
    return having[0]


def find_all(app: AppContext, *, wanted: str | None) -> Iterator[tuple[str, ImportSource]]:
    """Yield every profile that has a key in the place that is *wanted*, or where keys usually lie.

    Raises:
        UsageError: there is no such place, or it does not say for which profile its key is.
    """
    if wanted == "environment":
        raise UsageError("the key in the environment is for one profile", hint="name it: --profile NAME, without --all")
    for name, place in _places(app, wanted).items():
        for profile in place.profiles():
            # The sections of aws-mfa are no profiles of their own.
            if wanted or name != "credentials" or not profile.endswith(_AWS_MFA_SUFFIX):
                yield profile, place


def _places(app: AppContext, wanted: str | None) -> Mapping[str, ImportSource]:
    if wanted is not None and wanted not in ORIGINS:
        raise UsageError(f"there is no place for keys called {wanted}", hint=f"give one of: {', '.join(ORIGINS)}")
    return {name: _place(app, name) for name in ((wanted,) if wanted else _DEFAULT)}


def _place(app: AppContext, name: str) -> ImportSource:
    # Imported where they are needed: each brings what it reads with.
    if name == "aws-mfa":
        return AWSMFAKeys(app.credentials_file)
    if name == "environment":
        return EnvironmentKey(app.environ)
    if name == "aws-vault":
        return _aws_vault(app)
    return app.plain_keys


def _aws_vault(app: AppContext) -> ImportSource:
    backends: dict[str, Backend] = {
        "file": AWSVaultFiles(app.environ, partial(_passphrase, app)),
        "pass": AWSVaultPass(app.environ),
    }
    if sys.platform == "linux":
        # Its libraries are installed on Linux alone.
        from mfa_session.importers.aws_vault_secret_service import AWSVaultSecretService

        backends["secret-service"] = AWSVaultSecretService(app.environ, interactive=not app.no_prompt)
    return AWSVaultKeys(app.environ, backends)


def _passphrase(app: AppContext, question: str) -> str:
    try:
        if app.no_prompt:
            raise PersonNeededError("prompting is disabled (--no-prompt)", hint="leave out --no-prompt")
        terminal = Terminal.open()
    except PersonNeededError as error:
        raise PersonNeededError(
            f"the passphrase of aws-vault is needed: {error}",
            hint="run it in a terminal, or set AWS_VAULT_FILE_PASSPHRASE",
        ) from error
    with terminal:
        return terminal.ask(question, secret=True)
