"""What people type and AWS names: every text is a value as documented, or refused."""

import json
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials, moment, timestamp
from mfa_session.model.durations import duration, in_words, role_duration, session_duration
from mfa_session.model.mfa_device import MFADevice, TokenCode, VirtualMFADevice, start_of, time_step
from mfa_session.model.partitions import PARTITIONS, partition, partition_in, partition_of
from mfa_session.model.role import Role, default_session_name
from mfa_session.system.credential_process_line import credential_process_line, runs_this_program
from mfa_session.text import escape_control
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.texts import any_text, like, made_of

spans = st.one_of(
    made_of(["0", "1", "12", "59", "900", "43200", "999999", "h", "m", "s", "H", " ", "-", ".", "h30m"], at_most=6),
    like("43200", "12h", "90m", "1h30m", "45s", "999999h999999m999999999s"),
)
serial_numbers = like(
    "arn:aws:iam::123456789012:mfa/alice",
    "arn:aws-cn:iam::123456789012:u2f/user/alice/key-ABC",
    "GAHT12345678",
)
arns = st.one_of(
    like(
        "arn:aws:iam::123456789012:user/team/alice",
        "arn:aws:sts::123456789012:assumed-role/admin/alice",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:role/team/admin",
    ),
    made_of(["arn", ":", "aws", "iam", "sts", "123456789012", "user", "role", "/", "a"], at_most=16),
)
opaque = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@fuzzed("durations", quick=300, full=20_000, text=spans)
def test_a_span_of_time_is_not_negative_and_can_be_told(text: str) -> None:
    span = duration(text)

    assert span >= timedelta(0)
    assert in_words(span)
    assert duration(str(int(span.total_seconds()))[:9]) is not None
    assert timedelta(minutes=15) <= session_duration(text) <= timedelta(hours=36)
    assert timedelta(minutes=15) <= role_duration(text) <= timedelta(hours=12)


@fuzzed("token codes", quick=300, full=20_000, text=st.one_of(
    made_of(["1", "23", "456", "123456", "１", " ", "\u3000", "-", "\n", "\t"], at_most=9),
    like("123456", "123 456", "１２３４５６"),
    st.text("\u0300\u0316\u0301\u0345", max_size=9).map(lambda accents: "1" + accents * 10_000),
))  # fmt: skip
def test_a_token_code_is_six_digits_that_were_in_the_text(text: str) -> None:
    digits = TokenCode(text).digits

    assert re.fullmatch("[0-9]{6}", digits)
    assert TokenCode(digits).digits == digits
    assert digits not in repr(TokenCode(text))


@fuzzed("MFA devices", quick=300, full=20_000, serial=serial_numbers, seed=like("A2" * 32, "A2" * 8 + "======"))
def test_a_device_tells_its_name_kind_and_account(serial: str, seed: str) -> None:
    device = MFADevice(serial)

    assert serial.isascii()
    assert serial.isprintable()
    assert device.name in serial
    assert device.kind
    assert device.account_id is None or device.account_id in serial
    assert isinstance(device.shows_codes, bool)
    assert VirtualMFADevice(device, seed).key_uri.startswith("otpauth://totp/")


@fuzzed("ARNs", quick=300, full=20_000, arn=arns, name=any_text, external_id=like("secret-42"))
def test_an_arn_names_a_caller_or_a_role(arn: str, name: str, external_id: str) -> None:
    assert partition_in(arn) in (None, *PARTITIONS)
    if ":role/" in arn:
        role = Role(arn, default_session_name(name), external_id)
        assert role.name in arn
        assert arn.startswith(f"arn:{role.partition}:")
        return

    caller = CallerIdentity(arn)

    assert arn == f"arn:{caller.partition}:{arn.split(':')[2]}::{caller.account_id}:{arn.split(':', 5)[5]}"
    assert caller.kind == arn.split(":", 5)[5].split("/")[0]
    assert caller.user_name is None or arn.endswith(caller.user_name)


@fuzzed("partitions", quick=200, full=20_000, name=like(*PARTITIONS, "eu-west-1", "us-gov-east-1"))
def test_a_partition_is_one_of_aws(name: str) -> None:
    assert partition_of(name) in PARTITIONS
    assert partition(name) in PARTITIONS


@fuzzed("moments", quick=300, full=20_000, text=st.one_of(
    like("2026-11-24T01:29:50Z", "1970-01-01T00:00:00Z", "0999-12-31T23:59:60Z", "2024-02-29T00:00:00Z"),
    made_of(["2026", "-", "1", "24", "T", ":", "59", "60", "Z", " "], at_most=14),
))  # fmt: skip
def test_a_moment_is_what_would_be_written_so(text: str) -> None:
    read = moment(text)

    assert read is None or timestamp(read) == text


@fuzzed("moments that are written", quick=300, full=20_000, when=moments)
def test_a_moment_that_was_written_is_read_back(when: datetime) -> None:
    assert moment(timestamp(when)) == when.replace(microsecond=0)
    assert start_of(time_step(when)) <= when < start_of(time_step(when) + 1)


@fuzzed(
    "access keys",
    quick=300,
    full=20_000,
    key_id=like("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
    secret=st.one_of(like("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), opaque),
)
def test_an_access_key_fits_on_a_line_and_keeps_its_secret(key_id: str, secret: str) -> None:
    key = AccessKey(key_id, secret)

    assert key.access_key_id.isalnum()
    assert secret.isascii()
    assert not re.search(r"\s", secret)
    assert len(secret) < 16 or secret not in repr(key)
    assert key.masked_id.startswith("AKIA…")


@fuzzed(
    "credential documents",
    quick=300,
    full=20_000,
    key_id=like("ASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    secret=st.one_of(opaque, any_text),
    token=st.one_of(opaque, opaque, any_text),
    expiration=st.one_of(moments, moments, st.datetimes()),
)
def test_a_credential_document_is_read_back_as_it_was(
    key_id: str, secret: str, token: str, expiration: datetime
) -> None:
    line = SessionCredentials(key_id, secret, token, expiration).document()

    assert line.isascii()
    assert line.isprintable()
    fields: dict[str, Any] = json.loads(line)
    assert fields.pop("Version") == 1
    assert moment(fields.pop("Expiration")) == expiration.replace(microsecond=0)
    assert fields == {"AccessKeyId": key_id, "SecretAccessKey": secret, "SessionToken": token}


programs = st.one_of(
    like("usr/local/bin/mfa-session", "home/a b/mfa-session"),
    made_of(["/", "bin", "a b", "a", "\\", "'", "$x", "`", "%A%", "-", "=", "~", "(", "é"]),
).map("/".__add__)


@fuzzed("process lines", quick=300, full=20_000, program=programs, profile=like("test-user", "a@b.c", "-x", "a b"))
def test_a_process_line_is_split_into_the_program_and_its_arguments(program: str, profile: str) -> None:
    line = credential_process_line([program], profile)

    assert shlex.split(line) == [program, "credential-process", "--profile", profile]
    assert runs_this_program(line, profile)
    assert not runs_this_program(line, f"{profile}x")


@fuzzed("process lines, by sh", quick=10, full=1000, program=programs, profile=like("test-user", "a@b.c"))
def test_a_process_line_starts_the_program_from_a_shell(program: str, profile: str) -> None:
    line = credential_process_line([program], profile)

    words = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout

    assert words.decode().split("\0") == [program, "credential-process", "--profile", profile, ""]


@fuzzed("other process lines", quick=200, full=20_000, line=any_text, profile=any_text)
def test_any_other_line_is_not_ours(line: str, profile: str) -> None:
    assert not runs_this_program(line, profile)


@fuzzed("visible text", quick=200, full=20_000, text=st.one_of(any_text, made_of(["\x1b[31m", "\u202e", "\n", "a"])))
def test_visible_text_is_on_one_line_and_moves_no_cursor(text: str) -> None:
    assert escape_control(text).isprintable()
    assert escape_control(text).encode("utf-8").decode() == escape_control(text)
    assert escape_control(escape_control(text)) == escape_control(text)
