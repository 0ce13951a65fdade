"""Datastores and boot devices of ESXi hosts against the releases that they still have to reach."""

from collections.abc import Iterable, Iterator

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.hosts import Adapters, BootDisk, Datastore, HostAnswer
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.host_rules import boot_medium, limits, minds_media, shortage, silent
from kanmon.judging.hosts import moving, open_ends, runs, told
from kanmon.knowledge.machines import EsxiLimit
from kanmon.planning.course import Planned
from kanmon.text import Text
from kanmon.versions import VSphere

GB = 10**9


@check(
    "ESX-STOR-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Move what lies on VMFS-3 to a new datastore. Give the named host a boot device of "
    "32 GB or more. What vSphere does not tell of a boot device, look up on the host (esxcli "
    "storage core device list) and attest it.",
    refs=("table:esxi_limits",),
)
def test_datastores_and_boot_devices_suit_the_target(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_boot_disks: tuple[HostAnswer[BootDisk], ...],
    vcenter_datastores: tuple[Datastore, ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """No datastore is VMFS-3, and the boot device is large enough for 7.0.

    7.0 lays out its boot device anew and stops at one that is too small. A host of 6.7 turns VMFS-3
    into VMFS-5 when it first mounts it, with no way back for the hosts that still run 6.5; VMware's
    installer only warns of that, and so does this check, before the first release that does it.
    Which disk a host boots from is inferred from its diagnostic partition; no property names it.
    """
    goals = moving(planned, moment, vcenter.slug, vcenter_hosts)
    bound = [one for one in vcenter_hosts if _boots_anew(one, goals.get(one.moref, ()))]
    heard, missed = told(bound, vcenter_boot_disks)
    problems: list[Problem] = [*open_ends(planned, moment, vcenter.slug)]
    problems += missed
    for host, disk in heard:
        problems += _too_small(host.label, disk, goals[host.moref])
    releases = sorted({release for left in goals.values() for release in left})
    problems += [_silence(vcenter, release) for release in releases if silent(EsxiLimit, release)]
    stores = [one for one in vcenter_datastores if releases and one.type == "VMFS"]
    problems += [problem for one in stores for problem in _old(one, releases)]
    examined = {host.label for host in bound} | {one.label for one in stores}
    judge(
        examined=len(examined | {one.subject for one in problems}),
        of=Text("boot devices and VMFS datastores of {slug}", slug=vcenter.slug),
        problems=problems,
    )


def _silence(vcenter: VCenter, release: VSphere) -> Unknown:
    return Unknown(
        vcenter.slug, Text("no row says what a host of ESXi {release} must have", release=release)
    )


def _boots_anew(host: Host, releases: Iterable[VSphere]) -> bool:
    """Whether a release ahead minds the boot device, and the one in use does not."""
    today = runs(host)
    rows = [row for release in releases for row in limits("boot_device_gb", release)]
    return any(today not in row.esxi for row in rows if today)


def _too_small(subject: str, disk: BootDisk, releases: Iterable[VSphere]) -> Iterator[Finding]:
    for release in releases:
        if row := shortage("boot_device_gb", round(disk.size / GB), release):
            severity = Severity.WARNING if row.verdict == "warned" else None
            wanted = Text("{below} GB or more for ESXi {release}", below=row.below, release=release)
            yield Finding(
                subject, f"{disk.size / GB:.1f} GB: {disk.name}", wanted, row.citation, severity
            )
            return


def _old(store: Datastore, releases: Iterable[VSphere]) -> Iterator[Problem]:
    major = (store.vmfs or "").partition(".")[0]
    if not major.isdecimal():
        yield Unknown(store.label, Text("vCenter does not say which version of VMFS it is"))
        return
    for release in releases:
        if row := shortage("vmfs_major", int(major), release):
            severity = Severity.WARNING if row.verdict == "warned" else None
            wanted = Text(
                "VMFS-{below} or later for ESXi {release}", below=row.below, release=release
            )
            yield Finding(store.label, f"VMFS {store.vmfs}", wanted, row.citation, severity)
            return


@check(
    "ESX-BOOT-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Install the named host on a disk before its upgrade, or give it a disk beside the "
    "card that the new release can move OSDATA to. Where vSphere does not tell which disk a host "
    "boots from, look it up on the host (esxcli storage core device list) and attest it.",
    refs=(
        "table:esxi_boot_media",
        "https://knowledge.broadcom.com/external/article?articleNumber=318611",
    ),
)
def test_hosts_boot_from_media_that_last(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_adapters: tuple[HostAnswer[Adapters], ...],
    vcenter_boot_disks: tuple[HostAnswer[BootDisk], ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """No host boots from an SD card or a USB stick that a release ahead wears out.

    7.0 keeps its own data on the disk that it boots from. A card that served 6.7 for years loses
    its connection or wears out within months, and the host goes with it, often in the restart that
    its upgrade ends in. What counts is the boot disk: a card reader or a virtual drive of the
    management controller beside it is no matter.
    """
    goals = moving(planned, moment, vcenter.slug, vcenter_hosts)
    heard, missed = told([one for one in vcenter_hosts if one.moref in goals], vcenter_adapters)
    boots = {one.host: one.answer for one in vcenter_boot_disks}
    problems: list[Problem] = [*open_ends(planned, moment, vcenter.slug), *missed]
    for host, parts in heard:
        disk = boots.get(host.moref, Unread(Text("not read")))
        problems += _medium(host.label, parts, disk, goals[host.moref])
    judge(
        examined=len({host.label for host, _ in heard} | {one.subject for one in problems}),
        of=Text("hosts of {slug} that move", slug=vcenter.slug),
        problems=problems,
    )


def _medium(
    subject: str, parts: Adapters, disk: BootDisk | Unread, releases: Iterable[VSphere]
) -> Iterator[Problem]:
    """Whether a host boots from a medium that a release ahead minds; without one it cannot."""
    releases = tuple(releases)
    if not minds_media(releases):
        return
    if isinstance(disk, Unread) or not disk.adapters:
        reason = disk.reason if isinstance(disk, Unread) else Text("no adapter leads to its disk")
        storage = [one for one in parts.adapters if one.kind == "storage"]
        suspects = [one for one in storage if not one.driver or boot_medium(one, releases)]
        if suspects:
            yield _open(subject, ", ".join(sorted(one.name for one in suspects)), reason)
        return
    adapters = {one.name: one for one in parts.adapters}
    for name in disk.adapters:
        if name not in adapters:
            yield _open(subject, name, Text("it is not among the adapters of the host"))
        elif not adapters[name].driver:
            yield _open(subject, name, Text("vCenter does not say which driver it has"))
        elif row := boot_medium(adapters[name], releases):
            seen = Text(
                "boots from {medium}: {disk} on {adapter}",
                medium=row.medium,
                disk=disk.name,
                adapter=name,
            )
            yield Finding(subject, seen, row.expected, row.citation)


def _open(subject: str, adapters: str, reason: str) -> Unknown:
    text = Text(
        "does it boot from USB or SD ({adapters})? {reason}", adapters=adapters, reason=reason
    )
    return Unknown(subject, text)
