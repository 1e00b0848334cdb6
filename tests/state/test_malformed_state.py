"""State files that somebody has been at are as good as none, or say what to do; they crash nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mfa_session.errors import StateError, StoreError
from mfa_session.filesystem.atomic_write import LOCK_NAME
from mfa_session.keystore.stores import key_of
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation
from mfa_session.state.per_profile import FailedLogins, RotationJournal
from mfa_session.state.used_codes import UsedCodes

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/alice-phone")
PROFILE = Profile("test-user", session_profile="test-user-mfa")
ABYSS = "[" * 100_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def the_file_in(folder: Path) -> Path:
    return next(file for file in folder.iterdir() if file.name != LOCK_NAME)


@pytest.mark.parametrize("content", ["", "soon", "-1", "9" * 5000, "5 9"])
def test_a_used_code_that_is_no_number_of_a_step_is_none(tmp_path: Path, content: str) -> None:
    codes = UsedCodes(tmp_path)
    codes.set_last_step(PHONE, 59468512)
    assert codes.last_step(PHONE) == 59468512

    the_file_in(tmp_path).write_text(content)

    assert codes.last_step(PHONE) is None


@pytest.mark.parametrize(
    "content",
    [
        ABYSS,
        json.dumps({"at": 10**400, "kind": "AWSError", "message": "m", "hint": "h"}),
        json.dumps({"at": 4e9, "kind": "AWSError", "message": {}, "hint": "h"}),
        json.dumps({"at": 4e9, "kind": "AWSError", "message": "m", "hint": ""}),
        json.dumps({"at": 4e9, "kind": "annotations", "message": "m", "hint": "h"}),
    ],
)
def test_a_remembered_refusal_that_is_none_is_forgotten(tmp_path: Path, content: str) -> None:
    failures = FailedLogins(tmp_path)
    failures.remember(PROFILE, StateError("m", hint="h"))
    assert str(failures.since(PROFILE, LONG_AGO)) == "m"

    the_file_in(tmp_path).write_text(content)

    assert failures.since(PROFILE, LONG_AGO) is None


def test_a_rotation_journal_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    journal = RotationJournal(tmp_path)
    journal.write(PROFILE, Rotation("AKIA1", LONG_AGO, None, is_finished=False))

    the_file_in(tmp_path).write_text(ABYSS)

    with pytest.raises(StateError, match="cannot be read") as refused:
        journal.read(PROFILE)
    assert "list-access-keys" in refused.value.hint


def test_an_item_of_a_store_that_is_an_abyss_is_no_access_key() -> None:
    with pytest.raises(StoreError, match="not an access key"):
        key_of(ABYSS, "test-user", place="the keyring")
