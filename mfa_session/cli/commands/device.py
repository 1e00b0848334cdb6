"""`mfa-session device`: the MFA devices of a user."""

import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, NoReturn

import typer

from mfa_session.cli.commands.login import announce
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.login_service import LoginService
from mfa_session.cli.offer_import import offer_to_move
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import warn, write_json, write_stderr, write_stdout
from mfa_session.cli.seed_display import seed_display
from mfa_session.cli.table import table
from mfa_session.devices.enroll import enrol
from mfa_session.devices.remove import Removal, remove_device
from mfa_session.devices.resync import resynchronize
from mfa_session.errors import ConfigurationError, PersonNeededError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey, SessionCredentials, timestamp
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.login import LoginRequest, LoginResult, session_worth_keeping
from mfa_session.sessions.single_flight import LEAST_REMAINING
from mfa_session.text import escape_control

_ENDS = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM", "SIGQUIT", "SIGBREAK") if hasattr(signal, name)]


@contextmanager
def interrupt_on_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt inside the block for the first signal that would end the process at once.

    A window that closes sends several, and what is undone after the first is not to be
    interrupted by the others. What the process ignores, as after ``nohup``, stays ignored.
    """
    before = {
        number: handler for number in _ENDS if (handler := signal.getsignal(number)) not in (None, signal.SIG_IGN)
    }

    def interrupt(_number: int, _frame: object) -> NoReturn:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_HEADINGS = ("", "KIND", "ENABLED", "SERIAL NUMBER")

_USED = "*"
_UNUSABLE = "x"


def _records(devices: Sequence[MFADevice], *, used: MFADevice | None) -> list[dict[str, object]]:
    """Return the records of *devices* for `--json`."""
    return [
        {
            "serial_number": device.serial_number,
            "kind": device.kind,
            "created": timestamp(device.enable_date) if device.enable_date else None,
            "shows_codes": device.shows_codes,
            "used_by_profile": device == used,
        }
        for device in devices
    ]


def as_text(devices: Sequence[MFADevice], *, used: MFADevice | None, profile: str) -> str:
    """Return *devices* as a table; the one that is *used* by *profile* is marked."""
    legend = {
        _USED: f"used by profile {profile}",
        _UNUSABLE: "security key or passkey: not usable with the CLI",
    }
    rows = [(_mark(device, used=used), device.kind, _enabled(device), device.serial_number) for device in devices]
    marks = {row[0] for row in rows}
    notes = [f"{mark} {escape_control(words)}\n" for mark, words in legend.items() if mark in marks]
    return table(_HEADINGS, rows) + "".join(notes)


def _enabled(device: MFADevice) -> str:
    return f"{device.enable_date.astimezone():%Y-%m-%d}" if device.enable_date else "-"


def _mark(device: MFADevice, *, used: MFADevice | None) -> str:
    if device == used:
        return _USED
    return "" if device.shows_codes else _UNUSABLE


LIST_EXAMPLE = "Example: mfa-session device list --profile test-user"
ADD_EXAMPLE = "Example: mfa-session device add --profile test-user --name test-user-tablet"
RESYNC_EXAMPLE = "Example: mfa-session device resync --profile test-user"
REMOVE_EXAMPLE = "Example: mfa-session device remove --serial arn:aws:iam::123456789012:mfa/test-user-old-phone"

# VirtualMFADeviceName of the API, and the length that the IAM console allows.
_DEVICE_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)

SerialOption = Annotated[
    str | None, typer.Option("--serial", metavar="ARN", help="The device: its ARN, or the number of a hardware token.")
]


def list_(
    context: typer.Context,
    profile: ProfileOption = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the MFA devices of the user.

    With kind, date, and whether the profile uses it.

    Security keys and passkeys are listed, too, but AWS accepts them only in the console.
    """
    app: AppContext = context.obj
    source = app.profile(profile).user
    service = LoginService(app, source)
    credentials = _at_hand(app, service, source)
    user_name = str(iam_user(credentials, sts=service.sts).user_name)
    devices = service.iam.list_mfa_devices(credentials, user_name)
    used = _used(source, devices)
    if json_wanted:
        write_json(devices=_records(devices, used=used))
    elif devices:
        write_stdout(as_text(devices, used=used, profile=source.name))
    else:
        command = hint_command("device add", profile=source.name)
        write_stderr(f"mfa-session: user {escape_control(user_name)} has no MFA device; to add one: {command}")
    if source.mfa_device is not None and source.mfa_device not in devices:
        warn(
            f"mfa_serial of profile {source.name} names a device that user {user_name} does not have:"
            f" {source.mfa_device.serial_number}",
            hint=f"choose another: {hint_command('login', '--force', '--serial', 'ARN', profile=source.name)}",
        )


def add(
    context: typer.Context,
    profile: ProfileOption = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Name of the device.  [default: the user and the date]", show_default=False
        ),
    ] = None,
    qr_file: Annotated[
        str | None,
        typer.Option("--qr-file", metavar="FILE", help="Write the QR code to this PNG file, and delete it at the end."),
    ] = None,
    show_secret_key: Annotated[
        bool, typer.Option("--show-secret-key", help="Show the secret key as text, too, for an app that cannot scan.")
    ] = False,
    show_seed: Annotated[bool, typer.Option("--show-seed", hidden=True)] = False,
) -> None:
    """Add a virtual MFA device, and log in with it.

    You are asked for two consecutive codes, and the next one for the session. If you have a
    device, you log in with that one first. If you cancel, the new device is deleted again.
    """
    app: AppContext = context.obj
    wished = _device_name(name)
    source = app.profile(profile).user
    service = LoginService(app, source, command="device add", asks_for_key=True)
    service.user.be_ready()

    with (
        seed_display(app, service.user, file=qr_file, seed_too=show_secret_key or show_seed) as show,
        interrupt_on_signals(),
    ):
        outcome = enrol(
            source,
            wished,
            find_key=service.keys.access_key,
            sts=service.sts,
            iam=service.iam,
            prompter=service.user,
            show=show,
            sessions=app.sessions,
            used_codes=app.used_codes,
            lock=partial(app.lock, source),
            clock=now,
        )
    _use(app, source, outcome)
    announce(source, outcome, region_is_known=service.region_is_known)
    if qr_file is None:
        write_stderr("mfa-session: the QR code above is a secret: clear the screen and its scrollback")
    if service.keys.plain is not None:
        offer_to_move(app, source, service.keys.plain)


def resync(context: typer.Context, profile: ProfileOption = None, serial: SerialOption = None) -> None:
    """Resynchronize a device with AWS.

    You are asked for two consecutive codes.

    It helps if AWS refuses correct codes because the clock of the phone or token is off.
    """
    app: AppContext = context.obj
    wished = _device(serial)
    source = app.profile(profile).user
    service = LoginService(app, source, command="device resync")
    resynchronized = resynchronize(
        wished or source.mfa_device,
        credentials=_at_hand(app, service, source),
        sts=service.sts,
        iam=service.iam,
        prompter=service.user,
        used_codes=app.used_codes,
        clock=now,
    )
    write_stderr(f"mfa-session: MFA device {escape_control(resynchronized.name)} is resynchronized")
    write_stderr(f"mfa-session: log in with its next code: {hint_command('login', profile=source.name)}")


def remove(
    context: typer.Context,
    profile: ProfileOption = None,
    serial: SerialOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Remove even your last device with codes.")] = False,
    insist: Annotated[bool, typer.Option("--insist", hidden=True)] = False,
) -> None:
    """Remove a device, and delete it if it is virtual.

    It is done with an MFA session; without one, you are asked for a code.
    """
    app: AppContext = context.obj
    wished = _device(serial)
    source = app.profile(profile).user
    service = LoginService(app, source, command="device remove")

    def agrees(device: MFADevice) -> bool:
        if not yes and not service.user.is_there:
            raise PersonNeededError(
                f"removing MFA device {device.name}: confirmation required", hint="to skip it: --yes"
            )
        return yes or service.user.agrees(f"Remove MFA device {device.serial_number}?", by_default=False)

    def session() -> SessionCredentials:
        with app.lock(source):
            return service.log_in(LoginRequest(source, min_remaining=LEAST_REMAINING)).credentials

    removal = remove_device(
        wished,
        force=force or insist,
        credentials=_at_hand(app, service, source),
        sts=service.sts,
        iam=service.iam,
        choose=service.user.device_to_remove,
        agrees=agrees,
        session=session,
    )
    _tell_of(removal)
    _forget(app, source, removal.device)


def _at_hand(app: AppContext, service: LoginService, profile: Profile) -> AccessKey | SessionCredentials:
    """Return the live session, for which no store has to be unlocked, else the long-term key."""
    request = LoginRequest(profile, min_remaining=LEAST_REMAINING)
    return session_worth_keeping(request, sessions=app.sessions, clock=now) or service.keys.access_key(profile)


def _used(profile: Profile, devices: Sequence[MFADevice]) -> MFADevice | None:
    """Return the device that a login would use, ``None`` if it would ask which."""
    usable = [each for each in devices if each.shows_codes]
    return profile.mfa_device or (usable[0] if len(usable) == 1 else None)


def _use(app: AppContext, profile: Profile, outcome: LoginResult) -> None:
    if outcome.device is None:
        return
    try:
        app.settings.remember_device(profile, outcome.device)
    except ConfigurationError as error:
        # The device is enabled, and the session is there.
        warn(f"the new device is not remembered: {error}", hint=error.hint)
    else:
        name, device_name = escape_control(profile.name), escape_control(outcome.device.name)
        write_stderr(f"mfa-session: MFA device {device_name} works; profile {name} uses it from now on")


def _forget(app: AppContext, profile: Profile, removed: MFADevice) -> None:
    if profile.mfa_device != removed:
        return
    try:
        app.settings.change(profile.name, {"mfa_serial": None})
    except ConfigurationError as error:
        warn(f"mfa_serial of profile {profile.name} still names it: {error}", hint=error.hint)


def _tell_of(removal: Removal) -> None:
    name = escape_control(removal.device.name)
    if removal.not_deleted is None:
        write_stderr(f"mfa-session: MFA device {name} is removed")
        return
    warn(
        f"MFA device {removal.device.name} is removed from the user, but not deleted, and its name stays taken:"
        f" {removal.not_deleted}",
        hint=f"the account's administrator can delete {removal.device.serial_number}",
    )


def _device(serial: str | None) -> MFADevice | None:
    try:
        return MFADevice(serial) if serial else None
    except UsageError as error:
        raise UsageError(f"--serial: {error}", hint=error.hint) from None


def _device_name(name: str | None) -> str | None:
    if name is not None and not _DEVICE_NAME.fullmatch(name):
        raise UsageError(
            "--name: this is not a name for an MFA device", hint="use up to 128 letters, digits and _ + = , . @ -"
        )
    return name
