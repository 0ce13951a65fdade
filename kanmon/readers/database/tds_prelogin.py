"""PRELOGIN, with which every TDS connection begins, and the packets that carry TLS inside it.

In TDS 7.x a TLS handshake does not start at once: client and server first exchange a PRELOGIN
message, which names the server's version and whether it encrypts, and then the bytes of the
handshake travel as the payload of further PRELOGIN packets (MS-TDS 2.2.6.5).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

PRELOGIN, REPLY = 0x12, 0x04
ENCRYPTION = {0: "off", 1: "on", 2: "not supported", 3: "required"}
_NOT_SUPPORTED = 2
_VERSION, _ENCRYPTION, _TERMINATOR = 0x00, 0x01, 0xFF
_HEADER = 8
LAST = 1
"""The bit of a packet's status that says that no other packet of its message follows."""


class NotTds(ConnectionError):  # noqa: N818 - the name says what came back
    """What came back is not TDS; the text says what it was."""


@dataclass(frozen=True, slots=True)
class Prelogin:
    """A server's PRELOGIN.

    Attributes:
        version: four parts, e.g. "13.0.5026.0".
        encryption: "off", "on", "required" or "not supported".
        payload: the message itself.
    """

    version: str
    encryption: str
    payload: bytes


def greet(connection: socket.socket) -> Prelogin:
    """Ask for encryption of the whole session; what the server answers.

    Raises:
        NotTds: the answer is not a PRELOGIN.
        OSError: no answer.
    """
    values = (bytes(6), b"\x01", b"\0", bytes(4), b"\0")  # version, encryption on, no instance, ...
    offset = 5 * len(values) + 1
    head = b""
    for token, value in enumerate(values):
        head += struct.pack(">BHH", token, offset, len(value))
        offset += len(value)
    send(connection, head + bytes((_TERMINATOR,)) + b"".join(values))
    kind, payload = receive(connection)
    if kind != REPLY:
        raise NotTds(f"a packet of type {kind:#04x}, expected a PRELOGIN answer (0x04)")
    return _parse(payload)


def send(connection: socket.socket, payload: bytes) -> None:
    """Send one PRELOGIN packet."""
    connection.sendall(packet(payload, PRELOGIN))


def packet(payload: bytes, kind: int) -> bytes:
    """A message of one packet."""
    return struct.pack(">BBHHBB", kind, LAST, _HEADER + len(payload), 0, 1, 0) + payload


def receive(connection: socket.socket) -> tuple[int, bytes]:
    """Type and payload of the next packet.

    Raises:
        NotTds: it is none.
        OSError: nothing came, or the connection ended.
    """
    header = _exactly(connection, _HEADER)
    kind, length = header[0], int.from_bytes(header[2:4])
    if kind not in (PRELOGIN, REPLY) or length < _HEADER:
        raise NotTds(f"bytes that are no TDS packet: {header.hex(' ')}")
    return kind, _exactly(connection, length - _HEADER)


def without_encryption(prelogin: Prelogin) -> bytes:
    """The same message, saying that encryption is not supported."""
    options = _options(prelogin.payload)
    changed = bytearray(prelogin.payload)
    changed[options[_ENCRYPTION][0]] = _NOT_SUPPORTED
    return bytes(changed)


def _parse(payload: bytes) -> Prelogin:
    try:
        options = _options(payload)
        major, minor, build, revision = struct.unpack_from(">BBHH", payload, options[_VERSION][0])
        encryption = ENCRYPTION[payload[options[_ENCRYPTION][0]]]
    except (KeyError, IndexError, struct.error):
        raise NotTds(f"a PRELOGIN that makes no sense: {payload[:64].hex(' ')}") from None
    return Prelogin(f"{major}.{minor}.{build}.{revision}", encryption, payload)


def _options(payload: bytes) -> dict[int, tuple[int, int]]:
    """Offset and length of every option, by its token."""
    options = {}
    at = 0
    while payload[at] != _TERMINATOR:
        token, offset, length = struct.unpack_from(">BHH", payload, at)
        options[token] = (offset, length)
        at += 5
    return options


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionResetError("the server closed the connection")
        data += more
    return data
