"""What fails while a command runs: at AWS, on the machine, or because somebody ends it."""

import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mfa_session.local_aws.responses import Response
from tests.campaigns.secrets.scene import WatchedMachine
from tests.faults import (
    DropReply,
    EndlessBody,
    ExpiredSession,
    Fault,
    GarbageBody,
    HostileFields,
    HTMLBody,
    Perform,
    Redirect,
    Refuse,
    ResetConnection,
    ServerError,
    Throttle,
    TruncatedXML,
)

Failure = Callable[[WatchedMachine], None]

# Until the signal has come.
_A_MOMENT_SECONDS = 0.05


@dataclass(frozen=True)
class _Quoting:
    """AWS refuses, and quotes every secret there is, as none but a hostile one would."""

    scene: WatchedMachine

    def answer(self, _perform: Perform) -> Response:
        everything = [secret for secrets in self.scene.secrets.values() for secret in sorted(secrets)]
        return Refuse(400, "ValidationError", f"Value '{', '.join(everything)}' failed").answer(_perform)


@dataclass(frozen=True)
class _Struck:
    """The call is done, and the program gets a signal while it waits for the answer."""

    number: signal.Signals
    scene: WatchedMachine

    def answer(self, perform: Perform) -> Response:
        self.scene.strike(self.number)
        time.sleep(_A_MOMENT_SECONDS)
        return perform()


def _at_aws(fault: Fault) -> Failure:
    def fail(scene: WatchedMachine) -> None:
        scene.faults.everywhere = fault

    return fail


def _struck(number: signal.Signals) -> Failure:
    def fail(scene: WatchedMachine) -> None:
        scene.faults.everywhere = _Struck(number, scene)

    return fail


def _by_shell(line: str) -> Failure:
    def fail(scene: WatchedMachine) -> None:
        scene.wrapper = line

    return fail


def _quoted(scene: WatchedMachine) -> None:
    scene.faults.everywhere = _Quoting(scene)


def _append(scene: WatchedMachine, text: str) -> None:
    file = scene.machine.credentials_file
    scene.machine.write_credentials((file.read_text() if file.exists() else "") + text)


def _wrong_secrets(scene: WatchedMachine) -> None:
    """Let neither the key nor the passphrase be right."""
    key, file = scene.machine.key, scene.machine.credentials_file
    if file.exists():
        scene.machine.write_credentials(file.read_text().replace(key.secret_access_key, key.secret_access_key[::-1]))
    scene.machine.environment["MFA_SESSION_PASSPHRASE"] = "something else that is long"
    scene.know("passphrase", "something else that is long")


def _damaged_store(scene: WatchedMachine) -> None:
    store = scene.machine.home / ".aws" / "mfa-session" / "keys.json"
    if store.exists():
        store.write_bytes(store.read_bytes()[:-9])


def _open_files(scene: WatchedMachine) -> None:
    for path in (scene.machine.home / ".aws").rglob("*"):
        if path.is_file():
            path.chmod(0o644)


def _no_state_folder(scene: WatchedMachine) -> None:
    folder = scene.machine.home / ".aws" / "mfa-session"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("")


def _secret_alone_in_config(scene: WatchedMachine) -> None:
    file = scene.machine.config_file
    scene.machine.write_config(f"{file.read_text()}\n{scene.machine.key.secret_access_key}\n")


def _secret_in_a_setting(scene: WatchedMachine) -> None:
    """Let the secret be pasted where something else should stand."""
    secret, header = scene.machine.key.secret_access_key, "[profile test-user]\n"
    settings = ("mfa_session_keyring", "role_session_name", "ca_bundle", "mfa_session_code_source")
    lines = "".join(f"{key} = {secret}\n" for key in settings)
    scene.machine.write_config(scene.machine.config_file.read_text().replace(header, header + lines))


def _clock(scene: WatchedMachine) -> None:
    scene.machine.account.clock.offset = timedelta(minutes=20)


AT_AWS: dict[str, Failure] = {
    "dropped reply": _at_aws(DropReply()),
    "reset": _at_aws(ResetConnection()),
    "500": _at_aws(ServerError()),
    "503": _at_aws(ServerError(503)),
    "throttled": _at_aws(Throttle()),
    "garbage": _at_aws(GarbageBody()),
    "a page": _at_aws(HTMLBody()),
    "half an answer": _at_aws(TruncatedXML()),
    "no end": _at_aws(EndlessBody(megabytes=3)),
    "sent elsewhere": _at_aws(Redirect("https://example.com/")),
    "ended session": _at_aws(ExpiredSession()),
    "newline in the token": _at_aws(HostileFields({"SessionToken": "abc\n[evil]\naws_access_key_id = AKIA"})),
    "control characters": _at_aws(HostileFields({"Arn": "arn:\x1b[2Jaws", "SecretAccessKey": "\x1b]0;x\x07"})),
    "access denied": _at_aws(Refuse(403, "AccessDenied", "User is not authorized to perform this")),
    "every secret quoted": _quoted,
    "interrupted": _struck(signal.SIGINT),
    "ended": _struck(signal.SIGTERM),
    "clock": _clock,
}

ON_THE_MACHINE: dict[str, Failure] = {
    "nothing": lambda scene: None,
    "wrong secrets": _wrong_secrets,
    "line that is no setting": lambda scene: _append(scene, "this line has no key\n"),
    "secret in a header": lambda scene: _append(scene, f"\n[{scene.machine.key.secret_access_key}\n"),
    "secret alone in config": _secret_alone_in_config,
    "secret in a setting": _secret_in_a_setting,
    "no state folder": _no_state_folder,
    "damaged store": _damaged_store,
    "files open to others": _open_files,
    "no room": _by_shell("ulimit -f 0;"),
    "output closed": _by_shell("exec >&-;"),
    "errors closed": _by_shell("exec 2>&-;"),
}
