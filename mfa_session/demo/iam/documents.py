"""Policy documents: on the wire, and whether they are good enough to be kept."""

from urllib.parse import quote

from mfa_session.demo.answers import RefusedError
from mfa_session.demo.iam.refusals import quota_exceeded
from mfa_session.errors import UsageError
from mfa_session.policies.evaluator import Policy


def on_the_wire(document: str) -> str:
    """Return *document* as IAM sends it, percent-encoded."""
    return quote(document, safe="")


def checked(document: str, *, quota: str, longest: int) -> str:
    """Return *document*, if it can be kept. Blanks do not count against *longest*.

    Raises:
        RefusedError: it is too long, or not understood. What AWS would understand and the local AWS does not
            is refused too: a policy that cannot be evaluated would be no better than none.
    """
    if len("".join(document.split())) > longest:
        raise quota_exceeded(quota, longest)
    try:
        Policy.parse(document)
    except UsageError as error:
        raise RefusedError(400, "MalformedPolicyDocument", str(error)) from None
    return document
