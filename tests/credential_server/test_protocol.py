"""One request and one answer: read as the standard says, and no further."""

from http import HTTPStatus

import pytest

from mfa_session.credential_server.protocol import MAX_BYTES, RefusedRequestError, Response, parse_request

REQUEST = b"GET /credentials HTTP/1.1\r\nHost: 127.0.0.1:1\r\naccept:application/json \r\nX-Empty:\r\n\r\n"


def test_a_request_is_its_line_and_its_headers_as_they_were_sent() -> None:
    request = parse_request(REQUEST)

    assert request is not None
    assert (request.method, request.target) == ("GET", "/credentials")
    assert request.headers == (("Host", "127.0.0.1:1"), ("accept", "application/json"), ("X-Empty", ""))
    assert request.header("ACCEPT") == ["application/json"]


def test_more_has_to_come_until_the_empty_line() -> None:
    assert [parse_request(REQUEST[:length]) for length in range(len(REQUEST))] == [None] * len(REQUEST)


def test_what_follows_a_request_is_not_read() -> None:
    assert parse_request(REQUEST + b"GET /other HTTP/1.1\r\n\r\n") == parse_request(REQUEST)


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET /credentials\r\n\r\n",
        b"GET /credentials HTTP/1.0\r\n\r\n",
        b"GET /credentials HTTP/2\r\n\r\n",
        b"GET  /credentials HTTP/1.1\r\n\r\n",
        b"GET\t/credentials HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b" GET /credentials HTTP/1.1\r\n\r\n",
        b"GET /credentials HTTP/1.1 \r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        b"\r\nGET /credentials HTTP/1.1\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nHost\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\n: x\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nHost: x\nOrigin: y\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nHost: x\rOrigin: y\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nHost: x\0\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nContent-Length: +0\r\n\r\n",
        b"GET /credentials HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(request_: bytes) -> None:
    with pytest.raises(RefusedRequestError) as refused:
        parse_request(request_)

    assert refused.value.response.status is HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(("surplus", "is_refused"), [(-1, False), (0, False), (1, True)])
def test_a_request_is_at_most_so_long(surplus: int, is_refused: bool) -> None:
    begin, end = b"GET /credentials HTTP/1.1\r\nX: ", b"\r\n\r\n"
    request = begin + b"x" * (MAX_BYTES + surplus - len(begin) - len(end)) + end

    if is_refused:
        with pytest.raises(RefusedRequestError) as refused:
            parse_request(request)
        assert refused.value.response.status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    else:
        assert parse_request(request) is not None


def test_an_answer_is_never_stored_and_is_the_last_of_its_connection() -> None:
    head, _, body = Response(HTTPStatus.OK, '{"a": 1}').encoded().decode().partition("\r\n\r\n")

    assert body == '{"a": 1}'
    assert head.split("\r\n") == [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        "Content-Length: 8",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]


def test_who_asks_in_another_way_is_told_the_right_one() -> None:
    assert b"\r\nAllow: GET\r\n" in Response(HTTPStatus.METHOD_NOT_ALLOWED, "{}").encoded()
