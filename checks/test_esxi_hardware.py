"""The machines of ESXi hosts against the releases that they still have to reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
from kanmon.facts import Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.hosts import (
    Adapter,
    Adapters,
    BootDisk,
    Cpu,
    Hardware,
    HostAnswer,
    PciDevice,
)
from kanmon.facts.vcenter.inventory import Host, HostVibs, Vib
from kanmon.judging.host_rules import (
    MAKERS,
    Resource,
    cpu_rule,
    device_rule,
    limits,
    shortage,
    silent,
)
from kanmon.judging.hosts import Told, moving, open_ends, told
from kanmon.judging.records import HostMachines
from kanmon.knowledge.machines import EsxiCpu, EsxiDevices, EsxiLimit
from kanmon.planning.course import Planned
from kanmon.text import Text
from kanmon.versions import VSphere

MIB = 2**20


@check(
    "ESX-HW-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Replace the named host, or keep it at a release that its processor is supported "
    "by. The kernel option allowLegacyCPU lets 7.0 be installed all the same; nobody supports it.",
    refs=("table:esxi_cpus", "table:esxi_limits"),
)
def test_processors_and_memory_suit_the_target(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_hardware: tuple[HostAnswer[Hardware], ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """Processors, cores and memory are ones that every release ahead of the host supports.

    The installer stops at a processor on its list, at less than two cores and at less than 4 GiB. A
    host that 6.7 takes with a warning is stopped at 7.0, when its cluster has already moved on.
    """
    goals = moving(planned, moment, vcenter.slug, vcenter_hosts)
    heard, missed = told([one for one in vcenter_hosts if one.moref in goals], vcenter_hardware)
    problems: list[Problem] = [*open_ends(planned, moment, vcenter.slug), *missed]
    for host, machine in heard:
        for release in goals[host.moref]:
            problems += _unfit(host.label, machine, release)
    asked = {release for releases in goals.values() for release in releases}
    resources: tuple[Resource, ...] = ("memory_mib", "cores")
    judge(
        examined=len({host.label for host, _ in heard} | {one.subject for one in problems}),
        of=Text("hosts of {slug} that move", slug=vcenter.slug),
        problems=problems,
        rests_on=[
            r.citation for one in sorted(asked) for kind in resources for r in limits(kind, one)
        ],
    )


def _unfit(subject: str, machine: Hardware, release: VSphere) -> Iterator[Problem]:
    amounts: dict[Resource, float] = {"memory_mib": machine.memory / MIB, "cores": machine.cores}
    units = {"memory_mib": Text("MiB of memory"), "cores": Text("cores")}
    if silent(EsxiLimit, release) or silent(EsxiCpu, release):
        yield Unknown(
            subject, Text("no row says what a host of ESXi {release} must have", release=release)
        )
    for resource, amount in amounts.items():
        if row := shortage(resource, amount, release):
            severity = Severity.WARNING if row.verdict == "warned" else None
            unit = units[resource]
            found = Text("{amount} {unit}", amount=f"{amount:g}", unit=unit)
            wanted = Text(
                "{below} {unit} or more for ESXi {release}",
                below=row.below,
                unit=unit,
                release=release,
            )
            yield Finding(subject, found, wanted, row.citation, severity)
    for cpu in dict.fromkeys(machine.cpus):
        yield from _unfit_processor(subject, cpu, release)


def _unfit_processor(subject: str, cpu: Cpu, release: VSphere) -> Iterator[Problem]:
    named = Text(
        "{description}, {vendor} family 0x{family} model 0x{model}",
        description=cpu.description,
        vendor=cpu.vendor,
        family=f"{cpu.family:02X}",
        model=f"{cpu.model:02X}",
    )
    rule = cpu_rule(cpu, release)
    if cpu.vendor not in MAKERS:
        said = Text(
            "no row speaks of processors of {vendor} ({named})", vendor=cpu.vendor, named=named
        )
        yield Unknown(subject, said)
    elif rule and rule.stepping_first is not None and cpu.stepping is None:
        said = Text("the stepping of {named} decides, and these facts do not give it", named=named)
        yield Unknown(subject, said)
    elif rule and rule.verdict != "accepted":
        severity = Severity.WARNING if rule.verdict == "warned" else None
        wanted = Text("a processor that ESXi {release} supports", release=release)
        yield Finding(subject, named, wanted, rule.citation, severity)


@check(
    "ESX-HW-002",
    severity=Severity.WARNING,
    attestable=Attestable.DOCUMENT,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Look the noted machines and adapters up in VMware's compatibility guide, with "
    "BIOS, driver and firmware. Replace a listed device, or move what it carries to another one.",
    refs=("table:esxi_devices", "https://www.vmware.com/resources/compatibility"),
)
def test_devices_suit_the_target(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    host_machines: HostMachines,
    vcenter_vibs: tuple[HostVibs, ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """No device is on the list of those that a release ahead of the host has no driver for.

    The installer warns of such a device and goes on: it is gone after the restart. Where it carries
    the management network or the boot disk the installer stops, and so does this check. Machines,
    adapters and drivers are noted for the look-up in the compatibility guide; firmware is not,
    since no property of vSphere 6.5 shows it.
    """
    goals = moving(planned, moment, vcenter.slug, vcenter_hosts)
    bound = [one for one in vcenter_hosts if one.moref in goals]
    machines, missed = told(bound, host_machines.vcenter_hardware)
    adapters, without = told([host for host, _ in machines], host_machines.vcenter_adapters)
    boots = {one.host: one.answer for one in host_machines.vcenter_boot_disks}
    known = {host.moref: machine for host, machine in machines}
    problems: list[Problem] = [*open_ends(planned, moment, vcenter.slug), *missed, *without]
    for host, parts in adapters:
        use = _Use(parts, boots.get(host.moref, Unread(Text("not read"))))
        for release in goals[host.moref]:
            problems += _listed(host.label, known[host.moref].devices, use, release)
    stops = any(isinstance(one, Finding) and one.severity is None for one in problems)
    packages = {one.host: one.vibs for one in vcenter_vibs}
    judge(
        examined=len({host.label for host in bound} | {one.subject for one in problems}),
        of=Text("hosts of {slug} that move", slug=vcenter.slug),
        problems=problems,
        severity=Severity.BLOCKER if stops else None,
        notes=list(_inventory(adapters, known, packages)),
    )


class _Use:
    """What the adapters of a host carry."""

    def __init__(self, adapters: Adapters, boot: BootDisk | Unread) -> None:
        self._by_address = defaultdict[str, list[Adapter]](list)
        for one in adapters.adapters:
            self._by_address[one.address].append(one)
        self._management = adapters.management
        self._boot = boot

    def of(self, device: PciDevice) -> list[str]:
        """What hangs on a device, in words."""
        carried: list[str] = []
        names = {one.name for one in self._by_address[device.address]}
        if not isinstance(self._management, Unread) and names & set(self._management):
            carried.append(Text("the management network"))
        if not isinstance(self._boot, Unread) and names & set(self._boot.adapters):
            carried.append(Text("the boot disk"))
        return carried

    def names(self, device: PciDevice) -> list[str]:
        """The adapters that a device is."""
        return [one.name for one in self._by_address[device.address]]

    def untold(self, device: PciDevice) -> str:
        """Why nobody knows whether it carries something; empty where that is known."""
        told = {"network": self._management, "storage": self._boot}
        for adapter in self._by_address[device.address]:
            if isinstance(answer := told[adapter.kind], Unread):
                return Text(
                    "whether {name} carries more than VMs nobody knows: {reason}",
                    name=adapter.name,
                    reason=answer.reason,
                )
        return ""


def _listed(
    subject: str, devices: Iterable[PciDevice], use: _Use, release: VSphere
) -> Iterator[Problem]:
    """Devices on the list, those of one kind and one use together."""
    if silent(EsxiDevices, release):
        yield Unknown(
            subject, Text("no row says which devices ESXi {release} supports", release=release)
        )
    groups = defaultdict[tuple[EsxiDevices, bool, Text], list[PciDevice]](list)
    for device in devices:
        if listed := device_rule(device, release):
            carries = Text.joined(", ", use.of(device))
            groups[listed.row, listed.certain, carries].append(device)
            if untold := use.untold(device):
                yield Unknown(subject, untold)
    for (row, certain, carries), alike in groups.items():
        names = [name for one in alike for name in use.names(one)]
        kinds = ", ".join(dict.fromkeys(f"{one.name} {one.ids}".strip() for one in alike))
        found = Text(
            "{kinds} ({names})", kinds=kinds, names=", ".join(names) or Text("in use by no adapter")
        )
        if carries:
            found = Text("{found}, which carries {carries}", found=found, carries=carries)
        if not certain:
            found = Text("{found}, listed by name or for some subsystems only", found=found)
        severity = None if certain and carries else Severity.WARNING
        wanted = Text(
            "no device of {group}, which ESXi {release} warns of", group=row.group, release=release
        )
        yield Finding(subject, found, wanted, row.citation, severity)


def _inventory(
    adapters: Sequence[Told[Adapters]],
    machines: Mapping[str, Hardware],
    packages: Mapping[str, tuple[Vib, ...] | Unread],
) -> Iterator[Note]:
    """What the compatibility guide asks for, a note for each group of machines that are alike."""
    groups = defaultdict[tuple[str, str], list[str]](list)
    for host, parts in adapters:
        machine, vibs = machines[host.moref], packages.get(host.moref, Unread(Text("not read")))
        subject = f"{machine.vendor} {machine.model}"
        bios = Text(
            "BIOS {version} of {date}",
            version=machine.bios_version or "?",
            date=machine.bios_date or "?",
        )
        devices = {one.address: one for one in machine.devices}
        groups[subject, Text.joined("; ", (bios, *_parts(parts, devices, vibs)))].append(host.name)
    for (subject, text), names in groups.items():
        yield Note(
            subject,
            Text(
                "{text}; on {count} hosts: {names}",
                text=text,
                count=len(names),
                names=", ".join(sorted(names)),
            ),
        )
    if groups:
        yield Note("firmware of adapters", Text("no property of vSphere 6.5 shows it: esxcli does"))


def _parts(
    parts: Adapters, devices: Mapping[str, PciDevice], vibs: tuple[Vib, ...] | Unread
) -> Iterator[str]:
    """Adapters with their PCI ids and drivers; those that are alike together."""
    alike = defaultdict[Text, list[str]](list)
    for one in parts.adapters:
        if device := devices.get(one.address):
            text = Text(
                "{device} {ids} ({subsystem}) {driver}",
                device=" ".join(device.name.split()),
                ids=device.ids,
                subsystem=device.subsystem,
                driver=_driver(one.driver, vibs),
            )
            alike[text].append(one.name)
    for text, names in alike.items():
        yield Text("{names}: {device}", names=", ".join(names), device=text)


def _driver(driver: str | None, vibs: tuple[Vib, ...] | Unread) -> str:
    """A driver, with the version of the package that brings it, where one bears its name."""
    if driver is None:
        return Text("no driver")
    if isinstance(vibs, Unread):
        return driver
    name = driver.replace("_", "-")
    bearers = (one.version for one in vibs if one.name == name or one.name.endswith(f"-{name}"))
    return f"{driver} {next(bearers, '')}".strip()
