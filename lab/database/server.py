"""A simulated SQL Server: TDS with TLS inside, a login, and the few queries that readers send."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import warnings

import spnego

from lab.database import state
from lab.transport import tds
from lab.transport.pki import Pki
from lab.transport.server import Server
from lab.world.world import Database, World

VERSION_QUERY = (
    "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,"
    " CAST(SERVERPROPERTY('ProductLevel') AS nvarchar(128)) AS level,"
    " CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition"
)
DATABASES_QUERY = (
    "SELECT name, state_desc, is_read_only, user_access_desc, recovery_model_desc"
    " FROM sys.databases"
)
STRICT = "tds/8.0"
"""What a client offers that begins with TLS, before any PRELOGIN."""
_SYSTEM_DATABASES = ("master", "tempdb")  # what every login sees
_BEGIN_TRANSACTION = 5


def servers(world: World, pki: Pki) -> list[Server]:
    """The database servers of a world, unstarted."""
    return [SqlServer(world, database, pki) for database in world.database]


class SqlServer(Server):
    """A SQL Server with one instance; ``requests`` holds names of messages and SQL texts."""

    def __init__(
        self, world: World, database: Database, pki: Pki, addresses: tuple[str, ...] = ()
    ) -> None:
        super().__init__(world, database.slug, pki, addresses)
        self.database = database
        self._password = ""
        self._context = server_context(database.tls)
        self._context.load_cert_chain(self.leaf().path)
        self._context.set_alpn_protocols([STRICT])
        if database.domain:
            accounts = pki.home / f"{database.slug}.accounts"
            accounts.write_text(f"{database.domain}:{world.username}:{world.password}\n", "utf-8")
            os.environ["NTLM_USER_FILE"] = str(accounts)  # where pyspnego looks for them

    def serve(self, connection: socket.socket, address: str) -> None:
        """PRELOGIN, TLS as agreed, LOGIN7, then queries until the client leaves."""
        del address
        connection.settimeout(60)
        if self.database.encryption == "strict":
            self._context.wrap_socket(connection, server_side=True).close()
            return
        channel = tds.Channel(connection)
        if self._greet(connection, channel) and self._login(channel):
            self._answer_queries(channel)

    def _greet(self, connection: socket.socket, channel: tds.Channel) -> bool:
        """Agree on encryption; False where the connection ends here."""
        kind, payload = channel.receive()
        if kind != tds.PRELOGIN:
            return False
        asked = tds.prelogin_options(payload)
        wanted = asked.get(tds.ENCRYPTION_OPTION, b"")
        self.requests.append("PRELOGIN")
        self.faults.delay()
        ours = self.database.encryption
        channel.send(tds.prelogin_reply(self.database.version, ours, asked))
        if ours == "not supported":
            return wanted != bytes((tds.ENCRYPTION["on"],))
        if self.faults.has("cut off"):
            channel.receive()
            connection.sendall(bytes((tds.PRELOGIN, 1)))  # not even the header of a packet
            return False
        if wanted != bytes((tds.ENCRYPTION["not supported"],)):
            channel.start_tls(self._context)
        return True

    def _login(self, channel: tds.Channel) -> bool:
        login = tds.login7(channel.receive()[1])
        if login.ticket:
            return self._domain_login(channel, login)
        self.requests.append("LOGIN7 read-only" if login.read_only else "LOGIN7")
        self.faults.delay()
        if self.database.encryption == "off":
            channel.stop_tls()
        known = (login.username, login.password) == (self.world.username, self.world.password)
        if not known or self.faults.has("wrong password"):
            told = f" (password '{login.password}')" if self.faults.has("echo") else ""
            channel.send(tds.error(18456, f"Login failed for user '{login.username}'{told}."))
            return False
        self._password = login.password
        start = login.database or "master"
        if start not in self._visible():
            channel.send(tds.error(4060, f'Cannot open database "{start}" requested by the login.'))
            return False
        channel.send(
            tds.logged_in(
                self.database.version,
                start,
                features=login.features,
                routes_to=self.database.routes_to,
            )
        )
        return True

    def _domain_login(self, channel: tds.Channel, login: tds.Login) -> bool:
        """NTLM, by tickets that go to and fro until both sides know each other."""
        self.requests.append("LOGIN7 of a domain")
        side, ticket = spnego.server(protocol="negotiate"), login.ticket
        try:
            while answer := side.step(ticket):
                if side.complete:
                    break
                channel.send(tds.go_on(answer))
                kind, ticket = channel.receive()
                self.requests.append("SSPI" if kind == tds.SSPI else f"message of type {kind}")
        except spnego.exceptions.SpnegoError:
            channel.send(tds.error(18452, "Login failed. The login is from an untrusted domain."))
            return False
        channel.send(tds.logged_in(self.database.version, "master", features=login.features))
        return True

    def _visible(self) -> tuple[str, ...]:
        if self.faults.has("weak rights"):
            return _SYSTEM_DATABASES
        return (*_SYSTEM_DATABASES, self.database.database)

    def _answer_queries(self, channel: tds.Channel) -> None:
        while True:
            kind, payload = channel.receive()
            self.faults.delay()
            if kind == tds.SQL_BATCH:
                reply = self._answer(" ".join(tds.batch_text(payload).split()))
            elif kind == tds.TRANSACTION:
                begin = struct.unpack_from("<H", payload, struct.unpack_from("<I", payload)[0])
                reply = tds.transaction(begin=begin == (_BEGIN_TRANSACTION,))
            elif kind == tds.ATTENTION:
                reply = tds.attention()
            else:
                reply = tds.error(2812, f"This server does not know messages of type {kind}.", 16)
            if self.faults.has("half a page"):
                channel.send(reply[: len(reply) // 2])
                return
            channel.send(reply)
            if self.faults.has("expired session"):
                return

    def _answer(self, sql: str) -> bytes:
        self.requests.append(sql)
        if self.faults.has("echo") and sql.startswith("SELECT"):
            self.echoed.append(f"PWD={self._password}; the password was {self._password}")
            return tds.error(229, f"Permission denied: {self.echoed[-1]}.")
        database = self.database
        if sql == VERSION_QUERY:
            row = (database.version, database.level, database.edition)
            return tds.result(("version", "level", "edition"), [row])
        if sql == DATABASES_QUERY:
            names = (
                "name",
                "state_desc",
                "is_read_only",
                "user_access_desc",
                "recovery_model_desc",
            )
            return tds.result(names, map(self._database_row, self._visible()))
        view = state.answer(database, sql)
        if view is not None:
            return view
        if sql.startswith("SET "):
            return tds.done()
        return tds.error(102, f"Incorrect syntax near '{sql[:40]}'.", 15)

    def _database_row(self, name: str) -> tuple[str, str, bool, str, str]:
        ours = self.database
        if name != ours.database:
            return (name, "ONLINE", False, "MULTI_USER", "SIMPLE")
        return (name, ours.state, ours.read_only, ours.user_access, ours.recovery_model)


def server_context(versions: tuple[str, str]) -> ssl.SSLContext:
    """A server context for a range of TLS versions, old ones included."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    made.num_tickets = 0  # in TDS nothing of TLS may follow the handshake unasked
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # to offer old versions is the purpose
        made.minimum_version, made.maximum_version = (
            ssl.TLSVersion[version.replace(".", "_")] for version in versions
        )
    return made
