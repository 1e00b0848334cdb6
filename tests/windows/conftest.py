"""These tests are for Windows alone; `python -m tests.windows` runs them where there is Wine."""

import sys

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]
