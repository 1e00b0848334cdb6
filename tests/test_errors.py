"""No error quotes a secret key, whoever has pasted it where; each can be pickled, and shows its hint."""

import copy
import importlib
import multiprocessing
import pickle
import pkgutil
import secrets
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest

import mfa_session
from mfa_session.credential_server.protocol import RefusedRequestError, Response
from mfa_session.errors import AWSError, AWSUnreachableError, MFASessionError, UsageError
from mfa_session.local_aws.responses import RefusedError

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize("around", ["{}", "there is no source of codes called {}", "[{}]", "line 3: '{}'; it is none"])
def test_what_looks_like_a_secret_key_is_masked(around: str) -> None:
    error = UsageError(around.format(SECRET), hint=around.format(SECRET))

    assert str(error) == error.hint == around.format("…")


def test_any_secret_key_that_aws_makes_is_masked() -> None:
    made = [b64encode(secrets.token_bytes(30)).decode() for _ in range(1000)]
    # One of two thousand has neither a digit nor a plus sign.
    likely = [key for key in made if any(letter in "0123456789+" for letter in key)]

    assert {str(UsageError(f"called {key}", hint="")) for key in likely} == {"called …"}


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::123456789012:mfa/test-user-phone",
        "/home/somebody/.aws/mfa-session/keys/1Password",
        "mfa-session login --profile Production2",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        SECRET + "A",
    ],
)
def test_what_is_something_else_is_shown(text: str) -> None:
    assert str(UsageError(text, hint="")) == text


def every_kind_of(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from every_kind_of(child)


def the_whole_package_is_loaded() -> None:
    # The front door runs at once when it is imported; it defines no error.
    for module in pkgutil.walk_packages(mfa_session.__path__, "mfa_session."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


class QuotaError(AWSError):
    """An error of a program that embeds ours: it takes other arguments, and has attributes of its own."""

    def __init__(self, used: int, *, most: int) -> None:
        super().__init__(f"{used} of {most} are used", hint="ask for more", code="QuotaExceeded")
        self.used = used


def one_of(kind: type[BaseException]) -> BaseException:
    if kind is QuotaError:
        return QuotaError(3, most=2)
    if issubclass(kind, MFASessionError):
        error = kind("it went wrong", hint="try again")
        if isinstance(error, AWSError):
            error.code = "AccessDenied"
        return error
    if kind is RefusedRequestError:
        return RefusedRequestError(Response(HTTPStatus.BAD_REQUEST, "{}"))
    if kind is RefusedError:
        return RefusedError(403, "AccessDenied", "no")
    return kind("it went wrong")


the_whole_package_is_loaded()
KINDS = sorted(
    {kind for kind in every_kind_of(BaseException) if kind.__module__.split(".")[0] == "mfa_session"} | {QuotaError},
    key=lambda kind: kind.__qualname__,
)


def a_pickled_copy(error: BaseException) -> BaseException:
    return pickle.loads(pickle.dumps(error))  # type: ignore[no-any-return]  # pickle has no types


@pytest.mark.parametrize("copied", [a_pickled_copy, copy.copy, copy.deepcopy], ids=["pickled", "copied", "deep"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_survives_a_pickle_and_a_copy(
    kind: type[BaseException], copied: Callable[[BaseException], BaseException]
) -> None:
    error = one_of(kind)
    error.add_note("seen in the nightly run")

    twin = copied(error)

    assert type(twin) is kind
    assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))


def test_a_note_on_a_copy_is_none_on_the_original() -> None:
    error = UsageError("it went wrong", hint="try again")

    copy.copy(error).add_note("only here")

    assert error.__notes__ == ["hint: try again"]


def fail_in_a_pool(kind: type[MFASessionError]) -> None:
    raise kind("it went wrong", hint="try again")


def test_an_error_comes_back_from_a_process_pool() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply_async(fail_in_a_pool, (UsageError,))

        with pytest.raises(UsageError) as caught:
            result.get(timeout=60)

    assert caught.value.hint == "try again"


def test_a_traceback_shows_the_hint() -> None:
    error = UsageError("it went wrong", hint=f"type {SECRET} again")

    shown = traceback.format_exception(error)

    assert shown[-2:] == ["mfa_session.errors.UsageError: it went wrong\n", "hint: type … again\n"]


def test_an_error_without_a_hint_has_no_note() -> None:
    assert not hasattr(UsageError("it went wrong", hint=""), "__notes__")


def test_an_error_of_aws_has_its_code_where_aws_gave_one() -> None:
    assert AWSError("refused", hint="ask", code="AccessDenied").code == "AccessDenied"
    assert AWSUnreachableError("no network", hint="look").code is None
