"""Servers of the lab: what a fault says is what a client meets, and what is stopped is gone."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from lab.transport.pki import Pki
from lab.transport.server import Answer, HttpsServer, Server
from lab.world.world import make

BODY = b'{"found": [1, 2, 3]}'


@pytest.fixture(scope="module")
def pki():
    made = Pki()
    yield made
    made.close()


class Echo(Server):
    """Sends back what it gets, and the address that was dialled first."""

    def serve(self, connection, address):
        """Echo until the client closes."""
        connection.sendall(address.encode() + b"\n")
        while data := connection.recv(100):
            connection.sendall(data)


class Pages(HttpsServer):
    """Answers every request with the same body."""

    def respond(self, asked):
        """The body; the path says the status."""
        self.asked = asked
        return Answer(int(asked.path[1:]), BODY, headers={"X-Lab": "yes"})


def made(pki, *faults, product=Pages, addresses=(), **values):
    misbehaviour = [{"target": "product", "how": fault, **values} for fault in faults]
    misbehaviour.append({"target": "another", "how": "refused"})
    world = make(
        "w",
        {
            "title": "",
            "linux": [{"slug": "another"}, {"slug": "product"}],
            "misbehaviour": misbehaviour,
        },
    )
    return product(world, "product", pki, addresses)


@contextmanager
def started(*arguments, **options):
    server = made(*arguments, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def dial(server, address="127.0.0.1"):
    return socket.create_connection((address, server.port), 5)


def ask(server, path="/200", method="GET", body=None, address="127.0.0.1"):
    """One request by a client that verifies by the lab's CA."""
    trust = ssl.create_default_context(cafile=server.pki.trusted.path)
    client = http.client.HTTPSConnection(address, server.port, timeout=5, context=trust)
    try:
        client.request(method, path, body)
        answer = client.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        client.close()


def test_a_server_listens_where_it_says(pki):
    """A port is known after start(); every connection is served on its own."""
    server = made(pki, product=Echo)
    assert server.port == 0
    server.start()
    try:
        with dial(server) as one, dial(server) as other:
            for client in (other, one):
                assert client.recv(100) == b"127.0.0.1\n"
                client.sendall(b"hello")
                assert client.recv(100) == b"hello"
    finally:
        server.stop()


def test_all_addresses_share_one_port(pki):
    """One port on each address, and the server knows which of them was dialled."""
    addresses = tuple(f"127.66.0.{number}" for number in range(2, 7))
    with started(pki, product=Echo, addresses=addresses) as server:
        for address in addresses:
            with dial(server, address) as client:
                assert client.recv(100) == f"{address}\n".encode()
        with pytest.raises(ConnectionRefusedError):
            dial(server)


def test_the_certificate_is_good_for_every_address(pki):
    """A client that verifies names reaches each address of a server, and localhost."""
    addresses = ("127.0.0.1", "127.66.0.9")
    with started(pki, addresses=addresses) as server:
        for address in (*addresses, "localhost"):
            assert ask(server, address=address)[0] == 200


def test_stop_frees_the_port_and_ends_connections(pki):
    """After stop() nothing answers, open connections end, and the port can be taken again."""
    server = made(pki, product=Echo)
    server.start()
    with dial(server) as client:
        assert client.recv(100) == b"127.0.0.1\n"
        server.stop()
        assert client.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        dial(server)
    again = made(pki, product=Echo)
    again.port = server.port
    again.start()
    try:
        assert again.port == server.port
        with dial(again) as client:
            assert client.recv(100) == b"127.0.0.1\n"
    finally:
        again.stop()


@pytest.mark.parametrize("fault", ["paused", "refused"])
def test_a_port_behind_which_nothing_listens_is_still_ours(pki, fault):
    """Between two moments, and where a connection is refused, no other process gets the port."""
    with started(pki, *({"refused"} & {fault}), product=Echo) as server:
        server.pause()
        with pytest.raises(ConnectionRefusedError):
            dial(server)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", server.port))
        successor = made(pki, product=Echo)
        successor.port = server.port
        successor.start()
        try:
            with dial(successor) as client:
                assert client.recv(100) == b"127.0.0.1\n"
        finally:
            successor.stop()


def test_stop_is_for_any_state(pki):
    """A server that was never started, or is stopped already, can be stopped."""
    server = made(pki)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_a_server_that_is_stopped_at_once_ends_quietly(pki, monkeypatch):
    """However soon stop() follows start(), no thread of the server ends with an error."""
    errors = []
    monkeypatch.setattr(threading, "excepthook", lambda crash: errors.append(crash.exc_value))
    for _ in range(10):
        server = made(pki, product=Echo)
        server.start()
        server.stop()
    for thread in threading.enumerate():
        if thread.name == "lab-product":
            thread.join(10)
            assert not thread.is_alive()
    assert errors == []


def test_no_thread_is_left_behind(pki):
    """The threads of a server, those of open connections included, end with it."""
    with started(pki, product=Echo) as server, dial(server) as client:
        client.recv(100)
        server.stop()
        before = [thread for thread in threading.enumerate() if thread.name == "lab-product"]
        for thread in before:
            thread.join(10)
        assert not any(thread.is_alive() for thread in before)


def test_https_hands_over_what_was_asked(pki):
    """Method, path, query, headers and body arrive; status, body and headers come back."""
    with started(pki) as server:
        status, body, headers = ask(server, "/201?a=1&a=2&b=", "POST", b"hello")
    assert (status, body, headers["X-Lab"]) == (201, BODY, "yes")
    assert (server.asked.method, server.asked.path, server.asked.body) == ("POST", "/201", b"hello")
    assert server.asked.query == {"a": ["1", "2"], "b": [""]}
    assert server.asked.headers["content-length"] == "5"
    assert server.requests == ["POST /201"]


def test_https_keeps_connections_alive(pki):
    """Several requests go over one connection; HEAD has no body."""
    with started(pki) as server:
        trust = ssl.create_default_context(cafile=pki.trusted.path)
        client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=5, context=trust)
        client.request("GET", "/200")
        assert client.getresponse().read() == BODY
        line = client.sock
        client.request("HEAD", "/404")
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (404, b"")
        client.request("GET", "/200")
        assert client.getresponse().read() == BODY
        assert client.sock is line
        client.close()
    assert server.requests == ["GET /200", "HEAD /404", "GET /200"]


def test_only_the_named_target_misbehaves(pki):
    """A fault of another target is none of this server's."""
    with started(pki) as server:
        assert not server.faults.has("refused")
        assert ask(server)[0] == 200


def test_refused_has_a_port_and_nothing_behind_it(pki):
    """A refused server is dialled in vain, at the port that its environment names."""
    with started(pki, "refused") as server:
        assert server.port
        with pytest.raises(ConnectionRefusedError):
            dial(server)


def test_silent_accepts_and_says_nothing(pki):
    """A silent server takes the connection and all that is sent, and never answers."""
    with started(pki, "silent", product=Echo) as server, dial(server) as client:
        client.sendall(b"hello")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_cut_off_ends_after_the_request(pki):
    """The request arrives and the connection ends without an answer."""
    with started(pki, "cut off") as server:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(server)
        assert server.requests == ["GET /200"]


def test_half_a_page_is_shorter_than_its_header_says(pki):
    """The header promises the whole body and half of it comes."""
    with started(pki, "half a page") as server, pytest.raises(http.client.IncompleteRead) as cut:
        ask(server)
    assert cut.value.partial == BODY[: len(BODY) // 2]


def test_a_wrong_certificate_is_a_strangers(pki):
    """The certificate is signed by a CA that the environment does not name, and is fine else."""
    with started(pki, "wrong certificate") as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(server)
        trust = ssl.create_default_context(cafile=pki.stranger.path)
        with trust.wrap_socket(dial(server), server_hostname="localhost") as line:
            assert line.version() in ("TLSv1.2", "TLSv1.3")
    assert server.requests == []


def test_slow_waits_before_each_answer(pki):
    """A slow server answers rightly, but not within its delay."""
    with started(pki, "slow", seconds=30.0) as server:
        trust = ssl.create_default_context(cafile=pki.trusted.path)
        client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=0.3, context=trust)
        client.connect()
        client.request("GET", "/200")
        with pytest.raises(TimeoutError):
            client.getresponse()
        client.close()
        assert server.requests == ["GET /200"]
    with started(pki, "slow", seconds=0.01) as server:
        assert ask(server)[1] == BODY


def test_secrets_are_the_owners_alone_and_gone_at_the_end():
    """Keys and passwords of a lab are removed with it, and nobody else reads them meanwhile."""
    pki = Pki()
    path = pki.secret("password", "hunter2")
    leaf = pki.leaf("product", ["127.0.0.1"])
    assert path.read_text() == "hunter2"
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    pki.close()
    assert not path.exists()
    assert not leaf.path.exists()
