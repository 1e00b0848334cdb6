"""How Sphinx reads the documents: the whole repository, so that links work alike on the site and on GitHub."""

import re
import shutil
from pathlib import Path
from typing import Any

from mfa_session import __version__

DOCS = Path(__file__).parent

# The front page is the README, which knows nothing of Sphinx; its sidebar stands beside it.
FRONT_PAGE = "README"
SIDEBAR = DOCS / "sidebar.md"
DECISIONS = "docs/decisions/README"

# GitHub colours it, and Pygments does not know it.
_UNKNOWN_LANGUAGE = re.compile(r"^( *```)nu$", re.MULTILINE)

# Between two Japanese letters the end of a line is not a blank.
_BROKEN_JAPANESE = re.compile(r"(?<=[\u3001-\u9fff\uff00-\uffef])\n *(?=\[?[\u3001-\u9fff\uff00-\uffef])")

project = "mfa-session"
version = release = __version__
copyright = "the authors of mfa-session; MIT licence"  # noqa: A001  the name is Sphinx's

extensions = ["myst_parser"]
root_doc = FRONT_PAGE
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = ["docs/sidebar.md", "site", "tests", "mfa_session", "benchmarks", ".*"]
source_suffix = {".md": "markdown"}

# Deep enough for each heading that one document names in another.
myst_heading_anchors = 4

nitpicky = True
highlight_language = "text"  # what a terminal shows is no Python
smartquotes = False  # `--profile` would become an en dash and a word
pygments_style = "friendly"

html_theme = "furo"
html_title = "mfa-session"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["tables.css"]


def _prepare(_: Any, name: str, source: list[str]) -> None:
    source[0] = _UNKNOWN_LANGUAGE.sub(r"\1text", source[0])
    if name == FRONT_PAGE:
        source[0] += f"\n{SIDEBAR.read_text(encoding='utf-8')}"
    elif name == DECISIONS:
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n"
    elif name.endswith(".ja"):
        source[0] = _BROKEN_JAPANESE.sub("", source[0])


def _in_its_language(_: Any, page: str, __: str, context: dict[str, Any], ___: Any) -> None:
    # Without it, a browser may show Japanese in the letter forms of Chinese.
    if page.endswith(".ja"):
        context["language"] = "ja"


def _with_an_index(app: Any, error: Exception | None) -> None:
    # What a server shows for the folder.
    if error is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir) / f"{FRONT_PAGE}.html", Path(app.outdir) / "index.html")


def setup(app: Any) -> None:
    """Tell Sphinx what to do with the documents beyond reading them."""
    app.connect("source-read", _prepare)
    app.connect("html-page-context", _in_its_language)
    app.connect("build-finished", _with_an_index)
