"""The keys of aws-vault: its encrypted files, a real pass, a real Secret Service, and what only itself can read."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mfa_session.errors import (
    AccessKeyNotFoundError,
    ConfigurationError,
    KeyringLockedError,
    PassphraseError,
    StoreError,
)
from mfa_session.importers import aws_vault_file
from mfa_session.importers.aws_vault import AWSVaultKeys
from mfa_session.importers.aws_vault_file import AWSVaultFiles
from mfa_session.importers.aws_vault_pass import AWSVaultPass
from mfa_session.model.credentials import AccessKey
from tests.aws_vault import item, sealed, write_item
from tests.clean_environment import clean_environment

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ITEM = item(KEY.access_key_id, KEY.secret_access_key)
PASSPHRASE = "open sesame"

# Made by jwcrypto 1.6, which shares no line with us nor with aws-vault.
FROM_ANOTHER_LIBRARY = (
    "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJjcmVhdGVkIjoiMjAyNC0wNS0wMSAxMDowMDowMC4wMDAwMDAwMDAgKzAyMDAgQ0VTVCBtPSsz"
    "LjE0MTU5MjY1MyIsImVuYyI6IkEyNTZHQ00iLCJwMmMiOjgxOTIsInAycyI6IktGOC1COC00QnBYaWJtTUg0SkZlWFEifQ"
    ".aGTuGeLj12ByAmkrMp-TEy_7axVCC8M3Gqo7srMHE4uxf5QQMxfMfA"
    ".aaiRX6ySHCS5dUIX"
    ".oQ-0UMSGHPma7Zl53BCaOcLXtJs3oqflrBke53OyVPx2vkqIhTbUMmQVk7OFAyf2QHbsYbUpxTdStLVdrF8s0pO6-FfTYQG4gCkXg4p8nNc6osc"
    "AuLZA7TleiqHvWcMgwsyegcJYSmpkMznFAnE0Ox9kD982HEx01ifhnAHTpd2VVP_j67hQKFMrOrcgeX7_t9ytODCt_n8tQiz7A94AJ-7nrvTEnEQI"
    "J_QTI6zaI3iGzLpFc3_MsYmy-H1tZZ2xetprKp4ZaxNtz7gtnPEolsQRvw0OLjOBYJpOMdthHWtzJmlz69Z_jMAsZIqhCY_ZgxfORtn7RrNIyKiZ"
    "5HjC1f8CNns3cgcrUiC_YjryeCvAhub_uKpbwsHAPnMHidyEj5J0PsFV-05s-Ug0D89V92Ot2zfWw29D2RnTb8CLscxQvLct8N3WbF5mfFb4iGKd"
    "AkIbZhVvMK1-fp72el4DwUwbOPhg3jP1e1ZvCHr_gAgMSU1806kSTa80KVpCsKVT0BFf"
    ".f5t4AL7RYZoqQJxuOTAmoA"
)


def never_asked(question: str) -> str:
    raise AssertionError(question)


def keys_in_files(home: Path, **environ: str) -> AWSVaultKeys:
    environment = {"HOME": str(home), "AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE, **environ}
    return AWSVaultKeys(environment, {"file": AWSVaultFiles(environment, never_asked)})


class TestItsFiles:
    def test_one_that_another_library_has_written_is_read(self, tmp_path: Path) -> None:
        write_item(tmp_path, "test-user", FROM_ANOTHER_LIBRARY)

        assert keys_in_files(tmp_path).get("test-user") == KEY

    def test_the_passphrase_is_asked_for_once_where_none_is_set(self, tmp_path: Path) -> None:
        write_item(tmp_path, "a", sealed(ITEM, PASSPHRASE))
        write_item(tmp_path, "b", sealed(ITEM, PASSPHRASE))
        asked: list[str] = []

        def ask(question: str) -> str:
            asked.append(question)
            return PASSPHRASE

        environ = {"HOME": str(tmp_path)}
        keys = AWSVaultKeys(environ, {"file": AWSVaultFiles(environ, ask)})

        assert keys.get("a") == keys.get("b") == KEY
        assert asked == [f"Passphrase of aws-vault's files in {tmp_path}/.awsvault/keys:"]

    def test_profiles_are_listed_without_their_sessions_and_without_opening_anything(self, tmp_path: Path) -> None:
        for name in ("team%2Fdev", "test-user", "sts.GetSessionToken,dGVzdA,cGhvbmU,1700000000", "oidc:https:x", ".x"):
            write_item(tmp_path, name, "closed")

        keys = keys_in_files(tmp_path)

        assert list(keys.profiles()) == ["team/dev", "test-user"]
        assert keys.has("team/dev")
        assert not keys.has("other")

    def test_another_folder_may_be_named(self, tmp_path: Path) -> None:
        shutil.move(write_item(tmp_path, "test-user", sealed(ITEM, PASSPHRASE)).parent, tmp_path / "elsewhere")

        assert keys_in_files(tmp_path, AWS_VAULT_FILE_DIR=str(tmp_path / "elsewhere")).get("test-user") == KEY
        assert keys_in_files(tmp_path, AWS_VAULT_FILE_DIR="~/elsewhere").get("test-user") == KEY

    def test_a_wrong_passphrase_is_an_error_of_its_own(self, tmp_path: Path) -> None:
        write_item(tmp_path, "test-user", sealed(ITEM, "another"))

        with pytest.raises(PassphraseError, match="does not open"):
            keys_in_files(tmp_path).get("test-user")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a.b.c.d.e",
            "….….….….…",
            FROM_ANOTHER_LIBRARY[:-40],
            FROM_ANOTHER_LIBRARY.replace(".", ""),
            sealed(ITEM, PASSPHRASE, alg="none"),
            sealed(ITEM, PASSPHRASE, enc="A128GCM"),
            sealed(ITEM, PASSPHRASE, p2c="8192"),
            sealed(ITEM, PASSPHRASE, p2c=True),
            sealed(ITEM, PASSPHRASE, p2c=0),
            sealed(ITEM, PASSPHRASE, p2s=None),
            sealed(b"[]", PASSPHRASE),
            sealed(b'{"Data": "s3cret"}', PASSPHRASE),
            sealed(b"s3cret", PASSPHRASE),
        ],
    )
    def test_a_file_that_aws_vault_would_not_write_is_refused_and_not_quoted(self, tmp_path: Path, text: str) -> None:
        write_item(tmp_path, "test-user", text)

        with pytest.raises(StoreError) as caught:
            keys_in_files(tmp_path).get("test-user")

        assert "s3cret" not in f"{caught.value} {caught.value.hint}"

    def test_a_file_that_was_changed_does_not_open(self, tmp_path: Path) -> None:
        text = sealed(ITEM, PASSPHRASE)
        write_item(tmp_path, "test-user", text[:-3] + ("A" if text[-3] != "A" else "B") + text[-2:])

        with pytest.raises(PassphraseError):
            keys_in_files(tmp_path).get("test-user")

    def test_a_file_that_asks_for_endless_work_is_refused_at_once(self) -> None:
        begun = time.monotonic()

        with pytest.raises(StoreError, match="damaged"):
            aws_vault_file.read(sealed(ITEM, PASSPHRASE, p2c=2_000_000_000).encode())

        assert time.monotonic() - begun < 20

    def test_a_session_is_no_long_term_key(self, tmp_path: Path) -> None:
        write_item(tmp_path, "a", sealed(item("ASIAIOSFODNN7EXAMPLE", "x", token="y"), PASSPHRASE))
        write_item(tmp_path, "b", sealed(item("ASIAIOSFODNN7EXAMPLE", "x"), PASSPHRASE))

        for name in ("a", "b"):
            with pytest.raises(StoreError, match=r"a session|a temporary access key"):
                keys_in_files(tmp_path).get(name)


class TestWhatItUses:
    def test_a_keychain_that_only_it_can_read_is_refused_with_the_way_round(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="keychain, which only aws-vault itself can read") as caught:
            keys_in_files(tmp_path, AWS_VAULT_BACKEND="keychain").has("test-user")

        assert (
            "aws-vault exec --no-session NAME -- mfa-session keys import --profile NAME --from environment"
            in caught.value.hint
        )

    def test_a_profile_without_a_key_that_can_be_read_has_the_same_way_round(self, tmp_path: Path) -> None:
        with pytest.raises(AccessKeyNotFoundError) as caught:
            keys_in_files(tmp_path).get("test-user")

        assert "aws-vault exec --no-session test-user -- mfa-session keys import" in caught.value.hint

    def test_a_back_end_that_does_not_answer_hides_no_other_unless_it_is_the_chosen_one(self, tmp_path: Path) -> None:
        class Silent(AWSVaultFiles):
            def profiles(self) -> Iterator[str]:
                raise KeyringLockedError("it is locked", hint="unlock it")

        write_item(tmp_path, "test-user", sealed(ITEM, PASSPHRASE))
        environ = {"HOME": str(tmp_path), "AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE}
        back_ends = {"secret-service": Silent(environ, never_asked), "file": AWSVaultFiles(environ, never_asked)}

        assert AWSVaultKeys(environ, back_ends).get("test-user") == KEY
        assert list(AWSVaultKeys(environ, back_ends).profiles()) == ["test-user"]
        chosen = AWSVaultKeys({**environ, "AWS_VAULT_BACKEND": "secret-service"}, back_ends)
        with pytest.raises(KeyringLockedError):
            chosen.has("test-user")
        with pytest.raises(KeyringLockedError):
            list(chosen.profiles())


MISSING = [program for program in ("gpg", "pass") if shutil.which(program) is None]


@pytest.fixture(scope="module")
def environ() -> Iterator[Mapping[str, str]]:
    """Return the environment of a user of pass, in whose store an item of aws-vault is, and a password."""
    # The socket of the agent is in it, and the path of a socket holds 107 bytes.
    with tempfile.TemporaryDirectory(prefix="gpg-") as name:
        home = Path(name)
        environ = clean_environment(home, GNUPGHOME=name, AWS_VAULT_PASS_PREFIX="aws-vault")

        def run(*command: str, given: bytes = b"") -> None:
            subprocess.run(command, env=environ, input=given, capture_output=True, check=True)

        run("gpg", "--batch", "--pinentry-mode=loopback", "--passphrase=", "--quick-gen-key", "me", "future-default")
        run("pass", "init", "me")
        run("pass", "insert", "-m", "aws-vault/test-user", given=ITEM)
        run("pass", "insert", "-m", "aws-vault/sts.GetSessionToken,dGVzdA,cGhvbmU,1700000000", given=b"{}")
        run("pass", "insert", "-m", "bank", given=b"s3cret")
        yield environ
        subprocess.run(["gpgconf", "--kill", "all"], env=environ, check=True)


@pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")
class TestPass:
    def test_the_key_of_a_profile_is_read(self, environ: Mapping[str, str]) -> None:
        keys = AWSVaultKeys(environ, {"pass": AWSVaultPass(environ)})

        assert keys.get("test-user") == KEY
        assert list(keys.profiles()) == ["test-user"]

    def test_without_a_prefix_no_password_of_the_user_is_taken_for_a_key(self, environ: Mapping[str, str]) -> None:
        keys = AWSVaultKeys(environ, {"pass": AWSVaultPass({**environ, "AWS_VAULT_PASS_PREFIX": ""})})

        assert list(keys.profiles()) == []
        with pytest.raises(StoreError) as caught:
            keys.get("bank")
        assert "s3cret" not in str(caught.value)

    def test_what_gnupg_says_is_passed_on(self, environ: Mapping[str, str], tmp_path: Path) -> None:
        keys = AWSVaultKeys(environ, {"pass": AWSVaultPass({**environ, "GNUPGHOME": str(tmp_path)})})

        with pytest.raises(StoreError, match="pass does not open what aws-vault keeps in it: gpg: "):
            keys.get("test-user")

    def test_a_program_that_is_not_there_is_an_error(self, environ: Mapping[str, str]) -> None:
        keys = AWSVaultKeys(environ, {"pass": AWSVaultPass({**environ, "AWS_VAULT_PASS_CMD": "gopass-of-nobody"})})

        with pytest.raises(StoreError, match="there is no program gopass-of-nobody"):
            keys.get("test-user")


if sys.platform == "linux":
    from jeepney.io.blocking import open_dbus_connection
    from secretstorage import get_default_collection

    from mfa_session.importers.aws_vault_secret_service import AWSVaultSecretService
    from tests.secret_service import SecretService, needs_secret_service, secret_service

    @pytest.fixture(scope="module")
    def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretService]:
        """Return a Secret Service in which an item of aws-vault is."""
        with secret_service(tmp_path_factory.mktemp("home")) as service:
            with open_dbus_connection(service.address) as connection:
                keyring = get_default_collection(connection)
                for name in ("test-user", "sts.GetSessionToken,dGVzdA,cGhvbmU,1700000000"):
                    keyring.create_item(name, {"profile": name}, ITEM)
            yield service

    @needs_secret_service
    class TestTheSecretService:
        @pytest.fixture
        def keys(self, service: SecretService) -> AWSVaultKeys:
            environ = {
                "HOME": tempfile.gettempdir(),
                "DBUS_SESSION_BUS_ADDRESS": service.address,
                "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME": "login",
                "AWS_VAULT_BACKEND": "secret-service",
            }
            return AWSVaultKeys(environ, {"secret-service": AWSVaultSecretService(environ, interactive=False)})

        def test_the_key_of_a_profile_is_read(self, keys: AWSVaultKeys) -> None:
            assert keys.get("test-user") == KEY
            assert list(keys.profiles()) == ["test-user"]
            assert not keys.has("other")

        def test_a_locked_keyring_is_said_to_be_locked(self, keys: AWSVaultKeys, service: SecretService) -> None:
            service.lock()
            try:
                with pytest.raises(KeyringLockedError):
                    keys.get("test-user")
            finally:
                service.unlock()

        def test_a_keyring_that_is_not_there_has_no_keys(self, service: SecretService) -> None:
            environ = {"HOME": tempfile.gettempdir(), "DBUS_SESSION_BUS_ADDRESS": service.address}
            keys = AWSVaultKeys(environ, {"secret-service": AWSVaultSecretService(environ, interactive=False)})

            assert not keys.has("test-user")
            assert list(keys.profiles()) == []
