"""The site: every document as HTML, built by Sphinx; a link that leads nowhere fails it."""

import subprocess
import sys

from docs.machinery.pages import DOCS

REPOSITORY = DOCS.parent
SITE = REPOSITORY / "site"


def build() -> int:
    """Build the site below `site/html`, and return the exit code of Sphinx.

    A page of the last build whose document has gone would stay; `site/` may be deleted at any time.
    """
    strictly = ("--fail-on-warning", "--keep-going", "--nitpicky", "--fresh-env", "--quiet")
    places = (str(REPOSITORY), str(SITE / "html"))
    command = [sys.executable, "-m", "sphinx", *strictly, "--conf-dir", str(DOCS), "-d", str(SITE / "read"), *places]
    done = subprocess.run(command, cwd=REPOSITORY, check=False)
    if done.returncode == 0:
        print(f"built {(SITE / 'html' / 'index.html').relative_to(REPOSITORY)}")
    return done.returncode
