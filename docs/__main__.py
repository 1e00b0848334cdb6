"""`python -m docs`: write the pages that come from the program, and build the site."""

import argparse
import sys
from collections.abc import Sequence

from docs.machinery import pages, site


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the *arguments* name, or both, and return 1 where something is wrong with the documents."""
    parser = argparse.ArgumentParser(prog="python -m docs", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("pages", "site"),
        help="pages: the references and the manual, from the program; site: HTML, strictly (both, if neither is named)",
    )
    what = parser.parse_args(arguments).what
    if what != "site":
        for page in pages.write():
            print(f"{'wrote' if page.exists() else 'deleted'} {page.relative_to(pages.DOCS.parent)}")
    return site.build() if what != "pages" else 0


if __name__ == "__main__":
    sys.exit(main())
