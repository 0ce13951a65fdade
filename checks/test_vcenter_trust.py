"""That by which others trust a vCenter: what single sign-on signs with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Severity, Unknown, check
from kanmon.environment.targets import VCenter
from kanmon.facts.database.state import NotKept
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.trust import SigningCertificate
from kanmon.judging import validity
from kanmon.knowledge.appliances import CertificateMargin
from kanmon.knowledge.lookup import certificate_margin
from kanmon.text import Text


@check(
    "VC-STS-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Replace the signing certificate before the change: in the vSphere Client "
    "(Administration > Certificate Management) from 7.0 U3 on, before with fixsts.sh (KB 76719), "
    "and restart the services of every vCenter of the domain. Where no interface tells it, look "
    "when it ends with checksts.py (KB 79248), and attest it.",
    refs=(
        "table:certificate_margins",
        "https://kb.vmware.com/s/article/79248 (checksts.py)",
        "https://developer.broadcom.com/xapis/vsphere-automation-api (signing certificate)",
    ),
)
def test_signing_certificate_outlives_the_change(
    vcenter: VCenter,
    vcenter_signing_certificate: SigningCertificate | NotKept,
    moment: Moment,
    last_until: datetime,
    judge: Judge,
) -> None:
    """The certificate with which single sign-on signs its tokens outlives the change, and by far.

    When it ends nobody gets into vCenter any more, neither people nor products nor the installer:
    an upgrade stands still half way. Where 6.5 U2 or a later 6.5 was installed anew it lasts two
    years, and no upgrade of vCenter renews it.
    """
    subject = f"signing certificate of {vcenter.slug}"
    told, margin = vcenter_signing_certificate, certificate_margin("single sign-on")
    judge(
        examined=1,
        of=Text("signing certificates of single sign-on"),
        problems=[Unknown(subject, told.untold)]
        if isinstance(told, NotKept)
        else _short(subject, told, margin, moment, last_until),
        rests_on=[margin.citation],
    )


def _short(
    subject: str,
    told: SigningCertificate,
    margin: CertificateMargin,
    moment: Moment,
    last_until: datetime,
) -> Iterator[Finding]:
    """A certificate that does not outlive the change, or not by the days that it is to."""
    if wrong := list(validity.faults(told.not_before, told.not_after, moment.now, last_until)):
        until = Text("valid until {last_until} UTC", last_until=f"{last_until:%Y-%m-%d %H:%M}")
        yield Finding(subject, Text.joined(", ", wrong), until)
        return
    longer = last_until + timedelta(days=margin.days)
    for soon in validity.faults(None, told.not_after, moment.now, longer):
        expected = Text("valid for more than {days} days after the change", days=margin.days)
        yield Finding(subject, soon, expected, margin.citation, Severity.WARNING)
