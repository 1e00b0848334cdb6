"""Where a program is found: in the folders of ``PATH``, and on Windows in no other.

Windows itself looks first into the folder that a program is run in, which may be a project
that comes from anybody. https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

# Of Windows itself, where the environment names none.
_ENDINGS = ".COM;.EXE;.BAT;.CMD"


def find_program(name: str, environ: Mapping[str, str], *, platform: str = sys.platform) -> str | None:
    """Return the path of the program *name* on *platform*, as ``sys.platform`` names it; ``None`` where there is none.

    A name with a folder in it is looked for there alone. On Windows it may lack its ending.
    """
    path = environ.get("PATH")
    if platform != "win32":
        return shutil.which(name, path=path)
    endings = [ending for ending in (environ.get("PATHEXT") or _ENDINGS).split(os.pathsep) if ending]
    names = [name] if name.lower().endswith(tuple(map(str.lower, endings))) else [name + ending for ending in endings]
    if Path(name).name != name:
        folders = [Path()]
    else:
        folders = [Path(folder) for entry in (path or "").split(os.pathsep) if (folder := entry.strip('"'))]
        # A relative one leads from wherever we are, as no folder at all does.
        folders = [folder for folder in folders if folder.is_absolute()]
    places = (folder / each for folder in folders for each in names)
    return next((str(place.absolute()) for place in places if place.is_file()), None)
