"""Answers that are made to harm: to cost time or memory, to write into a file what was not meant for it."""

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mfa_session.model.credentials import timestamp
from tests.campaigns.aws.bad_way import Fault, Visit, answer, refusal
from tests.campaigns.aws.faults import pouring, sending

MEGABYTE = 1 << 20

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
RESPONSE = b"<GetSessionTokenResponse>%b</GetSessionTokenResponse>"

_DECLARATIONS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
_ENTITIES = f'<!DOCTYPE l [<!ENTITY e0 "ha">{_DECLARATIONS}]><l>&e11;</l>'.encode()
_FILE = b'<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + RESPONSE % b"&f;"


def hostile(name: str) -> Fault:
    """Return the fault of this *name*."""
    if name in FIELDS:
        return _with(FIELDS[name]())
    return BOMBS[name]() if name in BOMBS else SLOW[name]


def _with(fields: dict[str, str]) -> Fault:
    """Return the fault of a whole answer in which some *fields* are what no AWS would send."""

    def send(visit: Visit) -> None:
        body = visit.perform().partition(b"\r\n\r\n")[2].decode()
        for name, value in fields.items():
            body = re.sub(f"<{name}>.*?</{name}>", f"<{name}>{value}</{name}>", body)
        visit.send(answer(body.encode()))

    return send


def _later(span: timedelta) -> str:
    return timestamp(datetime.now(UTC) + span)


def _numbered(text: bytes) -> bytes:
    return b" ".join(text % number for number in range(48_000))


def _gzip_bomb() -> Fault:
    return sending(answer(gzip.compress(bytes(128 * MEGABYTE)), headers="Content-Encoding: gzip\r\n"))


def _gzip_bomb_in_chunks() -> Fault:
    packed = gzip.compress(bytes(128 * MEGABYTE))
    return sending(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n%b" % (len(packed), packed))


BOMBS: dict[str, Callable[[], Fault]] = {
    "an endless body": lambda: pouring(OK + b"\r\n", bytes(65536)),
    "an endless body of a refusal": lambda: pouring(b"HTTP/1.1 403 Forbidden\r\n\r\n", b"<Message>" * 8192),
    "endless chunks": lambda: pouring(CHUNKED, b"4000\r\n" + bytes(0x4000) + b"\r\n"),
    "an endless chunk size": lambda: pouring(CHUNKED, b"f" * 65536),
    "an endless header": lambda: pouring(OK + b"X-Header: ", b"x" * 65536),
    "endless headers": lambda: pouring(OK, b"X-Header: x\r\n" * 4096),
    "an endless status line": lambda: pouring(b"HTTP/1.1 ", b"2" * 65536),
    "a gigabyte announced, and sent": lambda: pouring(OK + b"Content-Length: 1073741824\r\n\r\n", bytes(65536)),
    "a gigabyte announced, and not sent": lambda: sending(OK + b"Content-Length: 1073741824\r\n\r\n<a>"),
    "a negative length": lambda: sending(OK + b"Content-Length: -1\r\n\r\n<a/>"),
    "a gzip bomb": _gzip_bomb,
    "a gzip bomb in chunks": _gzip_bomb_in_chunks,
    "an XML bomb": lambda: sending(answer(_ENTITIES)),
    "an XML entity of a file": lambda: sending(answer(_FILE)),
    "an abyss": lambda: sending(answer(b"<a>" * 149_000 + b"</a>" * 149_000)),
    "an abyss without an end": lambda: sending(answer(b"<a>" * (MEGABYTE // 3))),
    "an abyss in the answer": lambda: sending(answer(RESPONSE % (b"<a>" * 140_000 + b"</a>" * 140_000))),
    "a crowd of elements": lambda: sending(answer(RESPONSE % (b"<a/>" * (MEGABYTE // 4 - 20)))),
    "an abyss of elements with an attribute": lambda: sending(answer(b"<a b=''>" * (MEGABYTE // 8))),
    "a crowd of attributes": lambda: sending(answer(RESPONSE % (b"<a %b/>" % _numbered(b'a%d=""')))),
    "a crowd of namespaces": lambda: sending(answer(RESPONSE % _numbered(b'<a xmlns="%d"/>'))),
    "a megabyte of text": lambda: sending(answer(RESPONSE % (b"x" * (MEGABYTE - 100)))),
    "a megabyte of a message": lambda: sending(refusal("X", "x" * (MEGABYTE - 400), status="400 Bad Request")),
    "a megabyte of a code": lambda: sending(refusal("x" * (MEGABYTE - 400), "", status="400 Bad Request")),
    "UTF-16": lambda: sending(answer("<!DOCTYPE l><l/>".encode("utf-16"))),
    "an XML bomb as a refusal": lambda: sending(answer(_ENTITIES, status="403 Forbidden")),
}

FIELDS: dict[str, Callable[[], dict[str, str]]] = {
    "a newline in the key ID": lambda: {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE&#10;[default]"},
    "a newline in the secret": lambda: {"SecretAccessKey": "abc&#10;credential_process = /bin/evil"},
    "a newline in the token": lambda: {"SessionToken": "abc&#13;&#10;[default]&#10;aws_access_key_id = AKIA"},
    "a bare newline in the token": lambda: {"SessionToken": "abc\n[default]\naws_access_key_id = AKIA"},
    "a long-term key": lambda: {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    "a key ID of another kind": lambda: {"AccessKeyId": "ASIA"},
    "an escape in the secret": lambda: {"SecretAccessKey": "abc&#155;31m"},
    "a blank in the secret": lambda: {"SecretAccessKey": "two words"},
    "no secret": lambda: {"SecretAccessKey": ""},
    "a token without an end": lambda: {"SessionToken": "t" * 100_000},
    "an expiration in the past": lambda: {"Expiration": "2006-08-25T09:00:00Z"},
    "an expiration a second ago": lambda: {"Expiration": _later(timedelta(seconds=-1))},
    "an expiration too far": lambda: {"Expiration": _later(timedelta(hours=12, minutes=16))},
    "an expiration in the last year": lambda: {"Expiration": "9999-12-31T23:59:59Z"},
    "an expiration that is none": lambda: {"Expiration": "tomorrow"},
    "an expiration without a zone": lambda: {"Expiration": "2099-01-01T00:00:00"},
    "an expiration with digits of elsewhere": lambda: {"Expiration": "２０９９-01-01T00:00:00Z"},
}

# Each takes as long as the program waits at the most.
SLOW: dict[str, Fault] = {
    "a body, a byte a second": pouring(OK + b"Content-Length: 900\r\n\r\n", b"<", every=1),
    "headers, one a second": pouring(OK, b"X: x\r\n", every=1),
    "chunks, one a second": pouring(CHUNKED, b"1\r\n<\r\n", every=1),
    "an endless 100 Continue": pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1024),
}
