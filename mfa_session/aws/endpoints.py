"""Where AWS is reached: the region, the addresses of STS and IAM, and the certificates to trust.

The environment comes before the profile, as in every AWS SDK; an empty value counts as none. An address
of the user's own may be https anywhere, and http only on this machine: what goes over it includes a
token code and brings back a session.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from mfa_session.errors import ConfigurationError
from mfa_session.text import escape_control

Service = Literal["sts", "iam", "signin"]

# Where the account of most users is, and a region that cannot be switched off.
DEFAULT_REGION = "us-east-1"

_REGION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# Nothing but scheme, host, port and path: no user name, no query, nothing that two parsers could read in two ways.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?(/[A-Za-z0-9._~/-]*)?"
)
_LAST_PORT = 65535
_THIS_MACHINE = re.compile(r"localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where AWS is reached.

    *sts_url*, *iam_url* and *signin_url* are ``None`` where AWS's own addresses hold. *region_is_known*
    tells whether the region was named; nothing in an access key says which part of
    AWS it belongs to.
    """

    region: str = DEFAULT_REGION
    region_is_known: bool = False
    sts_url: str | None = None
    iam_url: str | None = None
    signin_url: str | None = None
    ca_bundle: str | None = None
    use_fips: bool = False
    use_dualstack: bool = False

    def url(self, service: Service) -> str | None:
        """Return the address that the user gave for *service*, or ``None``."""
        return {"sts": self.sts_url, "iam": self.iam_url, "signin": self.signin_url}[service]


def _no_services() -> Mapping[str, str]:
    return {}


def endpoint_settings(
    environ: Mapping[str, str],
    profile_config: Mapping[str, str],
    *,
    services: Callable[[], Mapping[str, str]] = _no_services,
    region: str | None = None,
) -> Endpoints:
    """Return what the environment and the settings of a profile say.

    *services* returns the addresses in the ``[services]`` section of the profile, by service; it is called only
    where neither the environment says so, nor that configured addresses are ignored. *region* is what the command
    line says, and comes before both.

    Raises:
        ConfigurationError: an address or a region is not valid.
    """
    named = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or profile_config.get("region")
    urls: dict[Service, str | None] = {"sts": None, "iam": None, "signin": None}
    if not _says_yes(environ, profile_config, "ignore_configured_endpoint_urls"):
        urls = {service: _own_url(environ, profile_config, services, service) for service in urls}
    signin = urls["signin"]
    return Endpoints(
        region=_region(named) if named else DEFAULT_REGION,
        region_is_known=bool(named),
        sts_url=urls["sts"],
        iam_url=urls["iam"],
        # The address on this machine that stands for the sign-in of the console; there is no use for another.
        signin_url=signin if signin and is_on_this_machine(signin) else None,
        ca_bundle=_ca_bundle(environ, profile_config),
        use_fips=_says_yes(environ, profile_config, "use_fips_endpoint"),
        use_dualstack=_says_yes(environ, profile_config, "use_dualstack_endpoint"),
    )


def is_on_this_machine(url: str) -> bool:
    """Tell whether *url* leads to a loopback address, by its name alone."""
    parts = _URL.fullmatch(url)
    return parts is not None and _THIS_MACHINE.fullmatch(parts["host"]) is not None


def _ca_bundle(environ: Mapping[str, str], profile_config: Mapping[str, str]) -> str | None:
    # In botocore's order; the last is what the requests library reads.
    return environ.get("AWS_CA_BUNDLE") or profile_config.get("ca_bundle") or environ.get("REQUESTS_CA_BUNDLE") or None


def _says_yes(environ: Mapping[str, str], profile_config: Mapping[str, str], setting: str) -> bool:
    # As in botocore, a variable that is set and empty says no.
    text = environ.get(f"AWS_{setting.upper()}", profile_config.get(setting, ""))
    return text.lower() == "true"


def _region(name: str) -> str:
    # It becomes part of a host name, to which the code is sent.
    if not _REGION.fullmatch(name):
        raise ConfigurationError(
            f"{escape_control(name)} is not a region",
            hint="write the comment behind it on a line of its own"
            if re.search(r"\s[#;]", name)
            else "a region is written like eu-west-1: --region, AWS_REGION",
        )
    return name


def _own_url(
    environ: Mapping[str, str],
    profile_config: Mapping[str, str],
    services: Callable[[], Mapping[str, str]],
    service: Service,
) -> str | None:
    variable = f"AWS_ENDPOINT_URL_{service.upper()}"
    for name in (variable, "AWS_ENDPOINT_URL"):
        if value := environ.get(name):
            return _safe_url(name, value)
    if value := services().get(service):
        return _safe_url(f"endpoint_url of {service} in [services {profile_config.get('services')}]", value)
    value = profile_config.get("endpoint_url")
    return _safe_url("endpoint_url", value) if value else None


def _safe_url(name: str, url: str) -> str:
    # The address is not quoted: people put passwords into addresses.
    parts = _URL.fullmatch(url)
    if parts is None or int(parts["port"] or 0) > _LAST_PORT:
        raise ConfigurationError(
            f"{name} is not the address of an endpoint",
            hint=f"write {name} like https://sts.example.com, without a user name or a question mark",
        )
    if parts["scheme"] == "http" and not is_on_this_machine(url):
        raise ConfigurationError(
            f"{name} would send the MFA code unencrypted",
            hint=f"use https in {name}; http is for this machine only, such as http://127.0.0.1:4566",
        )
    return url
