"""VC-CERT-001: certificates of vCenter and its hosts that outlive the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.appliance import CertificateInfo, HostCertificate
from tests.facts_by_hand import NOW, VC_MAIN, WINDOW_END, certificate, environment, moment
from tests.judging import judged, missed, told

SECOND = timedelta(seconds=1)
ONE = "esx-01.example.jp (host-21)"
VALID = "valid until 2026-12-05 21:00 UTC"
LATER = datetime(2028, 1, 1, tzinfo=UTC)


def info(**changes):
    """A host's certificate that outlives the window."""
    made = CertificateInfo(
        subject="CN=esx-01.example.jp",
        issuer="CN=CA",
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=LATER,
        status="good",
    )
    return replace(made, **changes)


def host(told, name="esx-01.example.jp", moref="host-21"):
    return HostCertificate(moref, name, told)


def certified(*hosts, own=None, **changes):
    """The check on a vCenter with these hosts."""
    return judged(
        "VC-CERT-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_certificates=(own or certificate(),),
        vcenter_host_certificates=hosts,
        moment=moment(step="vsphere-bridge", **changes),
    )


def test_certificates_that_outlive_the_window_pass():
    """Those of vCenter and each host are examined; the first to end is told."""
    other = host(info(not_after=datetime(2027, 3, 1, tzinfo=UTC)), "esx-02.example.jp", "host-22")
    judgement = certified(host(info()), other)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 3
    (first,) = judgement.notes
    assert (first.subject, first.text) == (
        "esx-02.example.jp (host-22)",
        "the first host certificate to end, on 2027-03-01",
    )


@pytest.mark.parametrize(
    ("after_the_window", "outcome"),
    [(-SECOND, Outcome.FAIL), (timedelta(0), Outcome.FAIL), (SECOND, Outcome.PASS)],
)
def test_the_end_of_the_window(after_the_window, outcome):
    """Ending exactly with the window is not outliving it, for a host and for vCenter."""
    end = WINDOW_END + after_the_window
    assert certified(host(info(not_after=end))).outcome is outcome
    assert certified(host(info()), own=certificate(not_after=end)).outcome is outcome


def test_only_the_host_at_fault_is_named():
    """One bad certificate of two fails, as a blocker."""
    bad = host(info(not_after=WINDOW_END))
    judgement = certified(bad, host(info(), "esx-02.example.jp", "host-22"))
    assert told(judgement) == [(ONE, "expires 2026-12-05 21:00 UTC", VALID)]
    assert judgement.weight is Severity.BLOCKER


def test_one_that_is_not_valid_yet_fails():
    """A certificate of tomorrow is no certificate."""
    judgement = certified(host(info(not_before=NOW + SECOND)))
    assert told(judgement) == [(ONE, "not valid before 2026-11-23 09:00 UTC", VALID)]


def test_whether_vcenters_own_is_trusted_is_judged_elsewhere():
    """NET-CERT-001 says that; here it would be told twice."""
    judgement = certified(host(info()), own=certificate(problem="self-signed certificate"))
    assert judgement.outcome is Outcome.PASS


def test_vcenters_word_expired_counts_against_good_dates():
    """Where the two disagree, nobody takes the better one."""
    judgement = certified(host(info(status="expired")))
    assert told(judgement) == [(ONE, "vCenter calls it expired", VALID)]


def test_an_imminent_end_is_a_warning():
    """It outlives the window, but vCenter's own alarm is on."""
    judgement = certified(host(info(status="expirationImminent")))
    assert judgement.weight is Severity.WARNING
    assert told(judgement)[0][1] == "vCenter calls its end imminent: 2028-01-01"


@pytest.mark.parametrize("status", ["expiring", "expiringShortly"])
def test_an_end_that_is_months_away_passes(status):
    """The dates decide."""
    assert certified(host(info(status=status))).outcome is Outcome.PASS


@pytest.mark.parametrize("changes", [{"status": "unknown"}, {"status": "revoked"}])
def test_a_status_without_meaning_is_undetermined(changes):
    """Good dates alone do not make good what vCenter does not call so."""
    judgement = certified(host(info(**changes)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == ONE


def test_a_certificate_without_an_end_is_undetermined():
    """What vCenter leaves unset is no far future."""
    judgement = certified(host(info(not_after=None)))
    assert missed(judgement) == [(ONE, "vCenter calls it good, its end is unset")]


def test_a_host_that_could_not_be_read_is_named_and_the_others_are_judged():
    """The check does not pass on the hosts that were read."""
    unread = host(Unread("tried to read; got: HostNotConnected"))
    judgement = certified(unread, host(info(), "esx-02.example.jp", "host-22"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(ONE, "tried to read; got: HostNotConnected")]
    assert judgement.examined == 3


def test_without_a_window_nobody_can_say():
    """There is no end that they would have to outlive."""
    assert certified(host(info()), last_until=None).outcome is Outcome.UNDETERMINED
