"""A role in `credential-process`: callers share one question and one session, which is renewed unasked."""

import json
from datetime import timedelta

import pytest

from mfa_session.local_aws.account import Role
from tests.cli.roles.role_sessions import QUESTION, add_role, left, log_in, take, trust
from tests.machine import MFA_SESSION, Machine
from tests.terminal import Program, PseudoTerminal, Stream


def answer(machine: Machine, profile: str = "admin") -> dict[str, str]:
    """Return the document that `credential-process` prints where nobody can be asked."""
    ran = machine.run("credential-process", "--profile", profile)
    assert (ran.returncode, ran.stderr) == (0, "")
    document: dict[str, str] = json.loads(ran.stdout)
    return document


@pytest.mark.usefixtures("admin")
class TestCredentialProcess:
    def ask_in(self, terminal: PseudoTerminal, machine: Machine, profile: str, beside: Program | None) -> Program:
        return terminal.run(
            MFA_SESSION,
            "credential-process",
            "--profile",
            profile,
            stdout=Stream.PIPE,
            stderr=Stream.PIPE,
            beside=beside,
            environment=machine.environment,
        )

    def test_ten_callers_for_ten_roles_share_one_question(self, machine: Machine, terminal: PseudoTerminal) -> None:
        names = [f"role-{number}" for number in range(10)]
        for name in names:
            add_role(machine, name)

        callers = [self.ask_in(terminal, machine, names[0], None)]
        callers += [self.ask_in(terminal, machine, name, callers[0]) for name in names[1:]]
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert {caller.wait(timeout=60) for caller in callers} == {0}
        assert {caller.stderr for caller in callers} == {b""}
        assert terminal.text.count(QUESTION) == 1
        assert len(machine.calls("GetSessionToken")) == 1
        assert sorted(call.status or 0 for call in machine.calls("AssumeRole")) == [200] * 10
        told = [json.loads(caller.stdout)["AccessKeyId"] for caller in callers]
        assert told == [machine.credentials(f"{name}-mfa")["aws_access_key_id"] for name in names]

    def test_ten_callers_for_one_role_share_one_session(self, machine: Machine, terminal: PseudoTerminal) -> None:
        log_in(machine)

        callers = [self.ask_in(terminal, machine, "admin", None) for _ in range(10)]

        assert {caller.wait(timeout=60) for caller in callers} == {0}
        assert len({caller.stdout for caller in callers}) == 1
        assert len(machine.calls("AssumeRole")) == 1

    def test_three_wrong_codes_end_the_callers_for_all_roles_with_one_message(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        add_role(machine, "deploy")

        callers = [self.ask_in(terminal, machine, "admin", None)]
        terminal.expect(QUESTION)
        callers.append(self.ask_in(terminal, machine, "deploy", callers[0]))
        for more in (100_000, 300_000, 500_000):
            terminal.type(f"{(int(machine.phone.code()) + more) % 1_000_000:06}\n")
            if more < 500_000:
                terminal.expect("AWS did not accept this code")

        assert {caller.wait() for caller in callers} == {254}
        assert len({caller.stderr for caller in callers}) == 1
        assert terminal.text.count(QUESTION) == 3

    def test_a_session_of_the_role_answers_at_once_and_in_full_with_the_same_bytes(self, machine: Machine) -> None:
        take(machine, "admin")

        told = {machine.run("credential-process", "--profile", name).stdout for name in ("admin", "admin-mfa")}
        told.add(machine.run("--no-prompt", "credential-process", "--profile", "admin").stdout)

        assert len(told) == 1
        assert machine.endpoint.journal == []

    @pytest.mark.parametrize(("minutes", "is_renewed"), [(16, False), (14, True), (2, True)])
    def test_in_its_last_minutes_it_is_renewed_with_the_session_of_the_user(
        self, machine: Machine, minutes: int, is_renewed: bool
    ) -> None:
        log_in(machine)
        take(machine, "admin", left=timedelta(minutes=minutes))
        before = machine.credentials("admin-mfa")["aws_access_key_id"]

        told = answer(machine)

        assert (told["AccessKeyId"] != before) == is_renewed
        assert told["AccessKeyId"] == machine.credentials("admin-mfa")["aws_access_key_id"]

    def test_nobody_is_asked_for_the_sake_of_a_renewal(self, machine: Machine, terminal: PseudoTerminal) -> None:
        take(machine, "admin", left=timedelta(minutes=5))

        caller = self.ask_in(terminal, machine, "admin", None)

        assert caller.wait() == 0
        assert json.loads(caller.stdout)["AccessKeyId"] == machine.credentials("admin-mfa")["aws_access_key_id"]
        assert terminal.text == ""

    def test_a_renewal_that_fails_leaves_the_live_session_and_is_not_tried_by_every_call(
        self, machine: Machine
    ) -> None:
        log_in(machine)
        take(machine, "admin", left=timedelta(minutes=5))
        machine.account.roles["admin"].trust_policy = trust(principal="210987654321")

        told = {answer(machine)["AccessKeyId"] for _ in range(3)}

        assert told == {machine.credentials("admin-mfa")["aws_access_key_id"]}
        assert [call.status for call in machine.calls("AssumeRole")] == [403]

    def test_a_chain_is_renewed_as_far_as_it_has_to_be(self, machine: Machine, admin: Role) -> None:
        add_role(machine, "next", source="admin").trust_policy = trust({}, principal=admin.arn)
        log_in(machine)
        take(machine, "admin", left=timedelta(seconds=-5))
        take(machine, "next", left=timedelta(minutes=5))

        answer(machine, "next")

        assert len(machine.calls("AssumeRole")) == 2
        assert left(machine, "next-mfa") > timedelta(minutes=59)
