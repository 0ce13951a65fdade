"""VC-STS-001, VC-PWD-001 and VC-TRUST-001: certificates and passwords that an upgrade rests on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.vcenter.trust import (
    RootAccount,
    SigningCertificate,
    TrustedCertificate,
    TrustedChain,
)
from kanmon.text import Text
from tests.checks.estates import TARGETS, VC_BUILDS, steps, world
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


# VC-TRUST-001

TO_8 = {**TARGETS, "vcenter": "8.0 U2"}
SEVEN = {"vc-main": about(version="7.0.2", build=VC_BUILDS["7.0 U2"])}
DIGEST = "ab" * 32
ROOT_CA = f"CN=Old CA ({DIGEST[:16]})"


def certificate(signature="sha256", not_after=datetime(2034, 1, 1, tzinfo=UTC)):
    """A certificate that vCenter trusts."""
    return TrustedCertificate("CN=Old CA", not_after, signature, DIGEST)


def trusted(*certificates, **changes):
    """The check on a vCenter 7.0 U2 that goes to 8.0 U2 and trusts these, in one chain."""
    return trusting((TrustedChain("ABCD", certificates),), **changes)


def trusting(fact, **changes):
    """The check on a vCenter with this fact."""
    estate = world(**{"abouts": SEVEN, "upgrade": TO_8, **changes})
    return judged(
        "VC-TRUST-001",
        vcenter=estate.environment.vcenter[0],
        all_vcenter_trusted_roots={"vc-main": fact},
        planned=estate.planned,
        moment=moment(step="vsphere-target"),
    )


def test_roots_signed_with_sha_2_pass():
    """Chains are examined, and the pass rests on the vendor's article."""
    judgement = trusted(certificate("sha256"), certificate("sha384"))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1
    assert {one.table for one in judgement.rests_on} == {"certificate_signatures"}


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_a_weak_signature_blocks(digest):
    """Also that of a root by itself, and of one certificate in a chain of good ones."""
    judgement = trusted(certificate(), certificate(digest))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [(ROOT_CA, f"signed with {digest}", "signed with SHA-2")]
    assert judgement.findings[0].source.row == f"{digest}, from 8.0"


def test_a_weak_root_that_has_ended_blocks_all_the_same():
    """The pre-check asks for its signature, whatever its end is."""
    judgement = trusted(certificate("sha1", not_after=NOW - DAY))
    assert judgement.weight is Severity.BLOCKER
    assert [one.subject for one in judgement.findings] == [ROOT_CA, ROOT_CA]


@pytest.mark.parametrize(
    ("left", "outcome"),
    [(-DAY, Outcome.FAIL), (0 * DAY, Outcome.FAIL), (SECOND, Outcome.PASS)],
)
def test_a_root_that_has_ended_is_a_warning(left, outcome):
    """Its end is held against the time of the run."""
    judgement = trusted(certificate(not_after=NOW + left))
    assert judgement.outcome is outcome
    if judgement.findings:
        assert judgement.weight is Severity.WARNING
        assert told(judgement)[0][2] == "valid, or no more trusted"


@pytest.mark.parametrize("target", ["7.0 U2", "7.0 U3"])
def test_before_8_nothing_is_asked_for(target):
    """Neither weak roots nor silence hold up an upgrade that does not look at them."""
    upgrade = {**TARGETS, "vcenter": target}
    for fact in (DENIED, UNTOLD, (TrustedChain("ABCD", (certificate("sha1"),)),)):
        judgement = trusting(fact, upgrade=upgrade, abouts={"vc-main": about()})
        assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_vcenter_that_is_not_moved_is_let_be():
    """The order does not lead it to 8.0."""
    judgement = trusted(certificate("sha1"), order=steps("manager"))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("fact", "subjects"),
    [
        (UNTOLD, ["trusted roots of vc-main"]),
        (DENIED, []),
        ((TrustedChain("ABCD", DENIED),), ["trusted root ABCD"]),
    ],
)
def test_roots_that_nobody_told_of_are_open_until_a_person_looked(fact, subjects):
    """A release without the question, an answer that failed, a chain that was not read."""
    judgement = trusting(fact)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == subjects
    assert answered("VC-TRUST-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_an_algorithm_that_no_row_knows_is_unknown():
    """It is neither strong nor weak."""
    judgement = trusted(certificate("1.3.101.112"))
    reason = "no row of certificate_signatures knows '1.3.101.112'"
    assert missed(judgement) == [(ROOT_CA, reason)]
