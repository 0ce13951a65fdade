"""What a simulated vCenter holds: managed objects and their leaf properties, out of a world."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyVmomi import vim, vmodl

from lab.vcenter import clusters, crypto, profiles, soap, vsan
from lab.vcenter import hosts as vcenter_hosts
from lab.world.machine import Machine
from lab.world.vcenter import Cluster, EsxHost, VCenter
from lab.world.world import World

ROOT = vim.Folder("group-d1")
DATACENTER = vim.Datacenter("datacenter-2")
VM_FOLDER = vim.Folder("group-v3")
HOST_FOLDER = vim.Folder("group-h4")
NETWORK_FOLDER = vim.Folder("group-n6")

BUNDLED_TOOLS = {"6.5": 10305, "6.7": 10341, "7.0": 11333}
"""VMware Tools that the hosts bring along, by their release."""

UNMANAGED_TOOLS = 2147483647

READ_ONLY = -2


@dataclass
class Entity:
    """A managed object; a property that is None is known and not set."""

    reference: Any
    properties: Mapping[str, Any]
    _written: dict[tuple[str, ...], str] = field(default_factory=dict)

    def content(self, paths: tuple[str, ...]) -> str:
        """Its properties as the inside of an ObjectContent, written once.

        Raises:
            vmodl.query.InvalidProperty: it has no such property.
        """
        if paths not in self._written:
            if unknown := [path for path in paths if path not in self.properties]:
                raise vmodl.query.InvalidProperty(name=unknown[0])
            self._written[paths] = soap.reference("obj", self.reference) + "".join(
                f"<propSet><name>{path}</name>{soap.element('val', value)}</propSet>"
                for path in paths
                if (value := self.properties[path]) is not None
            )
        return self._written[paths]

    def unreadable(self, paths: tuple[str, ...]) -> str:
        """The same for an account that may not read it."""
        denied = vim.fault.NoPermission(object=self.reference, privilegeId="System.Read")
        return soap.reference("obj", self.reference) + "".join(
            f"<missingSet><path>{path}</path>{soap.element('fault', denied)}</missingSet>"
            for path in paths
        )


def entities(world: World, vcenter: VCenter) -> list[Entity]:
    """Every object below the root folder, and the root folder and the extension manager."""
    placed: dict[str, list[Machine]] = {host.name: [] for _, host in vcenter.hosts}
    machines = world.of_vcenter(vcenter.slug)
    for machine in machines:
        placed[_place(world, machine)[1].name].append(machine)
    return [
        *_folders(),
        Entity(vim.ExtensionManager("ExtensionManager"), _extension_list(world, vcenter)),
        *(Entity(*profile) for profile in profiles.profiles(vcenter)),
        Entity(crypto.KEYS, crypto.providers(vcenter)),
        *(_cluster(world, cluster) for cluster in vcenter.clusters),
        *(_esx(world, cluster, host, placed[host.name]) for cluster, host in vcenter.hosts),
        *(_certificate(host) for _, host in vcenter.hosts),
        *(_vm(world, machine) for machine in machines),
        *_switches(vcenter),
        *(Entity(*place) for place in clusters.places(vcenter)),
    ]


def _folders() -> Iterator[Entity]:
    role = soap.array("int", [READ_ONLY])
    common = {"effectiveRole": role, "overallStatus": vim.ManagedEntity.Status.green}
    yield Entity(ROOT, {**common, "name": "Datacenters", "parent": None})
    for reference, name, parent in (
        (DATACENTER, "Datacenter", ROOT),
        (VM_FOLDER, "vm", DATACENTER),
        (HOST_FOLDER, "host", DATACENTER),
        (NETWORK_FOLDER, "network", DATACENTER),
    ):
        yield Entity(reference, {**common, "name": name, "parent": parent})


def _cluster(world: World, cluster: Cluster) -> Entity:
    hosts = [vim.HostSystem(host.moref) for host in cluster.hosts]
    return Entity(
        vim.ClusterComputeResource(cluster.moref),
        {
            "name": cluster.name,
            "parent": HOST_FOLDER,
            "overallStatus": vim.ManagedEntity.Status.green,
            "host": soap.array("vim.HostSystem", hosts),
            "summary.numHosts": len(hosts),
            "summary.numEffectiveHosts": len(hosts),
            **clusters.cluster_properties(world, cluster),
        },
    )


def _esx(world: World, cluster: Cluster, host: EsxHost, machines: list[Machine]) -> Entity:
    status = vim.ManagedEntity.Status(host.overall_status)
    answers = host.connection_state == "connected"
    power = vim.HostSystem.PowerState("poweredOn" if answers else "unknown")
    return Entity(
        vim.HostSystem(host.moref),
        {
            "name": host.name,
            "parent": vim.ClusterComputeResource(cluster.moref),
            "vm": soap.array("vim.VirtualMachine", [_vm_reference(world, m) for m in machines]),
            "overallStatus": status,
            "summary.overallStatus": status,
            "summary.rebootRequired": host.reboot_required,
            "summary.config.name": host.name,
            "summary.config.product.name": "VMware ESXi",
            "summary.config.product.version": host.version,
            "summary.config.product.build": host.build,
            "runtime.connectionState": vim.HostSystem.ConnectionState(host.connection_state),
            "runtime.powerState": power,
            "runtime.inMaintenanceMode": host.in_maintenance,
            "runtime.inQuarantineMode": host.in_quarantine,
            "runtime.cryptoState": host.crypto,
            "configManager.imageConfigManager": image_manager(host),
            "configManager.vsanSystem": vsan.system(host),
            "configManager.certificateManager": certificate_manager(host),
            **clusters.host_properties(host, machines),
            **vcenter_hosts.host_properties(host),
            "datastore": clusters.stores(cluster, host),
        },
    )


def image_manager(host: EsxHost) -> Any:
    """What tells the packages of a host."""
    return vim.host.ImageConfigManager(f"imageConfigManager-{host.number}")


def certificate_manager(host: EsxHost) -> Any:
    """What tells the certificate of a host."""
    return vim.host.CertificateManager(f"certificateManager-{host.number}")


def _certificate(host: EsxHost) -> Entity:
    now = dt.datetime.now(dt.UTC)
    told = vim.host.CertificateManager.CertificateInfo(
        subject=f"OU=VMware Engineering,O=VMware,CN={host.name}",
        issuer="O=vc,OU=VMware Engineering,CN=CA",
        notBefore=now - dt.timedelta(days=400),
        notAfter=now + dt.timedelta(days=host.certificate_days),
        status=host.certificate_status,
    )
    return Entity(certificate_manager(host), {"certificateInfo": told})


def _vm_reference(world: World, machine: Machine) -> Any:
    return vim.VirtualMachine(f"vm-{world.vm_number(machine)}")


def _place(world: World, machine: Machine) -> tuple[Cluster, EsxHost]:
    placement = world.host_of(machine)
    if placement is None:
        raise LookupError(f"{machine.name} stands on no host")
    return placement


def _vm(world: World, machine: Machine) -> Entity:
    cluster, host = _place(world, machine)
    running = machine.power == "poweredOn" and machine.tools_running and machine.tools > 0
    told = {
        "name": machine.name,
        "parent": VM_FOLDER,
        "overallStatus": vim.ManagedEntity.Status.green,
        "config.instanceUuid": machine.instance_uuid,
        "config.uuid": machine.uuid,
        "config.guestId": machine.guest_id,
        "config.guestFullName": machine.guest_name,
        "config.version": machine.hardware,
        "config.keyId": crypto.key_of(machine),
        "config.template": False,
        "config.managedBy.extensionKey": "com.vmware.vim.eam" if machine.appliance else None,
        "config.tools.toolsVersion": machine.tools,
        "guest.toolsVersion": str(machine.tools),
        "guest.toolsVersionStatus2": _tools_status(machine, host),
        "guest.toolsRunningStatus": f"guestTools{'Running' if running else 'NotRunning'}",
        "runtime.host": vim.HostSystem(host.moref),
        "runtime.powerState": vim.VirtualMachine.PowerState(machine.power),
        "runtime.connectionState": vim.VirtualMachine.ConnectionState(machine.connection),
        "summary.config.name": machine.name,
        "summary.config.template": False,
        **clusters.vm_properties(cluster, host, machine),
    }
    gone = ("config.", "guest.") if machine.lost else ()
    left = {path: None if path.startswith(gone) else value for path, value in told.items()}
    return Entity(_vm_reference(world, machine), left)


def _tools_status(machine: Machine, host: EsxHost) -> str:
    if machine.tools == 0:
        return "guestToolsNotInstalled"
    if machine.tools == UNMANAGED_TOOLS:
        return "guestToolsUnmanaged"
    bundled = BUNDLED_TOOLS.get(host.version[:3], machine.tools)
    if machine.tools == bundled:
        return "guestToolsCurrent"
    return "guestToolsSupportedOld" if machine.tools < bundled else "guestToolsSupportedNew"


def _switches(vcenter: VCenter) -> Iterator[Entity]:
    for number, (name, version) in enumerate(vcenter.switches, 50):
        yield Entity(
            vim.dvs.VmwareDistributedVirtualSwitch(f"dvs-{number}"),
            {
                "name": name,
                "uuid": f"uuid of {name}",
                "parent": NETWORK_FOLDER,
                "summary.productInfo.version": version,
            },
        )


def _extension_list(world: World, vcenter: VCenter) -> dict[str, Any]:
    listed = [
        _extension("com.vmware.vim.eam", vcenter.version),
        _extension("com.vmware.vim.sms", vcenter.version),
        _extension("com.vmware.vcIntegrity", vcenter.version, _updates(vcenter)),
    ]
    for nsxv in world.nsxv:
        if nsxv.vcenter == vcenter.slug:
            url = f"https://{nsxv.slug}.example.jp:443"
            listed.append(_extension("com.vmware.vShieldManager", nsxv.version, url))
    for nsxt in world.nsxt:
        if nsxt.registered and vcenter.slug in nsxt.vcenters:
            url = f"https://{nsxt.slug}.example.jp:443"
            listed.append(_extension("com.vmware.nsx.management.nsxt", nsxt.version, url))
    listed += [_extension(*each.split()) for each in vcenter.extensions]
    return {"extensionList": soap.array("vim.Extension", listed)}


def _updates(vcenter: VCenter) -> str:
    """Address of the Update Manager, which is the vCenter itself where a world says no other."""
    told = vcenter.deployment
    return f"https://{told.updates or told.node_name}:8084/vci/sdk"


def _extension(key: str, version: str, url: str = "") -> vim.Extension:
    words = vim.Description(label=key, summary=key)
    server = vim.Extension.ServerInfo(
        url=url,
        description=words,
        company="VMware, Inc.",
        type="VIP",
        adminEmail=["noreply@example.jp"],
    )
    return vim.Extension(
        description=words,
        key=key,
        version=version,
        company="VMware, Inc.",
        server=[server] if url else [],
        lastHeartbeatTime=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    )


def packages(world: World, vcenter: VCenter, number: str) -> list[vim.host.SoftwarePackage]:
    """The software packages of a host.

    Raises:
        vmodl.fault.HostNotConnected: the vCenter does not reach it.
        vmodl.fault.ManagedObjectNotFound: there is no such host.
    """
    manager = vim.host.ImageConfigManager(number)
    for cluster, host in vcenter.hosts:
        if image_manager(host) == manager:
            if host.connection_state != "connected":
                raise vmodl.fault.HostNotConnected
            return [_package(*line.split()) for line in _vib_lines(world, vcenter, cluster, host)]
    raise vmodl.fault.ManagedObjectNotFound(obj=manager)


def _vib_lines(world: World, vcenter: VCenter, cluster: Cluster, host: EsxHost) -> Iterator[str]:
    """Name, version, vendor, acceptance level and dependencies of each package."""
    ours = "VMware vmware_certified"
    yield f"esx-base {host.version}-0.0.{host.build} {ours}"
    yield f"vsan {host.version}-0.0.{host.build} {ours}"
    yield f"tools-light {host.version}-0.0.{host.build} {ours}"
    train = host.version[:3]
    if cluster.nsxv:
        build = next((n.build for n in world.nsxv if n.vcenter == vcenter.slug), "13282012")
        yield f"esx-nsxv {train}.0-0.0.{build} {ours}"
        yield f"epsec-mux {train}.0-0.0.{build} {ours}"
    if cluster.nsxt:
        full = next((n.version for n in world.nsxt if vcenter.slug in n.vcenters), "3.1.2.0.0.1")
        release, _, build = full.rpartition(".")
        for name in ("nsx-adf", "nsx-cfgagent", "nsx-context-mux", "nsx-esx-datapath", "nsx-host"):
            yield f"{name} {release}-{train}-{build} {ours}"
    yield from vcenter_hosts.driver_vibs(host)
    yield from host.extra_vibs


def _package(
    name: str, version: str, vendor: str, acceptance: str, *depends: str
) -> vim.host.SoftwarePackage:
    return vim.host.SoftwarePackage(
        name=name,
        version=version,
        type="bootbank",
        vendor=vendor,
        acceptanceLevel=acceptance,
        depends=[vim.host.SoftwarePackage.Relation(name=one) for one in depends],
        summary=name,
        description=name,
        capability=vim.host.SoftwarePackage.Capability(),
    )
