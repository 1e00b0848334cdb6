"""A profile is to us what it is to botocore: where its credentials come from, its region, endpoints and roles.

What botocore does not accept is refused, and so is what belongs to another tool, with its line.
"""

import os
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import botocore.credentials
import botocore.session
import pytest
from botocore.configprovider import ConfiguredEndpointProvider

from mfa_session.cli.context import AppContext
from mfa_session.errors import ConfigurationError
from mfa_session.model.durations import role_duration
from mfa_session.model.profile import Profile
from mfa_session.model.provider import Provider
from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.profiles.made_up import MadeUp, made_up

CAMPAIGN = "profiles as botocore reads them"
CASES = scale.cases(quick=300, full=20_000)
CHUNKS = 10
_PROVIDERS = {provider.value for provider in Provider}


class Botocore:
    """What botocore says about one profile; no program is run and nothing is asked over the network."""

    def __init__(self, name: str) -> None:
        self._session = botocore.session.Session(profile=name)
        self.roles: list[dict[str, Any]] = []
        self.region = self._session.get_config_variable("region") or None
        self.provider, self.error = self._find_provider()

    def _find_provider(self) -> tuple[str | None, bool]:
        roles = self.roles

        class Fetcher(botocore.credentials.AssumeRoleCredentialFetcher):  # type: ignore[misc]  # botocore has no types
            def __init__(self, *, role_arn: str, extra_args: dict[str, Any], **more: Any) -> None:
                roles.append({"RoleArn": role_arn, **extra_args})
                super().__init__(role_arn=role_arn, extra_args=extra_args, **more)

        printed = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "secret"}
        with (
            patch.object(botocore.credentials, "AssumeRoleCredentialFetcher", Fetcher),
            patch.object(botocore.credentials.ProcessProvider, "_retrieve_credentials_using", lambda *_: printed),
        ):
            for provider in botocore.credentials.create_credential_resolver(self._session).providers:
                if provider.METHOD not in _PROVIDERS:
                    continue
                try:
                    if provider.load() is not None:
                        return provider.METHOD, False
                except Exception:
                    return provider.METHOD, True
        return None, False

    def endpoint(self, service: str) -> str | None:
        """Return the address that is configured for *service*; raises where it names a section that is missing."""
        if self._session.get_config_variable("ignore_configured_endpoint_urls"):
            return None
        scoped = self._session.get_scoped_config()
        provider = ConfiguredEndpointProvider(self._session.full_config, scoped, service)
        found: str | None = provider.provide()
        return found


def compare(name: str, app: AppContext, theirs: Botocore, tally: Counter[str]) -> None:
    try:
        profile = app.profile(name)
    except ConfigurationError as refusal:
        assert theirs.error or "credential_source" in str(refusal), f"{theirs.provider} refused: {refusal}"
        assert re.search(r"line \d+ of", str(refusal)), refusal
        tally["refused_as_botocore_does" if theirs.error else "of_other_tools"] += 1
        return
    assert profile.provider == theirs.provider
    _compare_endpoints(profile, app, theirs)
    if theirs.region is not None:
        assert _region(profile, app) in (theirs.region, None)
    if profile.user.foreign not in (None, "credential_process"):
        with pytest.raises(ConfigurationError, match=r"line \d+ of"):
            app.check_has_own_key(profile, at_login=False)
        tally["of_other_tools"] += 1
        return
    if theirs.error:
        _refused_later(profile, app)
        tally["refused_as_botocore_does"] += 1
        return
    assert _role_arguments(profile) == theirs.roles
    tally[(theirs.provider or "no_credentials").replace("-", "_")] += 1


def _region(profile: Profile, app: AppContext) -> str | None:
    try:
        return app.endpoints(profile).region
    except ConfigurationError:
        return None


def _compare_endpoints(profile: Profile, app: AppContext, theirs: Botocore) -> None:
    try:
        expected = [theirs.endpoint("sts"), theirs.endpoint("iam")]
    except Exception:
        with pytest.raises(ConfigurationError, match=r"\(line \d+ of"):
            app.endpoints(profile)
        return
    try:
        endpoints = app.endpoints(profile)
    except ConfigurationError as refusal:
        # One of the two services has an address; the other leads to a section that is missing.
        assert "there is no [services" in str(refusal)
        return
    assert [endpoints.sts_url, endpoints.iam_url] == expected


def _refused_later(profile: Profile, app: AppContext) -> None:
    """Make sure that a login finds no key either: half of one, or none."""
    user = profile.user
    if user.provider in (Provider.CREDENTIALS_FILE, Provider.CONFIG_FILE):
        with pytest.raises(ConfigurationError, match=r"line \d+ of"):
            app.plain_keys.get(user.name)
    else:
        assert user.provider is None
        assert app.plain_keys.get(user.name) is None


def _role_arguments(profile: Profile) -> list[dict[str, Any]]:
    """Return what botocore would send for each role, from the user on."""
    if profile.role is None or profile.source is None:
        return []
    settings = profile.settings
    arguments: dict[str, Any] = {"RoleArn": profile.role.arn}
    if "role_session_name" in settings:
        arguments["RoleSessionName"] = profile.role.session_name
    if profile.role.external_id is not None:
        arguments["ExternalId"] = profile.role.external_id
    if "duration_seconds" in settings:
        assert profile.duration == role_duration(settings["duration_seconds"])
        arguments["DurationSeconds"] = int(profile.duration.total_seconds())
    return [*_role_arguments(profile.source), arguments]


def _run(case: MadeUp, folder: Path, monkeypatch: pytest.MonkeyPatch, tally: Counter[str]) -> None:
    config, credentials = folder / "config", folder / "credentials"
    config.write_text(case.config)
    credentials.write_text(case.credentials)
    environ = {
        "HOME": str(folder),
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        **case.environ,
    }
    with monkeypatch.context() as patches:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patches.delenv(name)
        for name, value in environ.items():
            patches.setenv(name, value)
        app = AppContext(environ, no_prompt=True)
        names = botocore.session.Session().available_profiles
        assert sorted(app.profiles().names()) == sorted(names)
        for name in names:
            compare(name, app, Botocore(name), tally)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_profile_is_what_it_is_to_botocore(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(f"{CAMPAIGN} {chunk}")
    for number in range(CASES // CHUNKS):
        case, tally = made_up(random), Counter[str]()
        try:
            _run(case, tmp_path, monkeypatch, tally)
        except AssertionError as error:
            count(CAMPAIGN, "pairs of files, with an environment", disagreements=1)
            shown = f"{case.config}\n--- credentials\n{case.credentials}\n--- {case.environ}"
            raise AssertionError(f"case {number} of chunk {chunk}: {error}\n--- config\n{shown}") from error
        count(CAMPAIGN, "pairs of files, with an environment", disagreements=0)
        for kind, profiles in tally.items():
            count(CAMPAIGN, f"profile: {kind.replace('_', ' ')}", profiles, disagreements=0)
