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
    """Return ``until 10:29 (12 h)`` in local time, with ``tomorrow`` or the date where it is not today.

    Both moments are in seconds since 1970. What is left is rounded up to the minute.
    """
    end = time.localtime(expiration)
    day = ""
    if end[:3] != time.localtime(now)[:3]:
        is_tomorrow = end[:3] == time.localtime(now + 86_400)[:3]
        day = "tomorrow " if is_tomorrow else time.strftime("%Y-%m-%d ", end)
    left = expiration - now
    return f"until {day}{time.strftime('%H:%M', end)} ({format_duration(left + 59 if left >= 60 else left)})"


def session_kept_message(session_profile: str, expiration: float, *, now: float) -> str:
    """Return what `login` says of a session that it keeps."""
    valid = f"is valid {format_expiration(expiration, now=now)}"
    return f"Already logged in. Profile {session_profile} {valid}; --force gets a new session."


def short_duration(seconds: float) -> str:
    """Return *seconds* as a prompt shows them: ``11h42m``, ``7m``."""
    hours, minutes = int(seconds) // 3600, int(seconds) // 60 % 60
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m"
