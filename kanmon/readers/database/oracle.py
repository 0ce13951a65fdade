"""Oracle: its version and its clock, through Oracle's driver in thin mode, over TLS (TCPS) alone.

No query of Oracle's catalogue could be proven against a server, so none is sent: what it would tell
is for a named person to attest.
"""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import oracledb

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.server import Server
from kanmon.facts.database.state import Clock, Instance, Storage
from kanmon.readers.database.failures import no_session
from kanmon.readers.database.names import resolved
from kanmon.readers.database.question import ask_one, question
from kanmon.readers.database.session import Session
from kanmon.readers.database.tls import secured
from kanmon.text import Text

CLOCK = question(
    Text("the server's clock"),
    {
        "utc": "TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD\"T\"HH24:MI:SS')",
        "minutes": "EXTRACT(TIMEZONE_HOUR FROM SYSTIMESTAMP) * 60 "
        "+ EXTRACT(TIMEZONE_MINUTE FROM SYSTIMESTAMP)",
    },
    "dual",
    "varchar2(400)",
)
STATEMENTS = frozenset({CLOCK.sql})


def _not_asked(what: str) -> Text:
    return Text("kanmon does not ask Oracle's catalogue: look at {what}", what=what)


@contextmanager
def connect(target: Database, login: Login) -> Iterator[Session]:
    """Log in to the service over TLS that is verified before the driver starts; log out at the end.

    Raises:
        TargetLost: no verified TLS session, or the login fails.
    """
    line = secured(target)  # tells of trouble with TLS in the words of every reader
    leaf = line.leaf
    line.close()
    try:
        connection = oracledb.connect(
            user=login.username,
            password=login.password.get_secret_value() if login.password else "",
            protocol="tcps",
            host=target.address,
            port=target.port,
            service_name=target.database,
            ssl_context=trusting(target, leaf),
            ssl_server_dn_match=False,  # the context verifies the name, or the leaf itself
            tcp_connect_timeout=target.timeout,
            retry_count=0,
            program="kanmon",
        )
    except (oracledb.Error, OSError) as error:
        raise no_session(target, login, said(error), error) from None
    connection.call_timeout = math.ceil(target.timeout * 1000)
    try:
        yield Session(target, login, connection, STATEMENTS, oracledb.Error, said)
    finally:
        connection.close()


def said(error: Exception) -> str | None:
    """The server's own words, which begin with its number; the driver's begin otherwise."""
    return str(error) if str(error).startswith("ORA-") else None


class _Bounded(ssl.SSLContext):
    """A context whose sockets keep a timeout, which the driver takes away once it has dialled.

    Attributes:
        seconds: for each network operation.
    """

    seconds: float

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """As any context does it."""
        sock.settimeout(self.seconds)
        return super().wrap_socket(sock, *args, **kwargs)


def trusting(target: Database, leaf: bytes) -> ssl.SSLContext:
    """What verifies the driver's own handshake: by CA and name, or the pinned leaf and no other.

    Args:
        target: says whom to trust.
        leaf: the certificate that was verified before, in DER form.
    """
    made = _Bounded(ssl.PROTOCOL_TLS_CLIENT)
    made.seconds = target.timeout
    if target.fingerprint:
        made.check_hostname = False
        made.load_verify_locations(cadata=leaf)
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the leaf is the anchor
    elif target.ca:
        made.load_verify_locations(cafile=target.ca)
    else:
        made.load_default_certs()
    return made


def read_server(session: Session) -> Server:
    """The version, as the driver has it from the login."""
    untold = Unread(_not_asked(Text("v$database and v$instance")))
    return Server(
        product="oracle",
        version=str(getattr(session.connection, "version")),  # noqa: B009 - beside what DB-API has
        level="",
        edition="",
        database=session.target.database,
        state=untold,
        read_only=untold,
        user_access=untold,
        recovery_model="",
    )


def read_instance(session: Session) -> Instance:
    """Of its names nothing is asked."""
    target = session.target
    return Instance("", "", None, resolved(target.address, target.port))


def read_clock(session: Session) -> Clock:
    """The clock of the server's machine."""
    sent = datetime.now(UTC)
    found = ask_one(session, CLOCK)
    asked = datetime.now(UTC)
    return Clock(found.when("utc"), found.whole("minutes"), "", asked, sent)


def read_storage(_session: Session) -> Storage:
    """Not asked."""
    reason = _not_asked(Text("dba_data_files, dba_free_space and the file systems"))
    return Storage(used=Unread(reason), files=NotKept(reason))


def read_backups(_session: Session) -> NotKept:
    """Not asked."""
    return NotKept(_not_asked(Text("RMAN's LIST BACKUP SUMMARY, or the tool that takes backups")))


def read_health(_session: Session) -> NotKept:
    """Not asked."""
    return NotKept(_not_asked(Text("v$database, v$database_block_corruption and Data Guard")))


def read_holders(_session: Session) -> NotKept:
    """Not asked."""
    return NotKept(_not_asked(Text("dba_users and dba_sys_privs of the manager's schema")))


def read_connections(_session: Session) -> NotKept:
    """Not asked."""
    return NotKept(_not_asked(Text("v$session_connect_info")))
