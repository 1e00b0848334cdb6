"""Answers made to harm: they cost a login little time and memory, and leave nothing behind."""

import random
import re
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.aws.bad_way import Visit, bad_way, refusal
from tests.campaigns.aws.errands import ERRANDS
from tests.campaigns.aws.faults import sending
from tests.campaigns.aws.hostile import BOMBS, FIELDS, SLOW, hostile
from tests.campaigns.aws.measured_run import Measured, measured_run
from tests.campaigns.figures import count
from tests.clean_environment import clean_environment
from tests.cli.refusals import SERVICE, files
from tests.machine import MFA_SESSION, Machine, running_machine

# The whole limit of a call, what it takes to start, and what a busy machine adds.
MAX_SECONDS = 20 + 10
MAX_MEMORY = 64 << 20

MUTATIONS = scale.cases(quick=4, full=400)

# What random changes put in.
PIECES = [
    *(b"\n", b"\r\n", b"\0", b"\xc2\x9b", b"\x1b]52;c;eA==\a", b"&#10;[default]", b"&#8238;", b"AKIA"),
    *(b"<Credentials>", b"</Credentials>", b"<SessionToken>", b"<member>", b"<!--", b"<![CDATA[", b"]]>"),
    b"Content-Length: 1\r\n",
]


def names() -> list[str]:
    return scale.chosen([*BOMBS, *FIELDS], quick_nth=6) + (list(SLOW) if scale.IS_FULL else [])


def log_in(machine: Machine, url: str) -> Measured:
    environment = {**machine.environment, "AWS_ENDPOINT_URL": url}
    return measured_run(
        *(MFA_SESSION, "login", "--profile", "test-user", "--token-code", machine.phone.code()),
        environment=clean_environment(machine.home, **environment),
    )


@pytest.fixture(scope="session")
def default_memory(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Return how much memory a login has that AWS refuses in the usual way."""
    with running_machine(tmp_path_factory.mktemp("usual")) as machine:
        ERRANDS["login"].prepare(machine)
        fault = sending(refusal("Throttling", "Rate exceeded", status="400 Bad Request"))
        with bad_way(machine.endpoint, fault) as way:
            return log_in(machine, way.url).peak_bytes


@pytest.mark.parametrize("name", names())
def test_a_hostile_answer_costs_little_and_leaves_nothing(machine: Machine, default_memory: int, name: str) -> None:
    ERRANDS["login"].prepare(machine)
    before = files(machine)

    with bad_way(machine.endpoint, hostile(name)) as way:
        ran = log_in(machine, way.url)

    more = ran.peak_bytes - default_memory
    found = {
        "codes_sent_twice": way.codes_sent_twice,
        "over_30_s": ran.seconds > MAX_SECONDS,
        "over_64_MiB": more > MAX_MEMORY,
        "other_exit_codes": ran.exit_code != SERVICE,
        "not_told": len(re.findall(r"mfa-session: (?:error|hint): [ -~…]+\n", ran.said)) != 2,
        "files_changed": files(machine) != before,
    }
    count("AWS", "`login`: an answer made to harm", **found)
    assert not any(found.values()), (found, ran)


def mutated(whole: bytes) -> bytes:
    """Return an answer with a few random changes, of its head too."""
    changed = bytearray(whole)
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(changed))
        match random.randrange(4):
            case 0:
                changed[at] = random.randrange(256)
            case 1:
                del changed[at : at + random.randint(1, 40)]
            case 2:
                changed[at:at] = random.choice(PIECES)
            case 3:
                changed[at:at] = changed[at : at + random.randint(1, 200)]
    return bytes(changed)


# All that may stand in a section of ours.
SESSION_SECTION = re.compile(
    r"\[test-user-mfa\]\naws_access_key_id = ASIA[A-Z0-9]{12,124}\naws_secret_access_key = [!-~]+\n"
    r"aws_session_token = [!-~]+\nx_security_token_expires = [-0-9T:Z]+\nmfa_session_source = test-user\n"
)


@pytest.mark.timeout(120 + 2 * MUTATIONS)
def test_of_an_answer_with_random_changes_a_whole_session_is_written_or_nothing(tmp_path: Path) -> None:
    for number in range(MUTATIONS):
        home = tmp_path / str(number)
        home.mkdir()
        with running_machine(home) as machine:
            ERRANDS["login"].prepare(machine)
            before = machine.credentials_file.read_text()
            answers: list[bytes] = []

            def change(visit: Visit, answers: list[bytes] = answers) -> None:
                answers.append(mutated(visit.perform()))
                visit.send(answers[0])

            with bad_way(machine.endpoint, change) as way:
                ran = log_in(machine, way.url)

            after = machine.credentials_file.read_text()
            written = after.removeprefix(before).removeprefix("\n")
            taken = ran.exit_code == 0
            found = {
                "codes_sent_twice": way.codes_sent_twice,
                "other_exit_codes": ran.exit_code not in (0, SERVICE),
                "not_told": "Traceback" in ran.said or "internal" in ran.said,
                "files_harmed": not (SESSION_SECTION.fullmatch(written) if taken else after == before),
            }
            count("AWS", "`login`: an answer with random changes", **found)
            assert not any(found.values()), (found, ran, answers)
