"""Servers of the lab: TCP listeners on loopback, their faults, and HTTPS on top of them."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from lab.transport.leaf import Leaf
from lab.transport.pki import Pki
from lab.world.world import Misbehaviour, World


@dataclass(frozen=True)
class Faults:
    """The faults of one server, asked for by name."""

    all: tuple[Misbehaviour, ...] = ()

    def has(self, how: str) -> bool:
        """Whether the server misbehaves in this way."""
        return any(fault.how == how for fault in self.all)

    def delay(self) -> None:
        """Wait as long as a slow server waits before it answers."""
        time.sleep(sum(fault.seconds for fault in self.all if fault.how == "slow"))


class Server(ABC):
    """A server of one target; ``slug`` names it and its faults.

    Attributes:
        port: known after ``start``; a refused server has one too, with nothing behind it.
        names: that its certificate has beside "localhost" and its addresses.
        requests: what was asked of it, in order, for tests.
        echoed: what an "echo" repeated of them, secrets included.
    """

    def __init__(self, world: World, slug: str, pki: Pki, addresses: tuple[str, ...] = ()) -> None:
        self.world = world
        self.slug = slug
        self.pki = pki
        self.faults = Faults(tuple(world.faults(slug)))
        self.addresses = addresses or ("127.0.0.1",)
        self.names: tuple[str, ...] = ()
        self.port = 0
        self.requests: list[str] = []
        self.echoed: list[str] = []
        self._kept: list[socket.socket] = []
        self._listeners: list[_Listener] = []

    def leaf(self) -> Leaf:
        """A certificate for this server's addresses, with the fault of it where asked for."""
        trusted = not self.faults.has("wrong certificate")
        return self.pki.leaf(self.slug, self.addresses, trusted=trusted, also=self.names)

    def start(self) -> None:
        """Listen on the same free port of every address, a thread for each connection."""
        for address in self.addresses:
            self._keep(address)
            if self.faults.has("refused"):
                continue
            listener = _Listener((address, self.port), self)
            self._listeners.append(listener)
            threading.Thread(
                target=listener.serve_forever, name=f"lab-{self.slug}", daemon=True
            ).start()

    def pause(self) -> None:
        """Stop listening; what is under way is cut off. The port stays ours."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    def stop(self) -> None:
        """Stop listening and give the port back."""
        self.pause()
        for kept in self._kept:
            kept.close()
        self._kept.clear()

    def _keep(self, address: str) -> None:
        """Bind a socket that never listens: nobody else gets the port while nothing does."""
        kept = socket.socket()
        self._kept.append(kept)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind((address, self.port))
        self.port = kept.getsockname()[1]

    def accept(self, connection: socket.socket, address: str) -> None:
        """Serve one TCP connection, with the faults that concern all protocols."""
        # Answers go out in small writes: without this each waits for the client's delayed ACK.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.faults.has("silent"):
            with contextlib.suppress(OSError):
                connection.settimeout(60)
                while connection.recv(4096):
                    pass
            return
        self.serve(connection, address)

    @abstractmethod
    def serve(self, connection: socket.socket, address: str) -> None:
        """Speak the protocol over one TCP connection to one of our addresses until it ends."""


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        self.owner = owner
        self._closed = False
        self._open: set[socket.socket] = set()
        super().__init__(address, socketserver.BaseRequestHandler)

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        # Without the base class's polling: `close` ends the wait for the next connection at once.
        del poll_interval
        while not self._closed:
            with contextlib.suppress(OSError):
                self.process_request(*self.get_request())

    def finish_request(self, request: socket.socket, _client: object) -> None:  # type: ignore[override]
        self._open.add(request)
        try:
            with contextlib.suppress(OSError, ssl.SSLError, EOFError):
                self.owner.accept(request, str(self.server_address[0]))
        finally:
            self._open.discard(request)

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):  # where closing it is enough
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server_close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Asked:
    """An HTTP request; the query's values are lists, header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpsServer(Server):
    """HTTPS/1.1 with keep-alive; a simulated product answers ``respond``.

    Attributes:
        clock: seconds by which its clock is fast.
    """

    clock: float = 0

    @abstractmethod
    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""

    def echo(self, asked: Asked, answer: Answer) -> Answer:
        """A refusal that repeats the request; who is not logged in yet gets the answer."""
        session = {"cookie", "rid", "api-secret-key", "vmware-api-session-id", "authorization"}
        carried = any(asked.headers.get(name) for name in session)
        inside = carried or asked.query.get("sID") or b"sID>" in asked.body
        if not inside and answer.status < 400:  # noqa: PLR2004 - what is no refusal
            return answer
        headers = "\n".join(f"{name}: {value}" for name, value in asked.headers.items())
        said = f"{asked.path} {dict(asked.query)}\n{headers}\n{asked.body.decode(errors='replace')}"
        self.echoed.append(said)
        if asked.body.startswith(b"<"):
            return Answer(500, _soap_fault(answer.body, said), "text/xml;charset=utf-8")
        body = json.dumps({"error": {"message": said}, "error_message": said}).encode()
        return Answer(answer.status if answer.status >= 400 else 500, body)  # noqa: PLR2004 - likewise

    def start(self) -> None:
        """Have a certificate before the first client comes, then listen."""
        self._secure = self.leaf().context
        super().start()

    def serve(self, connection: socket.socket, address: str) -> None:
        """TLS, then HTTP until the client closes."""
        del address
        with self._secure.wrap_socket(connection, server_side=True) as secure:
            _Http(secure, self)


def _soap_fault(fault: bytes, said: str) -> bytes:
    """The fault of an answer, or one of SOAP's own, in these words."""
    words = f"<faultstring>{escape(said)}</faultstring>".encode()
    if b"<faultstring>" in fault:
        head, _, tail = fault.partition(b"<faultstring>")
        return head + words + tail.partition(b"</faultstring>")[2]
    space = b'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    inside = b"<e:Fault><faultcode>e:Server</faultcode>" + words + b"</e:Fault>"
    return b"<e:Envelope " + space + b"><e:Body>" + inside + b"</e:Body></e:Envelope>"


class _Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, connection: ssl.SSLSocket, owner: HttpsServer) -> None:
        self.owner = owner
        super().__init__(connection, connection.getpeername(), owner)  # type: ignore[arg-type]

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header Date, by the server's own clock."""
        now = time.time() if timestamp is None else timestamp
        return super().date_time_string(now + self.owner.clock)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep the terminal quiet; ``requests`` remembers what was asked."""

    def _exchange(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        self.owner.requests.append(f"{asked.method} {asked.path}")
        self.owner.faults.delay()
        answer = self.owner.respond(asked)
        self._send(self.owner.echo(asked, answer) if self.owner.faults.has("echo") else answer)

    def _send(self, answer: Answer) -> None:
        if self.owner.faults.has("cut off"):
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.owner.faults.has("half a page"):
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
            return
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _exchange  # noqa: N815 - http.server's names
