"""What a manager shows to its agents: seen although the handshake ends, whoever the server is."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest

from kanmon.environment.targets import DsmNode
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.readers.dsm import reader as dsm
from kanmon.readers.transport.hello import shown
from tests.readers.managers import make_world, starting
from tests.servers import need

ADDRESS = "127.0.0.1"


@pytest.fixture
def run():
    with starting() as start:
        yield start


def hashes(port):
    """How the certificates of a port are signed."""
    node = DsmNode(slug="n", address=ADDRESS, port=port, agent_port=port, timeout=5.0)
    (found,) = dsm.PROBES["agent_ports"](type("Manager", (), {"nodes": [node]})())
    return found.hashes


# The simulated manager, which asks for a certificate of its agents


def test_each_node_is_seen_on_its_own(run):
    """One shows an old certificate, the other a new one with its issuer's, in the file's order."""
    running = run(make_world(**{"dsm-1": {"agent_hash": "sha1"}}))
    first, second = dsm.PROBES["agent_ports"](running.target)
    assert (first.slug, first.hashes) == ("dsm-1", ("sha1",))
    assert first.label == f"dsm-1 ({ADDRESS}:{running.target.nodes[0].agent_port})"
    assert (second.slug, second.hashes) == ("dsm-2", ("sha256", "sha256"))


def test_nothing_but_the_hello_is_sent(run):
    """No request comes in, and no login is made."""
    running = run(make_world())
    dsm.PROBES["agent_ports"](running.target)
    assert running.asked == []


@pytest.mark.parametrize(
    ("fault", "said"), [("refused", "refused"), ("silent", "no answer within 2 s")]
)
def test_a_node_without_an_answer_is_unread_alone(run, fault, said):
    """The other node is read, and the reason says what came back."""
    first, second = dsm.PROBES["agent_ports"](run(make_world(faults=[("dsm-1", fault)])).target)
    assert isinstance(first.hashes, Unread)
    assert said in first.hashes.reason
    assert second.hashes == ("sha256", "sha256")


def test_the_port_is_the_consoles_and_one():
    """Where the environment says nothing agents reach 4120."""
    node = DsmNode(slug="n", address="dsm1.example.jp")
    assert node.to_agents == 4120
    assert node.model_copy(update={"port": 443, "agent_port": 8443}).to_agents == 8443


# OpenSSL's own server


@contextmanager
def openssl(home, *options, days="3", digest="-sha1"):
    """``openssl s_server`` with a certificate of its own; its port."""
    program = need("openssl")
    key, leaf = str(home / "key.pem"), str(home / "leaf.pem")
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", digest, "-days", days]
    subject = ["-subj", "/CN=manager", "-keyout", key, "-out", leaf]
    subprocess.run([program, *make, *subject], check=True, capture_output=True)
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    serve = ["s_server", "-accept", f"{ADDRESS}:{port}", "-key", key, "-cert", leaf, *options]
    process = subprocess.Popen(
        [program, *serve], stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert process.stdout
        while b"ACCEPT" not in (line := process.stdout.readline()):
            assert line, process.wait()
        yield port
    finally:
        process.kill()
        process.communicate()


OLD = ("-cipher", "ALL:@SECLEVEL=0")


@pytest.mark.parametrize(
    "options",
    [(), ("-Verify", "1"), ("-tls1",), ("-tls1_2", "-Verify", "1")],
    ids=["plain", "mutual", "TLS 1.0", "TLS 1.2 and mutual"],
)
def test_a_real_old_certificate_is_seen(options, tmp_path):
    """It is signed with SHA-1, whatever the server wants of its client."""
    with openssl(tmp_path, *OLD, *options) as port:
        assert hashes(port) == ("sha1",)


def test_a_new_certificate_is_seen(tmp_path):
    """The hash is that of the certificate, not of the handshake."""
    with openssl(tmp_path, digest="-sha384") as port:
        assert hashes(port) == ("sha384",)


def test_tls_13_alone_shows_nothing_readable(tmp_path):
    """It answers by an alert: unknown, never a pass."""
    with openssl(tmp_path, "-tls1_3", digest="-sha256") as port:
        assert isinstance(found := hashes(port), Unread)
        assert "TLS alert 70" in found.reason


# Servers that speak something else


@contextmanager
def answering(said):
    """A server that says these bytes to whoever comes, and hangs up."""
    with socket.create_server((ADDRESS, 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def record(message, kind=22):
    """A TLS record."""
    return bytes([kind, 3, 3]) + len(message).to_bytes(2) + message


def certificate(content):
    """A message with certificates."""
    return bytes([11]) + len(content).to_bytes(3) + content


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "it ends without showing one"),
        (record(b"\x02\x28", 21), "TLS alert 40"),
        (record(b"", 21), "TLS alert [?]"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 900, "no TLS"),
        (record(certificate(b"\x00\x00\x00")), "empty"),
        (record(certificate(b"\x00\x00\x05\x00\x00\x09ab")), "cut off"),
        (record(certificate(b"\x00\x00\x05\x00\x00\x02ab"))[:-3], "it ends without showing one"),
    ],
)
def test_what_is_no_certificate_is_not_taken_for_one(said, told):
    """Another protocol, an alert, a list that is empty or ends early: each says what it was."""
    with answering(said) as port, pytest.raises(CouldNotRead, match=told):
        shown(ADDRESS, port, 5.0)


def test_bytes_that_are_no_certificate_are_unread():
    """A list whose entry nobody can read leaves the node unread."""
    with answering(record(certificate(b"\x00\x00\x05\x00\x00\x02ab"))) as port:
        assert isinstance(hashes(port), Unread)


def test_a_message_over_several_records_is_put_together():
    """A long chain comes in pieces."""
    message = certificate(b"\x00\x00\x05\x00\x00\x02ab")
    with answering(record(message[:5]) + record(message[5:])) as port:
        assert shown(ADDRESS, port, 5.0) == (b"ab",)


def test_nobody_listens():
    """It is told as what it is."""
    with socket.create_server((ADDRESS, 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TargetLost, match="refused"):
        shown(ADDRESS, port, 5.0)
