"""Facts of a vCenter, read in bulk over vim25.

Rights and emptiness: every inventory answer carries the account's role on the root folder and is
refused without one that reads. Beyond that, no hosts at all is an error; no VMs at all is believed
only when there are hosts and they, too, list none; no extensions at all is an error, since every
vCenter registers its own; no distributed switches is an ordinary estate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pyVmomi import vim

from kanmon.environment.targets import VCenter
from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Certificate
from kanmon.facts.vcenter.inventory import About, Extension, Host, Switch, Vm
from kanmon.readers import Request, apart
from kanmon.readers.transport import tls
from kanmon.readers.vcenter import (
    appliance as vcenter_appliance,
)
from kanmon.readers.vcenter import (
    clusters as vcenter_clusters,
)
from kanmon.readers.vcenter import (
    deployment as vcenter_deployment,
)
from kanmon.readers.vcenter import (
    hosts as vcenter_hosts,
)
from kanmon.readers.vcenter import management, trust
from kanmon.readers.vcenter.agencies import agencies
from kanmon.readers.vcenter.certificates import host_certificates
from kanmon.readers.vcenter.crypto import encryption
from kanmon.readers.vcenter.emptiness import no_vms, some_hosts
from kanmon.readers.vcenter.found import each, parent
from kanmon.readers.vcenter.profiles import profiles
from kanmon.readers.vcenter.session import RIGHTS, Found, Session, log_in, required
from kanmon.readers.vcenter.session import about as about_info
from kanmon.readers.vcenter.vsan import vsan
from kanmon.text import Text

HOST = (
    "name",
    "parent",
    "summary.config.product.version",
    "summary.config.product.build",
    "runtime.connectionState",
    "runtime.powerState",
    "runtime.inMaintenanceMode",
    "runtime.inQuarantineMode",
    "summary.rebootRequired",
    "summary.overallStatus",
)

VM = (
    "name",
    "config.instanceUuid",
    "config.uuid",
    "config.guestId",
    "config.guestFullName",
    "config.version",
    "config.managedBy.extensionKey",
    "config.tools.toolsVersion",
    "guest.toolsVersion",
    "guest.toolsVersionStatus2",
    "guest.toolsRunningStatus",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "summary.config.template",
)


def connect(request: Request) -> AbstractContextManager[Session]:
    """A logged-in session.

    Raises:
        TargetLost: it cannot be had.
    """
    return log_in(request)


def certificates(target: VCenter) -> tuple[Certificate, ...]:
    """The certificate that the vCenter presents."""
    return (tls.certificate(target),)


def about(session: Session) -> About:
    """Product, version and build."""
    info = about_info(session.service.RetrieveContent(), session.target.where)
    tried = Text("read what {where} is", where=session.target.where)
    return About(
        name=required(info, "name", tried),
        version=required(info, "version", tried),
        build=required(info, "build", tried),
        api_version=required(info, "apiVersion", tried),
        instance_uuid=required(info, "instanceUuid", tried),
        os_type=required(info, "osType", tried),
    )


def hosts(session: Session) -> tuple[Host, ...]:
    """Every ESXi host, with its cluster or standalone compute resource."""
    found = session.inventory(
        {vim.HostSystem: HOST, vim.ComputeResource: ("name", "summary.numHosts")}
    )
    computes = {one.moref: one for one in found if isinstance(one.object, vim.ComputeResource)}
    systems = [one for one in found if isinstance(one.object, vim.HostSystem)]
    some_hosts(session, systems)
    made = each(systems, lambda system: _host(system, computes))
    members = Counter(map(parent, systems))
    for compute in computes.values():
        try:
            _all_seen(compute, members[compute.moref])
        except CouldNotRead as error:
            apart.set_apart(compute.subject, error)
    return made


def _all_seen(compute: Found, seen: int) -> None:
    """Refuse a cluster that counts other hosts than were seen."""
    said = compute.take("summary.numHosts", int)
    if said != seen:
        got = Text("{count} hosts, but the cluster says that it has {said}", count=seen, said=said)
        raise Denied(Text("read the hosts of {found}", found=compute.label), got, RIGHTS)


def _host(found: Found, computes: Mapping[str, Found]) -> Host:
    cluster = found.reference("parent")
    if cluster is None or cluster not in computes:
        got = Text(
            "its compute resource ({cluster}) cannot be seen", cluster=cluster or Text("unset")
        )
        raise Denied(Text("read the cluster of {found}", found=found.label), got, RIGHTS)
    return Host(
        moref=found.moref,
        name=found.take("name", str),
        cluster=cluster,
        cluster_name=computes[cluster].called,
        version=found.take("summary.config.product.version", str),
        build=found.take("summary.config.product.build", str),
        connection_state=found.take("runtime.connectionState", str),
        power_state=found.take("runtime.powerState", str),
        in_maintenance=found.take("runtime.inMaintenanceMode", bool),
        in_quarantine=bool(found.find("runtime.inQuarantineMode", bool)),  # unset where unsupported
        reboot_required=found.take("summary.rebootRequired", bool),
        overall_status=found.take("summary.overallStatus", str),
    )


def vms(session: Session) -> tuple[Vm, ...]:
    """Every virtual machine and template."""
    made = each(session.walk({vim.VirtualMachine: VM}), _vm)
    if not made:
        no_vms(session)
    return made


def _vm(found: Found) -> Vm:
    """A VM; only one that is not connected may be without a configuration."""
    connection_state = found.take("runtime.connectionState", str)
    config = found.take if connection_state == "connected" else found.find
    return Vm(
        moref=found.moref,
        name=found.take("name", str),
        instance_uuid=config("config.instanceUuid", str),
        bios_uuid=config("config.uuid", str),
        host=found.reference("runtime.host"),
        power_state=found.take("runtime.powerState", str),
        connection_state=connection_state,
        template=found.take("summary.config.template", bool),
        tools_version=_tools_version(found),
        tools_status=found.find("guest.toolsVersionStatus2", str),
        tools_running=found.find("guest.toolsRunningStatus", str),
        guest_id=config("config.guestId", str),
        guest_full_name=config("config.guestFullName", str),
        hardware_version=config("config.version", str),
        managed_by=found.find("config.managedBy.extensionKey", str),
    )


def _tools_version(found: Found) -> int | None:
    """The number in the configuration, which outlasts the guest; else what the guest reported."""
    kept = found.find("config.tools.toolsVersion", int)
    reported = found.find("guest.toolsVersion", str)
    if kept is not None or not reported:
        return kept
    if not reported.isdecimal():
        raise CouldNotRead(
            Text("read guest.toolsVersion of {found}", found=found.label),
            Text("{reported}, expected a number", reported=repr(reported)),
        )
    return int(reported)


def extensions(session: Session) -> tuple[Extension, ...]:
    """Every registered extension."""
    manager = session.content.extensionManager
    listed = session.properties(manager, "extensionList").find("extensionList", list)
    tried = Text("read the extensions of {where}", where=session.target.where)
    if not listed:
        raise Denied(tried, Text("none at all, though every vCenter registers its own"), RIGHTS)
    return apart.each(
        listed,
        lambda extension: Extension(
            key=required(extension, "key", tried),
            version=required(extension, "version", tried),
            company=extension.company or "",
            urls=tuple(end.url for end in (*extension.server, *extension.client) if end.url),
        ),
        lambda extension: str(extension.key or Text("an extension without a key")),
    )


def switches(session: Session) -> tuple[Switch, ...]:
    """Every distributed switch."""
    found = session.inventory(
        {vim.DistributedVirtualSwitch: ("name", "summary.productInfo.version")}
    )
    return each(
        found,
        lambda one: Switch(
            moref=one.moref,
            name=one.take("name", str),
            version=one.find("summary.productInfo.version", str),
        ),
    )


PROBES: Mapping[str, Callable[[Any], object]] = {"certificates": certificates}
PARTS: Mapping[str, Callable[[Any], object]] = {
    "about": about,
    "hosts": hosts,
    "vms": vms,
    "extensions": extensions,
    "switches": switches,
    "host_certificates": host_certificates,
    **vcenter_appliance.PARTS,
    **trust.PARTS,
    **vcenter_deployment.PARTS,
    **vcenter_hosts.PARTS,
    "alarms": management.alarms,
    "activity": management.activity,
    "upkeep": management.upkeep,
    "licences": management.licences,
    "switch_configs": management.switch_configs,
    "rights": management.rights,
    "clusters": vcenter_clusters.clusters,
    "encryption": encryption,
    "profiles": profiles,
    "agencies": agencies,
    "vsan": vsan,
    "running": vcenter_clusters.running,
    "tools_policies": vcenter_clusters.tools_policies,
}
