"""The table of clients: which are run, in which version, and how each asks AWS who it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tests.clients.installers import NPM, Cargo, Debian, Go, Installer, Maven, OfTests, PyPI


class Mode(Enum):
    """A way in which a client gets a session; the value is the head of its column."""

    SESSION = "session profile"
    LIVE = "process, live session"
    EXEC = "`exec`"
    SERVE = "`serve`"
    ROLE = "role over a process"
    ROLE_PROCESS = "role's own process"
    ASKED = "process, asked"
    NO_TERMINAL = "process, no terminal"


@dataclass(frozen=True)
class Client:
    """A real client.

    In *command* and *environment*, ``{folder}`` stands for where it is installed, and ``{url}`` and ``{host}`` for
    the local AWS. *limits* has the modes that cannot work, with the reason.
    """

    name: str
    installer: Installer
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[Mode, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """Its name as a folder may have it: ``sdk-for-rust``."""
        return "-".join(re.findall(r"[a-z0-9.]+", self.name.lower()))


BUCKET = "test-user-photos"

_PYTHON = "{folder}/bin/python"

# In botocore's order of versions; the region is needed by the oldest.
_BOTO3 = "import boto3; print(boto3.client('sts', region_name='us-east-1').get_caller_identity()['Arn'])"

_AIOBOTO3 = """\
import aioboto3, asyncio
async def main():
    async with aioboto3.Session().client("sts", region_name="us-east-1") as sts:
        print((await sts.get_caller_identity())["Arn"])
asyncio.run(main())
"""

_S3FS = "import s3fs; print(s3fs.S3FileSystem(client_kwargs={'region_name': 'us-east-1'}).ls(''))"

# Without a setting for a profile, these take the one in AWS_PROFILE; object stores list the bucket.
_OBSTORE = f"""\
import obstore, os
from obstore.store import S3Store
settings = {{}}
if "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in os.environ and "AWS_ACCESS_KEY_ID" not in os.environ:
    from obstore.auth.boto3 import Boto3CredentialProvider
    settings["credential_provider"] = Boto3CredentialProvider()
store = S3Store("{BUCKET}", endpoint=os.environ["AWS_ENDPOINT_URL"], region="us-east-1",
    client_options={{"allow_http": True}}, **settings)
print([item["path"] for item in obstore.list(store).collect()])
"""

_DELTALAKE = f"""\
from deltalake import DeltaTable
print(DeltaTable.is_deltatable("s3://{BUCKET}/table",
    storage_options={{"aws_endpoint": "{{url}}", "aws_region": "us-east-1", "allow_http": "true",
        "aws_force_credential_load": "true"}}))
"""

_OPENDAL = f"""\
import opendal
store = opendal.Operator("s3", bucket="{BUCKET}", endpoint="{{url}}", region="us-east-1")
print([entry.path for entry in store.list("")])
"""

_PYARROW = f"""\
from pyarrow import fs
store = fs.S3FileSystem(endpoint_override="{{host}}", scheme="http", region="us-east-1")
print([entry.path for entry in store.get_file_info(fs.FileSelector("{BUCKET}"))])
"""

_AWSCRT = """\
import os, urllib.request
from awscrt import auth, http, io
provider = auth.AwsCredentialsProvider.new_default_chain()
if "AWS_PROFILE" in os.environ:
    provider = auth.AwsCredentialsProvider.new_profile()
config = auth.AwsSigningConfig(algorithm=auth.AwsSigningAlgorithm.V4, service="sts", region="us-east-1",
    signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS, credentials_provider=provider)
path = "/?Action=GetCallerIdentity&Version=2011-06-15"
headers = http.HttpHeaders([("Host", "{host}")])
request = auth.aws_sign_request(http.HttpRequest("GET", path, headers), config).result(60)
print(urllib.request.urlopen(urllib.request.Request("{url}" + path, headers=dict(request.headers))).read().decode())
"""

_S3TORCH = f"""\
from s3torchconnector import S3ClientConfig
from s3torchconnector._s3client import S3Client
client = S3Client(region="us-east-1", endpoint="{{url}}", s3client_config=S3ClientConfig(force_path_style=True))
print([item.key for page in client.list_objects("{BUCKET}") for item in page.object_info])
"""

_S3CMD = ("--no-ssl", "--host={host}", "--host-bucket={host}", "--region=us-east-1", "ls")

_RCLONE = ":s3,env_auth,provider=AWS,region=us-east-1,endpoint='{url}':"

_NO_PROCESS = "does not run a `credential_process`"
_OF_PROCESSES = (Mode.LIVE, Mode.ASKED, Mode.ROLE, Mode.ROLE_PROCESS)
_NO_ROLE = "does not follow `source_profile` to a `credential_process`"
_JAVASCRIPT = ("@aws-sdk/client-sts@3.1177.0", "@smithy/shared-ini-file-loader@4.7.2", "nushell@0.115.1")

# The tests that read AWS files as the SDK does, and those of Nushell, use this installation too.
JAVASCRIPT = NPM(_JAVASCRIPT, "javascript")


def _python(name: str, program: str, *packages: str, **more: object) -> Client:
    return Client(name, PyPI(packages), (_PYTHON, "-c", program), **more)  # type: ignore[arg-type]  # fields by name


CLIENTS = (
    Client(
        "AWS CLI 1",
        OfTests("awscli"),
        ("{folder}/bin/aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"),
    ),
    Client("boto3", OfTests("boto3"), (_PYTHON, "-c", _BOTO3)),
    _python("boto3 1.34", _BOTO3, "boto3==1.34.162"),
    _python("aioboto3", _AIOBOTO3, "aioboto3==15.5.0"),
    _python("s3fs", _S3FS, "s3fs==2026.9.0"),
    Client("SDK for JavaScript v3", JAVASCRIPT, ("node", "{folder}/who.mjs")),
    Client(
        "SDK for JavaScript v2",
        NPM(("aws-sdk@2.1693.0",), "javascript2"),
        ("node", "{folder}/who.js"),
        {"AWS_SDK_LOAD_CONFIG": "1"},
        limits={Mode.ROLE: _NO_ROLE},
    ),
    Client(
        "SDK for Go v2",
        Go(
            (
                "github.com/aws/aws-sdk-go-v2/config@v1.33.19",
                "github.com/aws/aws-sdk-go-v2/service/sts@v1.52.0",
            ),
            "go",
        ),
        ("{folder}/who",),
    ),
    Client(
        "aws-sdk-go-base (Terraform)",
        Go(
            (
                "github.com/hashicorp/aws-sdk-go-base/v2@v2.0.0-beta.74",
                "github.com/aws/aws-sdk-go-v2/service/sts@v1.52.0",
            ),
            "go-base",
        ),
        ("{folder}/who",),
    ),
    Client(
        "rclone (SDK for Go v1)",
        Debian("rclone"),
        ("rclone", "--config", "/dev/null", "--low-level-retries", "1", "--retries", "1", "lsd", _RCLONE),
        {"AWS_SDK_LOAD_CONFIG": "1"},
    ),
    Client("SDK for Rust", Cargo("1.13.0", "rust"), ("{folder}/target/debug/who",)),
    _python("obstore (Rust; profiles by boto3)", _OBSTORE, "obstore==0.12.1", "boto3==1.44.8"),
    _python("deltalake (Rust)", _DELTALAKE, "deltalake==1.6.6"),
    _python(
        "OpenDAL (Rust)",
        _OPENDAL,
        "opendal==0.47.12",
        limits=dict.fromkeys(
            (Mode.LIVE, Mode.ASKED, Mode.ROLE, Mode.ROLE_PROCESS), "does not run a `credential_process`"
        ),
    ),
    _python("pyarrow (SDK for C++)", _PYARROW, "pyarrow==26.0.1", limits={Mode.ROLE: _NO_ROLE}),
    _python("awscrt", _AWSCRT, "awscrt==0.38.1", limits={Mode.ROLE: _NO_ROLE}),
    _python("s3torchconnector (CRT)", _S3TORCH, "s3torchconnector==1.5.0", limits={Mode.ROLE: _NO_ROLE}),
    Client(
        "SDK for Java v2",
        Maven("2.57.8", "java"),
        ("java", "-cp", "{folder}/target/classes:{folder}/target/dependency/*", "Who"),
    ),
    Client(
        "SDK for Ruby",
        Debian("ruby-aws-sdk-s3", "ruby"),
        ("ruby", "{folder}/who.rb"),
        limits={Mode.SERVE: "reads `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` only"},
    ),
    Client(
        "s3cmd",
        PyPI(("s3cmd==2.4.0",)),
        (_PYTHON, "{folder}/bin/s3cmd", *_S3CMD),
        limits={Mode.SERVE: "does not ask a container endpoint", **dict.fromkeys(_OF_PROCESSES, _NO_PROCESS)},
    ),
)


def named(name: str) -> Client:
    """Return the client of this name."""
    return next(client for client in CLIENTS if client.name == name)
