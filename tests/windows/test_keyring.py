"""The Credential Manager of Windows, asked for real."""

import importlib
import os

import pytest

from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.model.credentials import AccessKey

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OTHER = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")


@pytest.fixture
def keyring() -> OSKeyring:
    return OSKeyring(environ=os.environ, interactive=True)


def test_it_passes_the_check_that_comes_before_a_key(keyring: OSKeyring) -> None:
    keyring.check()

    assert keyring.description == "the Windows Credential Manager"


def test_a_key_is_kept_replaced_and_deleted(keyring: OSKeyring) -> None:
    win32cred = importlib.import_module("win32ctypes.pywin32.win32cred")

    keyring.set("test-user", OTHER)
    keyring.set("test-user", KEY)
    kept = keyring.get("test-user")
    (item,) = (each for each in win32cred.CredEnumerate() if "mfa-session" in each["TargetName"])
    keyring.delete("test-user")

    assert kept == KEY
    assert item["TargetName"] == "mfa-session:test-user"  # and no second one, with the secret of before
    assert item["Persist"] == win32cred.CRED_PERSIST_LOCAL_MACHINE
    assert keyring.get("test-user") is None


def test_a_key_that_is_not_there_is_none(keyring: OSKeyring) -> None:
    keyring.delete("nobody")

    assert keyring.get("nobody") is None
