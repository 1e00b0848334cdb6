"""``python -m release COMMAND``: make the files of a release; the sessions of noxfile.py try them."""

import argparse
from pathlib import Path

from release import bill_of_materials, distributions, packages, requirements, single_file

_COMMANDS = {
    "build": "the wheel and the source distribution, built twice and compared",
    "single-file": "build, and the program for this system in one file",
    "sbom": "build, and the bill of materials",
    "packages": "single-file, a Homebrew formula, a Scoop manifest and a Debian package, for the files at --address",
    "all": "build, single-file and sbom",
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
    parser.add_argument("--address", help="where the files of the release will be found")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    options = parser.parse_args()
    match options.command:
        case "requirements" if options.check:
            requirements.check()
        case "requirements":
            requirements.write(upgrade=options.upgrade)
        case command:
            if command == "packages" and not options.address:
                parser.error("packages needs --address")
            _release(command, options.folder, options.address)


def _release(command: str, folder: Path, address: str) -> None:
    made = distributions.build(folder)
    for name, digest in made.digests().items():
        print(f"{digest}  {name}")
    if command in ("single-file", "packages", "all"):
        file = single_file.build(made, folder)
        print(file)
        if command == "packages":
            print(*packages.write(made, file, folder, address=address), sep="\n")
    if command in ("sbom", "all"):
        print(bill_of_materials.write(made, folder))


if __name__ == "__main__":
    main()
