"""The certificates that a server shows in answer to a hello, whatever becomes of the handshake.

A port on which both sides show a certificate ends the handshake of who has none, but not before it
has shown its own: up to TLS 1.2 these travel readably. Nothing is sent but the hello.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from contextlib import suppress

from kanmon.errors import CouldNotRead
from kanmon.readers.transport.tls import dial
from kanmon.text import Text

MOST = 1 << 20
"""Bytes that a server may send before it has shown its certificates."""
_RECORD_HEAD = 5
_MESSAGE_HEAD = 4
_ALERT, _HANDSHAKE = 21, 22
_CERTIFICATE = 11


def shown(address: str, port: int, timeout: float) -> tuple[bytes, ...]:
    """The certificates that a server shows, in DER, its own first.

    Old ones are taken too: every cipher and TLS version up to 1.2 is offered.

    Raises:
        TargetLost: nothing answers.
        CouldNotRead: it shows none, such as one that takes TLS 1.3 alone.
    """
    tried = Text("see the certificate of {address}:{port}", address=address, port=port)
    received = b""
    with dial(address, port, timeout) as connection:
        try:
            connection.sendall(_hello(address))
            while (found := _certificates(received)) is None:
                part = connection.recv(16384)
                if not part or len(received) > MOST:
                    raise CouldNotRead(tried, Text("it ends without showing one"))
                received += part
        except TimeoutError:
            said = Text("no answer within {timeout} s", timeout=f"{timeout:g}")
            raise CouldNotRead(tried, said) from None
        except OSError as error:
            raise CouldNotRead(tried, error.strerror or str(error)) from None
        except ValueError as error:
            raise CouldNotRead(tried, *error.args) from None
    return found


def _hello(address: str) -> bytes:
    """What a client says first that takes old certificates."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        # Python warns of TLS 1.0; what speaks nothing newer is to be seen too.
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        made.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=address).do_handshake()
    return outgoing.read()


def _certificates(received: bytes) -> tuple[bytes, ...] | None:
    """The certificates in what a server sent so far; None where they have not come yet.

    Raises:
        ValueError: it is no TLS, or an alert came instead.
    """
    said = b""
    for kind, content in _pieces(received, _RECORD_HEAD):
        if kind == _ALERT:
            raise ValueError(Text("TLS alert {number}", number=content[-1] if content else "?"))
        if kind != _HANDSHAKE:
            raise ValueError(Text("what it sends is no TLS handshake"))
        said += content
    for kind, content in _pieces(said, _MESSAGE_HEAD):
        if kind == _CERTIFICATE:
            return tuple(_listed(content))
    return None


def _pieces(data: bytes, head: int) -> Iterator[tuple[int, bytes]]:
    """The whole records or messages in a stream: each has its kind first, its length last."""
    lengths = 2 if head == _RECORD_HEAD else 3
    at = 0
    while at + head <= len(data):
        length = int.from_bytes(data[at + head - lengths : at + head])
        if at + head + length > len(data):
            return
        yield data[at], data[at + head : at + head + length]
        at += head + length


def _listed(content: bytes) -> Iterator[bytes]:
    """The certificates of a message: each behind its length, and all behind theirs.

    Raises:
        ValueError: there is none, or one of them ends early.
    """
    at = 3
    if len(content) <= at:
        raise ValueError(Text("its list of certificates is empty"))
    while at + 3 <= len(content):
        length = int.from_bytes(content[at : at + 3])
        if not length or at + 3 + length > len(content):
            raise ValueError(Text("its list of certificates is cut off"))
        yield content[at + 3 : at + 3 + length]
        at += 3 + length
