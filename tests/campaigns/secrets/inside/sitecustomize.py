"""What looks at the program from inside, or lets it fail there: Python runs this before anything of the program.

It is found by ``PYTHONPATH``, and so runs in every Python program that the program starts, too. What it does is
said by variables of the environment:

``SEEN_FOLDER``   each program that is started is written there, with its arguments and environment, a line of JSON
                  each; and each random secret that is made
``LISTED_FILE``   each function of the program is written there when it is first called, as ``module:name``
``RAISES_IN``     the function, named so, that raises when it is first called, with ``RAISED_WITH`` in the message
``EVERY_LOG``     every logger tells everything, on standard error
"""

import json
import os
import secrets
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_PACKAGE = f"{os.sep}mfa_session{os.sep}"

# Code objects of functions; those of modules and classes have no local variables of their own.
_IS_A_FUNCTION = 0x1

# Those events that start a program, and where in them its arguments and environment stand.
_STARTS = {"os.exec": (1, 2), "os.posix_spawn": (1, 2), "subprocess.Popen": (1, 3)}


def _note(kind: str, **facts: object) -> None:
    path = Path(os.environ["SEEN_FOLDER"]) / f"{os.getpid()}.json"
    line = json.dumps({"kind": kind, **facts}, default=os.fsdecode) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode(errors="replace"))
    os.close(descriptor)


def _note_start(event: str, facts: tuple[Any, ...]) -> None:
    if event in _STARTS:
        arguments, environment = (facts[place] for place in _STARTS[event])
        given = {} if environment is None else environment  # what this program has is looked at elsewhere
        texts = {os.fsdecode(name): os.fsdecode(value) for name, value in given.items()}
        _note("start", arguments=list(arguments), environment=texts)


def _note_random(nbytes: int | None = None) -> bytes:
    made = os.urandom(32 if nbytes is None else nbytes)
    _note("random", hex=made.hex())
    return made


def _name(code: CodeType) -> str | None:
    _, package, module = code.co_filename.rpartition(_PACKAGE)
    if not package or not code.co_flags & _IS_A_FUNCTION:
        return None
    return f"{module.removesuffix('.py').replace(os.sep, '.')}:{code.co_qualname}"


def _list_functions(file: str) -> None:
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code not in seen:
            seen.add(frame.f_code)
            if name := _name(frame.f_code):
                with open(file, "a") as listed:
                    listed.write(f"{name}\n")

    _profile(note)


def _raise_in(function: str, secret: str) -> None:
    has_raised = False

    def fail(frame: FrameType, event: str, _: object) -> None:
        nonlocal has_raised
        if event == "call" and not has_raised and _name(frame.f_code) == function:
            has_raised = True
            raise RuntimeError(f"{secret} and {frame.f_locals!r}")

    _profile(fail)


def _profile(function: Any) -> None:
    threading.setprofile(function)
    sys.setprofile(function)


if "SEEN_FOLDER" in os.environ:
    secrets.token_bytes = _note_random
    sys.addaudithook(_note_start)
if "LISTED_FILE" in os.environ:
    _list_functions(os.environ["LISTED_FILE"])
if "RAISES_IN" in os.environ:
    _raise_in(os.environ["RAISES_IN"], os.environ["RAISED_WITH"])
if "EVERY_LOG" in os.environ:
    import logging

    logging.basicConfig(level=logging.DEBUG)
