"""What can befall a request on its way to AWS and back, told from where the program stands."""

from tests.campaigns.aws.bad_way import Fault, Visit, answer, refusal

_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def sending(data: bytes) -> Fault:
    """Return the fault of an answer that is not AWS's."""
    return lambda visit: visit.send(data)


def pouring(head: bytes, drop: bytes, *, every: float = 0) -> Fault:
    """Return the fault of an answer that begins with *head*, and goes on with one *drop* after the other."""

    def pour(visit: Visit) -> None:
        visit.send(head)
        visit.pour(drop, every=every)

    return pour


def cut(visit: Visit, *, at: float, reset: bool, length: int | None = None) -> None:
    """Do what was asked, and send only a part of the answer: up to *at* of the whole, or *length* bytes."""
    whole = visit.perform()
    visit.send(whole[: int(at * len(whole)) if length is None else length])
    if reset:
        visit.reset()


def _done_and_dropped(visit: Visit) -> None:
    visit.perform()


def _done_and_reset(visit: Visit) -> None:
    visit.perform()
    visit.reset()


def _done_and_silent(visit: Visit) -> None:
    visit.perform()
    visit.be_silent()


def _silent_in_the_middle(visit: Visit) -> None:
    cut(visit, at=0.7, reset=False)
    visit.be_silent()


def _half_a_document(visit: Visit) -> None:
    """Send an answer whose length fits what is left of it."""
    head, _, body = visit.perform().partition(b"\r\n\r\n")
    visit.send(answer(body[: len(body) // 2], status=head.split(b" ", 1)[1].split(b"\r\n")[0].decode()))


FAULTS: dict[str, Fault] = {
    "500": sending(refusal("InternalFailure", "An internal error has occurred.", status="500 Internal Server Error")),
    "503": sending(refusal("ServiceUnavailable", "Service is unable to handle request.", status="503 Unavailable")),
    "503, Slow Down": sending(refusal("SlowDown", "Please reduce your request rate.", status="503 Slow Down")),
    "502, a gateway's page": sending(answer(_PAGE, status="502 Bad Gateway")),
    "504, nothing": sending(answer(b"", status="504 Gateway Timeout")),
    "429": sending(refusal("TooManyRequestsException", "Too Many Requests", status="429 Too Many Requests")),
    "429, nothing": sending(answer(b"", status="429 Too Many Requests", headers="Retry-After: 1\r\n")),
    "Throttling": sending(refusal("Throttling", "Rate exceeded", status="400 Bad Request")),
    "RequestLimitExceeded": sending(refusal("RequestLimitExceeded", "Request limit exceeded.", status="503 Slow")),
    "408": sending(refusal("RequestTimeout", "Your socket connection was not read.", status="408 Request Timeout")),
    "reset unanswered": Visit.reset,
    "closed unanswered": lambda visit: None,
    "done, and reset": _done_and_reset,
    "done, and closed": _done_and_dropped,
    "done, reset in the head": lambda visit: cut(visit, at=0.0, length=20, reset=True),
    "done, reset in the middle": lambda visit: cut(visit, at=0.7, reset=True),
    "done, closed in the middle": lambda visit: cut(visit, at=0.7, reset=False),
    "done, half a document": _half_a_document,
    "an empty answer": sending(answer(b"")),
    "no HTTP": sending(b"SSH-2.0-OpenSSH_9.6\r\n"),
}

# Each takes as long as the program waits at the most.
SLOW_FAULTS: dict[str, Fault] = {
    "silence": Visit.be_silent,
    "done, then silence": _done_and_silent,
    "silence in the middle": _silent_in_the_middle,
    "a byte a second": pouring(b"HTTP/1.1 200 OK\r\nX: ", b"x", every=1),
}
