"""TLS: verified by CA or by pinned leaf, and what a certificate probe tells of both."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from kanmon.environment.targets import VCenter
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.readers.transport.tls import certificate, context, dial, mismatch
from lab.transport.pki import Pki
from lab.transport.server import Answer, HttpsServer, Server
from lab.world.world import make

OTHER = "0" * 64


@pytest.fixture(scope="module")
def pki():
    made = Pki()
    yield made
    made.close()


class Product(HttpsServer):
    """Any product; its certificate can be another than the lab's usual one."""

    other = None

    def leaf(self):
        """The usual certificate, or one with other names or another end; ``issued`` is it."""
        names = {"addresses": self.addresses, **(self.other or {})}
        usual = self.other is None
        self.issued = super().leaf() if usual else self.pki.trusted.issue(self.slug, **names)
        return self.issued

    def respond(self, asked):
        """Nobody asks for anything in these tests."""
        return Answer(body=asked.body)


class Chatty(Server):
    """A server of another protocol: it speaks first, then hangs up."""

    def serve(self, connection, address):
        """Greet."""
        connection.sendall(f"SSH-2.0-lab {address}\r\n".encode())


@contextmanager
def started(pki, fault=None, product=Product, **other):
    misbehaviour = [{"target": "product", "how": fault}] if fault else []
    world = make("w", {"title": "", "linux": [{"slug": "product"}], "misbehaviour": misbehaviour})
    server = product(world, "product", pki)
    server.other = other or None
    server.start()
    try:
        yield server
    finally:
        server.stop()


def endpoint(server, **trust):
    """The server as an environment file names it; trusted by the lab's CA unless said otherwise."""
    trust = trust or {"ca": str(server.pki.trusted.path)}
    values = {"timeout": 5.0, **trust}
    return VCenter(slug="v", address="127.0.0.1", port=server.port, credential="c", **values)


def pinned(server, digits):
    return endpoint(server, fingerprint=f"sha256:{digits}")


def test_a_certificate_of_the_named_ca_is_told_without_problem(pki):
    """Subject, issuer, validity and fingerprint are those of the leaf; nothing is asked."""
    with started(pki) as server:
        told = certificate(endpoint(server))
    assert told.problem is None
    assert told.endpoint == f"127.0.0.1:{server.port}"
    assert (told.subject, told.issuer) == ("CN=product", "CN=kanmon lab CA")
    assert told.not_before < datetime.now(UTC) < told.not_after
    assert told.not_before.tzinfo is told.not_after.tzinfo is UTC
    assert told.sha256 == server.issued.fingerprint
    assert server.requests == []


def test_the_systems_cas_do_not_vouch_for_the_lab(pki):
    """Without ca and fingerprint the system's CAs decide: nobody else's certificate passes."""
    with started(pki) as server:
        told = certificate(endpoint(server, timeout=5.0))
    assert "unable to get local issuer certificate" in told.problem
    assert told.subject == "CN=product"


@pytest.mark.parametrize(
    ("fault", "other", "problem"),
    [
        ("wrong certificate", {}, "unable to get local issuer certificate"),
        (None, {"days": -1}, "certificate has expired"),
        (None, {"addresses": ["127.0.0.9"]}, "IP address mismatch"),
    ],
    ids=["another CA", "expired", "another address"],
)
def test_a_certificate_with_a_problem_is_told_with_it(pki, fault, other, problem):
    """What is wrong is said, and the facts are those of the certificate that was presented."""
    with started(pki, fault, **other) as server:
        told = certificate(endpoint(server))
    assert problem in told.problem
    assert (told.subject, told.sha256) == ("CN=product", server.issued.fingerprint)
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "other"),
    [(None, {}), ("wrong certificate", {}), (None, {"days": -1}), (None, {"addresses": []})],
    ids=["the CA", "another CA", "expired", "no address"],
)
def test_a_pinned_leaf_is_the_one_or_has_a_problem(pki, fault, other):
    """A pin is about this very certificate: who signed it does not count, and no other passes."""
    with started(pki, fault, **other) as server:
        found = certificate(pinned(server, OTHER))
        assert certificate(pinned(server, found.sha256)).problem is None
    assert found.problem == (f"its fingerprint is sha256:{found.sha256}, pinned is sha256:{OTHER}")
    assert server.requests == []


def test_an_expired_certificate_is_seen_behind_a_pin(pki):
    """A pin does not hide until when the certificate is valid."""
    with started(pki, days=-1) as server:
        found = certificate(pinned(server, OTHER))
    assert found.not_after < datetime.now(UTC)


def test_nothing_pinned_is_no_mismatch(pki):
    """Only a pin can be missed."""
    with started(pki) as server:
        assert mismatch(endpoint(server), b"any") is None
        assert mismatch(pinned(server, OTHER), b"any") is not None


def test_another_handshake_is_verified_like_the_usual_one(pki):
    """Where TLS starts otherwise, the probe verifies first and looks without verifying second."""
    seen = []

    with started(pki) as server:

        def shake(made):
            seen.append(made.verify_mode)
            raw = socket.create_connection(("127.0.0.1", server.port), 5)
            return made.wrap_socket(raw, server_hostname="localhost")

        assert certificate(endpoint(server), shake).problem is None
        assert certificate(endpoint(server, ca=str(pki.stranger.path)), shake).problem
    assert seen == [ssl.CERT_REQUIRED, ssl.CERT_REQUIRED, ssl.CERT_NONE]


def test_a_refused_port_loses_the_target(pki):
    """Where nothing listens the target is lost, and the address is named."""
    with started(pki, "refused") as server, pytest.raises(TargetLost, match="refused") as told:
        certificate(endpoint(server))
    assert f"127.0.0.1:{server.port}" in str(told.value)


@pytest.mark.parametrize(
    ("fault", "product", "got"),
    [("silent", Product, "timed out"), (None, Chatty, "SSL")],
    ids=["silent", "no TLS"],
)
def test_a_handshake_that_fails_is_told(pki, fault, product, got):
    """A server that says nothing, or speaks something else, has no certificate to tell of."""
    with started(pki, fault, product) as server, pytest.raises(CouldNotRead, match=got) as told:
        certificate(endpoint(server, ca=str(pki.trusted.path), timeout=0.5))
    assert f"make a TLS handshake with 127.0.0.1:{server.port}" in str(told.value)


def test_a_ca_file_that_cannot_be_used_is_told(pki, tmp_path):
    """A CA file that is absent or holds no certificate is named before anything is dialled."""
    (tmp_path / "empty.pem").touch()
    (tmp_path / "text.pem").write_text("no certificate")
    with started(pki) as server:
        for name in ("absent.pem", "empty.pem", "text.pem", "."):
            path = str(tmp_path / name)
            with pytest.raises(TargetLost, match="correct ca") as told:
                certificate(endpoint(server, ca=path))
            assert path in str(told.value)


def test_a_context_verifies_unless_a_leaf_is_pinned(pki):
    """By CA the chain and the name are verified; with a pin the caller compares the leaf."""
    with started(pki) as server:
        verifies = context(endpoint(server))
        compares = context(pinned(server, OTHER))
    assert (verifies.verify_mode, verifies.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (compares.verify_mode, compares.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("name", ["vc..example.jp", f"{'x' * 64}.example.jp"])
def test_a_name_that_is_none_loses_the_target(name):
    """A mistyped name is told like one that does not resolve."""
    with pytest.raises(TargetLost, match="check the name"):
        dial(name, 443, 1.0)
