"""Clusters, what runs in them, and what ties a VM to its host.

Rights and emptiness: as in `inventory`. A cluster that counts more hosts than can
be seen is an error; a VM whose datastore or network cannot be seen has unread ties.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyVmomi import vim

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import (
    AGENT_MANAGER,
    Capacity,
    Cluster,
    Override,
    Rule,
    RunningVm,
    ToolsPolicy,
)
from kanmon.readers import apart
from kanmon.readers.vcenter.emptiness import no_vms, some_hosts
from kanmon.readers.vcenter.found import Found, each
from kanmon.readers.vcenter.session import RIGHTS, Session
from kanmon.readers.vcenter.ties import DEVICES, Bonds, Places, bonds, multi_writer
from kanmon.text import Text

MIB = 2**20

HOST = (
    "name",
    "parent",
    "runtime.connectionState",
    "summary.hardware.cpuMhz",
    "summary.hardware.numCpuCores",
    "summary.hardware.memorySize",
    "summary.quickStats.overallCpuUsage",
    "summary.quickStats.overallMemoryUsage",
    "summary.config.vmotionEnabled",
    "config.network.vnic",
)

VMOTION = "vmotion"
"""The TCP/IP stack that is for vMotion alone."""

# The parts of configurationEx cannot be asked for: a vCenter refuses "configurationEx.dasConfig",
# since the property is declared with a type that has none.
COMPUTE = ("name", "summary.numHosts", "configurationEx")

POWER_STATES = ("poweredOn", "poweredOff", "suspended")

RUNNING = (
    "name",
    "config.uuid",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "config.managedBy.extensionKey",
    "summary.config.cpuReservation",
    "summary.config.memoryReservation",
    "summary.quickStats.overallCpuUsage",
    "summary.quickStats.guestMemoryUsage",
    "summary.quickStats.hostMemoryUsage",
    "summary.quickStats.consumedOverheadMemory",
)

TOOLS = (
    "name",
    "runtime.connectionState",
    "summary.config.template",
    "config.guestId",
    "config.tools.toolsVersion",
    "config.tools.toolsUpgradePolicy",
    "guest.toolsVersionStatus2",
)


def clusters(session: Session) -> tuple[Cluster, ...]:
    """Every cluster and every host without one, with what its hosts have."""
    computes: list[Found] = []
    systems: list[Found] = []
    for one in session.walk({vim.HostSystem: HOST, vim.ComputeResource: COMPUTE}):
        (systems if isinstance(one.object, vim.HostSystem) else computes).append(one)
    some_hosts(session, systems)
    members: dict[str, list[Found]] = {one.moref: [] for one in computes}
    each(systems, lambda system: _home(system, members).append(system))
    return each(computes, lambda one: _cluster(one, members[one.moref]))


def _home(system: Found, members: Mapping[str, list[Found]]) -> list[Found]:
    """The hosts that a host stands with."""
    cluster = system.reference("parent")
    if cluster is None or cluster not in members:
        got = Text(
            "its compute resource ({cluster}) cannot be seen", cluster=cluster or Text("unset")
        )
        raise Denied(Text("read the cluster of {found}", found=system.label), got, RIGHTS)
    return members[cluster]


def _cluster(found: Found, systems: Sequence[Found]) -> Cluster:
    said = found.take("summary.numHosts", int)
    if said != len(systems):
        got = Text(
            "{count} hosts, but the cluster says that it has {said}", count=len(systems), said=said
        )
        raise Denied(Text("read the hosts of {found}", found=found.label), got, RIGHTS)
    standalone = not isinstance(found.object, vim.ClusterComputeResource)
    config = None if standalone else found.take("configurationEx", vim.cluster.ConfigInfoEx)
    return Cluster(
        moref=found.moref,
        name=found.take("name", str),
        standalone=standalone,
        hosts=tuple(map(_capacity, systems)),
        drs=_drs(found, config) if config else None,
        admission_control=_admission_control(found, config) if config else False,
        rules=tuple(_rules(config)) if config else (),
        overrides=tuple(_overrides(config)) if config else (),
        ha=_ha(found, config) if config else False,
    )


def _capacity(found: Found) -> Capacity:
    """What a host has; the statistics of one that is not connected are not there."""
    return Capacity(
        host=found.moref,
        cpu=found.take("summary.hardware.cpuMhz", int)
        * found.take("summary.hardware.numCpuCores", int),
        memory=found.take("summary.hardware.memorySize", int) // MIB,
        cpu_used=found.find("summary.quickStats.overallCpuUsage", int),
        memory_used=found.find("summary.quickStats.overallMemoryUsage", int),
        vmotion=_has_vmotion(found),
    )


def _has_vmotion(found: Found) -> bool:
    """Whether an adapter of the host is for vMotion, by its service or by its TCP/IP stack.

    No text says that the flag counts an adapter on the stack of vMotion, which has no service.
    """
    adapters = found.find("config.network.vnic", list) or ()
    stacks = {one.spec.netStackInstanceKey for one in adapters}
    return found.take("summary.config.vmotionEnabled", bool) or VMOTION in stacks


def _set(found: Found, path: str, value: Any) -> Any:
    """A setting that every cluster has.

    Raises:
        CouldNotRead: it is unset.
    """
    if value is None:
        raise CouldNotRead(
            Text("read {path} of {found}", path=path, found=found.label),
            Text("vCenter left it unset"),
        )
    return value


def _drs(found: Found, config: Any) -> str | None:
    drs = _set(found, "configurationEx.drsConfig", config.drsConfig)
    if not _set(found, "configurationEx.drsConfig.enabled", drs.enabled):
        return None
    path = "configurationEx.drsConfig.defaultVmBehavior"
    return str(_set(found, path, drs.defaultVmBehavior))


def _ha(found: Found, config: Any) -> bool:
    das = _set(found, "configurationEx.dasConfig", config.dasConfig)
    return bool(_set(found, "configurationEx.dasConfig.enabled", das.enabled))


def _admission_control(found: Found, config: Any) -> bool:
    if not _ha(found, config):
        return False
    path = "configurationEx.dasConfig.admissionControlEnabled"
    return bool(_set(found, path, config.dasConfig.admissionControlEnabled))


def _rules(config: Any) -> Iterator[Rule]:
    """Enabled rules that keep VMs apart, or that must place them on hosts."""
    vms: dict[str, tuple[str, ...]] = {}
    hosts: dict[str, tuple[str, ...]] = {}
    for group in config.group:
        if isinstance(group, vim.cluster.VmGroup):
            vms[group.name] = _morefs(group.vm)
        elif isinstance(group, vim.cluster.HostGroup):
            hosts[group.name] = _morefs(group.host)
    for rule in config.rule:
        name = str(rule.name)
        if not rule.enabled:
            continue
        if isinstance(rule, vim.cluster.AntiAffinityRuleSpec):
            yield Rule(name, "apart", _morefs(rule.vm), ())
        elif isinstance(rule, vim.cluster.VmHostRuleInfo) and rule.mandatory:
            placed = vms.get(rule.vmGroupName or "", ())
            if rule.affineHostGroupName:
                yield Rule(name, "on", placed, hosts.get(rule.affineHostGroupName, ()))
            if rule.antiAffineHostGroupName:
                yield Rule(name, "off", placed, hosts.get(rule.antiAffineHostGroupName, ()))


def _overrides(config: Any) -> Iterator[Override]:
    """VMs that DRS does not move by itself although it moves others."""
    own = config.drsConfig is None or config.drsConfig.enableVmBehaviorOverrides is not False
    for one in config.drsVmConfig:
        if one.enabled is False:
            yield Override(_moref(one.key), "disabled")
        elif own and one.behavior:
            yield Override(_moref(one.key), str(one.behavior))


def running(session: Session) -> tuple[RunningVm, ...]:
    """Every VM that is powered on, with its demand and its ties.

    The devices, some ten kilobytes for each VM, are read in small pages and reduced at once; of VMs
    that the agent manager keeps on their host they are not read.
    """
    found: dict[str, Found] = {}
    for one in session.walk({vim.VirtualMachine: RUNNING}):
        found[one.moref] = one
    if not found:
        no_vms(session)
    on = {moref for moref in each(found.values(), _if_on) if moref}
    places = Places.read(session)
    kept = {moref for moref in on if _stays(found[moref])}
    movable = session.each([found[moref].object for moref in found if moref in on - kept], *DEVICES)

    def bound(one: Found) -> RunningVm:
        known = found[one.moref]
        return _running(
            known, bonds(one, known.reference("runtime.host"), places), multi_writer(one)
        )

    return (
        *each((found[moref] for moref in found if moref in kept), _kept),
        *apart.each(movable, bound, lambda one: found[one.moref].subject),
    )


def _if_on(found: Found) -> str | None:
    """The moref of a VM that is powered on."""
    _stays(found)
    state = found.take("runtime.powerState", str)
    if state not in POWER_STATES:
        raise CouldNotRead(
            Text("read runtime.powerState of {found}", found=found.label),
            Text("{value}, a word that is not known", value=repr(state)),
        )
    return found.moref if state == POWER_STATES[0] else None


def _kept(found: Found) -> RunningVm:
    return _running(found, Bonds(()), ())


def _stays(found: Found) -> bool:
    return found.find("config.managedBy.extensionKey", str) == AGENT_MANAGER


def _running(found: Found, bound: Bonds, shared: tuple[str, ...] | Unread) -> RunningVm:
    state = found.take("runtime.connectionState", str)
    config = found.take if state == "connected" else found.find
    return RunningVm(
        moref=found.moref,
        name=found.take("name", str),
        bios_uuid=config("config.uuid", str),
        host=found.reference("runtime.host"),
        connection_state=state,
        managed_by=found.find("config.managedBy.extensionKey", str),
        cpu_used=found.find("summary.quickStats.overallCpuUsage", int),
        cpu_reserved=found.find("summary.config.cpuReservation", int) or 0,
        memory_active=found.find("summary.quickStats.guestMemoryUsage", int),
        memory_consumed=found.find("summary.quickStats.hostMemoryUsage", int),
        memory_overhead=found.find("summary.quickStats.consumedOverheadMemory", int),
        memory_reserved=found.find("summary.config.memoryReservation", int) or 0,
        ties=bound.ties,
        untold=bound.untold,
        multi_writer=shared,
    )


def tools_policies(session: Session) -> tuple[ToolsPolicy, ...]:
    """When the Tools of every VM and template are upgraded."""
    made = each(session.walk({vim.VirtualMachine: TOOLS}), _tools_policy)
    if not made:
        no_vms(session)
    return made


def _tools_policy(found: Found) -> ToolsPolicy:
    state = found.take("runtime.connectionState", str)
    config = found.take if state == "connected" else found.find
    return ToolsPolicy(
        moref=found.moref,
        name=found.take("name", str),
        template=found.take("summary.config.template", bool),
        connection_state=state,
        policy=found.find("config.tools.toolsUpgradePolicy", str),
        tools_version=found.find("config.tools.toolsVersion", int),
        tools_status=found.find("guest.toolsVersionStatus2", str),
        guest_id=config("config.guestId", str),
    )


def _moref(managed: Any) -> str:
    return str(managed._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref


def _morefs(managed: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_moref(one) for one in managed)
