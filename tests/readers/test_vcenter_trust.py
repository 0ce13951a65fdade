"""What a vCenter tells of its certificates, over sockets: right answers, denied, broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.errors import CouldNotRead, Denied, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.gate.attesting import bound
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.rest import SESSION, SYSTEM_READ
from lab.transport.pki import Pki
from lab.transport.server import Answer
from lab.vcenter import certificates
from tests.readers.vcenters import managed, session

MANAGEMENT = "/api/vcenter/certificate-management/vcenter"
SIGNING = f"{MANAGEMENT}/signing-certificate"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def bare(told):
    """An answer below /api: no envelope around it."""
    return Answer(200, json.dumps(told).encode())


def read(pki, part, answers=None, **changes):
    """A part of a vCenter, 7.0 U3 where nothing else is said, that answers some paths otherwise."""
    with session(managed(**{"version": "7.0.3", **changes}), pki) as (server, opened):
        plain = server._appliance.respond
        server._appliance.respond = lambda asked: (answers or {}).get(asked.path) or plain(asked)
        found = vcenter.PARTS[part](opened)
        return found, list(server.requests)


# The signing certificate


@pytest.mark.parametrize("version", ["7.0.3", "8.0.0", "8.0.3"])
def test_the_leaf_is_what_signs(pki, version):
    """Its end arrives, not that of the CA behind it, in the session that the appliance has too."""
    found, sent = read(pki, "signing_certificate", version=version, signing_days=100)
    left = found.not_after - datetime.now(UTC)
    assert timedelta(days=99) < left < timedelta(days=101)
    assert found.not_before < datetime.now(UTC)
    assert found.not_after.tzinfo is UTC
    assert found.subject == "CN=ssoserverSign"
    assert [one for one in sent if "/rest" in one or "/api" in one] == [
        f"POST {SESSION}",
        f"GET {SIGNING}",
    ]


@pytest.mark.parametrize("version", ["6.5.0", "6.7.0", "7.0.0", "7.0.2"])
def test_a_release_before_does_not_tell_and_is_not_asked(pki, version):
    """It says what to look at, and a person's word is bound to the version."""
    found, sent = read(pki, "signing_certificate", version=version)
    assert isinstance(found, NotKept)
    assert "checksts.py" in found.untold
    assert bound(found.untold) == {"version": version}
    assert not [one for one in sent if "/api" in one]


def test_an_answer_in_the_form_of_the_vendors_reference(pki):
    """The active chain counts, leaf first; older chains, kept for older tokens, do not."""
    active, older = certificates.chain(100), certificates.chain(-5)
    told = {
        "active_cert_chain": {"cert_chain": active},
        "signing_cert_chains": [{"cert_chain": older}, {"cert_chain": active}],
    }
    found, _ = read(pki, "signing_certificate", {SIGNING: bare(told)})
    assert found.not_after > datetime.now(UTC)


def test_a_whole_chain_in_one_text(pki):
    """Where PEM texts stand behind each other the first is the leaf all the same."""
    told = {"active_cert_chain": {"cert_chain": ["".join(certificates.chain(100))]}}
    found, _ = read(pki, "signing_certificate", {SIGNING: bare(told)})
    assert found.subject == "CN=ssoserverSign"


BROKEN = [
    Answer(200, b"<html>Please log in</html>", "text/html"),
    Answer(200, b"[]"),
    Answer(200, b"{}"),
    Answer(200, b"null"),
    Answer(404, b"{}"),
    Answer(500, b"oops"),
    bare({"value": {"active_cert_chain": {"cert_chain": []}}}),
    bare({"active_cert_chain": {"cert_chain": []}}),
    bare({"active_cert_chain": {"cert_chain": ["no PEM"]}}),
    bare({"active_cert_chain": {"cert_chain": [7]}}),
    bare({"active_cert_chain": []}),
    bare({"signing_cert_chains": []}),
]


@pytest.mark.parametrize("answer", BROKEN, ids=lambda one: f"{one.status}-{one.body[:40]!r}")
def test_an_answer_of_another_form_is_an_error(pki, answer):
    """It is no certificate that lasts, no release that does not tell, and no lost target."""
    with pytest.raises(CouldNotRead) as error:
        read(pki, "signing_certificate", {SIGNING: answer})
    assert not isinstance(error.value, TargetLost)


@pytest.mark.parametrize("status", [401, 403])
def test_a_right_that_is_missing_is_named(pki, status):
    """It is System.Read, and no group of the appliance."""
    with pytest.raises(Denied) as error:
        read(pki, "signing_certificate", {SIGNING: Answer(status, b"{}")})
    assert error.value.advice == SYSTEM_READ


def test_the_groups_of_the_appliance_do_not_count(pki):
    """Who may not ask the appliance may ask for its certificates."""
    found, _ = read(pki, "signing_certificate", appliance={"denied": True})
    assert found.subject == "CN=ssoserverSign"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", SIGNING),
        ("POST", SIGNING),
        ("GET", f"{MANAGEMENT}/tls"),
        ("POST", f"{MANAGEMENT}/vmca-root"),
        ("POST", "/rest/vcenter/certificate-management/vcenter/trusted-root-chains"),
        ("DELETE", "/rest/vcenter/certificate-management/vcenter/trusted-root-chains/A"),
    ],
)
def test_nothing_is_ever_replaced(pki, method, path):
    """What is not on the allow-list is not sent."""
    with session(managed(version="7.0.3"), pki) as (server, opened):
        https = opened.rest._opened()
        sent = list(server.requests)
        with pytest.raises(NotAllowed):
            https.send(method, path)
        assert server.requests == sent


# Trusted roots

ROOTS = "/rest/vcenter/certificate-management/vcenter/trusted-root-chains"


def value(told):
    """An answer below /rest."""
    return bare({"value": told})


@pytest.mark.parametrize("version", ["6.7.0", "7.0.2", "8.0.0"])
def test_every_root_with_its_signature_and_end(pki, version):
    """Each chain is asked for by its identifier, and told with what signed it."""
    roots = [{"name": "VMCA", "days": 100}, {"name": "Old", "sha1": True}]
    found, sent = read(pki, "trusted_roots", version=version, trusted_roots=roots)
    vmca, old = (one.certificates[0] for one in found)
    assert (vmca.subject, vmca.signature, len(vmca.sha256)) == ("CN=VMCA", "sha256", 64)
    assert timedelta(days=99) < vmca.not_after - datetime.now(UTC) < timedelta(days=101)
    assert (old.subject, old.signature) == ("CN=Old Enterprise CA,O=Example", "sha1")
    asked = [one for one in sent if "trusted-root-chains" in one]
    assert asked == [f"GET {ROOTS}", *(f"GET {ROOTS}/{one.id}" for one in found)]


def test_65_does_not_tell_its_roots_and_is_not_asked(pki):
    """It says where to look instead."""
    found, sent = read(pki, "trusted_roots", version="6.5.0")
    assert isinstance(found, NotKept)
    assert "vecs-cli" in found.untold
    assert not [one for one in sent if "trusted-root-chains" in one]


def test_a_67_that_does_not_tell_them_yet(pki):
    """Before 6.7 U2 nothing answers there: that is no empty list."""
    with pytest.raises(CouldNotRead, match="does not have it") as error:
        read(pki, "trusted_roots", {ROOTS: Answer(404, b"{}")}, version="6.7.0")
    assert not isinstance(error.value, Denied)


@pytest.mark.parametrize(
    "told",
    [{"value": told} for told in ([], {}, [{}], ["A"], [{"chain": 7}])] + [[{"chain": "A"}]],
)
def test_a_list_of_roots_of_unknown_form_is_an_error(pki, told):
    """Every vCenter trusts its own authority: none at all is no answer."""
    with pytest.raises(CouldNotRead):
        read(pki, "trusted_roots", {ROOTS: bare(told)})


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b"{}"),
        value({}),
        value({"cert_chain": {"cert_chain": []}}),
        value({"cert_chain": {"cert_chain": ["MIIB"]}}),
        value({"cert_chain": ["MIIB"]}),
        bare({"cert_chain": {"cert_chain": [certificates.root("CA", 100)]}}),
    ],
    ids=lambda one: f"{one.status}-{one.body[:40]!r}",
)
def test_a_root_of_unknown_form_is_unread_alone(pki, answer):
    """The others are read as ever."""
    chains = value([{"chain": "ODD"}, {"chain": "GOOD"}])
    good = value({"cert_chain": {"cert_chain": [certificates.root("CA", 100)]}})
    told = {ROOTS: chains, f"{ROOTS}/ODD": answer, f"{ROOTS}/GOOD": good}
    found, _ = read(pki, "trusted_roots", told)
    assert [isinstance(one.certificates, Unread) for one in found] == [True, False]


@pytest.mark.parametrize("id_", ["../../../appliance/shutdown", "a/b", "a?action=x", ".."])
def test_an_identifier_of_unknown_form_is_not_asked_for(pki, id_):
    """What stands in the list goes into a path: only a name of the known form does."""
    (found,), sent = read(pki, "trusted_roots", {ROOTS: value([{"chain": id_}])})
    assert isinstance(found.certificates, Unread)
    assert [one for one in sent if "trusted-root-chains" in one] == [f"GET {ROOTS}"]


@pytest.mark.parametrize("path", [ROOTS, f"{ROOTS}/{certificates.chain_id('CA')}"])
def test_a_right_that_roots_miss_is_named(pki, path):
    """It is System.Read, for the list and for each of it."""
    with pytest.raises(Denied) as error:
        read(pki, "trusted_roots", {path: Answer(403, b"{}")})
    assert error.value.advice == SYSTEM_READ
