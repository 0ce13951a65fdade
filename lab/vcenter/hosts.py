"""What a simulated vCenter tells of the machines of its hosts and of how they are set."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from pyVmomi import vim, vmodl

from lab.vcenter import soap
from lab.vcenter.devices import INTERNAL_NAME
from lab.world.hosts import Adapter, HostMachine
from lab.world.vcenter import EsxHost, VCenter

GIB = 2**30
SECTOR = 512
SWITCHES = ("vSwitch0", "vSwitch1")
GROUPS = {"VM Network": 0, "Management Network": 0, INTERNAL_NAME: 1}
"""Port groups, and the switch that each is on; the second switch ends in its host."""

Properties = dict[str, Any]


def host_properties(host: EsxHost) -> Properties:
    """Machine, adapters, boot disk and settings of a host."""
    return {
        **_hardware(host),
        **_network(host),
        **_storage(host),
        **_settings(host),
        "configIssue": soap.array("vim.event.Event", map(_issue, host.issues)),
    }


def _issue(line: str) -> Any:
    """An event by its id: a type of its own, or one that carries the id."""
    name, _, words = line.partition(" ")
    told = {
        "key": 1,
        "chainId": 1,
        "createdTime": dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        "userName": "",
        "fullFormattedMessage": words,
    }
    kind = getattr(vim.event, name, None)
    return kind(**told) if kind else vim.event.EventEx(eventTypeId=name, **told)


def clock(host: EsxHost) -> Any:
    """What tells the time of a host."""
    return vim.host.DateTimeSystem(f"dateTimeSystem-{host.number}")


def asked(vcenter: VCenter, manager: Callable[[EsxHost], Any], moref: str) -> EsxHost:
    """The host whose manager was called.

    Raises:
        vmodl.fault.HostNotConnected: the vCenter does not reach it.
        vmodl.fault.ManagedObjectNotFound: there is no such host.
    """
    for _, host in vcenter.hosts:
        if manager(host)._GetMoId() == moref:  # noqa: SLF001 - pyvmomi's only way to a moref
            if host.connection_state != "connected":
                raise vmodl.fault.HostNotConnected
            return host
    raise vmodl.fault.ManagedObjectNotFound(obj=vim.ManagedEntity(moref))


def driver_vibs(host: EsxHost) -> Iterator[str]:
    """The packages of its drivers, each once."""
    drivers = dict.fromkeys(one.driver for one in host.machine.adapters if one.driver)
    for driver in drivers:
        name = driver.replace("_", "-")
        yield f"{name} 1.10.9.0-1vmw.650.3.96.13932383 VMW vmware_certified vmkapi_2_4_0_0"


def _hardware(host: EsxHost) -> Properties:
    machine = host.machine
    released = dt.datetime.combine(machine.bios_date, dt.time(), dt.UTC)
    devices = [_device(number, one) for number, one in enumerate(machine.adapters)]
    return {
        "hardware.systemInfo.vendor": machine.vendor,
        "hardware.systemInfo.model": machine.model,
        "hardware.biosInfo.biosVersion": machine.bios,
        "hardware.biosInfo.releaseDate": released,
        "hardware.cpuPkg": soap.array("vim.host.CpuPackage", [_package(host, n) for n in (0, 1)]),
        "hardware.cpuInfo.numCpuCores": soap.short(host.resources.cores),
        "hardware.memorySize": soap.long(int(host.resources.memory * GIB)),
        "hardware.pciDevice": soap.array("vim.host.PciDevice", devices),
    }


def _package(host: EsxHost, index: int) -> Any:
    machine = host.machine
    return vim.host.CpuPackage(
        index=index,
        vendor=machine.cpu_vendor,
        hz=host.resources.mhz * 1_000_000,
        busHz=100_000_000,
        description=machine.cpu,
        threadId=[0],
        cpuFeature=[
            vim.host.CpuIdInfo(level=0, eax=_bits(0x16)),
            vim.host.CpuIdInfo(level=1, eax=_bits(_eax(machine))),
        ],
    )


def _eax(machine: HostMachine) -> int:
    """What CPUID says of a processor: what is above its four bits stands in the extension."""
    family, model = machine.cpu_family, machine.cpu_model
    base = min(family, 0xF)
    bits = (family - base) << 20 | (model >> 4) << 16 | base << 8 | (model & 0xF) << 4
    return bits | machine.cpu_stepping


def _bits(number: int) -> str:
    text = f"{number:032b}"
    return ":".join(text[at : at + 4] for at in range(0, 32, 4))


def _address(number: int) -> str:
    return f"0000:{0x18 + number:02x}:00.0"


def _device(number: int, adapter: Adapter) -> Any:
    vendor, device = (_signed(part) for part in adapter.ids.split(":"))
    sub_vendor, sub_device = (_signed(part) for part in adapter.subsystem.split(":"))
    return vim.host.PciDevice(
        id=_address(number),
        classId=0x200,
        bus=0x18 + number,
        slot=0,
        function=0,
        vendorId=vendor,
        deviceId=device,
        subVendorId=sub_vendor,
        subDeviceId=sub_device,
        vendorName="",
        deviceName=adapter.device,
    )


def _signed(text: str) -> int:
    """A number of 16 bits as vim25 keeps it."""
    number = int(text, 16)
    return number - 0x10000 if number & 0x8000 else number


def _network(host: EsxHost) -> Properties:
    keys = {one.name: f"key-vim.host.PhysicalNic-{one.name}" for one in host.machine.nics}
    uplinks = [keys[name] for name in host.machine.uplinks]
    adapters = [
        vim.host.PhysicalNic(
            key=keys[one.name],
            device=one.name,
            pci=_address(number),
            driver=one.driver,
            spec=vim.host.PhysicalNic.Specification(),
            wakeOnLanSupported=True,
            mac=f"00:50:56:00:00:{number:02x}",
        )
        for number, one in enumerate(host.machine.nics)
    ]
    switch = host.machine.management_switch
    proxy = vim.host.HostProxySwitch(
        dvsUuid=f"uuid of {switch}",
        dvsName=switch,
        key=f"DvsPortset-{switch}",
        numPorts=128,
        numPortsAvailable=120,
        pnic=uplinks,
        spec=vim.host.HostProxySwitch.Specification(),
    )
    return {
        "config.network.pnic": soap.array("vim.host.PhysicalNic", adapters),
        "config.network.vswitch": soap.array("vim.host.VirtualSwitch", _switches(uplinks)),
        "config.network.portgroup": soap.array("vim.host.PortGroup", _groups()),
        "config.network.proxySwitch": (
            soap.array("vim.host.HostProxySwitch", [proxy]) if switch else None
        ),
        "config.network.opaqueSwitch": None,
        "config.network.vnic": soap.array("vim.host.VirtualNic", [_vmk("", switch)]),
        "config.virtualNicManagerInfo.netConfig": soap.array(
            "vim.host.VirtualNicManager.NetConfig", _services(switch)
        ),
    }


def _switches(uplinks: list[str]) -> Iterator[Any]:
    for name, keys in zip(SWITCHES, (uplinks, []), strict=True):
        yield vim.host.VirtualSwitch(
            name=name,
            key=f"key-vim.host.VirtualSwitch-{name}",
            numPorts=128,
            numPortsAvailable=120,
            pnic=keys,
            spec=vim.host.VirtualSwitch.Specification(numPorts=128),
        )


def _groups() -> Iterator[Any]:
    for name, switch in GROUPS.items():
        yield vim.host.PortGroup(
            key=f"key-vim.host.PortGroup-{name}",
            vswitch=f"key-vim.host.VirtualSwitch-{SWITCHES[switch]}",
            computedPolicy=vim.host.NetworkPolicy(),
            spec=vim.host.PortGroup.Specification(
                name=name,
                vlanId=0,
                vswitchName=SWITCHES[switch],
                policy=vim.host.NetworkPolicy(),
            ),
        )


def _vmk(service: str, switch: str) -> Any:
    port = vim.dvs.PortConnection(switchUuid=f"uuid of {switch}", portKey="1")
    return vim.host.VirtualNic(
        device="vmk0",
        key=f"{service}key-vim.host.VirtualNic-vmk0",
        portgroup="" if switch else "Management Network",
        spec=vim.host.VirtualNic.Specification(
            mtu=1500, distributedVirtualPort=port if switch else None
        ),
    )


def _services(switch: str) -> Iterator[Any]:
    for service, selected in (("management", True), ("vmotion", False)):
        adapter = _vmk(f"{service}.", switch)
        yield vim.host.VirtualNicManager.NetConfig(
            nicType=service,
            multiSelectAllowed=True,
            candidateVnic=[adapter],
            selectedVnic=[adapter.key] if selected else [],
        )


def _storage(host: EsxHost) -> Properties:
    machine = host.machine
    first = len(machine.nics)
    buses = [
        vim.host.ParallelScsiHba(
            key=f"key-vim.host.ParallelScsiHba-{one.name}",
            device=one.name,
            bus=number,
            status="unknown",
            model=one.device,
            driver=one.driver,
            pci=_address(number),
        )
        for number, one in enumerate(machine.disk_adapters, first)
    ]
    disk = _disk(int(machine.boot_gb * 10**9))
    partition = vim.host.ScsiDisk.Partition(
        diskName=disk.canonicalName, partition=machine.dump_partition or 0
    )
    dump = vim.host.DiagnosticPartition(
        storageType="directAttached", diagnosticType="singleHost", slots=1, id=partition
    )
    return {
        "config.storageDevice.hostBusAdapter": soap.array("vim.host.HostBusAdapter", buses),
        "config.storageDevice.scsiLun": soap.array("vim.host.ScsiLun", [disk]),
        "config.storageDevice.scsiTopology.adapter": soap.array(
            "vim.host.ScsiTopology.Interface", [_path(machine.boot_adapter, disk.key)]
        ),
        "config.activeDiagnosticPartition": dump if machine.dump_partition else None,
    }


def _disk(size: int) -> Any:
    name = "naa.61866da0a1b2c300"
    return vim.host.ScsiDisk(
        deviceName=f"/vmfs/devices/disks/{name}",
        deviceType="disk",
        key="key-vim.host.ScsiDisk-1",
        uuid="1",
        canonicalName=name,
        lunType="disk",
        operationalState=["ok"],
        capacity=vim.host.DiskDimensions.Lba(blockSize=SECTOR, block=size // SECTOR),
        devicePath=f"/vmfs/devices/disks/{name}",
    )


def _path(adapter: str, disk: str) -> Any:
    lun = vim.host.ScsiTopology.Lun(key="lun-0", lun=0, scsiLun=disk)
    return vim.host.ScsiTopology.Interface(
        key=f"interface-{adapter}",
        adapter=f"key-vim.host.ParallelScsiHba-{adapter}",
        target=[vim.host.ScsiTopology.Target(key="target-0", target=0, lun=[lun])],
    )


def _settings(host: EsxHost) -> Properties:
    settings = host.settings
    zone = vim.host.DateTimeSystem.TimeZone(key="UTC", name="UTC", description="UTC", gmtOffset=0)
    config = vim.host.NtpConfig(server=settings.ntp_servers)
    ntpd = vim.host.Service(
        key="ntpd",
        label="NTP Daemon",
        required=False,
        uninstallable=False,
        running=settings.ntp_running,
        policy=settings.ntp_policy,
    )
    mode = vim.host.HostAccessManager.LockdownMode(settings.lockdown)
    return {
        "config.lockdownMode": mode,
        "config.dateTimeInfo": vim.host.DateTimeInfo(timeZone=zone, ntpConfig=config),
        "config.service.service": soap.array("vim.host.Service", [ntpd]),
        "configManager.dateTimeSystem": clock(host),
    }
