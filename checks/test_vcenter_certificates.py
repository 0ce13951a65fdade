"""Certificates of vCenter and of its hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Note,
    Problem,
    Severity,
    Unknown,
    check,
)
from kanmon.environment.targets import VCenter
from kanmon.facts import Certificate, Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.appliance import CertificateInfo, HostCertificate
from kanmon.judging import validity
from kanmon.text import Text

EXPIRY = ("good", "expiring", "expiringShortly", "expirationImminent", "expired")
"""How vCenter calls a host's certificate by the time that it has left."""


@check(
    "VC-CERT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Renew the certificate: a host's in the vSphere Client (Configure > Certificate > "
    "Renew), vCenter's with certificate-manager.",
    refs=("https://docs.vmware.com (vCenter upgrade pre-checks, GUID-240EB924)",),
)
def test_certificates_of_vcenter_and_hosts_last(
    vcenter: VCenter,
    vcenter_certificates: tuple[Certificate, ...],
    vcenter_host_certificates: tuple[HostCertificate, ...],
    moment: Moment,
    last_until: datetime,
    judge: Judge,
) -> None:
    """The certificates of vCenter and of its hosts outlive the change window.

    The installer refuses a vCenter whose certificate is not valid, and a host whose certificate
    runs out drops away from its vCenter, in the middle of the change.
    """
    problems = [
        *_short(vcenter_certificates, moment.now, last_until),
        *_short_of_hosts(vcenter_host_certificates, moment.now, last_until),
    ]
    judge(
        examined=len(vcenter_certificates) + len(vcenter_host_certificates),
        of=Text("certificates of {slug} and its hosts", slug=vcenter.slug),
        problems=problems,
        notes=list(_first_to_end(vcenter_host_certificates)),
    )


def _short(
    certificates: Sequence[Certificate], now: datetime, last_until: datetime
) -> Iterator[Finding]:
    """What does not last; whether it is trusted is NET-CERT-001's to say."""
    for one in certificates:
        if wrong := list(validity.faults(one.not_before, one.not_after, now, last_until)):
            yield Finding(one.endpoint, Text.joined(", ", wrong), _valid(last_until))


def _short_of_hosts(
    hosts: Sequence[HostCertificate], now: datetime, last_until: datetime
) -> Iterator[Problem]:
    for host in hosts:
        subject, told = host.label, host.certificate
        if isinstance(told, Unread):
            yield Unknown(subject, told.reason)
        elif told.not_after is None or told.status not in EXPIRY:
            until = told.not_after or Text("unset")
            yield Unknown(
                subject,
                Text(
                    "vCenter calls it {status}, its end is {until}", status=told.status, until=until
                ),
            )
        elif wrong := list(validity.faults(told.not_before, told.not_after, now, last_until)):
            yield Finding(subject, Text.joined(", ", wrong), _valid(last_until))
        else:
            yield from _called(subject, told, last_until)


def _called(subject: str, told: CertificateInfo, last_until: datetime) -> Iterator[Finding]:
    """What vCenter says against a certificate whose dates are good."""
    if told.status == "expired":
        yield Finding(subject, Text("vCenter calls it expired"), _valid(last_until))
    elif told.status == "expirationImminent":
        found = Text(
            "vCenter calls its end imminent: {not_after}", not_after=f"{told.not_after:%Y-%m-%d}"
        )
        yield Finding(subject, found, Text("renewed before the change"), severity=Severity.WARNING)


def _valid(last_until: datetime) -> str:
    return Text("valid until {last_until} UTC", last_until=f"{last_until:%Y-%m-%d %H:%M}")


def _first_to_end(hosts: Sequence[HostCertificate]) -> Iterator[Note]:
    told = [(one.certificate, one) for one in hosts if not isinstance(one.certificate, Unread)]
    ends = [(info.not_after, one) for info, one in told if info.not_after]
    if ends:
        end, first = min(ends, key=lambda pair: pair[0])
        text = Text("the first host certificate to end, on {end}", end=f"{end:%Y-%m-%d}")
        yield Note(first.label, text)
