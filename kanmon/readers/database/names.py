"""The IP addresses behind the name of a database server."""

from __future__ import annotations

import socket

from kanmon.errors import CouldNotRead
from kanmon.text import Text


def resolved(address: str, port: int) -> tuple[str, ...]:
    """The IP addresses of a name, as this machine resolves it.

    Raises:
        CouldNotRead: it does not resolve.
    """
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CouldNotRead(
            Text("resolve {address}", address=address), str(error), Text("check the name")
        ) from None
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))
