"""`policy show` and `policy check`, as an administrator runs them: the installed program, and a strict local AWS."""

import json
import subprocess
from datetime import timedelta
from typing import Any

import pytest

from mfa_session.policies.templates import (
    KNOWN_POLICIES,
    Shape,
    article_policy,
    aws_mfa_only_policy,
    aws_self_manage_policy,
    safe_policy,
)
from tests.machine import MFA_SESSION, Machine

ARN = "arn:aws:iam::123456789012:policy/MFAEnforcePolicy"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def run_with_input(machine: Machine, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    piped = machine.home / "piped"
    piped.write_text(text)
    return machine.run_program("sh", "-c", 'exec "$0" "$@" < "$HOME/piped"', MFA_SESSION, *arguments)


def findings(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [each["name"] for each in json.loads(result.stdout)["problems"]]


class TestShow:
    def test_the_safe_policy_is_printed_and_nothing_else(self, machine: Machine) -> None:
        result = machine.run("policy", "show")

        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == safe_policy().document + "\n"

    @pytest.mark.parametrize(
        ("variant", "policy"),
        [
            ("article", article_policy),
            ("aws-self-manage", aws_self_manage_policy),
            ("aws-mfa-only", aws_mfa_only_policy),
        ],
    )
    def test_a_known_one_is_printed_by_its_name(self, machine: Machine, variant: str, policy: Any) -> None:
        result = machine.run("policy", "show", "--variant", variant)

        assert result.stdout == policy().document + "\n"

    def test_each_statement_is_explained_in_a_sentence_beside_the_document(self, machine: Machine) -> None:
        result = machine.run("policy", "show", "--explain")

        assert json.loads(result.stdout) == json.loads(safe_policy().document)
        assert result.stderr.splitlines() == safe_policy().explanation

    def test_the_options_shape_it(self, machine: Machine) -> None:
        result = machine.run("policy", "show", "--no-password-change", "--via-aws-service", "--max-mfa-age", "8h")

        shape = Shape(password_change=False, via_aws_service=True, max_mfa_age=timedelta(hours=8))
        assert result.stdout == safe_policy("aws", shape).document + "\n"

    def test_it_is_for_the_partition_of_the_region(self, machine: Machine) -> None:
        named = machine.run("policy", "show", "--partition", "aws-us-gov")
        by_region = machine.run("policy", "show", AWS_REGION="us-gov-west-1")
        machine.write_config("[profile test-user]\nregion = us-gov-east-1\n")
        by_profile = machine.run("policy", "show", AWS_PROFILE="test-user")

        assert "arn:aws-us-gov:iam::*:user" in named.stdout
        assert named.stdout == by_region.stdout == by_profile.stdout

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (("--variant", "best"), f"choose one of: safe, self-service, {', '.join(KNOWN_POLICIES)}"),
            (("--partition", "aws-mars"), "no partition aws-mars"),
            (("--max-mfa-age", "37h"), "MFA age of 37 h"),
            (("--max-mfa-age", "soon"), "not a span of time"),
            (("--variant", "article", "--via-aws-service"), "as it was published"),
        ],
    )
    def test_what_cannot_be_is_refused(self, machine: Machine, options: tuple[str, ...], complaint: str) -> None:
        result = machine.run("policy", "show", *options)

        assert (result.returncode, result.stdout) == (2, "")
        assert complaint in result.stderr


class TestCheck:
    def test_a_policy_without_a_problem_ends_well(self, machine: Machine) -> None:
        (machine.home / "safe.json").write_text(safe_policy().document)

        result = machine.run("policy", "check", str(machine.home / "safe.json"))

        assert (result.returncode, result.stderr) == (0, "")
        assert "No problems found." in result.stdout

    def test_problems_are_told_below_the_table_with_their_fixes(self, machine: Machine) -> None:
        (machine.home / "article.json").write_text(article_policy().document)

        result = machine.run("policy", "check", str(machine.home / "article.json"))

        assert result.returncode == 1
        lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
        assert lines[0] == "ACTION RESOURCE KEY NO MFA MFA"
        assert "iam:DeactivateMFADevice own user allowed allowed allowed" in lines
        assert "iam:ListAccessKeys own user denied denied -" in lines
        assert "5 problems:" in lines
        fix = "Fix: take iam:ChangePassword out of the NotAction of statement DenyAllExceptListedIfNoMFA of"
        assert f"{fix} {machine.home / 'article.json'}" in lines
        assert all(len(line) <= 80 for line in result.stdout.splitlines()[:20])

    def test_json_has_the_same_for_programs(self, machine: Machine) -> None:
        (machine.home / "article.json").write_text(article_policy().document)

        result = machine.run("policy", "check", "--json", str(machine.home / "article.json"))

        report = json.loads(result.stdout)
        assert result.returncode == 1
        assert report["decisions"][5] == {
            "action": "iam:GetUser",
            "target": "own user",
            "long_term_key": "explicitly denied",
            "session_without_mfa": "explicitly denied",
            "mfa_session": "implicitly denied",
        }
        keys = {"name", "severity", "group", "what", "actions", "fix"}
        assert [set(each) for each in report["problems"]] == [keys] * 5
        assert [each["name"] for each in report["warnings"]] == ["no-rotation"]
        assert report["limits"][0]["name"] == "first-device"

    def test_several_files_are_checked_together(self, machine: Machine) -> None:
        deny, allow = machine.home / "deny.json", machine.home / "allow.json"
        *allows, _, binding = json.loads(safe_policy().document)["Statement"]
        deny.write_text(document(binding))
        allow.write_text(document(*allows))

        together = machine.run("policy", "check", "--json", str(deny), str(allow))
        allow.write_text("{")
        broken = machine.run("policy", "check", str(deny), str(allow))

        assert (together.returncode, findings(together)) == (0, [])
        assert "no-allow" not in together.stdout
        assert (broken.returncode, f"error: {allow}: the policy is not valid JSON" in broken.stderr) == (2, True)

    def test_a_policy_of_one_character_too_many_is_a_warning(self, machine: Machine) -> None:
        statements = json.loads(safe_policy().document)["Statement"]
        length = len("".join(document(*statements).split()))
        for characters, warned in ((6144, []), (6145, ["too-long"])):
            statements[0]["Sid"] = "A" * (characters - length + len("AllowViewAccount"))
            result = run_with_input(machine, document(*statements), "policy", "check", "--json", "-")

            assert [each["name"] for each in json.loads(result.stdout)["warnings"]] == warned

    def test_a_policy_comes_from_standard_input(self, machine: Machine) -> None:
        for policy, code in ((safe_policy("aws-cn"), 0), (article_policy("aws-cn"), 1)):
            result = run_with_input(machine, policy.document, "policy", "check", "-")

            assert result.returncode == code

    def test_all_policies_of_a_group_count(self, admin: Machine) -> None:
        result = admin.run("policy", "check", "--group", "developers", "--json", "--profile", "test-user")

        # the article's problems but for the rotation of keys, which the policy for the work allows
        assert result.returncode == 1
        assert findings(result) == ["deactivate", "delete-own-device", "delete-anothers-device", "password", "path"]

    def test_all_policies_of_a_user_count_and_the_path_is_the_real_one(self, admin: Machine) -> None:
        result = admin.run("policy", "check", "--user", "test-user", "--json", "--profile", "test-user")

        assert findings(result) == [
            "deactivate", "delete-own-device", "delete-anothers-device", "enable-for-another", "password",
        ]  # fmt: skip

    def test_one_managed_policy_is_found_by_its_arn(self, admin: Machine) -> None:
        arn = admin.account.add_managed_policy("safe", safe_policy().document).arn

        result = admin.run("policy", "check", "--arn", arn, "--profile", "test-user")

        assert (result.returncode, result.stderr) == (0, "")

    def test_iam_is_asked_with_the_mfa_session_only(self, admin: Machine) -> None:
        admin.run("policy", "check", "--user", "test-user", "--profile", "test-user")

        assert {call.mfa for call in admin.endpoint.journal} == {True}

    def test_a_code_is_asked_for_where_there_is_no_session(self, machine: Machine) -> None:
        machine.lay_down_the_key()

        result = machine.run("policy", "check", "--group", "developers", "--profile", "test-user")

        assert result.returncode == 255
        assert "mfa-session login --profile test-user" in result.stderr
        assert {call.action for call in machine.endpoint.journal} <= {"GetCallerIdentity", "ListMFADevices"}

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ('{"Version": "2012-10-17",\n "Statement": [}', "line 2 column 16"),
            ('{"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}', "statement 1: "),
            ("[]", "a JSON object"),
            ("", "line 1 column 1"),
        ],
    )
    def test_a_malformed_policy_is_refused_with_the_place(self, machine: Machine, text: str, complaint: str) -> None:
        result = run_with_input(machine, text, "policy", "check", "-")

        assert (result.returncode, result.stdout) == (2, "")
        assert "error: standard input: " in result.stderr
        assert complaint in result.stderr

    def test_a_deny_that_hits_everyone_is_named(self, machine: Machine) -> None:
        deny = {"Sid": "Oops", "Effect": "Deny", "NotAction": "sts:GetSessionToken", "Resource": "*"}

        result = run_with_input(machine, document(EVERYTHING, deny), "policy", "check", "-")

        assert result.returncode == 1
        assert "statement Oops of standard input denies everything to everyone" in result.stdout

    def test_a_condition_of_which_nothing_is_known_can_be_told(self, machine: Machine) -> None:
        deny = {**EVERYTHING, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
        text = document(*json.loads(safe_policy().document)["Statement"], deny)

        unknown = run_with_input(machine, text, "policy", "check", "-")
        inside = run_with_input(machine, text, "policy", "check", "-", "--context", "aws:SourceVpc=vpc-1")
        outside = run_with_input(machine, text, "policy", "check", "-", "--context", "aws:SourceVpc")

        assert (unknown.returncode, unknown.stderr) == (0, "")
        assert (inside.returncode, outside.returncode) == (0, 1)

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            ((), "no policies to check"),
            (("policy.json", "--group", "developers"), "not clear which"),
            (("/nowhere/policy.json",), "cannot read /nowhere/policy.json: no such file"),
            (("/",), "cannot read /: is a directory"),
            (("/dev/zero",), "too long"),
            (("--arn", "arn:aws:iam::123456789012:user/alice"), "not the ARN of a managed policy"),
            (("-", "--context", "SourceVpc=x"), "no condition key"),
            (("-", "--partition", "moon"), "no partition moon"),
        ],
    )
    def test_what_cannot_be_checked_is_refused(
        self, machine: Machine, arguments: tuple[str, ...], complaint: str
    ) -> None:
        result = machine.run("policy", "check", *arguments)

        assert (result.returncode, result.stdout) == (2, "")
        assert complaint in result.stderr

    def test_a_file_that_is_no_text_is_refused(self, machine: Machine) -> None:
        (machine.home / "policy").write_bytes(b"\xff\xfe{\x00}\x00")

        result = machine.run("policy", "check", str(machine.home / "policy"))

        assert (result.returncode, "no text in UTF-8" in result.stderr) == (2, True)

    @pytest.mark.parametrize("arguments", [("--group", "nobody"), ("--user", "nobody"), ("--arn", f"{ARN}-of-nobody")])
    def test_a_name_that_nothing_has_is_told(self, admin: Machine, arguments: tuple[str, str]) -> None:
        result = admin.run("policy", "check", *arguments, "--profile", "test-user")

        assert (result.returncode, result.stdout) == (254, "")
        assert "nobody" in result.stderr
