"""AWS sessions with MFA, for boto3 and every AWS tool.

The interface is :func:`session`, :func:`register`, :class:`Question` and the errors below.
Everything else in this package may change with any version.
"""

__version__ = "0.1.0"

__all__ = [
    "AWSError",
    "AWSUnreachableError",
    "AccessKeyNotFoundError",
    "CodeSourceError",
    "ConfigurationError",
    "LockedError",
    "MFASessionError",
    "PersonNeededError",
    "ProfileNotFoundError",
    "PromptCancelledError",
    "PromptTimeoutError",
    "Question",
    "StoreError",
    "TokenCodeRefusedError",
    "UsageError",
    "register",
    "session",
]

# This module is part of every cached answer, so it imports nothing before it is used. Type checkers know this name;
# importing `typing` would take as long as the interpreter.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from mfa_session.api import register, session
    from mfa_session.errors import (
        AccessKeyNotFoundError,
        AWSError,
        AWSUnreachableError,
        CodeSourceError,
        ConfigurationError,
        LockedError,
        MFASessionError,
        PersonNeededError,
        ProfileNotFoundError,
        PromptCancelledError,
        PromptTimeoutError,
        StoreError,
        TokenCodeRefusedError,
        UsageError,
    )
    from mfa_session.prompt.ask_function import Question
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name in ("session", "register", "Question"):
            from mfa_session import api as home
        else:
            from mfa_session import errors as home
        value = globals()[name] = getattr(home, name)
        return value

    def __dir__() -> list[str]:
        return ["__all__", "__doc__", "__name__", "__version__", *__all__]
