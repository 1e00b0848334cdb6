"""Where AWS is reached, by environment, profile and command line."""

import pytest

from mfa_session.aws.endpoints import Endpoints, endpoint_settings, is_on_this_machine
from mfa_session.errors import ConfigurationError


def test_nothing_configured_means_the_usual_region_and_the_hosts_of_aws() -> None:
    endpoints = endpoint_settings({}, {})

    assert endpoints == Endpoints(region="us-east-1", region_is_known=False)


@pytest.mark.parametrize(
    ("option", "environ", "profile", "region"),
    [
        ("eu-west-1", {"AWS_REGION": "eu-west-2"}, {"region": "eu-west-3"}, "eu-west-1"),
        (None, {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-north-1"}, {"region": "eu-west-3"}, "eu-west-2"),
        (None, {"AWS_DEFAULT_REGION": "eu-north-1"}, {"region": "eu-west-3"}, "eu-north-1"),
        (None, {"AWS_REGION": ""}, {"region": "eu-west-3"}, "eu-west-3"),
    ],
)
def test_a_region_is_taken_from_the_nearest_place(
    option: str | None, environ: dict[str, str], profile: dict[str, str], region: str
) -> None:
    endpoints = endpoint_settings(environ, profile, region=option)

    assert (endpoints.region, endpoints.region_is_known) == (region, True)


@pytest.mark.parametrize("region", ["eu west", "eu-west-1.evil.example/", "EU-WEST-1", "-", "é", "eu-west-1\n"])
def test_what_is_no_region_is_refused_before_it_becomes_a_host(region: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a region") as caught:
        endpoint_settings({"AWS_REGION": region}, {})

    assert "eu-west-1" in caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "profile", "sts_url", "iam_url"),
    [
        (
            {"AWS_ENDPOINT_URL_STS": "https://sts.example", "AWS_ENDPOINT_URL": "https://aws.example"},
            {"endpoint_url": "https://profile.example"},
            "https://sts.example",
            "https://aws.example",
        ),
        ({"AWS_ENDPOINT_URL_IAM": "https://iam.example"}, {}, None, "https://iam.example"),
        ({}, {"endpoint_url": "https://profile.example"}, "https://profile.example", "https://profile.example"),
        ({"AWS_ENDPOINT_URL": ""}, {}, None, None),
        ({"AWS_ENDPOINT_URL": "https://a.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, {}, None, None),
        ({}, {"endpoint_url": "https://a.example", "ignore_configured_endpoint_urls": "True"}, None, None),
    ],
)
def test_an_address_is_taken_from_the_nearest_place(
    environ: dict[str, str], profile: dict[str, str], sts_url: str | None, iam_url: str | None
) -> None:
    endpoints = endpoint_settings(environ, profile)

    assert (endpoints.url("sts"), endpoints.url("iam")) == (sts_url, iam_url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "http://127.255.0.9",
        "http://localhost:4566/path",
        "http://[::1]:8080",
        "https://sts.example:8443/some/path",
        "https://10.0.0.1",
    ],
)
def test_an_address_may_be_https_anywhere_and_http_on_this_machine(url: str) -> None:
    assert endpoint_settings({"AWS_ENDPOINT_URL": url}, {}).sts_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://sts.example",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://0.0.0.0",
        "http://[::ffff:10.0.0.1]",
        "http://127.1",
    ],
)
def test_http_to_another_machine_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL_STS would send the MFA code unencrypted") as caught:
        endpoint_settings({"AWS_ENDPOINT_URL_STS": url}, {})

    assert "use https" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1:80\\@evil.example",
        "https://alice:secret@sts.example",
        "http://127.0.0.1?.evil.example",
        "http://127.0.0.1#.evil.example",
        "https://sts.example:99999",
        "https://",
        "sts.example",
        "ftp://127.0.0.1",
        "https://sts.example/\r\nX: y",
        " https://sts.example",
    ],
)
def test_what_is_no_plain_address_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint_url is not the address of an endpoint") as caught:
        endpoint_settings({}, {"endpoint_url": url})

    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("environ", "profile", "ca_bundle"),
    [
        ({"AWS_CA_BUNDLE": "/a", "REQUESTS_CA_BUNDLE": "/c"}, {"ca_bundle": "/b"}, "/a"),
        ({"REQUESTS_CA_BUNDLE": "/c"}, {"ca_bundle": "/b"}, "/b"),
        ({"REQUESTS_CA_BUNDLE": "/c"}, {}, "/c"),
        ({"AWS_CA_BUNDLE": ""}, {}, None),
    ],
)
def test_certificates_are_taken_from_the_nearest_place(
    environ: dict[str, str], profile: dict[str, str], ca_bundle: str | None
) -> None:
    assert endpoint_settings(environ, profile).ca_bundle == ca_bundle


@pytest.mark.parametrize(
    ("environ", "profile", "wanted"),
    [
        ({"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "TRUE"}, {}, True),
        ({}, {"use_fips_endpoint": "true", "use_dualstack_endpoint": "true"}, True),
        ({"AWS_USE_FIPS_ENDPOINT": "false", "AWS_USE_DUALSTACK_ENDPOINT": "no"}, {"use_fips_endpoint": "true"}, False),
    ],
)
def test_other_kinds_of_endpoints_are_wished_for_as_everywhere(
    environ: dict[str, str], profile: dict[str, str], wanted: bool
) -> None:
    endpoints = endpoint_settings(environ, profile)

    assert (endpoints.use_fips, endpoints.use_dualstack) == (wanted, wanted)


def test_a_host_of_aws_is_not_on_this_machine() -> None:
    assert not is_on_this_machine("https://sts.us-east-1.amazonaws.com/")
