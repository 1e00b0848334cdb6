"""Which tests of the stores a machine can run."""

import sys

# Their libraries are installed on Linux only.
collect_ignore = [] if sys.platform == "linux" else ["test_os_keyring.py", "test_kwallet.py", "test_new_desktop.py"]
