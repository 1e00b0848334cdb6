"""Sessions that libraries have made get their credentials from us."""

import sys

import pytest

from tests.api.python_program import USER, run
from tests.machine import MFA_SESSION, Machine

WHO_BOTOCORE = "s.create_client('sts').get_caller_identity()['Arn']"
WHO_BOTO3 = "s.client('sts').get_caller_identity()['Arn']"

SESSIONS = {
    "botocore": ("import botocore.session; s = botocore.session.get_session()", WHO_BOTOCORE),
    "boto3": ("import boto3; s = boto3.Session()", WHO_BOTO3),
    "boto3 default": ("import boto3; boto3.setup_default_session(); s = boto3.DEFAULT_SESSION", WHO_BOTO3),
    "a profile": ("import boto3; s = boto3.Session(profile_name='other')", WHO_BOTO3),
}

AIOBOTO3 = """\
import asyncio, aioboto3, mfa_session

async def main():
    session = aioboto3.Session()
    await asyncio.to_thread(mfa_session.register, session, "test-user"{options})
    async def who():
        async with session.client("sts") as sts:
            return (await sts.get_caller_identity())["Arn"]
    print(*set(await asyncio.gather(*(who() for _ in range(10)))))

asyncio.run(main())
"""

S3FS = """\
import s3fs, mfa_session
from aiobotocore.session import get_session

session = get_session()
mfa_session.register(session, "test-user", ask=False)
print(*sorted(s3fs.S3FileSystem(session=session).ls("")))
"""

# The session expires in the middle, and is asked for again without blocking the loop.
AIO_RENEWAL = """\
import asyncio, datetime, subprocess, time, mfa_session
from aiobotocore.session import get_session

asked = []
def ask(question):
    asked.append(question)
    time.sleep(1)
    return "{code}"

async def ticks():
    count = 0
    while True:
        await asyncio.sleep(0.05)
        count += 1
        tick.append(count)

tick = []
async def main():
    session = get_session()
    await asyncio.to_thread(mfa_session.register, session, "test-user", ask=ask)
    clock = asyncio.create_task(ticks())
    async with session.create_client("sts") as sts:
        await sts.get_caller_identity()
        subprocess.run(["{program}", "logout", "--profile", "test-user"], check=True, capture_output=True)
        (await session.get_credentials())._expiry_time -= datetime.timedelta(hours=12)
        tick.clear()
        answers = await asyncio.gather(*(sts.get_caller_identity() for _ in range(5)))
    print(*{{answer["Arn"] for answer in answers}}, len(asked), len(tick) > 5)
    clock.cancel()

asyncio.run(main())
"""


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    assert machine.log_in().returncode == 0
    machine.forget_used_codes()
    text = machine.credentials_file.read_text()
    machine.write_credentials(text + "[other]\naws_access_key_id = AKIAOTHER7EXAMPLE\naws_secret_access_key = x\n")
    return machine


@pytest.mark.parametrize("environment", [{}, {"AWS_ACCESS_KEY_ID": "AKIAOTHER7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}])
@pytest.mark.parametrize("found_before", [False, True])
@pytest.mark.parametrize("kind", SESSIONS)
def test_a_session_gets_its_credentials_from_us_and_a_region_where_it_has_none(
    machine: Machine, kind: str, found_before: bool, environment: dict[str, str]
) -> None:
    make, who = SESSIONS[kind]
    before = "s.get_credentials();" if found_before else ""

    ran = run(
        machine,
        f"import mfa_session\n{make}\n{before}mfa_session.register(s, 'test-user', ask=False)\n"
        f"core = getattr(s, '_session', s)\nprint({who}, core.get_config_variable('region'))",
        **environment,
    )

    assert (ran.stdout, ran.stderr) == (f"{USER} ap-northeast-1\n", "")


def test_a_region_that_is_chosen_stays(machine: Machine) -> None:
    ran = run(
        machine,
        "import boto3, mfa_session; s = boto3.Session(region_name='eu-west-1');"
        "mfa_session.register(s, profile_name='test-user'); print(s.region_name)",
    )

    assert (ran.stdout, ran.stderr) == ("eu-west-1\n", "")


def test_what_is_no_session_is_a_type_error(machine: Machine) -> None:
    ran = run(machine, "import mfa_session; mfa_session.register('test-user')")

    assert "TypeError: expected a botocore, aiobotocore, boto3 or aioboto3 session, not str" in ran.stderr


def test_without_a_session_it_says_what_to_run_and_changes_nothing(machine: Machine) -> None:
    machine.run("logout", "--profile", "test-user")
    program = (
        "import boto3, mfa_session\ns = boto3.Session(profile_name='other')\n"
        "try: mfa_session.register(s, 'test-user', ask=False)\n"
        "except mfa_session.PersonNeededError as error: print(error.hint, s.get_credentials().access_key, sep='\\n')"
    )

    ran = run(machine, program)

    assert ran.stdout == "run in a terminal: mfa-session login --profile test-user\nAKIAOTHER7EXAMPLE\n", ran.stderr


class TestAsynchronous:
    def run(self, machine: Machine, program: str) -> tuple[str, str]:
        # Without -W error: these libraries have warnings of their own.
        ran = machine.run_program(sys.executable, "-c", program)
        return ran.stdout, ran.stderr

    @pytest.mark.parametrize("options", ["", ", ask=False"])
    def test_aioboto3(self, machine: Machine, options: str) -> None:
        pytest.importorskip("aioboto3", reason="aioboto3 is not installed (it pins a version of boto3)")

        assert self.run(machine, AIOBOTO3.format(options=options)) == (f"{USER}\n", "")

    def test_s3fs(self, machine: Machine) -> None:
        pytest.importorskip("s3fs", reason="s3fs is not installed (it pins a version of botocore)")

        assert self.run(machine, S3FS) == ("test-user-backups test-user-photos\n", "")

    def test_a_question_in_the_middle_does_not_stop_the_loop(self, machine: Machine) -> None:
        pytest.importorskip("aiobotocore", reason="aiobotocore is not installed (it pins a version of botocore)")
        program = AIO_RENEWAL.format(code=machine.fresh_code(), program=MFA_SESSION)

        assert self.run(machine, program) == (f"{USER} 1 True\n", "")
