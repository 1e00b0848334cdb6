"""Processes of this machine, looked at without a program such as `ps`, which small systems do not have."""

import os
import subprocess
from pathlib import Path


def is_running(process: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent to look does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    if not Path("/proc/self/stat").exists():  # macOS, where `ps` always is
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout
        return state.strip() != "" and not state.startswith("Z")
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it has ended since
        return False
