"""VC-STS-001 and VC-PWD-001: what single sign-on signs with, and passwords of the upgrade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.database.state import NotKept
from kanmon.facts.vcenter.trust import RootAccount, SigningCertificate
from kanmon.text import Text
from tests.facts_by_hand import NOW, VC_MAIN, WINDOW_END, about, environment, moment
from tests.judging import answered, judged, missed, told

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SIGNER = "signing certificate of vc-main"
UNTOLD = NotKept(Text("vCenter {version} does not tell", version="6.7.0"))


# VC-STS-001


def signing(not_after, not_before=datetime(2026, 1, 1, tzinfo=UTC), **changes):
    """The check on a vCenter that signs with such a certificate."""
    return signed(SigningCertificate("CN=ssoserverSign", not_before, not_after), **changes)


def signed(fact, **changes):
    """The check on a vCenter with this fact; the window ends on 5 December."""
    return judged(
        "VC-STS-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_signing_certificate=fact,
        moment=moment(step="vsphere-bridge", **changes),
    )


def test_a_certificate_of_many_years_passes():
    """It rests on the vendor's own recommendation."""
    judgement = signing(datetime(2034, 1, 1, tzinfo=UTC))
    assert judgement.outcome is Outcome.PASS
    assert [one.confidence for one in judgement.rests_on] == ["documented"]


@pytest.mark.parametrize(
    ("left", "weight"),
    [
        (-400 * DAY, Severity.BLOCKER),
        (-SECOND, Severity.BLOCKER),
        (0 * DAY, Severity.BLOCKER),
        (SECOND, Severity.WARNING),
        (180 * DAY, Severity.WARNING),
        (180 * DAY + SECOND, None),
    ],
)
def test_how_long_it_must_last(left, weight):
    """To the end of the window it blocks, within 180 days of it it is a warning."""
    assert signing(WINDOW_END + left).weight is weight


def test_the_words_of_both_findings():
    """Each says when it ends, and how long it was to last."""
    assert told(signing(WINDOW_END)) == [
        (SIGNER, "expires 2026-12-05 21:00 UTC", "valid until 2026-12-05 21:00 UTC")
    ]
    soon = signing(WINDOW_END + DAY)
    assert told(soon) == [
        (SIGNER, "expires 2026-12-06 21:00 UTC", "valid for more than 180 days after the change")
    ]
    assert soon.findings[0].source.row == "single sign-on"


def test_one_that_is_not_valid_yet_blocks():
    """A certificate of tomorrow signs nothing."""
    judgement = signing(datetime(2034, 1, 1, tzinfo=UTC), NOW + SECOND)
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement)[0][1] == "not valid before 2026-11-23 09:00 UTC"


def test_a_release_that_does_not_tell_is_unknown_until_a_person_looked():
    """The word of a person is bound to the version: after the hop it is asked anew."""
    judgement = signed(UNTOLD)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(SIGNER, UNTOLD.untold)]
    assert answered("VC-STS-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_without_a_window_nobody_can_say():
    """There is no end that it would have to outlive."""
    judgement = signing(datetime(2034, 1, 1, tzinfo=UTC), last_until=None)
    assert judgement.outcome is Outcome.UNDETERMINED


# VC-PWD-001

ROOT = "root of vc-main"
ADMINISTRATOR = "single sign-on administrator of vc-main"
DENIED = Unread("vc-main (vc-main.example.jp:443): tried to GET; got: HTTP 404")


def passwords(root, os_type="linux-x64"):
    """The check on a vCenter whose account root is this."""
    return judged(
        "VC-PWD-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_about=about(os_type=os_type),
        all_vcenter_root_account={"vc-main": root},
        moment=moment(step="vsphere-bridge"),
    )


@pytest.mark.parametrize("expires", [None, WINDOW_END + SECOND])
def test_with_a_good_root_the_administrator_alone_is_open(expires):
    """Of the administrator no interface tells, until a person looked; then nothing is open."""
    judgement = passwords(RootAccount(usable=True, expires=expires))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.examined == 2
    assert [subject for subject, _ in missed(judgement)] == [ADMINISTRATOR]
    assert answered("VC-PWD-001", judgement, "vc-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize("left", [-400 * DAY, -SECOND, 0 * DAY])
def test_a_root_password_that_does_not_outlive_the_window_blocks(left):
    """Whatever a person says of the administrator."""
    judgement = passwords(RootAccount(usable=True, expires=WINDOW_END + left))
    attested = answered("VC-PWD-001", judgement, "vc-main")
    assert attested.outcome is Outcome.FAIL
    assert attested.weight is Severity.BLOCKER
    ends = f"expires {WINDOW_END + left:%Y-%m-%d %H:%M} UTC"
    assert told(attested) == [(ROOT, ends, "valid until 2026-12-05 21:00 UTC")]


@pytest.mark.parametrize("root", [UNTOLD, DENIED, RootAccount(usable=False, expires=None)])
def test_a_root_that_nobody_told_of_is_open_too(root):
    """A release without the question, one that did not answer, an account that nobody may use."""
    judgement = passwords(root)
    assert [subject for subject, _ in missed(judgement)] == [ADMINISTRATOR, ROOT]
    assert answered("VC-PWD-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_vcenter_on_windows_has_no_root():
    """Its installer asks for none."""
    judgement = passwords(DENIED, os_type="win32-x64")
    assert judgement.examined == 1
    assert [subject for subject, _ in missed(judgement)] == [ADMINISTRATOR]
