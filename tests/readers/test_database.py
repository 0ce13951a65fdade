"""The reader of SQL Server against the lab's, and the lab's against clients that others wrote."""

from __future__ import annotations

import hashlib
import os
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mssql_python
import pytest
from pydantic import SecretStr

from kanmon.credentials import Login
from kanmon.environment import Database
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts.database import Server, Tls
from kanmon.readers import Request, database, database_relay
from kanmon.readers.database_session import Session
from lab import world
from lab.database import DATABASES_QUERY, SqlServer, servers
from lab.pki import Leaf, Pki

PASSWORD = "p}w;d{'1\\Secret"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


@contextmanager
def lab(pki: Pki, fault: str | None = None, **values: object) -> Iterator[SqlServer]:
    """A running SQL Server of a world that differs from the usual one in the values."""
    described = world.make(
        "test",
        {
            "title": "test",
            "password": PASSWORD,
            "database": [{"slug": "db", "version": "13.0.5026.0", **values}],
            "misbehaviour": [{"target": "db", "how": fault}] if fault else [],
        },
    )
    (server,) = servers(described, pki)
    assert isinstance(server, SqlServer)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def target(server: SqlServer, **changes: object) -> Database:
    trust = {} if "fingerprint" in changes else {"ca": str(server.pki.trusted.path)}
    values = {"slug": "db", "product": "sqlserver", "address": "127.0.0.1", "port": server.port}
    return Database(**{**values, "credential": "dsm-db", "timeout": 5.0, **trust, **changes})


def session(of: Database, password: str = PASSWORD):
    login = Login(username="kanmon-ro", password=SecretStr(password))
    return database.connect(Request(target=of, login=login, related=lambda *_: None))


def outcomes(facts: Tls) -> dict[str, str]:
    return {attempt.version: attempt.outcome for attempt in facts.attempts}


def leaf_fingerprint(pki: Pki) -> str:
    pem = (pki.home / "db.pem").read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----BEGIN PRIVATE")])
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


@pytest.mark.parametrize(
    ("offered", "accepted"),
    [
        (("TLSv1", "TLSv1"), {"TLSv1"}),
        (("TLSv1", "TLSv1.2"), {"TLSv1", "TLSv1.1", "TLSv1.2"}),
        (("TLSv1.1", "TLSv1.1"), {"TLSv1.1"}),
        (("TLSv1.2", "TLSv1.2"), {"TLSv1.2"}),
        (("TLSv1.2", "TLSv1.3"), {"TLSv1.2", "TLSv1.3"}),
    ],
)
def test_every_version_is_seen_as_the_server_takes_it(pki, offered, accepted):
    """Exactly the versions of the server's range are accepted, all others refused by it."""
    with lab(pki, tls=offered) as server:
        facts = database.PROBES["tls"](target(server))
    versions = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    assert outcomes(facts) == {v: "accepted" if v in accepted else "refused" for v in versions}
    assert all(bool(a.cipher) == (a.outcome == "accepted") for a in facts.attempts)
    assert facts.server_version == "13.0.5026.0"


def test_a_server_of_tls_1_0_says_so_when_offered_1_2(pki):
    """The server's answer with an older version is a refusal, and its reason is kept."""
    with lab(pki, tls=("TLSv1", "TLSv1")) as server:
        facts = database.PROBES["tls"](target(server))
    assert "UNSUPPORTED_PROTOCOL" in facts.attempts[2].detail


def test_broken_handshakes_are_no_refusal(pki):
    """A server that hangs up in every handshake has not said that it refuses a version."""
    with lab(pki, "cut off") as server:
        facts = database.PROBES["tls"](target(server))
        assert set(outcomes(facts).values()) == {"failed"}
        assert len(facts.attempts) == 4
        with pytest.raises(CouldNotRead, match="closed the connection"):
            database.PROBES["certificates"](target(server))
        with pytest.raises(TargetLost, match="cannot tell"), session(target(server)):
            pass
        assert not any(request.startswith("LOGIN7") for request in server.requests)


@pytest.mark.parametrize("encryption", ["off", "on", "required", "not supported"])
def test_the_encryption_byte_is_read(pki, encryption):
    """Each of the four values is told apart; without encryption every version is refused."""
    with lab(pki, encryption=encryption) as server:
        facts = database.PROBES["tls"](target(server))
    assert facts.encryption == encryption
    assert facts.accepted("TLSv1.2") == (encryption != "not supported")
    if encryption == "not supported":
        assert set(outcomes(facts).values()) == {"refused"}
        assert "does not support encryption" in facts.attempts[0].detail


def test_a_version_that_this_machine_cannot_offer_is_untried(pki, tmp_path):
    """With TLS 1.0 switched off in OpenSSL's own configuration nothing is said of the server."""
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nProtocol = -TLSv1\n"
    )
    probe = (
        "import sys; from kanmon.environment import Database; from kanmon.readers import database;"
        "target = Database(slug='db', product='sqlserver', address='127.0.0.1',"
        " port=int(sys.argv[1]), credential='x');"
        "print(*(a.outcome for a in database.PROBES['tls'](target).attempts))"
    )
    with lab(pki, tls=("TLSv1", "TLSv1.2")) as server:
        done = subprocess.run(
            [sys.executable, "-c", probe, str(server.port)],
            env={**os.environ, "OPENSSL_CONF": str(configuration)},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout.split() == ["untried", "accepted", "accepted", "refused"]


def test_certificate_by_ca(pki):
    """A certificate of the named CA has no problem and its fingerprint is the server's."""
    with lab(pki) as server:
        (found,) = database.PROBES["certificates"](target(server))
        assert found.problem is None
        assert f"sha256:{found.sha256}" == leaf_fingerprint(pki)


def test_certificate_of_a_stranger_is_shown_with_its_problem(pki):
    """A certificate that cannot be verified is still shown, and says why it is not trusted."""
    with lab(pki, "wrong certificate") as server:
        (found,) = database.PROBES["certificates"](target(server))
    assert "nobody was told of" in found.issuer
    assert "issuer" in (found.problem or "")


@pytest.mark.parametrize("fault", [None, "wrong certificate"])
def test_certificate_of_a_tls_1_0_server_is_shown(pki, fault):
    """Even a server that takes only TLS 1.0 yields its certificate, never without a problem."""
    with lab(pki, fault, tls=("TLSv1", "TLSv1")) as server:
        (found,) = database.PROBES["certificates"](target(server))
    assert "over TLSv1)" in (found.problem or "")
    assert ("issuer" in (found.problem or "")) == (fault is not None)


def test_certificate_against_the_pinned_fingerprint(pki):
    """The pinned leaf has no problem; another one has, and both fingerprints are named."""
    with lab(pki) as server:
        right = leaf_fingerprint(pki)
        wrong = "sha256:" + "0" * 64
        assert database.PROBES["certificates"](target(server, fingerprint=right))[0].problem is None
        (found,) = database.PROBES["certificates"](target(server, fingerprint=wrong))
    assert right in (found.problem or "")
    assert wrong in (found.problem or "")


def test_no_certificate_is_not_an_empty_list(pki):
    """A server without encryption has no certificate to show: that is an error, not nothing."""
    with (
        lab(pki, encryption="not supported") as server,
        pytest.raises(CouldNotRead, match="does not support encryption"),
    ):
        database.PROBES["certificates"](target(server))


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
