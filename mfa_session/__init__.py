"""One MFA code, and every AWS tool on the machine works for the next twelve hours.

For Python programs: :func:`session`, and the errors that it raises. All else in here may
change with any version. Nothing is loaded before it is used: this module stands on the
path of every cached answer.
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
    "StoreError",
    "TokenCodeRefusedError",
    "session",
]

# Known to every type checker by its name; `typing` would take as long as the interpreter.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from mfa_session.api import session
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
    )
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "session":
            from mfa_session import api as home
        else:
            from mfa_session import errors as home
        value = globals()[name] = getattr(home, name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
