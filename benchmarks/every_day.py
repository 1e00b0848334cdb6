"""What a day costs: AWS CLI calls, a thousand callers at once, and an endpoint that serves for long."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.homes import Homes, environment_of
from benchmarks.installations import Installation
from benchmarks.measures import Measure
from tests.campaigns.aws.measured_run import measured_run
from tests.machine import Machine

_PROFILE = ("--profile", "test-user")

# Sends so many requests to the endpoint, and prints the memory of its process after a tenth and after all, in bytes.
_CLIENT = """\
import http.client, json, os, sys, urllib.parse

def memory():
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{name}/cmdline", "rb").read().split(b"\\0")
            home = open(f"/proc/{name}/environ", "rb").read().split(b"\\0")
            lines = open(f"/proc/{name}/status").read().splitlines()
        except OSError:
            continue
        if b"serve" in words and f"HOME={os.environ['HOME']}".encode() in home:
            return 1024 * int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
    raise SystemExit("the process of the endpoint is not found")

url = urllib.parse.urlsplit(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
headers = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
requests, found = int(sys.argv[1]), []
for number in range(1, requests + 1):
    connection = http.client.HTTPConnection(url.netloc)
    connection.request("GET", url.path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200 and b"SecretAccessKey" in answer.read()
    connection.close()
    if number in (requests // 10, requests):
        found.append(memory())
print(json.dumps(found))
"""


def memory_of_serve(ours: Path, homes: Homes, *, requests: int) -> Mapping[Measure, float]:
    """Return how much memory `serve` has after a tenth of the *requests* and after all, in MiB; on Linux only."""
    if sys.platform != "linux":
        return {}
    home = homes.with_session("serve", ours)
    ran = subprocess.run(
        [ours, "serve", *_PROFILE, "--", sys.executable, "-c", _CLIENT, str(requests)],
        env=dict(environment_of(home)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    early, late = json.loads(ran.stdout)
    return {Measure.SERVE_AT_FIRST: early / 2**20, Measure.SERVE_AT_LAST: late / 2**20}


def seconds_of_many(installation: Installation, live: Machine, *, callers: int) -> Mapping[Measure, float]:
    """Return how long so many callers at once take with a live session, and so many bare interpreters.

    Each caller must get the one answer: anything else is an error.
    """
    words = [str(installation.mfa_session), "credential-process", *_PROFILE]
    with tempfile.NamedTemporaryFile() as answers:
        took = _seconds_at_once(words, environment_of(live), callers, output=answers.name)
        text = Path(answers.name).read_text(encoding="utf-8")
    if len(set(text.splitlines())) != 1 or len(text.splitlines()) != callers:
        raise RuntimeError(f"{callers} callers got {len(text.splitlines())} answers, and not one and the same")
    bare = _seconds_at_once([str(installation.python), "-c", "pass"], environment_of(live), callers, output=os.devnull)
    return {Measure.CACHED_AT_ONCE: took, Measure.PYTHONS_AT_ONCE: bare}


def _seconds_at_once(words: list[str], environment: Mapping[str, str], callers: int, *, output: str) -> float:
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_APPEND, 0),
    ]
    begun = time.perf_counter()
    started = [os.posix_spawn(words[0], words, environment, file_actions=streams) for _ in range(callers)]
    failed = sum(os.waitpid(program, 0)[1] != 0 for program in started)
    took = time.perf_counter() - begun
    if failed:
        raise RuntimeError(f"{failed} of {callers} callers failed: {' '.join(words)}")
    return took


def memory_of(*words: str | Path, home: Machine) -> float:
    """Return the most memory that one run of *words* has, in MiB; what it writes is thrown away."""
    ran = measured_run("/bin/sh", "-c", 'exec "$0" "$@" >/dev/null', *words, environment=environment_of(home))
    if ran.exit_code:
        raise RuntimeError(ran.said)
    return ran.peak_bytes / 2**20
