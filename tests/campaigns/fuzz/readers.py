"""Other programs that read AWS files: botocore, and the SDK for JavaScript in one long-lived process."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError

from mfa_session.aws_files.parser import Kind

Section: TypeAlias = tuple[str, dict[str, Any]]


class BotocoreReader:
    """botocore, which is handed each content in the one file *path*."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def sections(self, data: bytes) -> list[Section] | None:
        """Return what botocore reads, in order; ``None`` where it cannot."""
        with self._path.open("r+b") as file:  # emptied first, it would be brought to the disk each time
            file.write(data)
            file.truncate()
        try:
            return list(raw_config_parse(str(self._path)).items())
        except (ConfigParseError, UnicodeDecodeError):
            return None


class JavaScriptReader:
    """The loader of the SDK for JavaScript, behind a pipe to *process*."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def profiles(self, data: bytes, kind: Kind) -> dict[str, dict[str, str]]:
        """Return what the SDK reads in a file of this *kind*; it passes over what it does not understand."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({kind: base64.b64encode(data).decode()}), file=self._process.stdin, flush=True)
        read: dict[str, dict[str, str]] = json.loads(self._process.stdout.readline())
        return read


@contextmanager
def javascript_reader(folder: Path) -> Iterator[JavaScriptReader]:
    """Run the SDK that is installed in *folder*."""
    command = ["node", str(folder / "read-profiles.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:
        yield JavaScriptReader(node)
        assert node.stdin is not None
        node.stdin.close()
