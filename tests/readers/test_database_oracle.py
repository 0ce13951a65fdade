"""Oracle over sockets: what can be proven without a server of Oracle's."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.readers import Request
from kanmon.readers.database import oracle as database_oracle
from kanmon.readers.database import reader as database
from kanmon.readers.database.session import Session
from lab.database.server import server_context
from lab.transport.pki import Pki

PASSWORD = "p}w;d{'1\\Secret"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


@contextmanager
def listener(pki, versions=("TLSv1.2", "TLSv1.3"), answer=b"", *, trusted=True):
    """A TLS server that lets every client speak once, answers, and hangs up; yields what it heard.

    Without versions it takes no TLS: it answers in clear text, as a plain TNS listener would.
    """
    name = "oracle" if trusted else "stranger"
    leaf = pki.leaf(name, ["127.0.0.1"], trusted=trusted)
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            try:
                if versions:
                    context = server_context(versions)
                    context.load_cert_chain(leaf.path)
                    connection = context.wrap_socket(connection, server_side=True)
                heard.append(connection.recv(4096))
                if answer is None:  # silent
                    connection.recv(4096)
                connection.sendall(answer or b"")
            except TimeoutError:
                heard.append(b"the client never gave up")
            except OSError:
                return

    def accept(door: socket.socket) -> None:
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(door,), daemon=True).start()
    try:
        yield door.getsockname()[1], heard, leaf
    finally:
        door.close()


def target(pki, port, **changes):
    trust = {} if "fingerprint" in changes else {"ca": str(pki.trusted.path)}
    values = {"slug": "db", "product": "oracle", "address": "127.0.0.1", "port": port}
    return Database(**{**values, "credential": "dsm-db", "timeout": 1.0, **trust, **changes})


def session(of):
    login = Login(username="kanmon_ro", password=SecretStr(PASSWORD))
    return database.connect(Request(target=of, login=login, related=lambda *_: None))


def test_the_usual_port_is_that_of_tcps():
    """Without a port the environment means the port of TLS, not that of clear text."""
    of = Database(slug="db", product="oracle", address="ora1", credential="x")
    assert (of.port, of.database) == (2484, "dsm")


@pytest.mark.parametrize(
    ("versions", "accepted"),
    [
        (("TLSv1", "TLSv1"), "accepted refused refused refused"),
        (("TLSv1", "TLSv1.2"), "accepted accepted accepted refused"),
        (("TLSv1.2", "TLSv1.2"), "refused refused accepted refused"),
        (("TLSv1.2", "TLSv1.3"), "refused refused accepted accepted"),
    ],
)
def test_every_version_is_seen_as_the_server_takes_it(pki, versions, accepted):
    """Exactly the versions of a TLS server's range are accepted, without any greeting before."""
    with listener(pki, versions) as (port, _, _):
        found = database.PROBES["tls"](target(pki, port))
    assert " ".join(attempt.outcome for attempt in found.attempts) == accepted
    assert (found.encryption, found.server_version) == ("on", "")


def test_a_listener_without_tls_is_no_refusal(pki):
    """A port that speaks clear text has not said which TLS it takes: every handshake failed."""
    with listener(pki, (), b"\x00\x08\x00\x00\x04\x00\x00\x00") as (port, _, _):
        found = database.PROBES["tls"](target(pki, port))
        assert {attempt.outcome for attempt in found.attempts} == {"failed"}
        with pytest.raises(CouldNotRead):
            database.PROBES["certificates"](target(pki, port))
        with pytest.raises(TargetLost, match="cannot tell"), session(target(pki, port)):
            pytest.fail("it logged in")


def test_certificate(pki):
    """The certificate is the listener's; one of another CA says so."""
    with listener(pki) as (port, _, leaf):
        (found,) = database.PROBES["certificates"](target(pki, port))
    assert (found.sha256, found.problem) == (leaf.fingerprint, None)
    with listener(pki, trusted=False) as (port, _, _):
        (found,) = database.PROBES["certificates"](target(pki, port))
    assert found.problem


def test_nobody_listens(pki):
    """A closed port loses the target, for the probes and for the login."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    for attempt in database.PROBES.values():
        with pytest.raises(TargetLost, match="connect to"):
            attempt(target(pki, port))
    with pytest.raises(TargetLost, match="connect to"), session(target(pki, port)):
        pytest.fail("it logged in")


@pytest.mark.parametrize(
    ("answer", "what"),
    [(b"", "hangs up"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no TNS"), (None, "silent")],
)
@pytest.mark.parametrize("trust", ["ca", "fingerprint"])
def test_what_is_no_oracle_behind_good_tls(pki, answer, what, trust):
    """Who hangs up, speaks something else or stays silent after TLS is no server of Oracle's."""
    with listener(pki, answer=answer) as (port, heard, leaf):
        pin = {"fingerprint": f"sha256:{leaf.fingerprint}"} if trust == "fingerprint" else {}
        with (
            pytest.raises(TargetLost, match="log in to dsm") as failed,
            session(target(pki, port, **pin)),
        ):
            pytest.fail(what)
    assert PASSWORD not in str(failed.value)
    assert "the server did not judge the login" in failed.value.advice
    said = b"".join(heard)
    assert b"SERVICE_NAME=dsm" in said  # so it did speak TNS, inside TLS
    assert PASSWORD.encode() not in said
    assert b"never gave up" not in said


@pytest.mark.parametrize(
    ("changes", "trusted", "says"),
    [
        ({}, False, "check ca"),
        ({"ca": None}, True, "check ca"),
        ({"fingerprint": "sha256:" + "0" * 64}, True, "check fingerprint"),
    ],
)
def test_without_verified_tls_nothing_is_said(pki, changes, trusted, says):
    """A wrong CA, none, or a wrong pin: lost before the driver says a word."""
    with listener(pki, trusted=trusted) as (port, heard, _):
        with pytest.raises(TargetLost, match=says), session(target(pki, port, **changes)):
            pytest.fail("it logged in")
        assert not any(heard)


def test_the_drivers_own_handshake_is_pinned_too(pki):
    """A stranger who answers the driver in the place of the pinned server gets no word from it."""
    with listener(pki) as (port, _, leaf), listener(pki, trusted=False) as (other, heard, _):
        pinned = target(pki, port, fingerprint=f"sha256:{leaf.fingerprint}")
        der = ssl.PEM_cert_to_DER_cert(leaf.path.read_text().partition("-----BEGIN PRIVATE")[0])
        context = database_oracle.trusting(pinned, der)
        with (
            socket.create_connection(("127.0.0.1", other)) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(raw, server_hostname="127.0.0.1")
        assert not any(heard)
        with (
            socket.create_connection(("127.0.0.1", port)) as raw,
            context.wrap_socket(raw, server_hostname="anybody") as secure,
        ):
            assert secure.version()


class Connected:
    """What the reader asks of a connection of Oracle's driver, told by hand."""

    version = "19.3.0.0.0"

    def cursor(self):
        """Nothing is to be sent."""
        pytest.fail("a statement was sent")


def test_what_is_not_asked_is_not_made_up(pki):
    """Only the version is known; every other part says what to look at, or is unread."""
    of = target(pki, 2484)
    told = (Exception, database_oracle.said)
    opened = Session(of, Login(), Connected(), database_oracle.STATEMENTS, *told)
    found = database.PARTS["server"](opened)
    assert (found.version, found.product) == ("19.3.0.0.0", "oracle")
    assert all(isinstance(one, Unread) for one in (found.state, found.read_only, found.user_access))
    for part in ("backups", "health", "holders", "connections"):
        assert isinstance(database.PARTS[part](opened), NotKept)
    storage = database.PARTS["storage"](opened)
    assert isinstance(storage.used, Unread)
    assert isinstance(storage.files, NotKept)
    with pytest.raises(NotAllowed):
        opened.select("SELECT * FROM v$version")
