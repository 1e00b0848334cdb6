"""The hosts of AWS: where botocore's own clients would go, whatever the region."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from mfa_session.aws.endpoint_rules import Host, Hosts
from mfa_session.aws.endpoints import Endpoints, Service
from mfa_session.errors import ConfigurationError


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.set_config_variable("sts_regional_endpoints", "regional")  # not the default of older versions
    return session


class _Refusal:
    """A body in the form in which botocore reads bodies."""

    def stream(self) -> Iterator[bytes]:
        yield b"<ErrorResponse><Error><Code>No</Code></Error></ErrorResponse>"


def where_botocore_goes(session: botocore.session.Session, service: Service, endpoints: Endpoints) -> Host:
    """Return the host that a client of botocore would send a request to, and the region it signs for."""
    client = session.create_client(
        service,
        region_name=endpoints.region,
        endpoint_url=endpoints.url(service),
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        config=Config(use_fips_endpoint=endpoints.use_fips, use_dualstack_endpoint=endpoints.use_dualstack),
    )
    requests: list[Any] = []

    def catch(request: Any, **_: object) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 400, {}, _Refusal())

    client.meta.events.register("before-send", catch)
    with pytest.raises(ClientError):
        client.get_caller_identity() if service == "sts" else client.list_mfa_devices()
    scope = requests[0].headers["Authorization"].decode().split("Credential=")[1].split(",")[0]
    return Host(requests[0].url.rstrip("/"), scope.split("/")[2])


@pytest.mark.parametrize("service", ["sts", "iam"])
@pytest.mark.parametrize(
    "endpoints",
    [
        Endpoints(region="us-east-1"),
        Endpoints(region="ap-southeast-5"),
        Endpoints(region="cn-north-1"),
        Endpoints(region="cn-northwest-1"),
        Endpoints(region="us-gov-east-1"),
        Endpoints(region="us-iso-east-1"),
        Endpoints(region="us-isob-east-1"),
        Endpoints(region="eusc-de-east-1"),
        Endpoints(region="mars-north-1"),
        Endpoints(region="us-west-2", use_fips=True),
        Endpoints(region="us-gov-west-1", use_fips=True),
        Endpoints(region="eu-west-1", use_dualstack=True),
        Endpoints(region="us-east-2", use_fips=True, use_dualstack=True),
    ],
    ids=lambda endpoints: repr(endpoints).removeprefix("Endpoints"),
)
def test_a_host_is_the_one_that_botocore_would_ask(
    session: botocore.session.Session, service: Service, endpoints: Endpoints
) -> None:
    assert Hosts(endpoints).of(service) == where_botocore_goes(session, service, endpoints)


def test_an_address_of_the_users_own_is_signed_for_as_the_one_of_aws_would_be() -> None:
    hosts = Hosts(Endpoints(region="eu-west-1", sts_url="https://sts.example", iam_url="https://iam.example:8443"))

    assert hosts.of("sts") == Host("https://sts.example", "eu-west-1")
    assert hosts.of("iam") == Host("https://iam.example:8443", "us-east-1")


def test_a_kind_of_host_that_a_part_of_aws_does_not_have_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Loader()
    partitions = data.load_data("partitions")
    for partition in partitions["partitions"]:
        partition["outputs"]["supportsDualStack"] = False
    rules = tmp_path / "sts" / "2011-06-15"
    rules.mkdir(parents=True)
    (tmp_path / "partitions.json").write_text(json.dumps(partitions))
    (rules / "endpoint-rule-set-1.json").write_text(json.dumps(data.load_data("sts/2011-06-15/endpoint-rule-set-1")))
    monkeypatch.setattr(Loader, "BUILTIN_DATA_PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"no way to STS in us-east-1: .*DualStack") as caught:
        Hosts(Endpoints(use_dualstack=True)).of("sts")

    assert "AWS_USE_DUALSTACK_ENDPOINT" in caught.value.hint


def test_rules_that_cannot_be_found_are_told_with_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loader, "BUILTIN_DATA_PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match="botocore") as caught:
        Hosts(Endpoints()).of("sts")

    assert "AWS_ENDPOINT_URL_STS" in caught.value.hint


def test_an_address_of_the_users_own_needs_no_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loader, "BUILTIN_DATA_PATH", str(tmp_path))

    host = Hosts(Endpoints(region="eu-west-1", sts_url="https://sts.example")).of("sts")

    assert host == Host("https://sts.example", "eu-west-1")
