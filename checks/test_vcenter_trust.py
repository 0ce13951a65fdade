"""That by which others trust a vCenter, and by which people get into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Problem,
    Severity,
    Unknown,
    check,
)
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import About
from kanmon.facts.vcenter.trust import (
    RootAccount,
    SigningCertificate,
    TrustedCertificate,
    TrustedChain,
)
from kanmon.judging import validity
from kanmon.knowledge.appliances import CertificateMargin, CertificateSignature
from kanmon.knowledge.lookup import certificate_margin, certificate_signatures
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text
from kanmon.versions import VSphere


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
        yield Finding(subject, Text.joined(", ", wrong), _valid(last_until))
        return
    longer = last_until + timedelta(days=margin.days)
    for soon in validity.faults(None, told.not_after, moment.now, longer):
        expected = Text("valid for more than {days} days after the change", days=margin.days)
        yield Finding(subject, soon, expected, margin.citation, Severity.WARNING)


def _valid(last_until: datetime) -> Text:
    return Text("valid until {last_until} UTC", last_until=f"{last_until:%Y-%m-%d %H:%M}")


@check(
    "VC-PWD-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Give root a new password in the management interface (port 5480, Administration), "
    "and the administrator of single sign-on one in the vSphere Client, before the change. When "
    "the latter ends a person works out from its last change and the policy (Single Sign On > "
    "Configuration > Password Policy), and attests it.",
    refs=(
        "https://developer.broadcom.com/xapis/vsphere-automation-api (local accounts)",
        "https://kb.vmware.com/s/article/70708 (upgrade with an expired root password)",
    ),
)
def test_passwords_that_the_upgrade_needs_outlive_it(
    vcenter: VCenter,
    vcenter_about: About,
    all_vcenter_root_account: dict[str, RootAccount | NotKept | Unread],
    last_until: datetime,
    judge: Judge,
) -> None:
    """The passwords with which the installer gets into vCenter outlive the change.

    The installer asks for root of the appliance and for the administrator of single sign-on. A root
    password that has ended stops the upgrade at its first step, and one that ends half way stops it
    there; the administrator's likewise.
    """
    administrator = Unknown(
        f"single sign-on administrator of {vcenter.slug}",
        Text("no read-only interface tells when this password ends: look, and attest it"),
    )
    problems: list[Problem] = [administrator]
    # A vCenter on Windows has no root.
    appliance = not vcenter_about.os_type.startswith("win")
    if appliance:
        root = all_vcenter_root_account[vcenter.slug]
        problems += _ending(f"root of {vcenter.slug}", root, last_until)
    judge(
        examined=2 if appliance else 1,
        of=Text("passwords that the upgrade of {slug} needs", slug=vcenter.slug),
        problems=problems,
    )


def _ending(
    subject: str, root: RootAccount | NotKept | Unread, last_until: datetime
) -> Iterator[Problem]:
    if isinstance(root, NotKept | Unread):
        yield Unknown(subject, root.untold if isinstance(root, NotKept) else root.reason)
    elif not root.usable:
        reason = Text("it is disabled or has no password: can the installer log in with it?")
        yield Unknown(subject, reason)
    elif root.expires is not None:
        for ends in validity.faults(None, root.expires, last_until, last_until):
            yield Finding(subject, ends, _valid(last_until))


@check(
    "VC-TRUST-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("vsphere-target",),
    phases=("pre",),
    remediation="Replace what still rests on the named authority with certificates signed with "
    "SHA-2, then take it out of TRUSTED_ROOTS (KB 89424; dir-cli trustedcert unpublish) and let "
    "the hosts refresh their CA certificates. Where no interface tells the roots, look with "
    "vecs-cli, and attest it.",
    refs=(
        "table:certificate_signatures",
        "https://knowledge.broadcom.com/external/article/416244",
    ),
)
def test_trusted_roots_are_taken_by_the_target(
    vcenter: VCenter,
    all_vcenter_trusted_roots: dict[str, tuple[TrustedChain, ...] | NotKept | Unread],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """Before 8.0 vCenter trusts no root that is signed with SHA-1 or has ended.

    The installer of 8.0 looks at every certificate in TRUSTED_ROOTS, at a root's signature by
    itself too: the pre-check of its second stage ends in an error where one is weak, whether or not
    anything still uses it, and the new appliance stands half made. Of one that has ended no article
    says that it stops anything, so it is a warning.
    """
    promised = planned.promised("vsphere-target", Component("vcenter", vcenter.slug))
    if promised is None:
        judge.not_applicable(Text("vsphere-target is not to move it"))
    target = VSphere.parse(str(promised.version))
    rows = certificate_signatures(target)
    if not rows:
        judge.not_applicable(Text("{target} asks for no signature", target=target))
    chains = all_vcenter_trusted_roots[vcenter.slug]
    if isinstance(chains, Unread):
        judge.undetermined(chains.reason)
    if isinstance(chains, NotKept):
        problems: list[Problem] = [Unknown(f"trusted roots of {vcenter.slug}", chains.untold)]
    else:
        problems = [problem for one in chains for problem in _untaken(one, rows, moment.now)]
    judge(
        examined=1 if isinstance(chains, NotKept) else len(chains),
        of=Text("trusted roots of {slug}", slug=vcenter.slug),
        problems=problems,
        rests_on=[row.citation for row in rows.values()],
    )


def _untaken(
    chain: TrustedChain, rows: Mapping[str, CertificateSignature], now: datetime
) -> Iterator[Problem]:
    if isinstance(chain.certificates, Unread):
        yield Unknown(chain.label, chain.certificates.reason)
        return
    for one in chain.certificates:
        yield from _untaken_one(one, rows, now)


def _untaken_one(
    one: TrustedCertificate, rows: Mapping[str, CertificateSignature], now: datetime
) -> Iterator[Problem]:
    row = rows.get(one.signature)
    if row is None:
        reason = Text(
            "no row of certificate_signatures knows {signature}", signature=repr(one.signature)
        )
        yield Unknown(one.label, reason)
    elif not row.taken:
        found = Text("signed with {digest}", digest=one.signature)
        yield Finding(one.label, found, Text("signed with SHA-2"), row.citation)
    for ended in validity.faults(None, one.not_after, now, now):
        expected = Text("valid, or no more trusted")
        yield Finding(one.label, ended, expected, severity=Severity.WARNING)
