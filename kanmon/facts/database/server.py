"""What is read from a database server."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.common import Unread
from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class TlsAttempt:
    """One handshake, with exactly one TLS version offered.

    Attributes:
        version: "TLSv1", "TLSv1.1", "TLSv1.2" or "TLSv1.3".
        outcome: "accepted", "refused" (the server said that it does not take this version),
            "failed" (the handshake broke in another way) or "untried" (this machine cannot offer
            the version).
        cipher: cipher suite of an accepted handshake, empty otherwise.
        detail: what came back, in one line.
    """

    version: str
    outcome: str
    cipher: str
    detail: Message


@dataclass(frozen=True, slots=True)
class Tls:
    """Every TLS version, each tried on its own.

    Attributes:
        encryption: what the server's answer before TLS says: for SQL Server the PRELOGIN byte as
            "off", "on", "required" or "not supported"; for PostgreSQL "on" or "not supported"; for
            Oracle, whose TCPS port begins with TLS, "on".
        server_version: what SQL Server says of its version before any login, e.g. "13.0.5026.0";
            empty for other products.
    """

    encryption: str
    attempts: tuple[TlsAttempt, ...]
    server_version: str = ""

    def accepted(self, version: str) -> bool:
        """Whether a handshake with this version succeeded."""
        return any(a.version == version and a.outcome == "accepted" for a in self.attempts)


@dataclass(frozen=True, slots=True)
class Server:
    """The server and the database that the manager uses.

    Attributes:
        product: "sqlserver", "postgresql" or "oracle".
        version: four-part build for SQL Server ("13.0.5026.0"), "15.18" for PostgreSQL,
            "19.3.0.0.0" for Oracle.
        level: service pack or release level, e.g. "SP2"; empty for other products.
        edition: e.g. "Standard Edition (64-bit)"; empty for other products.
        database: name of the database; of the service for Oracle.
        state: e.g. "ONLINE"; like the next two not asked of Oracle.
        read_only: the database (or the server) refuses writes.
        user_access: MULTI_USER, SINGLE_USER or RESTRICTED_USER; "MULTI_USER" where connections
            are allowed in PostgreSQL.
        recovery_model: FULL, SIMPLE, BULK_LOGGED; empty for other products.
    """

    product: str
    version: str
    level: str
    edition: str
    database: str
    state: str | Unread
    read_only: bool | Unread
    user_access: str | Unread
    recovery_model: str
