"""A connection to a database server: the product's greeting, then TLS the way the product has it.

SQL Server carries the handshake inside TDS packets, PostgreSQL waits for an SSLRequest. Neither can
be done by wrapping the socket, or by the products' drivers when one TLS version alone is offered.
Oracle's TCPS port begins with TLS at once, without a greeting.
"""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self

from kanmon.environment.targets import Database
from kanmon.readers.database import tds_prelogin
from kanmon.readers.database.failures import not_reached, strict_only
from kanmon.readers.transport import tls
from kanmon.text import Text

_SSL_REQUEST = struct.pack(">II", 8, 80877103)
_STRICT = "tds/8.0"
_CHUNK = 65536


class Line:
    """A connection whose greeting is done and whose TLS is not yet begun.

    Attributes:
        encryption: the server's answer: "off", "on", "required" or "not supported".
        version: what SQL Server's greeting says of its version; empty for other products.
        prelogin: SQL Server's greeting; None for other products.

    Raises:
        TargetLost: nothing answers, or what answers is not the product.
    """

    def __init__(self, target: Database) -> None:
        self.target = target
        self.connection = tls.dial(target.address, target.port, target.timeout)
        self.prelogin: tds_prelogin.Prelogin | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        try:
            self.encryption = self._greet()
        except BaseException:  # an interruption must not leave it open either
            self.close()
            raise
        self.version = self.prelogin.version if self.prelogin else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def _greet(self) -> str:
        tried = Text("ask {where} whether it encrypts", where=self.target.where)
        try:
            if self.target.product == "sqlserver":
                self.prelogin = tds_prelogin.greet(self.connection)
                return self.prelogin.encryption
            if self.target.product == "oracle":
                return "on"
            return _ask_postgresql(self.connection)
        except OSError as error:
            if _is_strict(self.target):
                raise strict_only(self.target, tried) from None
            raise not_reached(self.target, tried, error) from None

    def handshake(self, context: ssl.SSLContext) -> ssl.SSLObject:
        """Make a TLS handshake; afterwards ``send`` and ``arrived`` are encrypted.

        Raises:
            ssl.SSLError: it failed.
            OSError: the server does not encrypt, stopped answering or hung up.
        """
        if self.encryption == "not supported":
            raise ConnectionError("the server says that it does not support encryption")
        secure = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=self.target.address
        )
        while True:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._incoming.write(self._handshake_bytes())
            else:
                self._flush()
                self._tls = secure
                return secure

    @property
    def leaf(self) -> bytes:
        """The certificate that the server presented in the handshake, in DER form."""
        assert self._tls, "no handshake was made"  # noqa: S101 - a fault of ours, not of the target
        return self._tls.getpeercert(binary_form=True) or b""

    def _flush(self) -> None:
        if waiting := self._outgoing.read():
            if self.prelogin:
                tds_prelogin.send(self.connection, waiting)
            else:
                self.connection.sendall(waiting)

    def _handshake_bytes(self) -> bytes:
        if self.prelogin:
            return tds_prelogin.receive(self.connection)[1]
        if data := self.connection.recv(_CHUNK):
            return data
        raise ConnectionResetError("the server closed the connection")

    def send(self, data: bytes) -> None:
        """Send over TLS."""
        assert self._tls, "no handshake was made"  # noqa: S101 - a fault of ours, not of the target
        self._tls.write(data)
        self.connection.sendall(self._outgoing.read())

    def arrived(self) -> bytes | None:
        """Wait for the socket once; the plain bytes it gave, maybe none; None when it has ended."""
        assert self._tls, "no handshake was made"  # noqa: S101 - a fault of ours, not of the target
        data = self.connection.recv(_CHUNK)
        if not data:
            return None
        self._incoming.write(data)
        plain = b""
        with suppress(ssl.SSLWantReadError):
            while True:
                try:
                    plain += self._tls.read(_CHUNK)
                except ssl.SSLZeroReturnError:
                    return plain or None
        return plain


def _is_strict(target: Database) -> bool:
    """Whether a SQL Server begins with TLS at once, as TDS 8 does it and no TDS before.

    Source: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tds, 2.2.6.5 and 3.2.5.
    """
    if target.product != "sqlserver":
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # a handshake says what it speaks; nothing else is sent
    context.set_alpn_protocols([_STRICT])
    address = (target.address, target.port)
    with (
        suppress(OSError),
        socket.create_connection(address, target.timeout) as dialled,
        context.wrap_socket(dialled, server_hostname=target.address) as secure,
    ):
        return secure.selected_alpn_protocol() == _STRICT
    return False


def _ask_postgresql(connection: socket.socket) -> str:
    connection.sendall(_SSL_REQUEST)
    answer = connection.recv(1)  # not one byte more: what follows in clear text could be anyone's
    if answer == b"S":
        return "on"
    if answer == b"N":
        return "not supported"
    raise ConnectionError(f"{answer!r} instead of S or N" if answer else "it closed the connection")


_WORDS = {
    "UNSUPPORTED_PROTOCOL": Text("the server answers with another TLS version than those offered"),
    "WRONG_SSL_VERSION": Text("the server answers with another TLS version than those offered"),
    "TLSV1_ALERT_PROTOCOL_VERSION": Text("the server refuses the TLS version"),
    "TLSV1_ALERT_INTERNAL_ERROR": Text("the server reports an internal error"),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": Text(
        "the server finds nothing in common, without saying what"
    ),
}


def tell(error: OSError) -> str:
    """Why a handshake failed, in one line."""
    if isinstance(error, ssl.SSLError) and error.reason:
        words = _WORDS.get(error.reason)
        return (
            Text("{words} ({reason})", words=words, reason=error.reason) if words else error.reason
        )
    if isinstance(error, TimeoutError):
        return Text("no answer in time")
    return error.strerror or str(error)
