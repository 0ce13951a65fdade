"""A session with the lab's SQL Server, and the lab against clients that others wrote."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import mssql_python
import pytest

from kanmon.environment import Database
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts.database import Server
from kanmon.readers import database, database_relay
from kanmon.readers.database_session import Session
from lab.database import DATABASES_QUERY, SqlServer
from lab.pki import Leaf, Pki
from tests.readers.sqlserver import PASSWORD, lab, leaf_fingerprint, session, target


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def test_server_is_read_as_it_is(pki):
    """Every field comes from the server's answers."""
    with (
        lab(
            pki,
            version="12.0.4100.1",
            level="SP1",
            edition="Enterprise Edition (64-bit)",
            database="DsmProd",
            state="RECOVERY_PENDING",
            read_only=True,
            user_access="SINGLE_USER",
            recovery_model="SIMPLE",
        ) as server,
        session(target(server, database="dsmprod")) as opened,
    ):
        found = database.PARTS["server"](opened)
    assert found == Server(
        product="sqlserver",
        version="12.0.4100.1",
        level="SP1",
        edition="Enterprise Edition (64-bit)",
        database="DsmProd",
        state="RECOVERY_PENDING",
        read_only=True,
        user_access="SINGLE_USER",
        recovery_model="SIMPLE",
    )


def test_login_by_pinned_fingerprint(pki):
    """The pinned leaf alone is enough for a login, which declares itself read-only."""
    with (
        lab(pki) as server,
        session(target(server, fingerprint=leaf_fingerprint(pki))) as opened,
    ):
        assert database.PARTS["server"](opened).state == "ONLINE"
        assert "LOGIN7 read-only" in server.requests


@pytest.mark.parametrize(
    ("fault", "values", "changes", "says"),
    [
        ("wrong certificate", {}, {}, "certificate.*check ca"),
        (None, {}, {"ca": None}, "certificate.*check ca"),
        (None, {}, {"fingerprint": "sha256:" + "0" * 64}, "pinned is.*check fingerprint"),
        (None, {}, {"address": "localhost.", "ca": "/nowhere.pem"}, "CA file"),
        (None, {"encryption": "off"}, {}, "encryption is off"),
        (None, {"encryption": "not supported"}, {}, "encryption is not supported"),
        (None, {"tls": ("TLSv1", "TLSv1")}, {}, "that it takes: TLSv1;.*needs TLS 1.2"),
        (None, {"tls": ("TLSv1", "TLSv1.1")}, {}, "that it takes: TLSv1, TLSv1.1;.*TLS 1.2"),
    ],
)
def test_without_a_verified_line_no_password_is_sent(pki, fault, values, changes, says):
    """Wrong certificate, wrong pin, no or outdated encryption: lost before a login."""
    with lab(pki, fault, **values) as server:
        with pytest.raises(TargetLost, match=says), session(target(server, **changes)):
            pytest.fail("it logged in")
        assert not any(request.startswith("LOGIN7") for request in server.requests)


def test_a_wrong_host_name_is_no_verified_line(pki):
    """A certificate of the right CA for another name is not enough."""
    with lab(pki) as server:
        server.stop()
        server.addresses = ("127.0.0.2",)  # its certificate is for 127.0.0.1
        server.start()
        with (
            pytest.raises(TargetLost, match=r"127\.0\.0\.2"),
            session(target(server, address="127.0.0.2")),
        ):
            pytest.fail("it logged in")


@pytest.mark.parametrize("password", ["Wr0ng;}{-Passw0rd", "x"])
def test_a_wrong_password_names_the_credential_and_no_secret(pki, password):
    """The error says whose password to check and does not hold it."""
    with (
        lab(pki) as server,
        pytest.raises(TargetLost, match="credential 'dsm-db'") as failed,
        session(target(server), password),
    ):
        pytest.fail("it logged in")
    assert "kanmon-ro" in str(failed.value)
    assert "Login failed" in failed.value.got
    assert "Wr0ng" not in str(failed.value)


def test_a_secret_that_the_server_echoes_is_masked(pki):
    """A password that equals the user name comes back in the server's message, and is masked."""
    with (
        lab(pki) as server,
        pytest.raises(TargetLost) as failed,
        session(target(server), "kanmon-ro"),
    ):
        pytest.fail("it logged in")
    assert "Login failed for user '***'" in failed.value.got


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("refused", "connect to"),
        ("silent", "no answer within"),
        ("wrong password", "Login failed"),
    ],
)
def test_a_lost_target(pki, fault, says):
    """Whatever keeps everybody out makes the target lost, not a fact empty."""
    with lab(pki, fault) as server:
        of = target(server, timeout=0.5)
        with pytest.raises(TargetLost, match=says) as failed, session(of):
            pytest.fail("it logged in")
        if fault != "wrong password":
            for probe in database.PROBES.values():
                with pytest.raises(TargetLost, match=says):
                    probe(of)
    assert PASSWORD not in str(failed.value)


def test_something_else_on_the_port():
    """Whatever else answers on the port is not taken for SQL Server."""

    class Greeting(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            self.request.recv(4096)

    with socketserver.TCPServer(("127.0.0.1", 0), Greeting) as other:
        threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True).start()
        of = Database(
            slug="db",
            product="sqlserver",
            address="127.0.0.1",
            port=other.server_address[1],
            credential="x",
        )
        with pytest.raises(TargetLost, match="no TDS packet"):
            database.PROBES["tls"](of)
        other.shutdown()


@pytest.mark.parametrize("fault", ["half a page", "expired session"])
def test_an_answer_that_breaks_off_is_not_a_fact(pki, fault):
    """Half an answer, or a session that ends between two answers, is an error."""
    with (
        lab(pki, fault) as server,
        session(target(server)) as opened,
        pytest.raises(CouldNotRead, match="SELECT") as failed,
    ):
        database.PARTS["server"](opened)
    assert PASSWORD not in str(failed.value)


def test_an_account_that_does_not_see_the_database(pki):
    """Weak rights name what is visible and which grant is missing."""
    with (
        lab(pki, "weak rights") as server,
        session(target(server)) as opened,
        pytest.raises(CouldNotRead, match="VIEW ANY DATABASE") as failed,
    ):
        database.PARTS["server"](opened)
    assert "master, tempdb" in failed.value.got


def test_an_absent_database(pki):
    """A database of another name is not judged in the place of the one that was asked for."""
    with (
        lab(pki) as server,
        session(target(server, database="nope")) as opened,
        pytest.raises(CouldNotRead, match="nope"),
    ):
        database.PARTS["server"](opened)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM hosts", "SELECT 1", DATABASES_QUERY + "; DROP DATABASE dsm", "EXEC sp_who", ""],
)
def test_only_listed_statements_are_sent(pki, statement):
    """Anything that is not word for word on the list is refused before it is sent."""
    with lab(pki) as server, session(target(server)) as opened:
        assert isinstance(opened, Session)
        before = list(server.requests)
        with pytest.raises(NotAllowed):
            opened.select(statement)
        assert server.requests == before


def test_the_session_ends_even_on_errors(pki):
    """After the session, and after an error in it, nothing of it is left running."""
    with lab(pki) as server:
        with session(target(server)):
            assert _relays() == 1
        assert _relays() == 0
        with pytest.raises(ZeroDivisionError), session(target(server)):
            raise ZeroDivisionError
        assert _relays() == 0
        with pytest.raises(TargetLost), session(target(server), "wrong"):
            pass
        assert _relays() == 0


def _relays() -> int:
    return sum(thread.name == database_relay.THREAD for thread in threading.enumerate())


def _direct(server: SqlServer, **options: str) -> mssql_python.Connection:
    return mssql_python.connect(
        Server=f"tcp:127.0.0.1,{server.port}",
        UID="kanmon-ro",
        PWD=PASSWORD,
        Encrypt="yes",
        ConnectRetryCount="0",
        autocommit=True,
        timeout=5,
        **options,
    )


def test_microsofts_driver_takes_the_lab_for_a_sql_server(pki):
    """With TLS of its own the driver logs in, queries, gets errors and ends a transaction."""
    with lab(pki) as server:
        connection = _direct(server, TrustServerCertificate="yes")
        cursor = connection.cursor()
        rows = [tuple(row) for row in cursor.execute(DATABASES_QUERY).fetchall()]
        assert rows[-1] == ("dsm", "ONLINE", False, "MULTI_USER", "FULL")
        with pytest.raises(mssql_python.ProgrammingError, match="Incorrect syntax"):
            cursor.execute("SELECT 2")
        connection.autocommit = False
        connection.rollback()
        connection.close()


def test_microsofts_driver_does_not_pin(pki):
    """Why logins go through a relay: ServerCertificate neither admits nor keeps out a server."""
    with lab(pki) as server:
        own, other = _certificate_alone(server.leaf()), _certificate_alone(pki.leaf("other", ()))
        with pytest.raises(mssql_python.OperationalError, match="certificate verify failed"):
            _direct(server, ServerCertificate=str(own))
        _direct(server, ServerCertificate=str(other), TrustServerCertificate="yes").close()


def _certificate_alone(leaf: Leaf) -> Path:
    pem = leaf.path.read_text()
    alone = leaf.path.with_suffix(".crt")
    alone.write_text(pem[: pem.index("-----BEGIN PRIVATE")])
    return alone


@pytest.mark.parametrize(
    ("server_says", "client_asks"), [("on", "require"), ("required", "request"), ("off", "request")]
)
def test_freetds_takes_the_lab_for_a_sql_server(pki, server_says, client_asks):
    """A second, unrelated client logs in and queries, also where only the login is encrypted."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("pymssql")
    import pymssql  # noqa: PLC0415 - a test-only client, left out where it is not installed

    with lab(pki, encryption=server_says) as server:
        options = {"server": "127.0.0.1", "port": server.port, "user": "kanmon-ro"}
        options |= {"login_timeout": 5, "timeout": 5, "encryption": client_asks, "autocommit": True}
        with pymssql.connect(**options, password=PASSWORD) as connection:
            cursor = connection.cursor()
            cursor.execute(DATABASES_QUERY)
            assert cursor.fetchall()[-1] == ("dsm", "ONLINE", False, "MULTI_USER", "FULL")
        with pytest.raises(pymssql.OperationalError, match="18456"):
            pymssql.connect(**options, password="wrong")
