"""A live session profile, out of the credentials file.

This is what every API call of every AWS tool may wait for, so it costs little more
than the interpreter: bytes, and only the sections of one profile are looked at. It
answers for the plain case, the lines that `mfa-session` itself writes, and declines
with ``None`` for every other, be it an indented key, a continuation line, a name that
stands there twice or a session about to end. The full program then does the work
again with AWS's own rules, and explains what is wrong.
"""

import os

# Below this AWS tools would start a request with credentials that end under way.
LEAST_REMAINING_SECONDS = 60.0

# From here on botocore asks at every call; what can be renewed without a person is renewed early by the program.
EARLY_RENEWAL_SECONDS = 900.0

# What lets a session be renewed without a person.
_RENEWING = ("mfa_process", "mfa_session_code_source", "role_arn")

# The largest AWS file that anybody has; the full program says so when one is larger.
_MAX_FILE = 16 * 1024 * 1024

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)


def cached_session(profile: str, environ: dict[str, str], *, now: float) -> dict[str, str] | None:
    """Return the section that holds the live session of *profile*, or ``None`` to decline.

    A session profile stands for the source profile that its section names.

    *now* is in seconds since 1970. The section has at least the three keys,
    ``x_security_token_expires`` and ``mfa_session_source``; each value is printable
    ASCII. ``region`` is added where the configuration names one for the profile;
    ``session_profile`` is the name of the section, and ``expiration`` is the end of
    the session in seconds since 1970, as text.
    """
    credentials = _content(environ, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
    config = _content(environ, "AWS_CONFIG_FILE", "config")
    if credentials is None or config is None or b"[DEFAULT]" in credentials or b"[DEFAULT]" in config:
        return None  # what stands there is in every profile
    own = _section(credentials, profile.encode())
    if own and "mfa_session_source" in own:
        profile = own["mfa_session_source"]
        own = _section(credentials, profile.encode())
    settings = _settings(config, profile)
    if settings is None or own is None or _is_ambiguous(settings, own):
        return None
    if not settings and not own:
        return None  # there is no such profile, whatever session is left of it
    settings.update(own)  # botocore: a line of the credentials file wins
    session_profile = settings.get("mfa_session_profile") or profile + "-mfa"
    session = _section(credentials, session_profile.encode())
    if not session or session.get("mfa_session_source") != profile or "aws_security_token" in session:
        return None
    expiration = _seconds_since_1970(session.get("x_security_token_expires", ""))
    if expiration is None or not _looks_like_a_session(session):
        return None
    remaining = expiration - now
    may_be_renewed = any(name in settings for name in _RENEWING)
    if remaining <= LEAST_REMAINING_SECONDS or (remaining <= EARLY_RENEWAL_SECONDS and may_be_renewed):
        return None
    region = settings.get("region") or _region_of_the_source(config, credentials, settings)
    if region is None:
        return None
    if region:
        session["region"] = region
    return {**session, "session_profile": session_profile, "expiration": str(expiration)}


def document(session: dict[str, str]) -> bytes | None:
    """Return the session as a ``credential_process`` prints it, or ``None`` where a value needs JSON's escapes."""
    line = (
        f'{{"Version": 1, "AccessKeyId": "{session["aws_access_key_id"]}", '
        f'"SecretAccessKey": "{session["aws_secret_access_key"]}", '
        f'"SessionToken": "{session["aws_session_token"]}", '
        f'"Expiration": "{session["x_security_token_expires"]}"}}\n'
    )
    if "\\" in line or line.count('"') != 18:
        return None
    return line.encode("ascii")


def is_tidy(environ: dict[str, str]) -> bool:
    """Tell whether no killed run has left anything beside the AWS files; links are not followed."""
    for variable, name in (("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")):
        folder, file = os.path.split(_path(environ, variable, name) or "")
        if not file or os.path.lexists(os.path.join(folder, f".{file}.mfa-session.tmp")):
            return False
    return True


def _path(environ: dict[str, str], variable: str, name: str) -> str | None:
    path = environ.get(variable) or os.path.join("~", ".aws", name)
    if path.startswith("~"):
        home = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
        if not home or path[1:2] not in ("/", os.sep):
            return None
        path = home + path[1:]
    return None if "$" in path or (os.name == "nt" and "%" in path) else path


def _content(environ: dict[str, str], variable: str, name: str) -> bytes | None:
    path = _path(environ, variable, name)
    if path is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return b""
    except OSError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        content = os.read(descriptor, size + 1) if size <= _MAX_FILE else b""
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # Shorter or longer than it was a moment ago: another program is writing it, or it is no regular file.
    return content if len(content) == size and content[:3] != b"\xef\xbb\xbf" and b"\0" not in content else None


def _settings(config: bytes, profile: str) -> dict[str, str] | None:
    header = b"default" if profile == "default" else b"profile " + profile.encode()
    if profile.encode() not in config:
        return {}
    return _section(config, header)


def _section(content: bytes, name: bytes) -> dict[str, str] | None:
    """Return the keys of the one section *name*, ``{}`` where there is none, ``None`` where it is not a plain one."""
    header = b"[" + name + b"]"
    at = content.find(header)
    if at < 0:
        return {}
    if content.find(header, at + 1) >= 0 or (at > 0 and content[at - 1 : at] != b"\n"):
        return None
    end = content.find(b"\n[", at)
    first, *lines = content[at : end if end >= 0 else len(content)].split(b"\n")
    if first.rstrip() != header:
        return None
    keys: dict[str, str] = {}
    for line in lines:
        line = line.removesuffix(b"\r")
        if b"\r" in line:
            return None  # to AWS tools the line ends there
        if not line.strip() or line[:1] in b"#;":
            continue
        key, equals, value = line.partition(b"=")
        name_of_key = key.strip().lower()
        if not equals or b":" in key or line[:1].isspace() or not line.isascii() or name_of_key.decode() in keys:
            return None
        keys[name_of_key.decode()] = value.strip().decode()
    return keys


def _region_of_the_source(config: bytes, credentials: bytes, settings: dict[str, str]) -> str | None:
    """Return the region that a role has from its user, ``""`` where there is none, ``None`` to decline."""
    source = settings.get("source_profile")
    if "role_arn" not in settings or not source:
        return ""
    of_source, keys_of_source = _settings(config, source), _section(credentials, source.encode())
    if of_source is None or keys_of_source is None:
        return None
    if "role_arn" in of_source or "mfa_session_source" in keys_of_source:
        return None  # not the user, but another role, or the session profile of either
    return keys_of_source.get("region") or of_source.get("region", "")


def _is_ambiguous(settings: dict[str, str], own: dict[str, str]) -> bool:
    """Tell whether a profile has credentials of several kinds, or a role in the file where few have one."""
    kinds = ("credential_process" in settings, "role_arn" in settings, "aws_access_key_id" in own)
    return sum(kinds) > 1 or "role_arn" in own or "credential_process" in own


def _looks_like_a_session(session: dict[str, str]) -> bool:
    key_id = session.get("aws_access_key_id", "")
    return (
        key_id[:4] == "ASIA"
        and 16 <= len(key_id) <= 128
        and key_id.isalnum()
        and key_id == key_id.upper()
        and all(
            min(value) >= "!" and max(value) <= "~"
            for value in (session.get("aws_secret_access_key") or " ", session.get("aws_session_token") or " ")
        )
    )


def _seconds_since_1970(timestamp: str) -> float | None:
    """Read ``2026-11-24T01:29:50Z``: strptime would import half the standard library."""
    if len(timestamp) != 20 or timestamp[4::3][:2] != "--" or timestamp[10::3] != "T::Z":
        return None
    parts = (timestamp[:4], timestamp[5:7], timestamp[8:10], timestamp[11:13], timestamp[14:16], timestamp[17:19])
    if not all(part.isdigit() for part in parts):
        return None
    year, month, day, hour, minute, second = map(int, parts)
    if not (year >= 1970 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return None
    leap_day = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _DAYS_BEFORE_MONTH[month] - _DAYS_BEFORE_MONTH[month - 1] + leap_day:
        return None
    before = year - (month <= 2)
    leap_days = before // 4 - before // 100 + before // 400 - 477
    days = (year - 1970) * 365 + leap_days + _DAYS_BEFORE_MONTH[month - 1] + day - 1
    return ((days * 24 + hour) * 60 + minute) * 60.0 + second
