"""A login to SQL Server by python-tds, over a line that is encrypted and verified already.

``pytds.connect`` is not used: where a server routes a login elsewhere, it dials that address by
itself and sends the password there, in clear text. Its session is put together from its parts
instead, so that there is nothing in this process that could dial.
"""

from __future__ import annotations

import os
import socket

from pytds import lcid
from pytds.connection import NonMarsConnection
from pytds.login import SpnegoAuth
from pytds.row_strategies import tuple_row_strategy
from pytds.tds_base import TDS_ODBC_ON, DatabaseError, PreLoginEnc, _TdsLogin
from pytds.tds_socket import _TdsSocket

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.readers.database import failures, tds_prelogin
from kanmon.readers.database.line import Line
from kanmon.text import Text

START = "master"
"""The database that every login may enter.

The manager's own is not entered: on an availability group that may not be allowed on this replica.
"""
SERVICE = "MSSQLSvc"
_LOGIN7, _SSPI = 0x10, 0x11


class Wire:
    """What python-tds takes for a socket: every byte goes over the verified line.

    The line has said hello to the server before its TLS began. So python-tds's own hello is
    answered here, by the server's answer of then, less the encryption, which it need not do.
    """

    def __init__(self, line: Line) -> None:
        assert line.prelogin  # noqa: S101 - SQL Server has always sent one
        self._line = line
        self._arrived = tds_prelogin.packet(
            tds_prelogin.without_encryption(line.prelogin), tds_prelogin.REPLY
        )
        self._logging_in = False

    def sendall(self, data: bytes | bytearray) -> None:
        """Send one packet; python-tds writes each with a call of its own."""
        packet = bytearray(data)
        if packet[0] == tds_prelogin.PRELOGIN:
            return
        if packet[0] == _LOGIN7:
            # What follows the first message of a login is a ticket: MS-TDS 2.2.6.8 has a type for
            # it, which python-tds leaves at that of the first.
            packet[0] = _SSPI if self._logging_in else _LOGIN7
            self._logging_in = self._logging_in or bool(packet[1] & tds_prelogin.LAST)
        self._line.send(bytes(packet))

    def recv_into(self, buffer: memoryview, size: int) -> int:
        """Fill the buffer with what has arrived; 0 at the end of the connection."""
        while not self._arrived:
            more = self._line.arrived()
            if more is None:
                return 0
            self._arrived = more
        size = min(size, len(buffer), len(self._arrived))
        buffer[:size], self._arrived = self._arrived[:size], self._arrived[size:]
        return size

    def close(self) -> None:
        """Hang up."""
        self._line.close()


class _Counted(str):
    """A text whose length is counted as TDS counts it, in units of UTF-16; python-tds does not."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self.encode("utf-16-le")) // 2


def log_in(line: Line, login: Login) -> NonMarsConnection:
    """A session in ``master``; it ends with the line.

    Raises:
        TargetLost: the server refuses the login, wants it elsewhere, or breaks off.
    """
    target = line.target
    wire = _TdsSocket(
        sock=Wire(line),
        login=_login7(target, login),
        row_strategy=tuple_row_strategy,
        autocommit=True,
    )
    try:
        elsewhere = wire.login()
    except Exception as error:  # noqa: BLE001 - a broken answer makes its parser raise anything
        raise failures.no_session(target, login, said(error), error) from None
    if elsewhere:
        raise failures.sent_elsewhere(target, login, f"{elsewhere['server']}:{elsewhere['port']}")
    return NonMarsConnection(pooling=False, key=(), tds_socket=wire)


def _login7(target: Database, login: Login) -> _TdsLogin:
    """What a LOGIN7 message says."""
    password = login.password.get_secret_value() if login.password else ""
    message = _TdsLogin()
    message.server_name = _Counted(target.address)
    message.database = START
    message.app_name = message.library = "kanmon"
    message.client_host_name = _Counted(socket.gethostname()[:64])
    message.client_lcid = lcid.LANGID_ENGLISH_US
    message.pid = os.getpid()
    message.option_flag2 = TDS_ODBC_ON
    message.bytes_to_unicode = True
    message.enc_flag = PreLoginEnc.ENCRYPT_NOT_SUP
    if "\\" in (login.username or ""):
        message.auth = _domain_login(target, login.username, password)
    else:
        message.user_name = _Counted(login.username or "")
        message.password = _Counted(password)
    return message


def _domain_login(target: Database, username: str | None, password: str) -> SpnegoAuth:
    """Kerberos where this machine has it and knows the domain, else NTLM; no password is sent."""
    return SpnegoAuth(
        username, password, hostname=f"{target.address}:{target.port}", service=SERVICE
    )


def said(error: Exception) -> str | None:
    """What the server said, with the number of its message; None where it said nothing."""
    if isinstance(error, DatabaseError):
        return Text("{text} (message {number})", text=error.text, number=error.msg_no)
    return None
