"""A machine on which the user, another tool, another profile and AWS act between our commands, by a seed."""

import contextlib
import io
import json
import os
import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from mfa_session.cli.app import run
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.model.credentials import moment, timestamp
from tests.campaigns.stories.places import Places
from tests.clean_environment import clean_environment
from tests.faults import DropReply, Fault, ServerError
from tests.machine import Machine

PROFILES = ("test-user", "default", "backup")
SECTIONS = (*PROFILES, "test-user-mfa", "backup-mfa")

# How far a clock was off when a record was written.
JUMPS = tuple(sign * jump for sign in (1, -1) for jump in (timedelta(hours=2), timedelta(days=730)))


@dataclass
class World:
    """One *machine*, one *chance*, and what has happened so far."""

    machine: Machine
    chance: random.Random
    log: list[str] = field(default_factory=list)
    foreign_lines: set[str] = field(default_factory=set)
    made_by_us: set[str] = field(default_factory=set)
    made_inactive: set[str] = field(default_factory=set)

    def keys(self) -> list[LongTermKey]:
        """Return the user's keys at AWS."""
        return self.machine.account.keys_of(self.machine.user)

    def act_as_others(self) -> None:
        """Do one thing that the user, another tool or AWS does beside us."""
        act = self.chance.choice(OTHERS)
        self.log.append(f"others: {act.__name__}")
        act(self)

    def begin(self) -> None:
        """Make one of the machines that people have: one profile or several with one key, imported or not."""
        self.machine.lay_down_the_key()
        for section in self.chance.choice(((), (), ("default",), ("default", "backup"))):
            _credentials(self, partial(_set, section=section, values=_pair(self.machine.key)))
        if self.chance.random() < 0.6:
            self.run_ours(["login", "--profile", "test-user", "--token-code", self.code()])
            self.run_ours(["keys", "import", "--profile", "test-user"])

    def run_ours(self, words: list[str] | None = None) -> None:
        """Run one of our commands, by chance unless *words* name it, and check the rule.

        Raises:
            AssertionError: a long-term key or a line of others was lost, or a key moved without a word.
        """
        words = words or self.chance.choice(OURS)(self)
        stdin = ""
        if words[:2] == ["keys", "add"]:
            stdin = json.dumps(_as_json(self.chance.choice(self.keys())) if self.keys() else {})
        before, keys_before = Places.of(self.machine), dict(self.machine.account.access_keys)
        was_active = {key_id: key.active for key_id, key in keys_before.items()}
        may_go = self.made_by_us | self.made_inactive
        code, output = self._run(words, stdin)
        self.log.append(f"ours: {' '.join(words)} -> {code}\n{output}")
        after, keys_after = Places.of(self.machine), set(self.machine.account.access_keys)
        for key_id, key in keys_before.items():
            self._check_key(key, before, after, words, output)
            if key_id not in keys_after:
                assert key_id in may_go or {"--yes", "--delete-old"} & set(words), (
                    f"{key_id} was deleted at AWS unasked\n{self}"
                )
                assert key_id[-4:] in output, f"{key_id} was deleted at AWS without being named\n{self}"
            elif words[:2] == ["keys", "rotate"] and was_active[key_id] and not key.active:
                self.made_inactive.add(key_id)
        for line in self.foreign_lines:
            assert not before.has_line(line) or after.has_line(line), f"the line {line!r} is gone\n{self}"

    def _check_key(self, key: LongTermKey, before: Places, after: Places, words: list[str], output: str) -> None:
        were, are = before.of_secret(key.secret_access_key), after.of_secret(key.secret_access_key)
        if are >= were:
            return
        named = key.access_key_id[-4:] in output
        assert named, f"{key.access_key_id} moved without being named\n{self}"
        if are == 0:
            is_needed = key.access_key_id in self.machine.account.access_keys and key.active
            gives_up = {"--yes", "--replace", "--force"} & set(words)
            assert gives_up or not is_needed, f"{key.access_key_id} is lost\n{self}"

    def _run(self, words: list[str], stdin: str) -> tuple[int, str]:
        machine = self.machine
        made_before = set(machine.account.access_keys)
        out, err = io.StringIO(), io.StringIO()
        environment = clean_environment(machine.home, **machine.environment)
        saved = dict(os.environ)
        os.environ.clear()
        os.environ.update(environment)
        stdin_before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin.encode()))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(["--no-prompt", *words])
        finally:
            sys.stdin = stdin_before
            os.environ.clear()
            os.environ.update(saved)
        answered = [
            call for call in machine.endpoint.journal if call.action == "CreateAccessKey" and call.status == 200
        ]
        if answered and words[:2] == ["keys", "rotate"]:
            self.made_by_us |= set(machine.account.access_keys) - made_before
        machine.endpoint.journal.clear()
        return code, out.getvalue() + err.getvalue()

    def code(self) -> str:
        """Return a code that AWS takes, whatever was used before."""
        self.machine.phone._used_steps.clear()
        self.machine.forget_used_codes()
        return self.machine.phone.code()

    def __str__(self) -> str:
        return "\n".join(self.log)


def _credentials(world: World, change: Callable[[str], str]) -> None:
    path = world.machine.credentials_file
    world.machine.write_credentials(change(path.read_text(encoding="utf-8") if path.exists() else ""))


def _set(text: str, section: str, values: dict[str, str]) -> str:
    """Set *values* in *section* as `aws configure set` does, and leave all else."""
    lines = text.splitlines(keepends=True)
    header = f"[{section}]\n"
    if header not in lines:
        return text + ("\n" if text and not text.endswith("\n\n") else "") + header + _rendered(values)
    start = lines.index(header) + 1
    end = next((number for number in range(start, len(lines)) if lines[number].startswith("[")), len(lines))
    body = [line for line in lines[start:end] if line.partition("=")[0].strip() not in values]
    return "".join([*lines[:start], _rendered(values), *body, *lines[end:]])


def _rendered(values: dict[str, str]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def _as_json(key: LongTermKey) -> dict[str, str]:
    return {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}


def _pair(key: LongTermKey) -> dict[str, str]:
    return {"aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key}


def paste_a_key(world: World) -> None:
    """Run `aws configure` on any section, also on one that holds a session of ours."""
    if keys := world.keys():
        section, key = world.chance.choice(SECTIONS), world.chance.choice(keys)
        _credentials(world, lambda text: _set(text, section, _pair(key)))


def copy_a_marker(world: World) -> None:
    """Copy the line that marks a session profile into another section."""
    section = world.chance.choice(SECTIONS)
    _credentials(world, lambda text: _set(text, section, {"mfa_session_source": world.chance.choice(PROFILES)}))


def add_lines(world: World) -> None:
    """Add a setting of another tool and a comment to a section."""
    section, number = world.chance.choice(SECTIONS), world.chance.randrange(10**9)
    name, comment = f"x_tool_{number}", f"# note {number}"
    _credentials(
        world, lambda text: _set(text, section, {name: "1"}).replace(f"{name} = 1\n", f"{name} = 1\n{comment}\n")
    )
    world.foreign_lines |= {f"{name} = 1", comment}


def make_a_key(world: World) -> None:
    """Create an access key in the console, and write it down or not yet."""
    if len(world.keys()) < 2:
        key = world.machine.account.add_access_key(world.machine.user)
        if world.chance.random() < 0.5:
            _credentials(world, lambda text: _set(text, world.chance.choice(PROFILES), _pair(key)))


def break_the_next_creation(world: World) -> None:
    """Let AWS fail at the next CreateAccessKey, before or after it has made the key."""
    fault: Fault = world.chance.choice((ServerError(503), DropReply()))
    world.machine.endpoint.faults.add("CreateAccessKey", fault)


def shift_the_records(world: World) -> None:
    """Leave the records of ours that a clock would have written that was off."""
    jump = world.chance.choice(JUMPS)
    for path in (world.machine.home / ".aws" / "mfa-session").rglob("*"):
        if path.is_file() and path.parent.name != "mfa-session":
            _shift(path, jump)


def _shift(path: Path, jump: timedelta) -> None:
    text = path.read_text(encoding="utf-8")

    def shifted(found: re.Match[str]) -> str:
        at = moment(found[0])
        return timestamp(at + jump) if at is not None else found[0]

    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shifted, text)
    text = re.sub(r'(?<="at": )[0-9.]+', lambda found: str(float(found[0]) + jump.total_seconds()), text)
    if re.fullmatch(r"[0-9]+\n", text):
        text = f"{max(0, int(text) + int(jump.total_seconds() // 30))}\n"
    path.write_text(text, encoding="utf-8")


def end_the_sessions(world: World) -> None:
    """Let every session be over, at AWS and in the file."""
    world.machine.account.end_sessions()
    past = timestamp(datetime(2026, 1, 1, tzinfo=UTC))
    _credentials(world, lambda text: re.sub(r"(x_security_token_expires = ).*", rf"\g<1>{past}", text))


def hand_the_home_over(world: World) -> None:
    """Run as root in the home of a user, whose files then belong to both."""
    if sys.platform != "win32" and os.geteuid() == 0:
        for path in (world.machine.credentials_file, world.machine.config_file):
            if path.exists():
                os.chown(path, *world.chance.choice([(0, 0), (1000, 1000)]))


OTHERS = (
    paste_a_key,
    paste_a_key,
    copy_a_marker,
    add_lines,
    make_a_key,
    break_the_next_creation,
    shift_the_records,
    end_the_sessions,
    hand_the_home_over,
)


def _of(world: World) -> list[str]:
    return ["--profile", world.chance.choices(PROFILES, weights=(4, 1, 1))[0]]


def _maybe(world: World, *options: str) -> list[str]:
    return [option for option in options if world.chance.random() < 0.3]


OURS: tuple[Callable[[World], list[str]], ...] = (
    lambda world: ["login", *_of(world), "--token-code", world.code(), *_maybe(world, "--force")],
    lambda world: ["login", *_of(world), "--token-code", world.code()],
    lambda world: ["login", *_of(world), "--token-code", "000000", "--force"],
    lambda world: ["logout", *_of(world)],
    lambda world: ["logout", "--all"],
    lambda world: ["keys", "import", *_of(world)],
    lambda world: ["keys", "add", "--stdin", *_of(world), *_maybe(world, "--replace")],
    lambda world: ["keys", "remove", *_of(world), *_maybe(world, "--yes")],
    lambda world: ["keys", "rotate", *_of(world), *_maybe(world, "--yes", "--delete-old")],
    lambda world: ["keys", "rotate", *_of(world), *_maybe(world, "--yes", "--delete-old")],
    lambda world: ["keys", "remove", *_of(world), "--copies", world.chance.choice(("keep", "remove")), "--yes"],
    lambda world: ["keys", "import", "--all"],
    lambda world: ["keys", "list"],
    lambda world: ["status"],
    lambda world: ["credential-process", *_of(world)],
    lambda world: ["configure", *_of(world), "--region", "eu-west-1"],
)
