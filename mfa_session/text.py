"""Text from outside, made safe to show: control characters can be seen and do nothing."""

import sys
import time


def escape_control(text: str) -> str:
    r"""Return *text* on one line, with every control and format character written out, as ``\x1b`` or ``\u202e``.

    Profile names, ARNs, file names and AWS's messages pass through here on their way to a
    terminal, so that none of them can move the cursor, colour a line or hide a part of itself.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


# What no shell of any system reads as more than itself.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,/:@+%")


def quoted(word: str, *, platform: str = sys.platform) -> str:
    """Return *word* as the user's shell takes it for one word: `sh`, or cmd.exe and PowerShell alike."""
    if word and _PLAIN.issuperset(word) and not (platform == "win32" and "%" in word):
        return word
    if platform == "win32":
        return f'"{word}"'
    return "'" + word.replace("'", "'\"'\"'") + "'"


def format_duration(seconds: float) -> str:
    """Return a span as ``11 h 59 min``, ``14 min`` or ``42 s``: two units at the most, rounded down."""
    whole = max(0, int(seconds))
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{whole} s"


def format_expiration(expiration: float, *, now: float) -> str:
    """Return ``until 10:29 (11 h 59 min)`` in local time, with the date where it is not today's.

    Both moments are in seconds since 1970.
    """
    end = time.localtime(expiration)
    same_day = end[:3] == time.localtime(now)[:3]
    clock = time.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M", end)
    return f"until {clock} ({format_duration(expiration - now)})"


def session_kept_message(session_profile: str, expiration: float, *, now: float) -> str:
    """Return what `login` says of a session that it keeps."""
    return (
        f"mfa-session: {session_profile} is live {format_expiration(expiration, now=now)}; --force gets a new session"
    )


def short_duration(seconds: float) -> str:
    """Return *seconds* as a prompt shows them: ``11h42m``, ``7m``."""
    hours, minutes = int(seconds) // 3600, int(seconds) // 60 % 60
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m"
