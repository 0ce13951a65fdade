"""TDS 7.4 as a server speaks it: packets, TLS inside them, PRELOGIN, LOGIN7 and result tokens."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SQL_BATCH, RPC, REPLY, ATTENTION, TRANSACTION, LOGIN7, SSPI, PRELOGIN = 1, 3, 4, 6, 14, 16, 17, 18
ENCRYPTION_OPTION = 1
ENCRYPTION = {"off": 0, "on": 1, "not supported": 2, "required": 3}
_KINDS = (SQL_BATCH, RPC, ATTENTION, TRANSACTION, LOGIN7, SSPI, PRELOGIN)
_LONGEST = 32767
_TERMINATOR = 0xFF
VERSION_7_4 = 0x74000004
PACKET = 4096
_LAST = 1
_COLLATION = bytes((0x09, 0x04, 0xD0, 0x00, 0x34))  # Latin1_General_CI_AS
_DONE_ERROR, _DONE_COUNT, _DONE_ATTENTION = 0x02, 0x10, 0x20


class Channel:
    """Messages over one connection, in clear text until ``start_tls``."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._from_wire = ssl.MemoryBIO()
        self._to_wire = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    def receive(self) -> tuple[int, bytes]:
        """Type and payload of the next message.

        Raises:
            EOFError: the client has gone, or does not speak TDS.
        """
        payload = b""
        while True:
            kind, status, length = struct.unpack(">BBH4x", self._read(8))
            if kind not in _KINDS or not 8 <= length <= _LONGEST:  # noqa: PLR2004 - the header
                raise EOFError
            payload += self._read(length - 8)
            if status & _LAST:
                return kind, payload

    def send(self, payload: bytes, kind: int = REPLY) -> None:
        """Send one message, in as many packets as it needs."""
        room = PACKET - 8
        parts = [payload[at : at + room] for at in range(0, len(payload), room)] or [b""]
        for number, part in enumerate(parts, 1):
            status = _LAST if number == len(parts) else 0
            header = struct.pack(">BBHHBB", kind, status, len(part) + 8, 0, number % 256, 0)
            self._write(header + part)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Make a TLS handshake whose bytes travel inside PRELOGIN packets; then all is encrypted.

        Raises:
            ssl.SSLError: the handshake failed; the client was sent the alert.
        """
        tls = context.wrap_bio(self._from_wire, self._to_wire, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush_handshake()
                self._from_wire.write(self.receive()[1])
            except ssl.SSLError:
                self._flush_handshake()
                raise
            else:
                break
        self._flush_handshake()
        self._tls = tls

    def stop_tls(self) -> None:
        """Go on in clear text, as after a login that alone was encrypted."""
        self._tls = None

    def _flush_handshake(self) -> None:
        if waiting := self._to_wire.read():
            self.send(waiting, PRELOGIN)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self._some(size - len(data))
        return data

    def _some(self, size: int) -> bytes:
        while self._tls:
            with contextlib.suppress(ssl.SSLWantReadError):
                if plain := self._tls.read(size):
                    return plain
                raise EOFError
            self._from_wire.write(self._from_socket(PACKET * 4))
        return self._from_socket(size)

    def _from_socket(self, size: int) -> bytes:
        if data := self._connection.recv(size):
            return data
        raise EOFError

    def _write(self, data: bytes) -> None:
        if self._tls:
            self._tls.write(data)
            data = self._to_wire.read()
        self._connection.sendall(data)


def prelogin_options(payload: bytes) -> dict[int, bytes]:
    """The values of a PRELOGIN, by their tokens.

    Raises:
        EOFError: it is none; a server hangs up.
    """
    options = {}
    at = 0
    while payload[at : at + 1] != bytes((_TERMINATOR,)):
        if at + 5 > len(payload):
            raise EOFError
        token, offset, length = struct.unpack_from(">BHH", payload, at)
        options[token] = payload[offset : offset + length]
        at += 5
    return options


def prelogin_reply(version: str, encryption: str, asked: Iterable[int]) -> bytes:
    """A server's PRELOGIN; it answers the options that were asked, as SQL Server does."""
    major, minor, build, revision = (int(part) for part in version.split("."))
    known = {
        0: struct.pack(">BBHH", major, minor, build, revision),
        1: bytes((ENCRYPTION[encryption],)),
        2: b"\0",  # the named instance is the right one
        3: b"",  # no thread
        4: b"\0",  # one result set at a time
    }
    options = {token: value for token, value in known.items() if token in asked}
    offset = len(options) * 5 + 1
    head = b""
    for token, value in options.items():
        head += struct.pack(">BHH", token, offset, len(value))
        offset += len(value)
    return head + bytes((_TERMINATOR,)) + b"".join(options.values())


@dataclass(frozen=True)
class Login:
    """What a LOGIN7 message says.

    Attributes:
        read_only: it declares to be so.
        features: it asks for feature extensions.
        ticket: what an account of a domain sends in the place of name and password.
    """

    username: str
    password: str
    database: str
    read_only: bool
    features: bool
    ticket: bytes


def login7(payload: bytes) -> Login:
    """A LOGIN7 message; the password's obfuscation is undone."""

    def value(at: int, unit: int = 1) -> bytes:
        offset, length = struct.unpack_from("<HH", payload, at)
        return payload[offset : offset + unit * length]

    def text(at: int) -> bytes:
        return value(at, unit=2)

    plain = bytes(((byte ^ 0xA5) << 4 | (byte ^ 0xA5) >> 4) & 0xFF for byte in text(44))
    return Login(
        username=text(40).decode("utf-16-le"),
        password=plain.decode("utf-16-le"),
        database=text(68).decode("utf-16-le"),
        read_only=bool(payload[26] & 0x20),
        features=bool(payload[27] & 0x10),
        ticket=value(78),
    )


def batch_text(payload: bytes) -> str:
    """The SQL text of a batch, behind its headers."""
    return payload[struct.unpack_from("<I", payload)[0] :].decode("utf-16-le")


def _short(text: str) -> bytes:
    """A text of up to 255 units of UTF-16: a character beyond the BMP is two."""
    data = text.encode("utf-16-le")
    return bytes((len(data) // 2,)) + data


def _long(text: str) -> bytes:
    """A text of up to 65,535 units of UTF-16."""
    data = text.encode("utf-16-le")
    return struct.pack("<H", len(data) // 2) + data


def _token(code: int, body: bytes) -> bytes:
    return struct.pack("<BH", code, len(body)) + body


def go_on(ticket: bytes) -> bytes:
    """The reply to the first ticket of a domain's account: the server's own."""
    return _token(0xED, ticket)


def routing(address: str) -> bytes:
    """What a server adds to a login's reply that sends the client elsewhere, to "host:port"."""
    host, _, port = address.rpartition(":")
    where = struct.pack("<BH", 0, int(port)) + _long(host)  # by TCP
    return _token(0xE3, b"\x14" + struct.pack("<H", len(where)) + where + bytes(2))


def logged_in(version: str, database: str, *, features: bool, routes_to: str = "") -> bytes:
    """The reply to a login that succeeded; without ``routes_to`` the session goes on here."""
    major, minor, build, _ = (int(part) for part in version.split("."))
    reply = _token(0xE3, b"\x01" + _short(database) + _short("master"))
    reply += _token(0xE3, b"\x07" + bytes((len(_COLLATION),)) + _COLLATION + b"\0")
    reply += _token(0xE3, b"\x02" + _short("us_english") + _short(""))
    product = struct.pack(">BBH", major, minor, build)
    reply += _token(
        0xAD, b"\x01" + struct.pack(">I", VERSION_7_4) + _short("Microsoft SQL Server") + product
    )
    reply += _token(0xE3, b"\x04" + _short(str(PACKET)) + _short(str(PACKET)))
    if features:
        reply += b"\xae\xff"  # none of the extensions that the client offers
    if routes_to:
        reply += routing(routes_to)
    return reply + done()


def done(rows: int | None = None) -> bytes:
    """The end of a reply, with the number of rows where there were any."""
    status = 0 if rows is None else _DONE_COUNT
    return struct.pack("<BHHQ", 0xFD, status, 0, rows or 0)


def attention() -> bytes:
    """The reply to a client that cancels."""
    return struct.pack("<BHHQ", 0xFD, _DONE_ATTENTION, 0, 0)


def error(number: int, message: str, severity: int = 14) -> bytes:
    """A reply that is an error."""
    text = _long(message) + _short("LAB") + _short("")
    body = struct.pack("<iBB", number, 1, severity) + text
    return _token(0xAA, body + struct.pack("<I", 1)) + struct.pack("<BHHQ", 0xFD, _DONE_ERROR, 0, 0)


def transaction(begin: bool) -> bytes:  # noqa: FBT001 - one of two kinds of request
    """The reply to a transaction request; every transaction has the same number here."""
    number = struct.pack("<Q", 1)
    body = b"\x08\x08" + number + b"\0" if begin else b"\x09\0\x08" + number
    return _token(0xE3, body) + done()


def result(columns: Sequence[str], rows: Iterable[Sequence[str | bool | None]]) -> bytes:
    """A result set; texts, which may be NULL, are nvarchar(400), truth values are bit."""
    rows = list(rows)
    kinds = [type(value) for value in rows[0]] if rows else [str] * len(columns)
    meta = struct.pack("<BH", 0x81, len(columns))
    for name, kind in zip(columns, kinds, strict=True):
        meta += struct.pack("<IH", 0, 0x0009)  # nullable, updatable unknown
        meta += b"\x68\x01" if kind is bool else b"\xe7" + struct.pack("<H", 800) + _COLLATION
        meta += _short(name)
    return meta + b"".join(b"\xd1" + b"".join(map(_cell, row)) for row in rows) + done(len(rows))


def _cell(value: str | bool | None) -> bytes:  # noqa: FBT001 - a value, not a switch
    if value is None:
        return b"\xff\xff"
    if isinstance(value, bool):
        return bytes((1, value))
    data = value.encode("utf-16-le")
    return struct.pack("<H", len(data)) + data
