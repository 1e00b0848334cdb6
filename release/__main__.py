"""``python -m release COMMAND``: make the files of a release; the sessions of noxfile.py try them."""

import argparse
from pathlib import Path

from release import bill_of_materials, distributions, requirements, single_file

_COMMANDS = {
    "build": "the wheel and the source distribution, built twice and compared",
    "single-file": "build, and the program for this system in one file",
    "sbom": "build, and the bill of materials",
    "all": "all of the above",
    "requirements": "write requirements/*.txt anew; --check compares, --upgrade takes the newest",
}


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(
        prog="python -m release",
        description=__doc__,
        epilog="\n".join(f"{name:14}{what}" for name, what in _COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--folder", type=Path, default=Path("dist"), help="where files are written to")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    options = parser.parse_args()
    match options.command:
        case "requirements" if options.check:
            requirements.check()
        case "requirements":
            requirements.write(upgrade=options.upgrade)
        case command:
            _release(command, options.folder)


def _release(command: str, folder: Path) -> None:
    made = distributions.build(folder)
    for name, digest in made.digests().items():
        print(f"{digest}  {name}")
    if command in ("single-file", "all"):
        print(single_file.build(made, folder))
    if command in ("sbom", "all"):
        print(bill_of_materials.write(made, folder))


if __name__ == "__main__":
    main()
