"""What a simulated vCenter tells of clusters, demand, and what ties a VM to its host."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyVmomi import vim

from lab.vcenter import soap
from lab.vcenter.devices import INTERNAL, INTERNAL_NAME, NETWORK, devices
from lab.world.machine import Machine
from lab.world.vcenter import Cluster, EsxHost, VCenter
from lab.world.world import World

GIB = 2**30
Properties = dict[str, Any]


def cluster_properties(world: World, cluster: Cluster) -> Properties:
    """Settings of a cluster."""
    settings = cluster.settings
    config = vim.cluster.ConfigInfoEx(
        vmSwapPlacement="vmDirectory",
        dasConfig=vim.cluster.DasConfigInfo(
            enabled=settings.ha, admissionControlEnabled=settings.admission_control
        ),
        drsConfig=vim.cluster.DrsConfigInfo(
            enabled=settings.drs != "off",
            enableVmBehaviorOverrides=True,
            defaultVmBehavior="fullyAutomated" if settings.drs == "off" else settings.drs,
            vmotionRate=3,
        ),
        vsanConfigInfo=vim.vsan.cluster.ConfigInfo(enabled=True) if settings.vsan else None,
        drsVmConfig=[_override(world, *one) for one in settings.overrides.items()],
    )
    hosts = {host.name: vim.HostSystem(host.moref) for host in cluster.hosts}
    for key, rule in enumerate(settings.rules, 1):
        vms = [_vm(world, name) for name in rule.machines]
        common = {"key": key, "name": rule.name, "enabled": rule.enabled}
        if not rule.hosts:
            config.rule.append(vim.cluster.AntiAffinityRuleSpec(vm=vms, **common))
            continue
        placed = [hosts[name] for name in rule.hosts]
        config.group.append(vim.cluster.VmGroup(name=f"{rule.name} VMs", vm=vms))
        config.group.append(vim.cluster.HostGroup(name=f"{rule.name} hosts", host=placed))
        side = "affineHostGroupName" if rule.affine else "antiAffineHostGroupName"
        common |= {"mandatory": rule.mandatory, "vmGroupName": f"{rule.name} VMs"}
        config.rule.append(vim.cluster.VmHostRuleInfo(**common, **{side: f"{rule.name} hosts"}))
    return {"configurationEx": config}


def _vm(world: World, name: str) -> Any:
    machine = next(machine for machine in world.machines if machine.name == name)
    return vim.VirtualMachine(f"vm-{world.vm_number(machine)}")


def _override(world: World, name: str, behaviour: str) -> Any:
    vm = _vm(world, name)
    if behaviour == "disabled":
        return vim.cluster.DrsVmConfigInfo(key=vm, enabled=False)
    return vim.cluster.DrsVmConfigInfo(key=vm, enabled=True, behavior=behaviour)


def host_properties(host: EsxHost, machines: Iterable[Machine]) -> Properties:
    """Capacity and load of a host; statistics of a connected one only."""
    has = host.resources
    on = [machine.demand for machine in machines if machine.power == "poweredOn"]
    answers = host.connection_state == "connected"
    memory = has.own_memory + sum(demand.consumed for demand in on)
    return {
        "summary.hardware.cpuMhz": has.mhz,
        "summary.hardware.numCpuCores": soap.short(has.cores),
        "summary.hardware.memorySize": soap.long(int(has.memory * GIB)),
        "summary.quickStats.overallCpuUsage": (
            has.own_cpu + sum(demand.cpu for demand in on) if answers else None
        ),
        "summary.quickStats.overallMemoryUsage": _mib(memory) if answers else None,
        "summary.config.vmotionEnabled": has.vmotion,
    }


def vm_properties(cluster: Cluster, host: EsxHost, machine: Machine) -> Properties:
    """Demand, ties and the policy of the Tools of a VM."""
    needs = machine.demand
    on = machine.power == "poweredOn"
    local = "local datastore" in machine.ties
    store = _local(host) if local else _shared(cluster)
    return {
        "config.tools.toolsUpgradePolicy": machine.tools_policy,
        "config.cpuAffinity.affinitySet": (
            soap.array("int", [0]) if "cpu affinity" in machine.ties else None
        ),
        "config.memoryAffinity.affinitySet": None,
        "config.hardware.device": devices(store, tuple(machine.ties)),
        "runtime.faultToleranceState": vim.VirtualMachine.FaultToleranceState(
            "running" if "fault tolerance" in machine.ties else "notConfigured"
        ),
        "datastore": soap.array("vim.Datastore", [store]),
        "summary.config.vmPathName": f"[{_name(cluster, host, local=local)}] vm/vm.vmx",
        "summary.config.cpuReservation": needs.cpu_reserved,
        "summary.config.memoryReservation": _mib(needs.reserved),
        "summary.quickStats.overallCpuUsage": needs.cpu if on else None,
        "summary.quickStats.guestMemoryUsage": _mib(needs.active) if on else None,
        "summary.quickStats.hostMemoryUsage": _mib(needs.consumed) if on else None,
        "summary.quickStats.consumedOverheadMemory": _mib(needs.overhead) if on else None,
    }


def _mib(gib: float) -> int:
    return int(gib * 1024)


def _shared(cluster: Cluster) -> Any:
    return vim.Datastore(f"datastore-{cluster.number}")


def _local(host: EsxHost) -> Any:
    return vim.Datastore(f"datastore-local-{host.number}")


def _name(cluster: Cluster, host: EsxHost, *, local: bool) -> str:
    return f"local {host.name}" if local else f"shared {cluster.name}"


def places(vcenter: VCenter) -> Iterator[tuple[Any, Properties]]:
    """Datastores and networks: a datastore for each cluster, one for each host."""
    every = [vim.HostSystem(host.moref) for _, host in vcenter.hosts]
    for network, name in ((NETWORK, "VM Network"), (INTERNAL, INTERNAL_NAME)):
        yield network, {"name": name, "host": soap.array("vim.HostSystem", every)}
    for cluster in vcenter.clusters:
        for host in cluster.hosts:
            yield (
                _local(host),
                _datastore(cluster, f"local {host.name}", [host], host.settings.local_vmfs),
            )
        if cluster.hosts:
            name = f"shared {cluster.name}"
            yield _shared(cluster), _datastore(cluster, name, cluster.hosts)


def stores(cluster: Cluster, host: EsxHost) -> Any:
    """The datastores of a host."""
    return soap.array("vim.Datastore", [_local(host), _shared(cluster)])


def _datastore(
    cluster: Cluster, name: str, hosts: Iterable[EsxHost], vmfs: str = "6.82"
) -> Properties:
    mounts = [
        vim.Datastore.HostMount(
            key=vim.HostSystem(host.moref),
            mountInfo=vim.host.MountInfo(
                path=f"/vmfs/volumes/{name}", accessMode="readWrite", mounted=True, accessible=True
            ),
        )
        for host in hosts
    ]
    volume = vim.host.VmfsVolume(
        type="VMFS",
        name=name,
        capacity=2**41,
        blockSizeMb=1,
        maxBlocks=63963136,
        majorVersion=int(vmfs.partition(".")[0]),
        version=vmfs,
        uuid=name,
        extent=[vim.host.ScsiDisk.Partition(diskName="naa.6000", partition=1)],
        vmfsUpgradable=False,
    )
    info = vim.host.VmfsDatastoreInfo(
        name=name, url=f"ds:///{name}/", freeSpace=2**40, maxFileSize=2**46, vmfs=volume
    )
    return {
        "name": name,
        "host": soap.array("vim.Datastore.HostMount", mounts),
        "summary.type": "VMFS",
        "summary.freeSpace": soap.long(int(cluster.settings.free * GIB)),
        "summary.accessible": True,
        "summary.maintenanceMode": "normal",
        "info": info,
    }
