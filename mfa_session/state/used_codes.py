"""The last time step of each MFA device whose code went to AWS from this machine.

AWS takes a code once. Whoever asks for the next one looks here, so that nobody types
the code that is already spent. A step is compared with the present one, so that one from the
future, which a clock that was ahead has left, holds nobody up.
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
    """One small file a device, in *folder*, named so that it does not tell whose device it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last_step(self, device: MFADevice) -> int | None:
        """Return the last step whose code was sent, ``None`` where none is remembered.

        Raises:
            StateError: the file cannot be read.
        """
        content = read_private(self._file(device)) or b""
        # Anything else is not ours; the worst that follows is a code that AWS refuses.
        return int(content) if _STEP.fullmatch(content) else None

    def set_last_step(self, device: MFADevice, step: int | None) -> None:
        """Remember *step*; ``None`` forgets.

        Raises:
            StateError: the file cannot be written.
        """
        write_private(self._file(device), b"" if step is None else b"%d\n" % step)

    def forget(self, profile: Profile) -> None:
        """Forget the device of *profile*, where that is known.

        Raises:
            StateError: the file cannot be deleted.
        """
        if profile.mfa_device is not None:
            delete_private(self._file(profile.mfa_device))

    def _file(self, device: MFADevice) -> Path:
        return self._folder / hashlib.sha256(device.serial_number.encode()).hexdigest()[:16]
