"""The list of a user's MFA devices, as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence

from mfa_session.model.credentials import timestamp
from mfa_session.model.mfa_device import MFADevice
from mfa_session.text import visible

_HEADINGS = ("SERIAL NUMBER", "KIND", "ENABLED", "")


def as_json(devices: Sequence[MFADevice], *, used: MFADevice | None) -> str:
    """Return *devices* as JSON; every key is always there, and none is ever taken away.

    ``kind`` is ``virtual``, ``hardware``, ``fido`` (a security key or a passkey), ``sms`` or
    what AWS calls another one; ``enable_date`` is a moment in UTC. Only what ``shows_codes``
    can be logged in with. ``used_by_profile`` is true of the one that `login` asks for.
    """
    records = [
        {
            "serial_number": device.serial_number,
            "kind": device.kind,
            "enable_date": timestamp(device.enable_date) if device.enable_date else None,
            "shows_codes": device.shows_codes,
            "used_by_profile": device == used,
        }
        for device in devices
    ]
    return json.dumps(records, indent=2) + "\n"


def as_text(devices: Sequence[MFADevice], *, used: MFADevice | None, profile: str) -> str:
    """Return *devices* as a table; the one that is *used* by *profile* is marked."""
    rows = [_HEADINGS, *(_row(device, remark=_remark(device, used=used, profile=profile)) for device in devices)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _row(device: MFADevice, *, remark: str) -> tuple[str, ...]:
    enabled = f"{device.enable_date.astimezone():%Y-%m-%d}" if device.enable_date else "-"
    return visible(device.serial_number), visible(device.kind), enabled, remark


def _remark(device: MFADevice, *, used: MFADevice | None, profile: str) -> str:
    if device == used:
        return f"used by profile {visible(profile)}"
    return "" if device.shows_codes else "shows no codes: not for the CLI"
