"""DSM-NAME-001 and DSM-TLS-001: what a node is called, and whom its manager reaches."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts.dsm.manager import Manager
from tests.facts_by_hand import DSM, certificate, environment
from tests.judging import answered, judged, missed, told

NAME, TLS = "DSM-NAME-001", "DSM-TLS-001"
ESTATE = environment(DSM).dsm[0]
WHERE = [node.where for node in ESTATE.nodes]


def named(*subjects):
    """The check on nodes whose certificates are made out to these."""
    shown = tuple(
        certificate(endpoint=where, subject=subject)
        for where, subject in zip(WHERE, subjects, strict=False)
    )
    return judged(NAME, dsm=ESTATE, dsm_certificates=shown)


@pytest.mark.parametrize(
    "subject",
    ["CN=dsm1.example.jp", "O=Example,CN=dsm1,OU=x", "CN=10.example.jp", "CN=1.2.3", "CN=*.corp"],
)
def test_a_certificate_made_out_to_a_name_passes(subject):
    """A name may begin with digits, and stand anywhere in the subject."""
    judgement = named("CN=dsm2.example.jp", subject)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize("address", ["192.0.2.11", "2001:db8::11"])
def test_a_certificate_made_out_to_an_address_warns(address):
    """Of either family; the node is told by its slug."""
    judgement = named("CN=dsm1.example.jp", f"O=Example,CN={address}")
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [(f"dsm-2 ({WHERE[1]})", address, "a host name")]


@pytest.mark.parametrize("subject", ["", "O=Example"])
def test_a_certificate_without_a_cn_tells_nothing(subject):
    """A person can look what the node is called."""
    judgement = named(subject, "CN=dsm2.example.jp")
    assert [one for one, _ in missed(judgement)] == [f"dsm-1 ({WHERE[0]})"]
    assert answered(NAME, judgement).outcome is Outcome.ATTESTED


@pytest.mark.parametrize("shown", [(), ("CN=dsm1.example.jp",)])
def test_a_node_that_was_not_reached_is_unknown(shown):
    """It may be the one with the address; a person can look what it is called."""
    judgement = named(*shown)
    reason = "it could not be reached, so its certificate was not seen"
    silent = [f"dsm-{number} ({WHERE[number - 1]})" for number in (1, 2)][len(shown) :]
    assert missed(judgement) == [(one, reason) for one in silent]
    assert judgement.examined == 2
    assert answered(NAME, judgement).outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("11.0.510", Outcome.FAIL),
        ("12.0.300", Outcome.FAIL),
        ("20.0.100", Outcome.NOT_APPLICABLE),
        ("20.0.877", Outcome.NOT_APPLICABLE),
    ],
)
def test_an_old_java_has_its_partners_listed(version, outcome):
    """As advice, which holds nobody up, on a row that nobody has verified."""
    judgement = judged(TLS, dsm=ESTATE, dsm_manager=Manager(version, ("soap",)))
    assert judgement.outcome is outcome
    assert {one.source.confidence for one in judgement.findings} <= {"unverified"}
    if outcome is Outcome.FAIL:
        assert judgement.weight is Severity.ADVICE
        assert len(judgement.findings) == 3
