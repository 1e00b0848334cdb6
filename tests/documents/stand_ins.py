"""Programs that stand where those of a page would, and look at what they are given.

Each takes credentials as the SDKs do, in their order: the environment, the address of a container, the
profile that it is told, by its keys or its ``credential_process``. It writes down the key that it got.
"""

from pathlib import Path

from tests.documents.pages import Block
from tests.machine import Machine
from tests.programs import python_program, shell_program

# Those that want credentials, and nothing else.
CONSUMERS = ("terraform", "ansible-playbook", "cdk", "code", "docker", "worker")

_CONSUMER = """\
import configparser, json, os, subprocess, sys, urllib.request
from pathlib import Path

HOME = Path(os.environ["HOME"])

def section(file, name):
    parser = configparser.RawConfigParser()
    parser.read(HOME / ".aws" / file)
    return dict(parser[name]) if parser.has_section(name) else {}

def key():
    if "AWS_ACCESS_KEY_ID" in os.environ:
        assert os.environ["AWS_SESSION_TOKEN"] and os.environ["AWS_SECRET_ACCESS_KEY"]
        return os.environ["AWS_ACCESS_KEY_ID"]
    if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in os.environ:
        headers = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
        asked = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers=headers)
        return json.load(urllib.request.urlopen(asked))["AccessKeyId"]
    # A page whose configuration files name the profile says so to nobody else.
    profile = os.environ.get("AWS_PROFILE", "test-user")
    if "--profile" in sys.argv:
        profile = sys.argv[sys.argv.index("--profile") + 1]
    keys = section("credentials", profile)
    if "aws_access_key_id" in keys:
        return keys["aws_access_key_id"]
    process = section("config", "profile " + profile)["credential_process"]
    return json.loads(subprocess.run(process, shell=True, check=True, stdout=subprocess.PIPE).stdout)["AccessKeyId"]

passed_on = [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == "-e"]
assert all(name in os.environ for name in passed_on), passed_on
with open(HOME / "keys-that-were-used", "a") as file:
    print(key(), file=file)
"""

# Each prints the code that the phone shows, where it is asked with the words that the real one wants.
_CODE_PROGRAMS = {
    "ykman": """\
case "$*" in
  "oath accounts code --single arn:aws:iam::123456789012:mfa/test-user-phone") cat ~/code-on-display ;;
  "oath accounts add --touch arn:aws:iam::123456789012:mfa/test-user-phone") ;;
  *) echo "unknown: $*" >&2; exit 2 ;;
esac""",
    "op": '[ "$*" = "item get AWS --otp" ] && cat ~/code-on-display',
}

# A login on another machine: nothing of this one's environment, but for the address of AWS.
_SSH = 'exec env -i PATH="$PATH" HOME=/nowhere AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" sh -c "$2"'


def install_stand_ins(folder: Path) -> Path:
    """Write the programs into *folder*, and return that."""
    for name in CONSUMERS:
        python_program(folder / name, _CONSUMER)
    for name, source in {**_CODE_PROGRAMS, "ssh": _SSH}.items():
        shell_program(folder / name, source)
    return folder


def keys_that_were_used(machine: Machine) -> list[str]:
    """Return the key of each run of a program that took one."""
    used = machine.home / "keys-that-were-used"
    return used.read_text().split() if used.exists() else []


def runs_of_consumers(block: Block) -> int:
    """Return how often the commands of *block* run such a program."""
    return sum(
        any(word in line.replace("./", "").split() for word in CONSUMERS)
        for line in block.text.splitlines()
        if not line.startswith("#")
    )
