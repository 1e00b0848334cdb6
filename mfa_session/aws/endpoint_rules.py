"""The hosts of AWS: where a service is in a region, and which region its signatures name.

botocore's own rules answer, out of its data files: they know every partition, FIPS and dual-stack
hosts, and that IAM has one host in each partition.
"""

from dataclasses import dataclass
from typing import Any

import botocore
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from mfa_session.aws.endpoints import Endpoints, Service
from mfa_session.errors import ConfigurationError
from mfa_session.text import escape_control

API_VERSIONS: dict[Service, str] = {"sts": "2011-06-15", "iam": "2010-05-08"}


@dataclass(frozen=True, slots=True)
class Host:
    """The address of a service, and the region for its signatures."""

    url: str
    signing_region: str


class Hosts:
    """The hosts that *endpoints* lead to."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        # Not `~/.aws/models`, where the stock loader looks first.
        self._data = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
        self._known: dict[Service, Host] = {}

    def of(self, service: Service) -> Host:
        """Return the host of *service*; an address of the user's own is signed for as AWS's own would be.

        Raises:
            ConfigurationError: AWS has no such host, or botocore does not tell.
        """
        if service not in self._known:
            self._known[service] = self._find(service)
        return self._known[service]

    def _find(self, service: Service) -> Host:
        own_url = self._endpoints.url(service)
        try:
            host = self._by_the_rules(service)
        except EndpointProviderError as error:
            raise ConfigurationError(
                f"there is no way to {service.upper()} in {self._endpoints.region}: {escape_control(str(error))}",
                hint="check the region, AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT",
            ) from error
        except Exception as error:  # a botocore that keeps its rules in another way
            if own_url is not None:
                return Host(own_url, self._endpoints.region)
            raise ConfigurationError(
                f"the rules for the hosts of AWS in botocore {botocore.__version__} cannot be read",
                hint="install another version of botocore, or set AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL_IAM",
            ) from error
        return Host(own_url or host.url, host.signing_region)

    def _by_the_rules(self, service: Service) -> Host:
        rules = self._data.load_data(f"{service}/{API_VERSIONS[service]}/endpoint-rule-set-1")
        provider = EndpointProvider(rules, self._data.load_data("partitions"))
        plain: dict[str, str | bool] = {"Region": self._endpoints.region, "UseFIPS": False, "UseDualStack": False}
        if service == "sts":
            plain["UseGlobalEndpoint"] = False
        wished = {**plain, "UseFIPS": self._endpoints.use_fips, "UseDualStack": self._endpoints.use_dualstack}
        found = provider.resolve_endpoint(**wished)
        # Older rules name IAM's region for its plain hosts alone.
        region = _signing_region(found) or _signing_region(provider.resolve_endpoint(**plain))
        return Host(found.url, region or self._endpoints.region)


def _signing_region(found: Any) -> str | None:
    schemes = found.properties.get("authSchemes") or [{}]
    region: str | None = schemes[0].get("signingRegion")
    return region
