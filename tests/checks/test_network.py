"""NET-CERT-001: certificates that are trusted and outlive the window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kanmon.check import Outcome, Severity
from tests.facts_by_hand import DSM, NOW, VC_MAIN, WINDOW_END, certificate, environment, moment
from tests.judging import judged, missed, told

SECOND = timedelta(seconds=1)


def certificates(*found, **changes):
    """The check on what an endpoint presents."""
    endpoint = environment(VC_MAIN).vcenter[0]
    return judged("NET-CERT-001", endpoint=endpoint, certificates=found, moment=moment(**changes))


def test_trusted_certificates_pass():
    """A trusted certificate that outlives the window passes."""
    judgement = certificates(certificate())
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"problem": "self-signed certificate"}, "self-signed certificate"),
        ({"not_after": datetime(2026, 12, 1, tzinfo=UTC)}, "expires 2026-12-01 00:00 UTC"),
        ({"not_before": NOW + SECOND}, "not valid before 2026-11-23 09:00 UTC"),
        (
            {"problem": "fingerprint differs", "not_after": datetime(2020, 1, 1, tzinfo=UTC)},
            "fingerprint differs, expires 2020-01-01 00:00 UTC",
        ),
    ],
)
def test_a_bad_certificate_fails(changes, found):
    """A certificate that is untrusted, too young or too old asks for a sign-off."""
    judgement = certificates(certificate(**changes))
    assert judgement.outcome is Outcome.FAIL
    assert told(judgement) == [
        ("vc-main.example.jp:443", found, "trusted and valid until 2026-12-05 21:00 UTC"),
    ]
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("after_the_window", "outcome"),
    [(-SECOND, Outcome.FAIL), (timedelta(0), Outcome.FAIL), (SECOND, Outcome.PASS)],
)
def test_the_end_of_the_window(after_the_window, outcome):
    """Ending exactly with the window is not outliving it; a second later is."""
    assert certificates(certificate(not_after=WINDOW_END + after_the_window)).outcome is outcome


def test_a_certificate_in_another_time_zone():
    """Validity counts by its instant, whatever zone it is written in."""
    japan = timezone(timedelta(hours=9), "JST")
    end = WINDOW_END.astimezone(japan)
    assert certificates(certificate(not_after=end)).outcome is Outcome.FAIL
    assert certificates(certificate(not_after=end + SECOND)).outcome is Outcome.PASS


def test_a_certificate_that_starts_now_passes():
    """Valid from this very moment is valid."""
    assert certificates(certificate(not_before=NOW)).outcome is Outcome.PASS


def test_one_bad_certificate_of_two_fails():
    """Every certificate is judged, not the first one."""
    bad = certificate(endpoint="b:443", problem="self-signed certificate")
    judgement = certificates(certificate(), bad)
    assert [finding.subject for finding in judgement.findings] == ["b:443"]
    assert judgement.examined == 2


def test_a_node_without_certificate_is_not_left_out():
    """A manager of two nodes of which one could be dialled has a certificate that nobody saw."""
    one = certificate(endpoint="dsm1.example.jp:4119")
    manager = environment(DSM).dsm[0]
    facts = {"endpoint": manager, "certificates": (one,), "moment": moment()}
    judgement = judged("NET-CERT-001", **facts)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.examined == 2
    assert missed(judgement) == [("dsm2.example.jp:4119", "its certificate was not seen")]
