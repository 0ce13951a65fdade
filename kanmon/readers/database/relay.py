"""libpq's way to its server: clear text inside this process, verified TLS outside it.

libpq cannot pin a leaf, and takes no connection that is open already. It can be told not to verify,
which leaves the password to whoever answers. So where a leaf is pinned, TLS is made and verified
here, by the same code as everywhere else, and libpq connects to a loopback port of this process.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kanmon.readers.database.line import Line

THREAD = "database-relay"
_POLL = 0.2  # seconds until a relay notices that it is no longer needed
_CHUNK = 65536


@contextmanager
def relay(line: Line, greet: Callable[[socket.socket], None]) -> Iterator[int]:
    """Let one connection to a loopback port through a secured line; yield the port.

    The port stays taken until the end, so that nobody else can answer the driver on it.

    Args:
        line: encrypted and verified; it is closed at the end.
        greet: what is said to the driver before its bytes go to the server.
    """
    over = threading.Event()
    with line, _listen() as listener:
        served = (listener, line, greet, over)
        thread = threading.Thread(target=_serve, args=served, name=THREAD, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def _listen() -> socket.socket:
    listener = socket.socket()
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets others share a port otherwise
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    return listener


def _serve(
    listener: socket.socket,
    line: Line,
    greet: Callable[[socket.socket], None],
    over: threading.Event,
) -> None:
    """Accept the driver and pass bytes on until either side ends; faults show in the driver."""
    listener.settimeout(_POLL)
    while not over.is_set():
        with suppress(TimeoutError):
            driver, _ = listener.accept()
            break
    else:
        return
    with driver, suppress(OSError):
        driver.settimeout(line.target.timeout)
        greet(driver)
        _pass_on(driver, line, over)


def _pass_on(driver: socket.socket, line: Line, over: threading.Event) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(driver, selectors.EVENT_READ)
        selector.register(line.connection, selectors.EVENT_READ)
        while not over.is_set():
            for key, _ in selector.select(_POLL):
                if key.fileobj is driver:
                    data = driver.recv(_CHUNK)
                    if not data:
                        return
                    line.send(data)
                else:
                    plain = line.arrived()
                    if plain is None:
                        return
                    driver.sendall(plain)
