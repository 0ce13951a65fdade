"""A session with the lab's SQL Server, and the lab against clients that others wrote."""

from __future__ import annotations

import gc
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator

import pymssql
import pytest

from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts.database.server import Server
from kanmon.readers import database as room
from kanmon.readers.database import reader as database
from kanmon.readers.database.line import Line
from kanmon.readers.database.session import Session
from lab.database.server import DATABASES_QUERY
from lab.transport.pki import Pki
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
    """The pinned leaf alone is enough for a login, which asks for no routing to a replica."""
    with (
        lab(pki) as server,
        session(target(server, fingerprint=leaf_fingerprint(pki))) as opened,
    ):
        assert database.PARTS["server"](opened).state == "ONLINE"
        assert server.requests[:2] == ["PRELOGIN", "LOGIN7"]


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
            assert _lines() == 1
        assert _lines() == 0
        with pytest.raises(ZeroDivisionError), session(target(server)):
            raise ZeroDivisionError
        assert _lines() == 0
        with pytest.raises(TargetLost), session(target(server), "wrong"):
            pass
        assert _lines() == 0


def _lines() -> int:
    """How many connections to a simulated server this process still has open."""
    return sum(isinstance(one, Line) and one.connection.fileno() >= 0 for one in gc.get_objects())


@pytest.mark.parametrize("encryption", ["on", "required", "off", "not supported"])
def test_a_login_is_never_taken_to_another_server(pki, encryption):
    """A server that routes logins elsewhere is lost: nothing is dialled there, nothing sent."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        there = f"127.0.0.1:{elsewhere.getsockname()[1]}"
        with (
            lab(pki, encryption=encryption, routes_to=there) as server,
            pytest.raises(TargetLost) as failed,
            session(target(server)),
        ):
            pytest.fail("it logged in")
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    logged_in = [request for request in server.requests if request.startswith("LOGIN7")]
    if encryption in ("on", "required"):
        assert f"elsewhere, to {there}" in failed.value.got
        assert logged_in == ["LOGIN7"]
    else:
        assert f"encryption is {encryption}" in failed.value.got
        assert not logged_in


def test_a_server_that_forces_strict_encryption_is_told_so(pki):
    """A server that begins with TLS (TDS 8) is named as that, by probes and by a login."""
    with lab(pki, encryption="strict") as server:
        for read in (*database.PROBES.values(), lambda of: session(of).__enter__()):
            with pytest.raises(TargetLost, match=r"forces strict encryption \(TDS 8\)"):
                read(target(server))


def test_a_password_beyond_the_basic_plane(pki, monkeypatch):
    """TDS counts a character such as an emoji as two; so do the reader and the simulated server."""
    password = "pass\N{GRINNING FACE}word\N{GRINNING FACE}"
    monkeypatch.setattr("tests.readers.sqlserver.PASSWORD", password)
    with lab(pki) as server:
        with session(target(server), password) as opened:
            assert database.PARTS["server"](opened).state == "ONLINE"
        wrong = "pass\N{GRINNING FACE}word\N{GRIMACING FACE}"
        with pytest.raises(TargetLost, match="message 18456"), session(target(server), wrong):
            pytest.fail("it logged in")


def test_an_account_of_a_domain_logs_in_by_ticket(pki):
    """A username that names a domain sends no password: NTLM's messages go to and fro."""
    with lab(pki, domain="EXAMPLE") as server:
        with session(target(server), username="EXAMPLE\\kanmon-ro") as opened:
            assert database.PARTS["server"](opened).state == "ONLINE"
        assert server.requests[:3] == ["PRELOGIN", "LOGIN7 of a domain", "SSPI"]
        with (
            pytest.raises(TargetLost, match="the server said no") as failed,
            session(target(server), "wr0ng", username="EXAMPLE\\kanmon-ro"),
        ):
            pytest.fail("it logged in")
    assert "untrusted domain" in failed.value.got
    assert "wr0ng" not in str(failed.value)


@pytest.mark.parametrize(
    ("product", "library", "driver"),
    [
        ("sqlserver", "pytds", "python-tds"),
        ("postgresql", "psycopg", "psycopg"),
        ("oracle", "oracledb", "oracledb"),
    ],
)
def test_a_driver_that_cannot_be_loaded_is_told_as_that(monkeypatch, product, library, driver):
    """A library that is missing on this machine is named, and no password is doubted."""
    for name in ("sqlserver", "tds", "postgresql", "oracle"):
        monkeypatch.delitem(sys.modules, f"kanmon.readers.database.{name}", raising=False)
        monkeypatch.delattr(room, name, raising=False)
    monkeypatch.setitem(sys.modules, library, None)  # as Python marks what cannot be imported
    of = Database(slug="db", product=product, address="127.0.0.1", port=1, credential="x")
    with pytest.raises(TargetLost, match=f"load {driver} on this machine") as failed, session(of):
        pytest.fail("it logged in")
    assert "the target was not asked" in failed.value.advice
    assert "password" not in str(failed.value)


def test_what_breaks_off_asks_for_no_grant(pki):
    """Half an answer is no missing right: only the server's own refusal names a grant."""
    with (
        lab(pki, "half a page") as server,
        session(target(server)) as opened,
        pytest.raises(CouldNotRead, match="broke off") as failed,
    ):
        opened.select(DATABASES_QUERY, "GRANT everything")
    assert "GRANT" not in str(failed.value)


def test_a_refused_question_names_its_grant(pki):
    """Where the server itself says no, its words stand beside the right that is missing."""
    with (
        lab(pki, "echo") as server,
        session(target(server)) as opened,
        pytest.raises(CouldNotRead, match=r"\(message 229\); GRANT everything") as failed,
    ):
        opened.select(DATABASES_QUERY, "GRANT everything")
    assert PASSWORD not in str(failed.value)


@pytest.mark.parametrize(
    ("server_says", "client_asks"), [("on", "require"), ("required", "request"), ("off", "request")]
)
def test_freetds_takes_the_lab_for_a_sql_server(pki, server_says, client_asks):
    """A second, unrelated client logs in and queries, also where only the login is encrypted."""
    with lab(pki, encryption=server_says) as server:
        options = {"server": "127.0.0.1", "port": server.port, "user": "kanmon-ro"}
        options |= {"login_timeout": 5, "timeout": 5, "encryption": client_asks, "autocommit": True}
        with pymssql.connect(**options, password=PASSWORD) as connection:
            cursor = connection.cursor()
            cursor.execute(DATABASES_QUERY)
            assert cursor.fetchall()[-1] == ("dsm", "ONLINE", False, "MULTI_USER", "FULL")
        with pytest.raises(pymssql.OperationalError, match="18456"):
            pymssql.connect(**options, password="wrong")


def test_freetds_logs_in_to_the_lab_by_its_domain(pki):
    """An unrelated client's NTLM is taken by the simulated server, its wrong password refused."""
    with lab(pki, domain="EXAMPLE") as server:
        options = {"server": "127.0.0.1", "port": server.port, "user": "EXAMPLE\\kanmon-ro"}
        options |= {"login_timeout": 5, "timeout": 5, "encryption": "require", "autocommit": True}
        with pymssql.connect(**options, password=PASSWORD) as connection:
            cursor = connection.cursor()
            cursor.execute(DATABASES_QUERY)
            assert cursor.fetchall()[-1] == ("dsm", "ONLINE", False, "MULTI_USER", "FULL")
        server.requests.clear()
        with pytest.raises(pymssql.OperationalError, match="connection failed"):
            pymssql.connect(**options, password="wrong")
        assert server.requests == ["PRELOGIN", "LOGIN7 of a domain", "SSPI"]
