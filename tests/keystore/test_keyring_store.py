"""The OS keyring of a Linux desktop: a real gnome-keyring on a private bus, and all that can befall it."""

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import (
    KeyringLockedError,
    KeyringUnavailableError,
    PromptCancelledError,
    PromptTimeoutError,
    StoreError,
)
from mfa_session.keystore.keyring_backends import TimeLimits
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.keystore.secret_service import SecretService as SecretServiceClient
from mfa_session.keystore.stores import KeyStore
from tests.clean_environment import clean_environment
from tests.keystore.key_store_contract import KEY, KeyStoreContract
from tests.secret_prompter import prompter
from tests.secret_service import (
    PASSWORD,
    SecretService,
    needs_secret_service,
    secret_service,
    session_bus,
)

EVERY_DAY = TimeLimits()
# For what is to run out. What is to be answered has the limits of every day: a machine may be busy, and a disk slow.
QUICK = TimeLimits(answer=timedelta(seconds=0.4), dialog=timedelta(seconds=0.8))
# Between a limit that has passed and a test that knows it lies a busy machine; all of it is less than those limits.
SLACK_SECONDS = 5.0

AT_THE_DESKTOP = {"DISPLAY": ":0"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretService]:
    """Return a Secret Service that nobody harms."""
    with secret_service(tmp_path_factory.mktemp("home")) as service:
        yield service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SecretService]:
    """Return a Secret Service of this test's own."""
    with secret_service(tmp_path) as service:
        yield service


def keyring(
    address: str,
    *,
    interactive: bool = False,
    environ: Mapping[str, str] | None = None,
    limits: TimeLimits = EVERY_DAY,
) -> OSKeyring:
    environment = {"HOME": tempfile.gettempdir(), "DBUS_SESSION_BUS_ADDRESS": address, **(environ or {})}
    return OSKeyring(environ=environment, interactive=interactive, limits=limits)


def keyring_at_the_desktop(address: str, *, limits: TimeLimits = EVERY_DAY) -> OSKeyring:
    return keyring(address, interactive=True, environ=AT_THE_DESKTOP, limits=limits)


@contextlib.contextmanager
def silent_bus(*, says: bytes) -> Iterator[str]:
    """Yield the address of a bus that answers the first message with *says*, and no other."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with connection:
                while b"AUTH" not in connection.recv(1024):
                    pass
                connection.sendall(says)
                while connection.recv(1024):
                    pass

    with tempfile.TemporaryDirectory(prefix="bus-") as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/bus")
        server.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"unix:path={folder}/bus"
        thread.join(5)


@contextlib.contextmanager
def seconds_taken() -> Iterator[list[float]]:
    taken: list[float] = []
    before = time.monotonic()
    yield taken
    taken.append(time.monotonic() - before)


@needs_secret_service
class TestTheSecretService(KeyStoreContract):
    @pytest.fixture
    def store(self, shared: SecretService) -> Iterator[KeyStore]:
        store = keyring(shared.address)
        yield store
        for profile in ("test-user", "team/dev@example.com"):
            store.delete(profile)

    @pytest.fixture
    def reopened(self, shared: SecretService) -> KeyStore:
        return keyring(shared.address)


def test_a_keyring_answers_within_10_seconds_and_its_dialog_within_60() -> None:
    assert TimeLimits() == TimeLimits(answer=timedelta(seconds=10), dialog=timedelta(seconds=60))


@needs_secret_service
def test_a_key_shows_in_the_command_of_the_keyring_library(shared: SecretService, tmp_path: Path) -> None:
    keyring(shared.address).set("shown", KEY)

    shown = subprocess.run(
        [sys.executable, "-m", "keyring", "get", "mfa-session:shown", "shown"],
        env=clean_environment(tmp_path, DBUS_SESSION_BUS_ADDRESS=shared.address),
        capture_output=True,
        text=True,
    )

    assert KEY.secret_access_key in shown.stdout


@needs_secret_service
def test_what_the_keyring_command_stored_is_replaced_and_not_doubled(shared: SecretService, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "keyring", "set", "mfa-session:doubled", "doubled"],
        env=clean_environment(tmp_path, DBUS_SESSION_BUS_ADDRESS=shared.address),
        input="an old secret",
        text=True,
        check=True,
    )
    store = keyring(shared.address)

    store.set("doubled", KEY)
    stored = store.get("doubled")
    store.delete("doubled")

    assert stored == KEY
    assert store.get("doubled") is None


@needs_secret_service
def test_an_item_that_is_not_a_key_is_an_error_that_does_not_quote_it(shared: SecretService) -> None:
    client = SecretServiceClient({"DBUS_SESSION_BUS_ADDRESS": shared.address}, limits=EVERY_DAY, may_ask=False)
    client.set("mfa-session:strange", "strange", KEY.secret_access_key)

    with pytest.raises(StoreError, match="not an access key") as caught:
        keyring(shared.address).get("strange")

    assert KEY.secret_access_key not in "".join(traceback.format_exception(caught.value))


@needs_secret_service
def test_a_check_leaves_nothing_behind(service: SecretService, tmp_path: Path) -> None:
    keyrings = tmp_path / ".local" / "share" / "keyrings"

    keyring(service.address).check()

    assert b"mfa-session" not in b"".join(file.read_bytes() for file in keyrings.iterdir())


@needs_secret_service
def test_the_bus_of_systemd_is_found_without_a_variable_that_names_it(shared: SecretService) -> None:
    with tempfile.TemporaryDirectory(prefix="run,%-") as runtime:
        Path(runtime, "bus").symlink_to(shared.address.removeprefix("unix:path=").split(",")[0])

        OSKeyring(environ={"HOME": runtime, "XDG_RUNTIME_DIR": runtime}, interactive=False, limits=EVERY_DAY).check()


@needs_secret_service
class TestALockedKeyring:
    @pytest.mark.parametrize(
        ("interactive", "environ"),
        [
            (False, AT_THE_DESKTOP),
            (True, {}),
            (True, {**AT_THE_DESKTOP, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}),
        ],
        ids=["nobody may be asked", "there is no display", "over SSH"],
    )
    def test_opens_no_dialog_where_nobody_would_see_it(
        self, service: SecretService, interactive: bool, environ: dict[str, str]
    ) -> None:
        service.lock()

        with prompter(service.address, password=PASSWORD) as dialogs, pytest.raises(KeyringLockedError) as caught:
            keyring(service.address, interactive=interactive, environ=environ).get("test-user")

        assert dialogs.opened == 0
        assert "unlock it at the desktop" in caught.value.hint
        assert "--store file" in caught.value.hint

    def test_takes_no_key_either(self, service: SecretService) -> None:
        service.lock()

        with pytest.raises(KeyringLockedError):
            keyring(service.address).set("test-user", KEY)

    def test_asks_for_its_password_once_and_gives_the_key(self, service: SecretService) -> None:
        store = keyring_at_the_desktop(service.address)
        store.set("test-user", KEY)
        service.lock()

        with prompter(service.address, password=PASSWORD) as dialogs:
            keys = [store.get("test-user"), store.get("test-user")]

        assert keys == [KEY, KEY]
        assert dialogs.opened == 1

    def test_is_a_refusal_when_its_dialog_is_closed(self, service: SecretService) -> None:
        service.lock()

        with prompter(service.address, password="") as dialogs, pytest.raises(PromptCancelledError, match="closed"):
            keyring_at_the_desktop(service.address).get("test-user")

        assert dialogs.opened == 1

    def test_is_waited_for_no_longer_than_a_dialog_may_take(self, service: SecretService) -> None:
        limits = TimeLimits(dialog=QUICK.dialog)
        service.lock()

        with (
            prompter(service.address, password=None) as dialogs,
            seconds_taken() as taken,
            pytest.raises(PromptTimeoutError, match=r"was not answered within 0\.8 s"),
        ):
            keyring_at_the_desktop(service.address, limits=limits).get("test-user")

        assert dialogs.opened == 1
        assert 0.8 <= taken[0] < 0.8 + SLACK_SECONDS

    def test_may_take_longer_to_unlock_than_an_answer_may_take(self, service: SecretService) -> None:
        """The time that a person types in is not taken from the time that the service has."""
        limits = TimeLimits(answer=timedelta(seconds=2))
        service.lock()

        with prompter(service.address, password=PASSWORD, after=2.2) as dialogs:
            key = keyring_at_the_desktop(service.address, limits=limits).get("test-user")

        assert key is None
        assert dialogs.opened == 1

    def test_is_not_waited_for_when_the_service_is_killed_while_its_dialog_is_open(
        self, service: SecretService
    ) -> None:
        service.lock()
        store = keyring_at_the_desktop(service.address)

        def kill_it() -> None:
            dialogs.is_open.wait(10)
            service.kill()

        with prompter(service.address, password=None) as dialogs, seconds_taken() as taken:
            killer = threading.Thread(target=kill_it)
            killer.start()
            with pytest.raises(KeyringUnavailableError, match="ended while its dialog was open"):
                store.get("test-user")
            killer.join()

        assert taken[0] < SLACK_SECONDS


@needs_secret_service
class TestAServiceThatDoesNotAnswer:
    def test_is_given_up_within_the_limit_and_used_again_when_it_goes_on(self, service: SecretService) -> None:
        store = keyring(service.address)
        store.set("test-user", KEY)

        service.hang()
        with seconds_taken() as taken, pytest.raises(KeyringUnavailableError) as caught:
            keyring(service.address, limits=QUICK).get("test-user")
        service.resume()

        assert str(caught.value) == "the Secret Service did not answer within 0.4 s"
        assert "restart it" in caught.value.hint
        assert 0.4 <= taken[0] < 0.4 + SLACK_SECONDS
        assert store.get("test-user") == KEY

    @pytest.mark.parametrize("says", [b"", b"OK 0123456789abcdef0123456789abcdef\r\n"], ids=["nothing", "only hello"])
    def test_is_given_up_within_the_limit_when_it_is_the_bus(self, says: bytes) -> None:
        with (
            silent_bus(says=says) as address,
            seconds_taken() as taken,
            pytest.raises(KeyringUnavailableError, match="did not answer"),
        ):
            keyring(address, limits=QUICK).get("test-user")

        assert taken[0] < 0.4 + SLACK_SECONDS

    def test_is_named_when_it_was_killed(self, service: SecretService) -> None:
        service.kill()

        with pytest.raises(KeyringUnavailableError, match="no Secret Service is running") as caught:
            keyring(service.address).get("test-user")

        assert "start one, such as gnome-keyring" in caught.value.hint

    def test_is_named_when_it_is_not_there(self) -> None:
        with session_bus() as address, pytest.raises(KeyringUnavailableError, match="no Secret Service is running"):
            keyring(address).check()

    def test_is_named_when_it_dies_at_its_start(self) -> None:
        with session_bus(activates="/bin/false") as address, pytest.raises(KeyringUnavailableError) as caught:
            keyring(address).get("test-user")

        assert "does not start" in str(caught.value)

    def test_is_not_waited_for_when_its_start_never_ends(self) -> None:
        with (
            session_bus(activates="/bin/sleep 5") as address,
            seconds_taken() as taken,
            pytest.raises(KeyringUnavailableError, match="did not answer"),
        ):
            keyring(address, limits=QUICK).get("test-user")

        assert taken[0] < 0.4 + SLACK_SECONDS


class TestAMachineWithoutABus:
    def test_has_no_secret_service(self, tmp_path: Path) -> None:
        store = OSKeyring(environ={"HOME": str(tmp_path)}, interactive=True)

        with pytest.raises(KeyringUnavailableError, match="no D-Bus session") as caught:
            store.get("test-user")

        assert "--store file" in caught.value.hint

    def test_is_told_so_when_it_is_a_linux_inside_windows(self, tmp_path: Path) -> None:
        store = OSKeyring(environ={"HOME": str(tmp_path), "WSL_DISTRO_NAME": "Debian"}, interactive=True)

        with pytest.raises(KeyringUnavailableError) as caught:
            store.get("test-user")

        assert "WSL has no keyring of its own" in caught.value.hint

    @pytest.mark.parametrize(
        "address", ["unix:path=/nowhere/bus", "nonsense", ";", "tcp:host=localhost,port=1", "unix:"]
    )
    def test_is_told_which_address_does_not_lead_to_one(self, address: str) -> None:
        with pytest.raises(KeyringUnavailableError) as caught:
            keyring(address).get("test-user")

        assert address in str(caught.value)
