"""The TLS and certificate probes against the lab's SQL Server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.readers.database import reader as database
from lab.transport.pki import Pki
from tests.readers.sqlserver import lab, leaf_fingerprint, outcomes, session, target


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


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
        "import sys; from kanmon.environment.targets import Database;"
        "from kanmon.readers import database;"
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
            encoding="utf-8",
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
