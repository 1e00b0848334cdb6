"""Whatever is sent, the session is handed out for the right request alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfa_session.credential_server.protocol import LOOPBACK
from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.credential_server.open_endpoint import OpenDoor, hands_out

REQUESTS = scale.cases(quick=2000, full=100_000)

# Stand for what only a door that is open knows.
HOST, TOKEN = b"{host}", b"{token}"
PATH = b"/credentials"

TARGETS = [
    b"",
    b"*",
    b"/",
    PATH + b"/",
    PATH + b"?",
    PATH + b"?x=1",
    PATH + b"#x",
    b"/." + PATH,
    b"/x/.." + PATH,
    b"/" + PATH,
    b"http://" + HOST + PATH,
    b"/Credentials",
    b"/%63redentials",
    PATH + b"%00",
    PATH + b"\0",
]
HOSTS = [
    b"",
    b"localhost",
    b"127.0.0.1:80",
    b"example.com",
    b"169.254.170.2",
    b"[::1]:80",
    HOST + b".example.com",
    b"example.com@" + HOST,
    HOST + b"0",
    HOST + b"," + HOST,
    b"0" + HOST,
]
TOKENS = [
    b"",
    b"null",
    b"Bearer " + TOKEN,
    TOKEN + b"x",
    TOKEN + b"," + TOKEN,
    TOKEN + b"\xa0",
    TOKEN + b"\0",
    b"'" + TOKEN + b"'",
    b"x" + TOKEN,
    b"\xff" + TOKEN,
    TOKEN + TOKEN,
]
ORIGINS = [b"null", b"http://" + HOST, b"http://localhost", b"https://example.com", b"x"]
VERSIONS = [b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"HTTP/1.1 ", b"HTTP/1.10", b"HTTP/0.9", b""]
METHODS = [
    b"",
    b"POST",
    b"PUT",
    b"DELETE",
    b"HEAD",
    b"OPTIONS",
    b"TRACE",
    b"CONNECT",
    b"get",
    b"GET ",
    b" GET",
    b"GETX",
]
BODIES = [b"Content-Length: 1", b"Content-Length: -0", b"Content-Length: x", b"Transfer-Encoding: chunked"]
NO_HEADERS = [b"x", b": x", b" X: x", b"X : x", b"X: \0", b"X: \x7f", b"X\xff: x", b"X: a\nY: b", b"X: a\rY: b"]
HARMLESS = [b"X: y", b"X:", b"Connection: keep-alive", b"Content-Length: 0", b"X-Origin: y", b"Accept: \xff"]


@dataclass
class Draft:
    """A request that is still right."""

    line: list[bytes] = field(default_factory=lambda: [b"GET", PATH, b"HTTP/1.1"])
    hosts: list[bytes] = field(default_factory=lambda: [HOST])
    tokens: list[bytes] = field(default_factory=lambda: [TOKEN])
    others: list[bytes] = field(default_factory=lambda: [b"Accept: application/json"])
    end: bytes = b"\r\n\r\n"

    def lines(self, spelled: Callable[[bytes], bytes] = bytes) -> list[bytes]:
        known = [(b"Host", self.hosts), (b"Authorization", self.tokens)]
        return [*(spelled(name) + b": " + value for name, values in known for value in values), *self.others]

    def written(self, lines: Iterable[bytes]) -> bytes:
        return b"\r\n".join([b" ".join(self.line), *lines]) + self.end


def other_bytes(than: bytes) -> st.SearchStrategy[bytes]:
    """Return what is not *than*, nor *than* between blanks."""
    return st.binary(max_size=60).filter(lambda other: other.strip(b" \t") != than)


def wrong_line(draft: Draft, draw: Any) -> None:
    part, wrong = draw(st.sampled_from([(0, METHODS), (1, TARGETS), (2, VERSIONS)]))
    draft.line[part] = draw(st.sampled_from(wrong) | other_bytes(draft.line[part]))


def wrong_hosts(draft: Draft, draw: Any) -> None:
    other = other_bytes(HOST).filter(lambda host: host.strip(b" \t") != LOOPBACK.encode())
    draft.hosts = draw(st.sampled_from([[], [HOST, HOST], *([host] for host in HOSTS)]) | other.map(listed))


def wrong_tokens(draft: Draft, draw: Any) -> None:
    wrong = [[], [TOKEN, TOKEN], [b"x", TOKEN], *([token] for token in TOKENS)]
    draft.tokens = draw(st.sampled_from(wrong) | other_bytes(TOKEN).map(listed))


def origin(draft: Draft, draw: Any) -> None:
    name = draw(st.sampled_from([b"Origin", b"origin", b"ORIGIN"]))
    draft.others.append(name + b": " + draw(st.sampled_from(ORIGINS)))


def body(draft: Draft, draw: Any) -> None:
    draft.others.append(draw(st.sampled_from(BODIES)))


def no_header(draft: Draft, draw: Any) -> None:
    draft.others.append(draw(st.sampled_from(NO_HEADERS)))


def no_end(draft: Draft, draw: Any) -> None:
    draft.end = draw(st.sampled_from([b"", b"\r\n", b"\n\n", b"\n\r\n", b"\r\r", b"\r\n\r", b"\0\r\n\r\n"]))


def too_long(draft: Draft, draw: Any) -> None:
    draft.others.append(b"X: " + b"y" * draw(st.integers(8192, 20000)))


def listed(value: bytes) -> list[bytes]:
    return [value]


FAULTS = [wrong_line, wrong_hosts, wrong_tokens, origin, body, no_header, no_end, too_long]


@st.composite
def wrong_requests(draw: Any) -> bytes:
    """Generate requests with at least one fault, and anything else."""
    draft = Draft()
    for fault in draw(st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3, unique=True)):
        fault(draft, draw)
    lines: list[bytes] = draw(st.permutations(draft.lines()))
    return draft.written(lines)


@st.composite
def right_requests(draw: Any) -> bytes:
    """Generate requests in every form that is right."""
    draft = Draft(hosts=[draw(st.sampled_from([HOST, b"127.0.0.1"]))])
    draft.others += draw(st.lists(st.sampled_from(HARMLESS), max_size=1))
    spelled = draw(st.sampled_from([bytes, bytes.lower, bytes.upper]))
    lines: list[bytes] = draw(st.permutations(draft.lines(spelled)))
    behind: bytes = draw(st.binary(max_size=100))
    return draft.written(lines) + behind


def said_to(door: OpenDoor, request: bytes) -> bytes:
    request = request.replace(HOST, f"{LOOPBACK}:{door.door.port}".encode()).replace(TOKEN, door.door.token.encode())
    return door.said_to(request)


@pytest.mark.timeout(60 + REQUESTS / 10)
def test_a_request_with_any_fault_in_it_gets_nothing(door: OpenDoor) -> None:
    # Its checks are about speed and about fixtures made once for all requests, which one door is meant to be.
    @settings(max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(wrong_requests() | st.binary(max_size=200))
    def refused(request: bytes) -> None:
        said = said_to(door, request)

        count("loopback", "requests with a fault", answered=hands_out(said))
        assert not hands_out(said)
        assert said == b"" or said.startswith(b"HTTP/1.1 4")

    refused()
    assert hands_out(door.said_to(door.request))


def test_the_right_request_is_answered_in_whatever_form(door: OpenDoor) -> None:
    @settings(max_examples=REQUESTS // 20, deadline=None, database=None)
    @given(right_requests())
    def answered(request: bytes) -> None:
        said = said_to(door, request)

        count("loopback", "right requests", refused=not hands_out(said))
        assert hands_out(said)

    answered()
