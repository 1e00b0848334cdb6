"""botocore, held to what it is told: it finds no profile, no key, no region and no endpoint of its own.

Imported late, on a thread: botocore takes ten times as long to import as the interpreter takes to start.
"""

import os
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.question import Question

# A reader may be sent again twice; botocore waits up to one and up to two seconds in between.
_ATTEMPTS_OF_A_REPEATABLE_QUESTION = 3


class _TwoServices(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's own data, without the search for services.

    The stock loader lists the folders of all 441 services, once for each kind of model,
    to learn that there is one called `sts`. It also reads models from `~/.aws`.
    """

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)

    def list_available_services(self, type_name: str) -> list[str]:
        return [service for service in ("iam", "sts") if self._has(service, type_name)]

    def _has(self, service: str, type_name: str) -> bool:
        try:
            return bool(self.list_api_versions(service, type_name))
        except DataNotFoundError:
            return False


class _NoKeys:
    """Stands where botocore keeps its chain of credential providers.

    The chain would run the user's `credential_process`, which may be this very program.
    """

    def load_credentials(self) -> None:
        return None


def new_session(endpoints: Endpoints) -> Any:
    """Return a botocore session that knows *endpoints*, botocore's defaults, and nothing else."""
    session = botocore.session.Session(session_vars=_settings_without_environment())
    session.set_config_variable("use_fips_endpoint", endpoints.use_fips)
    session.set_config_variable("use_dualstack_endpoint", endpoints.use_dualstack)
    session.set_config_variable("sts_regional_endpoints", "regional")  # the default only since 2025
    session.set_config_variable("ignore_configured_endpoint_urls", True)
    session.register_component("credential_provider", _NoKeys())
    if (loader := _small_loader()) is not None:
        session.register_component("data_loader", loader)
    return session


def new_client(session: Any, question: Question, endpoints: Endpoints) -> Any:
    """Return a client that signs with the key of *question* and puts it as often as it may be put."""
    attempts = _ATTEMPTS_OF_A_REPEATABLE_QUESTION if question.may_be_put_again else 1
    return session.create_client(
        question.service,
        region_name=endpoints.region,
        endpoint_url=endpoints.url(question.service),
        verify=True,
        aws_access_key_id=question.credentials.access_key_id,
        aws_secret_access_key=question.credentials.secret_access_key,
        aws_session_token=getattr(question.credentials, "session_token", None),
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


def rehearse(session: Any, endpoints: Endpoints) -> None:
    """Make a client that nobody uses: the first one reads models and endpoints from disk, the next are made at once."""
    session.create_client(
        "sts",
        region_name=endpoints.region,
        endpoint_url=endpoints.url("sts"),
        verify=True,
        config=Config(signature_version=UNSIGNED),
    )


def _settings_without_environment() -> dict[str, tuple[Any, ...]]:
    settings = {
        name: (in_file, None, default, convert)
        for name, (in_file, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    for file in ("config_file", "credentials_file"):
        settings[file] = (None, None, os.devnull, None)
    return settings


def _small_loader() -> Any:
    try:
        loader = _TwoServices()
        complete = len(loader.list_available_services("service-2")) == 2
    except Exception:  # a botocore that is laid out in another way; its own loader knows how
        return None
    return loader if complete else None
