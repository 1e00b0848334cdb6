"""A code goes to AWS once, whatever befalls it on the way: every errand that takes one, with every fault."""

import random
import socket
from functools import partial
from pathlib import Path

import pytest

from tests.aws.raw_server import Connection, Script, serving
from tests.campaigns import scale
from tests.campaigns.aws.bad_way import BadWay, Fault, bad_way
from tests.campaigns.aws.errands import ERRANDS, Ended, Errand
from tests.campaigns.aws.faults import FAULTS, SLOW_FAULTS, cut
from tests.campaigns.figures import count
from tests.cli.refusals import SERVICE, files
from tests.machine import Machine, running_machine

# Enrolment asks AWS whether a device is enabled after all, and goes on.
GOES_ON = {"device add, the two codes"}

CUTS = scale.cases(quick=2, full=100)


def cases() -> list[tuple[str, str]]:
    every = [(errand, fault) for fault in FAULTS for errand in ERRANDS]
    slow = [(errand, fault) for fault in SLOW_FAULTS for errand in ERRANDS]
    return scale.chosen(every, quick_nth=17) + (slow if scale.IS_FULL else [])


def judge(name: str, machine: Machine, way: BadWay, ended: Ended, before: object) -> None:
    """Count what was found, and hold it to what every such end has in common."""
    done = ended.exit_code == 0 and name in GOES_ON
    found = {
        "codes_sent_twice": way.codes_sent_twice,
        "keys_made_twice": way.actions["CreateAccessKey"] > 1,
        "other_exit_codes": not done and ended.exit_code != SERVICE,
        "not_told": not done and not ended.is_told,
        "files_changed": not done and files(machine) != before,
    }
    count("AWS", f"`{name}`: a fault on the way", **found)
    assert not any(found.values()), (found, ended, way.codes, way.actions)


def sent_through(name: str, machine: Machine, fault: Fault, *, at: str | None) -> BadWay:
    errand: Errand = ERRANDS[name]
    errand.prepare(machine)
    before = files(machine)
    with bad_way(machine.endpoint, fault, at=at) as way:
        ended = errand.run(machine, AWS_ENDPOINT_URL=way.url)
    judge(name, machine, way, ended, before)
    return way


@pytest.mark.parametrize(("name", "fault"), cases())
def test_a_code_is_sent_once(machine: Machine, name: str, fault: str) -> None:
    way = sent_through(name, machine, {**FAULTS, **SLOW_FAULTS}[fault], at=ERRANDS[name].action)

    assert way.actions[ERRANDS[name].action] == 1


@pytest.mark.timeout(120 + 2 * CUTS)
@pytest.mark.parametrize("name", ["login", "login to a role with a code"])
def test_a_code_is_sent_once_wherever_its_answer_breaks_off(tmp_path: Path, name: str) -> None:
    for number in range(CUTS):
        home = tmp_path / str(number)
        home.mkdir()
        with running_machine(home) as machine:
            fault = partial(cut, at=random.uniform(0, 0.99), reset=random.random() < 0.5)
            sent_through(name, machine, fault, at=ERRANDS[name].action)


@pytest.mark.timeout(120 + 2 * CUTS)
def test_a_request_that_is_cut_off_is_not_sent_again(tmp_path: Path) -> None:
    for number in range(CUTS):
        home = tmp_path / str(number)
        home.mkdir()
        with running_machine(home) as machine, serving(reset_after(random.randrange(1500))) as server:
            ERRANDS["login"].prepare(machine)
            before = files(machine)

            ended = ERRANDS["login"].run(machine, AWS_ENDPOINT_URL=server.url)

            way = BadWay(server.port, connections=len(server.requests))
            judge("login", machine, way, ended, before)
            assert way.connections == 1


def reset_after(length: int) -> Script:
    def script(connection: Connection) -> None:
        if length:
            connection.socket.recv(length, socket.MSG_WAITALL)
        connection.reset()

    return script


@pytest.mark.parametrize("name", [name for name, errand in ERRANDS.items() if errand.knows_the_device])
@pytest.mark.parametrize("how", scale.chosen(["refused", "no host", "no proxy"], quick_nth=3))
def test_a_code_that_finds_no_way_is_not_sent(machine: Machine, name: str, how: str) -> None:
    ERRANDS[name].prepare(machine)
    before = files(machine)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = {
        "refused": {"AWS_ENDPOINT_URL": closed},
        "no host": {"AWS_ENDPOINT_URL": "https://sts.invalid"},
        "no proxy": {"AWS_ENDPOINT_URL": "", "HTTPS_PROXY": closed},
    }

    ended = ERRANDS[name].run(machine, **settings[how])

    judge(name, machine, BadWay(0), ended, before)
    assert "the MFA code may have been used" not in ended.said
