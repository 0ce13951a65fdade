"""The machine of a host, out of its properties: processors, devices, adapters, boot disk."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.vcenter.hosts import Adapter, Adapters, BootDisk, Cpu, Hardware, PciDevice
from kanmon.readers.vcenter.found import Found
from kanmon.readers.vcenter.session import required
from kanmon.text import Text

HARDWARE = (
    "hardware.systemInfo.vendor",
    "hardware.systemInfo.model",
    "hardware.biosInfo.biosVersion",
    "hardware.biosInfo.releaseDate",
    "hardware.cpuPkg",
    "hardware.cpuInfo.numCpuCores",
    "hardware.memorySize",
    "hardware.pciDevice",
)

ADAPTERS = (
    "config.network.pnic",
    "config.network.vnic",
    "config.network.portgroup",
    "config.network.vswitch",
    "config.network.proxySwitch",
    "config.network.opaqueSwitch",
    "config.virtualNicManagerInfo.netConfig",
    "config.storageDevice.hostBusAdapter",
)

BOOT_DISK = (
    "config.activeDiagnosticPartition",
    "config.storageDevice.hostBusAdapter",
    "config.storageDevice.scsiLun",
    "config.storageDevice.scsiTopology.adapter",
)

# The installer of 5.x and 6.x gives the disk that it boots from these partitions for core dumps,
# the second on larger disks: vinfrastructure.it/2015/05/vmware-esxi-6-0-partitions
DUMP_PARTITIONS = (7, 9)

EXTENDED = 0xF
"""The family from which CPUID's extended family counts."""


def hardware_of(found: Found) -> Hardware:
    """The machine of a host.

    Raises:
        CouldNotRead: something that every machine has is missing.
    """
    released = found.find("hardware.biosInfo.releaseDate", datetime)
    return Hardware(
        vendor=found.take("hardware.systemInfo.vendor", str),
        model=found.take("hardware.systemInfo.model", str),
        bios_version=found.find("hardware.biosInfo.biosVersion", str),
        bios_date=released.date() if released else None,
        cpus=tuple(_cpu(found, one) for one in _some(found, "hardware.cpuPkg")),
        cores=found.take("hardware.cpuInfo.numCpuCores", int),
        memory=found.take("hardware.memorySize", int),
        devices=tuple(_device(one) for one in _some(found, "hardware.pciDevice")),
    )


def _some(found: Found, path: str) -> list[Any]:
    """A list that is never empty.

    Raises:
        CouldNotRead: it is.
    """
    listed = found.take(path, list)
    if not listed:
        raise CouldNotRead(
            Text("read {path} of {found}", path=path, found=found.label), Text("none at all")
        )
    return listed


def _cpu(found: Found, package: Any) -> Cpu:
    tried = Text("read hardware.cpuPkg of {found}", found=found.label)
    leaf = next((one for one in package.cpuFeature if one.level == 1), None)
    bits = (leaf.eax or "").replace(":", "") if leaf else ""
    if not re.fullmatch("[01]{32}", bits):
        raise CouldNotRead(
            tried, Text("{bits} as EAX of CPUID 1, expected 32 bits", bits=bits or Text("nothing"))
        )
    eax = int(bits, 2)
    family, model = family_and_model(eax)
    vendor = required(package, "vendor", tried)
    description = " ".join((package.description or "").split())
    return Cpu(vendor, family, model, description, eax & 0xF)


def family_and_model(eax: int) -> tuple[int, int]:
    """Family and model of a processor, with their extensions, from EAX of CPUID leaf 1."""
    family, model = eax >> 8 & 0xF, eax >> 4 & 0xF
    if family in (0x6, EXTENDED):
        model |= (eax >> 16 & 0xF) << 4
    return (family + (eax >> 20 & 0xFF) if family == EXTENDED else family), model


def _device(device: Any) -> PciDevice:
    """A device; its numbers come as signed ones of 16 bits."""

    def ids(vendor: int, number: int) -> str:
        return f"{vendor & 0xFFFF:04x}:{number & 0xFFFF:04x}"

    names = (device.vendorName or "", device.deviceName or "")
    return PciDevice(
        address=device.id,
        ids=ids(device.vendorId, device.deviceId),
        subsystem=ids(device.subVendorId, device.subDeviceId),
        name=" ".join(" ".join(names).split()),
    )


def adapters_of(found: Found) -> Adapters:
    """The adapters of a host; where its management network leads may be unread by itself.

    Raises:
        CouldNotRead: it has no network adapter at all, or no storage adapter.
    """
    nics = _some(found, "config.network.pnic")
    buses = _some(found, "config.storageDevice.hostBusAdapter")
    try:
        management: tuple[str, ...] | Unread = _management(found, nics)
    except CouldNotRead as error:
        management = Unread(error.message)
    made = [
        *(_adapter(one, "network") for one in nics),
        *(_adapter(one, "storage") for one in buses),
    ]
    return Adapters(tuple(made), management)


def _adapter(adapter: Any, kind: str) -> Adapter:
    return Adapter(adapter.device, kind, adapter.pci or "", adapter.driver or None)


def _management(found: Found, nics: list[Any]) -> tuple[str, ...]:
    """Uplinks of every switch that a VMkernel adapter with the management service is on."""
    tried = Text("read the uplinks of the management network of {found}", found=found.label)
    devices = {nic.key: nic.device for nic in nics}
    keys: set[str] = set()
    for adapter in management_adapters(found, tried):
        uplinks = set(_uplinks(found, adapter))
        if not uplinks:
            raise CouldNotRead(
                tried, Text("no switch with an uplink leads to {device}", device=adapter.device)
            )
        keys |= uplinks
    if strange := keys - devices.keys():
        raise CouldNotRead(
            tried, Text("{strange}: no such network adapter", strange=", ".join(sorted(strange)))
        )
    return tuple(sorted(devices[key] for key in keys))


def management_adapters(found: Found, tried: str) -> list[Any]:
    """The VMkernel adapters of a host that have the management service, one at least.

    Raises:
        CouldNotRead: there is none, or one is not among its adapters; `tried` says of what.
    """
    adapters = {one.device: one for one in found.find("config.network.vnic", list) or ()}
    devices = list(_management_devices(found))
    if not devices:
        raise CouldNotRead(tried, Text("no VMkernel adapter has the management service"))
    if strange := [device for device in devices if device not in adapters]:
        raise CouldNotRead(
            tried, Text("{device} is none of its VMkernel adapters", device=strange[0])
        )
    return [adapters[device] for device in devices]


def _management_devices(found: Found) -> Iterator[str]:
    for config in found.find("config.virtualNicManagerInfo.netConfig", list) or ():
        if config.nicType == "management":
            chosen = set(config.selectedVnic)
            yield from (one.device for one in config.candidateVnic if one.key in chosen)


def _uplinks(found: Found, adapter: Any) -> Iterator[str]:
    """Keys of the network adapters behind a VMkernel adapter, whatever kind of switch it is on."""
    port = adapter.spec.distributedVirtualPort
    if port:
        for switch in found.find("config.network.proxySwitch", list) or ():
            if switch.dvsUuid == port.switchUuid:
                yield from switch.pnic
    elif adapter.spec.opaqueNetwork:
        for switch in found.find("config.network.opaqueSwitch", list) or ():
            yield from switch.pnic
    else:
        groups = found.find("config.network.portgroup", list) or ()
        switches = {one.vswitch for one in groups if one.spec.name == adapter.portgroup}
        for switch in found.find("config.network.vswitch", list) or ():
            if switch.key in switches:
                yield from switch.pnic


def boot_disk_of(found: Found) -> BootDisk:
    """The disk that a host boots from.

    No property names it. The installer puts the partition for core dumps on it, under a number that
    none other has, so an active one with that number shows it.

    Raises:
        CouldNotRead: the partition does not show it.
    """
    tried = Text("find the disk that {found} boots from", found=found.label)
    partition = found.find("config.activeDiagnosticPartition", vim.host.DiagnosticPartition)
    if partition is None:
        raise CouldNotRead(tried, Text("no active diagnostic partition, which would show it"))
    name, number = partition.id.diskName, partition.id.partition
    if number not in DUMP_PARTITIONS:
        raise CouldNotRead(
            tried,
            Text(
                "a diagnostic partition that was not made with it: {name}:{number}",
                name=name,
                number=number,
            ),
        )
    disks = {one.canonicalName: one for one in _some(found, "config.storageDevice.scsiLun")}
    disk = disks.get(name)
    if not isinstance(disk, vim.host.ScsiDisk):
        raise CouldNotRead(tried, Text("{name}, which is none of its disks", name=name))
    size = disk.capacity.blockSize * disk.capacity.block
    return BootDisk(name, size, tuple(_paths(found, required(disk, "key", tried))))


def _paths(found: Found, disk: str) -> Iterator[str]:
    """Names of the storage adapters that lead to a disk."""
    buses = {one.key: one.device for one in _some(found, "config.storageDevice.hostBusAdapter")}
    for interface in found.find("config.storageDevice.scsiTopology.adapter", list) or ():
        if any(lun.scsiLun == disk for target in interface.target for lun in target.lun):
            yield buses.get(interface.adapter, interface.adapter)
