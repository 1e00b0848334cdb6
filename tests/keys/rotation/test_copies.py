"""A key that two profiles have is rotated for both, whatever fails between the two."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest

from mfa_session.errors import ConfigurationError, KeyringLockedError
from mfa_session.keys.copies import KeyCopy, check_all_are_stored, check_not_in_use, find_copies, update_copies
from mfa_session.model.credentials import AccessKey
from tests.fakes import InMemoryKeys
from tests.keys.rotation.case import NEW, RotationCase

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OTHER = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
LINES = {"aws_access_key_id": KEY.access_key_id}


class LockedOnce(InMemoryKeys):
    """A store that is locked when a key of *profile* is to be kept the first time."""

    def __init__(self, keys: Mapping[str, AccessKey] | None = None, *, profile: str) -> None:
        super().__init__(keys)
        self.locked: str | None = profile

    def set(self, profile: str, key: AccessKey) -> None:
        if profile == self.locked:
            self.locked = None
            raise KeyringLockedError("the keyring is locked", hint="unlock it")
        super().set(profile, key)


def rotate(case: RotationCase, stores: Mapping[str, InMemoryKeys]) -> None:
    """Rotate the key of ``test-user``, and of the other that has it."""
    ids = [key.access_key_id for name in ("test-user", NEW) if (key := case.store.get(name))]
    copies, _ = find_copies(
        ids,
        config={"other": {"mfa_session_store": "file"}},
        credentials={},
        get=lambda profile, store: stores[store].get(profile),
    )
    rotation = case.rotation()
    update = partial(
        update_copies, copies, store_named=stores.__getitem__, settings=rotation.settings, tell=case.told.append
    )
    replace(rotation, update_copies=update).run(delete_old=False)


@pytest.mark.parametrize("profile", ["test-user", "other"])
def test_what_fails_between_the_two_is_finished_by_the_next_run(case: RotationCase, profile: str) -> None:
    file = LockedOnce({"other": case.stored}, profile=profile)
    own = LockedOnce({"test-user": case.stored}, profile=profile)
    case.store = own
    stores = {"file": file}

    with pytest.raises(KeyringLockedError):
        rotate(case, stores)
    for key in (case.stored, file.get("other")):
        assert key is not None
        assert key.access_key_id in {each.access_key_id for each in case.keys if each.active}
    rotate(case, stores)

    assert file.get("other") == case.stored
    case.assert_one_key_works_and_nothing_is_left_over()


def test_every_place_that_has_the_key_is_found() -> None:
    config = {
        "a": {"mfa_session_store": "keyring"},
        "b": {"mfa_session_store": "file"},
        "c": {"mfa_session_store": "file"},
        "d": LINES,
    }
    keyring, file = InMemoryKeys({"a": KEY}), InMemoryKeys({"b": KEY, "c": OTHER})
    stores = {"keyring": keyring, "file": file}

    found, problems = find_copies(
        [KEY.access_key_id],
        config=config,
        credentials={"default": LINES, "e": {"aws_access_key_id": OTHER.access_key_id}},
        get=lambda profile, store: stores[store].get(profile),
    )

    assert problems == []
    assert [(copy.profile, copy.place) for copy in found] == [
        ("a", "keyring"),
        ("b", "file"),
        ("default", "credentials_file"),
        ("d", "config_file"),
    ]


def test_a_store_that_does_not_open_is_asked_once_and_told_of() -> None:
    locked = InMemoryKeys(refusal=KeyringLockedError("the keyring is locked", hint="unlock it"))
    config = {name: {"mfa_session_store": "keyring"} for name in ("a", "b")}

    found, problems = find_copies(
        [KEY.access_key_id], config=config, credentials={}, get=lambda profile, _: locked.get(profile)
    )

    assert found == []
    assert problems == ["it is not known whether profile a has the same key: the keyring is locked"]


def test_a_copy_in_plain_text_is_to_be_moved_first() -> None:
    check_all_are_stored([KeyCopy("a", "file", "AKIA…MPLE")])

    with pytest.raises(ConfigurationError, match=r"also that of profile d \(config file, in plain text\)") as refused:
        check_all_are_stored([KeyCopy("a", "file", "AKIA…MPLE"), KeyCopy("d", "config_file", "AKIA…MPLE")])

    assert refused.value.hint.endswith("mfa-session keys import --profile d")


def test_a_key_that_others_have_stays_at_aws() -> None:
    check_not_in_use([])

    with pytest.raises(ConfigurationError, match=r"the key AKIA…MPLE stays: it is that of profile a \(OS keyring\)"):
        check_not_in_use([KeyCopy("a", "keyring", "AKIA…MPLE")])
