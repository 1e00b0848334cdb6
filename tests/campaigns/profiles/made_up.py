"""Made-up pairs of AWS files and environments: every kind of profile that botocore knows, in either file."""

from dataclasses import dataclass
from random import Random

NAMES = ("default", "a", "b", "work", "team:prod", "c d", "adm-mfa")
_ROLE = "arn:aws:iam::123456789012:role/r{}"
_REGIONS = ("eu-west-1", "us-east-1", "cn-northwest-1", "us-gov-west-1", "ap-northeast-1", "eusc-de-east-1")
_URLS = ("https://one.example", "https://two.example/x", "http://127.0.0.1:4566", "https://three.example:8443")
_SERVICES = ("local", "other", "missing")


@dataclass(frozen=True)
class MadeUp:
    """The text of both files, and what is set in the environment."""

    config: str
    credentials: str
    environ: dict[str, str]


def made_up(random: Random) -> MadeUp:
    """Return one pair of files with an environment."""
    config, credentials = [], []
    if random.random() < 0.1:
        config.append("[DEFAULT]\n" + _settings(random, keys=("region", "output", "duration_seconds", "services")))
    if random.random() < 0.1:
        credentials.append("[DEFAULT]\n" + _settings(random, keys=("region", "external_id", "endpoint_url")))
    for name in random.sample(NAMES, random.randint(1, 5)):
        if random.random() < 0.8:
            config.append(f"[{_header(random, name)}]\n{_section(random)}")
        if random.random() < 0.6:
            credentials.append(f"[{name}]\n{_section(random)}")
    for name in _SERVICES[:2]:
        if random.random() < 0.7:
            config.append(f"[services {name}]\n{_services(random)}")
    if random.random() < 0.5:
        config.append("[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n")
    random.shuffle(config)
    return MadeUp("\n".join(config), "\n".join(credentials), _environment(random))


def _header(random: Random, name: str) -> str:
    if name == "default":
        return random.choice(("default", "default", "profile default"))
    if " " in name:
        return f'profile "{name}"'
    return random.choice((f"profile {name}", f"profile {name}", f'profile "{name}"', f"profile  {name}"))


def _section(random: Random) -> str:
    kinds = ("key", "role", "self_role", "web", "sso", "login", "process", "ours", "half_key", "nothing", "nothing")
    lines = "".join(_kind(random, random.choice(kinds)) for _ in range(random.choice((1, 1, 1, 2))))
    return _without_repeats(lines + _settings(random))


def _kind(random: Random, kind: str) -> str:
    role = f"role_arn = {_ROLE.format(random.randint(1, 3))}\n"
    if kind == "key":
        return f"aws_access_key_id = AKIAIOSFODNN7EXAMPL{random.randint(0, 9)}\naws_secret_access_key = secret\n"
    if kind == "half_key":
        return random.choice(("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "aws_secret_access_key = secret\n"))
    if kind == "role":
        source = f"source_profile = {random.choice((*NAMES, 'nowhere'))}\n"
        return role + random.choice((source, source, source, "credential_source = Environment\n", ""))
    if kind == "self_role":
        return f"{role}source_profile = {random.choice(NAMES)}\n{_kind(random, 'key')}"
    if kind == "web":
        return random.choice((role, role, "")) + "web_identity_token_file = /token\n"
    if kind == "sso":
        all_lines = (
            "sso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n",
            "sso_session = s\n",
            "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\n"
            "sso_role_name = r\n",
            "sso_account_id = 123456789012\n",
        )
        return random.choice(all_lines)
    if kind == "login":
        return "login_session = arn:aws:iam::123456789012:user/x\n"
    if kind == "process":
        return "credential_process = /opt/helper --json\n"
    return "region = eu-west-2\n"


def _settings(random: Random, *, keys: tuple[str, ...] = ()) -> str:
    values = {
        "region": random.choice(_REGIONS),
        "output": "json",
        "endpoint_url": random.choice(_URLS),
        "services": random.choice(_SERVICES),
        "duration_seconds": random.choice(("900", "3600", "43200")),
        "external_id": random.choice(("their-id", "x:y")),
        "role_session_name": "alice",
        "ignore_configured_endpoint_urls": random.choice(("true", "false", "True")),
        "use_fips_endpoint": random.choice(("true", "false")),
        "use_dualstack_endpoint": random.choice(("true", "false")),
        "s3": "\n  max_concurrent_requests = 20\n  addressing_style = path",
    }
    chosen = [key for key in values if random.random() < 0.2 and key in (keys or values)]
    return "".join(f"{key}{random.choice((' = ', '=', ' : '))}{values[key]}\n" for key in chosen)


def _services(random: Random) -> str:
    blocks = [
        f"{name} =\n  endpoint_url = {random.choice(_URLS)}\n" for name in ("sts", "iam", "s3") if random.random() < 0.6
    ]
    return "".join(blocks)


def _without_repeats(lines: str) -> str:
    """Return the lines without a second one of a key, which would make the file unreadable."""
    seen, kept = set(), []
    for line in lines.splitlines(keepends=True):
        key = line.replace(":", "=", 1).partition("=")[0].strip() if not line.startswith(" ") else None
        if key is None or key not in seen:
            kept.append(line)
        if key is not None:
            seen.add(key)
    return "".join(kept)


def _environment(random: Random) -> dict[str, str]:
    chosen = {
        "AWS_DEFAULT_REGION": random.choice(_REGIONS),
        "AWS_ENDPOINT_URL": random.choice(_URLS),
        "AWS_ENDPOINT_URL_STS": random.choice(_URLS),
        "AWS_ENDPOINT_URL_IAM": random.choice(_URLS),
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": random.choice(("true", "false", "TRUE", "")),
        "AWS_USE_FIPS_ENDPOINT": random.choice(("true", "false", "")),
    }
    return {name: value for name, value in chosen.items() if random.random() < 0.15}
