"""Find the user whose process is at the other end of a loopback connection (Linux).

First by sock_diag(7), as `ss` does, which some sandboxes forbid; else in the tables of
/proc/net, which take the kernel some milliseconds.
"""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

End: TypeAlias = tuple[str, int]

# The owner of a connection that its process has closed.
_NO_OWNER = -1

# Programs that use IPv6 sockets for IPv4, such as Java, are in the second table, with the mapped address.
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED = "0000000000000000FFFF0000"
_USER_COLUMN, _INODE_COLUMN = 7, 9

# A table is read in pieces; while connections come and go, an existing one can be missed.
_ATTEMPTS = 3

_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1
_ANY_STATE = 0xFFFFFFFF
_ANY_COOKIE = b"\xff" * 8

# struct nlmsghdr and struct inet_diag_req_v2: length, type, flags; family, protocol, states; the two ends, the cookie.
_QUERY = struct.Struct("=LHH8x BBxxL 2s2s4s12x4s12x4x8s")
# struct nlmsghdr and struct inet_diag_msg: type; the two ports; user, inode.
_REPLY = struct.Struct("=4xH10x 4x2s2s44x12xLL")
_MAX_REPLY = 4096


def is_another_user(connection: socket.socket) -> bool:
    """Tell whether the other end of *connection* is another user's process, or has closed the connection.

    ``False`` where the system does not tell, as outside Linux: there the token alone protects.
    """
    if sys.platform != "linux":
        return False
    try:
        theirs, ours = connection.getpeername(), connection.getsockname()
    except OSError:  # it has gone
        return True
    owner = diagnosed_owner(theirs, ours)
    if owner is None:
        owner = listed_owner(theirs, ours)
    return owner not in (None, os.geteuid())


def diagnosed_owner(theirs: End, ours: End) -> int | None:
    """Return the user ID of the end *theirs* by sock_diag, ``None`` where it gives none."""
    if sys.platform != "linux":
        return None
    query = _QUERY.pack(
        _QUERY.size,
        _BY_FAMILY,
        _REQUEST,
        socket.AF_INET,
        socket.IPPROTO_TCP,
        _ANY_STATE,
        *(_port(theirs), _port(ours)),
        *(_host(theirs), _host(ours)),
        _ANY_COOKIE,
    )
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
            kernel.settimeout(1.0)
            kernel.send(query)
            reply = kernel.recv(_MAX_REPLY)
    except OSError:
        return None
    if len(reply) < _REPLY.size:
        return None
    kind, port, other_port, user, inode = _REPLY.unpack_from(reply)
    # Without such a connection, the kernel returns the listening socket of that port.
    if (kind, port, other_port) != (_BY_FAMILY, _port(theirs), _port(ours)):
        return None
    return int(user) if inode else _NO_OWNER


def listed_owner(theirs: End, ours: End) -> int | None:
    """Return the user ID of the end *theirs* by the tables, ``None`` where none can be read."""
    pair, mapped = (f" {prefix}{_listed(theirs)} {prefix}{_listed(ours)} " for prefix in ("", _MAPPED))
    for _ in range(_ATTEMPTS):
        tables = list(_tables())
        if not tables:
            return None
        for line in (line for table in tables for line in table.splitlines()):
            if pair in line or mapped in line:
                columns = line.split()
                return int(columns[_USER_COLUMN]) if columns[_INODE_COLUMN] != "0" else _NO_OWNER
    return _NO_OWNER


def _tables() -> Iterator[str]:
    """Yield each table that can be read."""
    for table in _TABLES:
        try:
            yield table.read_text(encoding="ascii")
        except OSError:
            continue


def _listed(end: End) -> str:
    """Return *end* as in the tables: the host in the machine's byte order, the port in the network's."""
    return f"{int.from_bytes(_host(end), sys.byteorder):08X}:{end[1]:04X}"


def _host(end: End) -> bytes:
    return socket.inet_aton(end[0])


def _port(end: End) -> bytes:
    return struct.pack("!H", end[1])
