"""The last time step of each MFA device whose code went to AWS from this machine.

AWS accepts a code once, so a prompt checks here first. A step in the future, left by a clock
that was ahead, is ignored.
"""

import hashlib
import re
from pathlib import Path

from mfa_session.filesystem.private_files import delete_private, read_private, write_private
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile

# Steps have eight digits until 2065; Python refuses to read a number of thousands.
_STEP = re.compile(rb"\s*[0-9]{1,18}\s*")


class UsedCodes:
    """One small file a device in *folder*, named by a hash of the serial number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last_step(self, device: MFADevice) -> int | None:
        """Return the last step whose code was sent, ``None`` if none is recorded."""
        content = read_private(self._file(device)) or b""
        # Damaged content counts as none: at worst, AWS refuses a code.
        return int(content) if _STEP.fullmatch(content) else None

    def set_last_step(self, device: MFADevice, step: int | None) -> None:
        """Record *step*; ``None`` clears it."""
        write_private(self._file(device), b"" if step is None else b"%d\n" % step)

    def forget(self, profile: Profile) -> None:
        """Delete the record of the device of *profile*, if its device is known."""
        if profile.mfa_device is not None:
            delete_private(self._file(profile.mfa_device))

    def _file(self, device: MFADevice) -> Path:
        return self._folder / hashlib.sha256(device.serial_number.encode()).hexdigest()[:16]
