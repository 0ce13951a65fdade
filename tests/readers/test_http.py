"""HTTPS: only what is allowed leaves, only to whom is trusted, and half an answer is none."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from contextlib import contextmanager
from types import MappingProxyType

import pytest

from kanmon.environment.targets import VCenter
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.readers.transport.http import Https, refused
from kanmon.readers.transport.tls import certificate
from lab.transport.pki import Pki
from lab.transport.server import Answer, HttpsServer
from lab.world.world import make

SECRET = "hunter2-Very-Secret"
HEADERS = {"Authorization": f"Bearer {SECRET}"}
ALLOWED = (("GET", "/page"), ("GET", r"/api/hosts/[^/]+"), ("POST", "/login"))


@pytest.fixture(scope="module")
def pki():
    made = Pki()
    yield made
    made.close()


class Product(HttpsServer):
    """A product with one page; it remembers the headers that it was sent."""

    other = None
    status = 200
    headers = MappingProxyType({})

    def leaf(self):
        """The usual certificate, or one with other names or another end; ``issued`` is it."""
        names = {"addresses": self.addresses, **(self.other or {})}
        usual = self.other is None
        self.issued = super().leaf() if usual else self.pki.trusted.issue(self.slug, **names)
        return self.issued

    def serve(self, connection, address):
        """HTTPS; ``ended`` is set when the connection ends."""
        self.ended = threading.Event()
        super().serve(connection, address)
        self.ended.set()

    def respond(self, asked):
        """The page."""
        self.asked = asked
        return Answer(self.status, b'{"found": [1, 2, 3]}', headers=self.headers)


@contextmanager
def started(pki, fault=None, seconds=2.0, **other):
    faults = [{"target": "product", "how": fault, "seconds": seconds}] if fault else []
    server = Product(
        make("w", {"title": "", "linux": [{"slug": "product"}], "misbehaviour": faults}),
        "product",
        pki,
    )
    server.other = other or None
    server.start()
    try:
        yield server
    finally:
        server.stop()


def endpoint(server, **changes):
    """The server as an environment names it; the lab's CA is trusted unless it says otherwise."""
    values = {"address": "127.0.0.1", "port": server.port, "timeout": 5.0, **changes}
    if not {"ca", "fingerprint"} & changes.keys():
        values["ca"] = str(server.pki.trusted.path)
    return VCenter(slug="v", credential="c", **values)


@contextmanager
def client(server, **changes):
    """A session with a server."""
    https = Https(endpoint(server, **changes), ALLOWED)
    try:
        yield https
    finally:
        https.close()


def failure(server, kind=CouldNotRead, **changes):
    """What is told of a request that carries a secret; the secret is never in it."""
    with client(server, **changes) as https, pytest.raises(kind) as told:
        https.send("GET", "/page", headers=HEADERS)
    text = str(told.value)
    assert f"tried to GET https://127.0.0.1:{server.port}/page; got: " in text
    assert SECRET not in text
    assert "object at 0x" not in text
    assert "Error(" not in text
    return told.value


def test_an_answer_of_a_trusted_server_is_passed_on(pki):
    """Status and body come through, and what was asked arrives as it was meant."""
    with started(pki) as server, client(server) as https:
        answer = https.send("GET", "/page", params={"limit": 5}, headers=HEADERS)
    assert (answer.status_code, answer.json()) == (200, {"found": [1, 2, 3]})
    assert server.asked.query == {"limit": ["5"]}
    assert server.asked.headers["authorization"] == HEADERS["Authorization"]
    assert server.requests == ["GET /page"]


@pytest.mark.parametrize(
    ("fault", "other", "problem"),
    [
        ("wrong certificate", {}, "unable to get local issuer certificate"),
        (None, {"days": -1}, "certificate has expired"),
        (None, {"addresses": ["127.0.0.9"]}, "127.0.0.1"),
    ],
    ids=["another CA", "expired", "another address"],
)
def test_nothing_is_sent_to_a_server_that_the_ca_does_not_vouch_for(pki, fault, other, problem):
    """A certificate that does not verify loses the target before a request leaves."""
    with started(pki, fault, **other) as server:
        told = failure(server, TargetLost)
    assert problem in told.got
    assert told.advice == "check ca or fingerprint"
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "other"),
    [(None, {}), ("wrong certificate", {}), (None, {"days": -1}), (None, {"addresses": []})],
    ids=["the CA", "another CA", "expired", "no address"],
)
def test_a_pinned_leaf_is_all_that_counts(pki, fault, other):
    """The pinned certificate is served and warned about by nobody, whoever signed it."""
    with started(pki, fault, **other) as server:
        pin = f"sha256:{server.issued.fingerprint}"
        with client(server, fingerprint=pin) as https, warnings.catch_warnings():
            warnings.simplefilter("error")
            assert https.send("GET", "/page").status_code == 200


def test_nothing_is_sent_to_a_server_with_another_leaf(pki):
    """With a wrong pin no request reaches the server, though a known CA signed its certificate."""
    with started(pki) as server:
        told = failure(server, TargetLost, fingerprint=f"sha256:{'0' * 64}")
    assert "ingerprint" in told.got
    assert told.advice == "check ca or fingerprint"
    assert server.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/page"),
        ("POST", "/page"),
        ("get", "/login"),
        ("GET", "/"),
        ("GET", "/page/"),
        ("GET", "/pages"),
        ("GET", "/x/page"),
        ("GET", "/page%2F..%2Fsecret"),
        ("GET", "/api/hosts/1/power"),
        ("GET", "/api/hosts/../users"),
        ("GET", "/api/hosts/%2e%2e/users"),
        ("GET", "/api/hosts/x/../../users"),
        ("POST", "/login/../page"),
    ],
)
def test_what_is_not_allowed_is_not_sent(pki, method, path):
    """Method and whole path must be on the list, however the path is written."""
    with started(pki) as server, client(server) as https:
        with pytest.raises(NotAllowed, match="not on the reader's allow-list"):
            https.send(method, path)
        assert server.requests == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/hosts/host-21"), ("POST", "/login")])
def test_what_is_allowed_is_sent_as_it_was_allowed(pki, method, path):
    """Patterns match whole paths; a query does not count."""
    with started(pki) as server, client(server) as https:
        https.send(method, path, params={"expand": "all"})
    assert server.requests == [f"{method} {path}"]


def test_the_guard_stands_in_the_session_itself(pki):
    """Whoever takes the session past send() is refused alike, and plain HTTP is refused always."""
    with started(pki) as server, client(server) as https:
        with pytest.raises(NotAllowed):
            https.session.delete(f"{https.base}/page", timeout=5)
        with pytest.raises(NotAllowed):
            https.session.get(f"http://127.0.0.1:{server.port}/page", timeout=5)
        assert server.requests == []


def test_a_session_talks_to_its_own_endpoint_only(pki):
    """An address that an answer smuggled in takes no login to another server."""
    with started(pki) as server, started(pki) as other, client(server) as https:
        there = f"127.0.0.1:{other.port}"
        for send in (
            lambda: https.session.get(f"https://{there}/page", headers=HEADERS, timeout=5),
            lambda: https.send("GET", f"@{there}/page", headers=HEADERS),
        ):
            with pytest.raises(NotAllowed):
                send()
        assert other.requests == []


def test_a_name_in_capitals_is_the_same_endpoint(pki):
    """Host names have no case: the guard knows its endpoint however it is written."""
    with started(pki) as server, client(server, address="LocalHost") as https:
        assert https.send("GET", "/page").status_code == 200


def test_no_redirect_is_followed(pki):
    """A redirect is an answer like any other: the login goes nowhere else."""
    with started(pki) as other, started(pki) as server, client(server) as https:
        server.status = 302
        server.headers = {"Location": f"https://127.0.0.1:{other.port}/page"}
        answer = https.send("GET", "/page", headers=HEADERS)
        assert answer.status_code == 302
        server.headers = {"Location": "/api/hosts/1"}
        https.send("GET", "/page")
        assert server.requests == ["GET /page", "GET /page"]
        assert other.requests == []


def test_a_refused_port_loses_the_target(pki):
    """Where nothing listens the target is lost."""
    with started(pki, "refused") as server:
        told = failure(server, TargetLost)
    assert "refused" in told.got
    assert told.advice == "is it up?"


@pytest.mark.parametrize("fault", ["silent", "slow"])
def test_an_answer_that_does_not_come_is_told(pki, fault):
    """A server that takes the connection and does not answer in time is not waited for."""
    with started(pki, fault) as server:
        assert "no answer within 0.3 s" in failure(server, timeout=0.3).got


@pytest.mark.parametrize("fault", ["cut off", "half a page"])
def test_an_answer_that_breaks_off_is_none(pki, fault):
    """Neither a missing nor half a body is ever passed on as an answer."""
    with started(pki, fault) as server:
        told = failure(server)
        assert server.requests == ["GET /page"]
    assert "ca" not in told.advice.split()


def test_a_body_that_never_ends_is_none(pki):
    """A body of which the rest does not come in time is no answer."""
    with started(pki) as server:
        server.headers = {"Transfer-Encoding": "chunked"}
        failure(server, timeout=0.3)


def test_proxies_of_the_machine_are_left_alone(pki, monkeypatch):
    """A management network is dialled directly, whatever proxy the machine uses."""
    with socket.create_server(("127.0.0.1", 0)) as proxy, started(pki) as server:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, address)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with client(server) as https:
            assert https.send("GET", "/page").status_code == 200
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_netrc_of_the_user_is_left_alone(pki, monkeypatch, tmp_path):
    """No login but the environment's own goes to a target."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with started(pki) as server, client(server) as https:
        https.send("GET", "/page")
    assert "authorization" not in server.asked.headers


def test_cas_of_the_process_environment_are_left_alone(pki, monkeypatch):
    """What the environment file says of trust is not widened by a variable."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(pki.stranger.path))
    with started(pki, "wrong certificate") as server:
        failure(server, TargetLost)
    assert server.requests == []


def test_without_ca_the_systems_cas_decide_here_as_in_the_probe(pki, monkeypatch):
    """A CA that the system trusts is trusted by the session as by the certificate probe."""
    monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(pki.trusted.path))
    with started(pki) as server:
        assert certificate(endpoint(server, ca=None)).problem is None
        with client(server, ca=None) as https:
            assert https.send("GET", "/page").status_code == 200


def test_a_ca_file_that_is_not_there_is_told(pki, tmp_path):
    """A missing CA file loses the target and is named."""
    path = str(tmp_path / "absent.pem")
    with (
        started(pki) as server,
        pytest.raises(TargetLost, match=r"absent\.pem"),
        client(server, ca=path) as https,
    ):
        https.send("GET", "/page")
    assert server.requests == []


def test_a_name_that_is_none_loses_the_target(pki):
    """A mistyped name is told like one that does not resolve."""
    with (
        started(pki) as server,
        client(server, address="vc..example.jp") as https,
        pytest.raises(TargetLost, match=r"vc\.\.example\.jp"),
    ):
        https.send("GET", "/page")


def test_ipv6_addresses_stand_in_brackets():
    """An IPv6 address is one host, not a host and a port."""
    https = Https(VCenter(slug="v", credential="c", address="2001:db8::1"), ALLOWED)
    assert https.base == "https://[2001:db8::1]:443"


def test_an_unexpected_status_is_told_with_the_body_and_advice(pki):
    """Status, the beginning of the body on one line, and what to do about this very status."""
    with started(pki) as server, client(server) as https:
        server.status = 403
        told = refused(https.send("GET", "/page"), "list the hosts", {403: "grant Auditor"})
        server.status = 500
        other = refused(https.send("GET", "/page"), "list the hosts", {403: "grant Auditor"})
    assert str(told) == (
        'tried to list the hosts; got: HTTP 403 {"found": [1, 2, 3]}; grant Auditor'
    )
    assert str(other) == 'tried to list the hosts; got: HTTP 500 {"found": [1, 2, 3]}'


def test_connections_are_dropped_at_the_end(pki):
    """After close() the server sees the end of the connection: nothing of a session is left."""
    with started(pki) as server:
        with client(server) as https:
            https.send("GET", "/page")
            assert not server.ended.is_set()
        assert server.ended.wait(10)
