"""A pytest plugin for runs that may not reach for anybody: no name is looked up."""

import sys

FORBIDDEN = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo")


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in FORBIDDEN:
        raise ConnectionRefusedError(f"{event}{arguments}: this run has no network")


sys.addaudithook(_refuse)
