"""Whether a cluster can do without one of its hosts: what the others have left, and what must move.

Two demands are told apart. What a VM uses or is guaranteed (the larger of active memory and
reservation, with its overhead; the larger of CPU used and reserved) must find room: without it
vSphere refuses the move, or guests starve. What its host gives it beyond that (consumed memory,
mostly caches) is taken back under pressure, at the price of speed.

Figures are of the moment in which they were read. Reservations of resource pools, shares and limits
are not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kanmon.facts.vcenter.clusters import Capacity, Cluster, Rule, RunningVm, Tie
from kanmon.facts.vcenter.inventory import Host
from kanmon.text import Text


@dataclass(frozen=True, slots=True)
class Need:
    """What a VM needs on whatever host.

    Attributes:
        cpu: MHz.
        memory: MiB that it uses or is guaranteed.
        consumed: MiB that a host gives it, at least ``memory``.
    """

    cpu: int = 0
    memory: int = 0
    consumed: int = 0

    def __add__(self, other: Need) -> Need:
        return Need(
            self.cpu + other.cpu, self.memory + other.memory, self.consumed + other.consumed
        )

    def __sub__(self, other: Need) -> Need:
        return Need(
            self.cpu - other.cpu, self.memory - other.memory, self.consumed - other.consumed
        )


NOTHING = Need()


def need(vm: RunningVm) -> Need | None:
    """What a VM needs; None while vCenter has no statistics of it."""
    if (
        vm.cpu_used is None
        or vm.memory_active is None
        or vm.memory_consumed is None
        or vm.memory_overhead is None
    ):
        return None
    memory = max(vm.memory_active, vm.memory_reserved) + vm.memory_overhead
    return Need(max(vm.cpu_used, vm.cpu_reserved), memory, max(vm.memory_consumed, memory))


def in_service(host: Host) -> bool:
    """Whether a host can take VMs of another one."""
    return (
        host.connection_state == "connected"
        and host.power_state == "poweredOn"
        and not host.in_maintenance
        and not host.in_quarantine
    )


@dataclass(frozen=True)
class Load:
    """A cluster with what runs in it.

    Attributes:
        serving: morefs of its hosts that are in service and that vMotion leads to.
        staying: VMs that go down with their host, appliances.
        moving: VMs that must move.
        blind: morefs of hosts in service of which vCenter has no statistics.
    """

    cluster: Cluster
    serving: frozenset[str]
    staying: Sequence[RunningVm]
    moving: Sequence[RunningVm]
    blind: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        blind = [
            one.host for one in self._capacities if one.cpu_used is None or not one.memory_used
        ]
        object.__setattr__(self, "blind", blind)

    @property
    def _capacities(self) -> list[Capacity]:
        return [one for one in self.cluster.hosts if one.host in self.serving]

    @property
    def leaving(self) -> frozenset[str]:
        """Hosts of which something must move."""
        return frozenset(vm.host for vm in self.moving if vm.host)

    @cached_property
    def free(self) -> Mapping[str, Need]:
        """What each host in service has left."""
        return {one.host: self._free(one) for one in self._capacities}

    def losses(self) -> Mapping[str, Need]:
        """For each host that something must leave, what the others lack; nothing where negative."""
        return {
            host: _sum(vm for vm in self.moving if vm.host == host)
            - sum((left for other, left in self.free.items() if other != host), NOTHING)
            for host in sorted(self.leaving)
        }

    def _free(self, capacity: Capacity) -> Need:
        """What a host has left when its own use and the needs of its VMs are taken off."""
        here = [vm for vm in (*self.staying, *self.moving) if vm.host == capacity.host]
        used_cpu = sum(vm.cpu_used or 0 for vm in here)
        used_memory = sum(vm.memory_consumed or 0 for vm in here)
        own_cpu = max(0, (capacity.cpu_used or 0) - used_cpu)
        own_memory = max(0, (capacity.memory_used or 0) - used_memory)
        whole = Need(capacity.cpu, capacity.memory, capacity.memory)
        return whole - Need(own_cpu, own_memory, own_memory) - _sum(here)

    def elsewhere(self, vm: RunningVm) -> frozenset[str]:
        """Hosts in service beside a VM's own."""
        return self.serving - {vm.host or ""}

    def beside(self, vm: RunningVm) -> frozenset[str]:
        """Hosts of the cluster beside a VM's own, in service or not."""
        return self.cluster.members - {vm.host or ""}

    def crowded(self) -> list[tuple[Rule, int]]:
        """Rules that keep as many running VMs apart as there are hosts in service, or more.

        Only DRS enforces them; rules that place VMs on hosts hold without it, too.
        """
        on = {vm.moref for vm in self.moving}
        counted = [
            (rule, len(on.intersection(rule.vms)))
            for rule in self.cluster.rules
            if rule.kind == "apart"
        ]
        return [(rule, count) for rule, count in counted if 1 < count >= len(self.serving)]


def _sum(vms: Iterable[RunningVm]) -> Need:
    return sum((need(vm) or NOTHING for vm in vms), NOTHING)


def loads(
    clusters: Sequence[Cluster],
    hosts: Iterable[Host],
    running: Iterable[RunningVm],
    stays: Collection[str],
) -> list[Load]:
    """Each cluster with what runs in it.

    Args:
        clusters: of a vCenter.
        hosts: of the same.
        running: VMs of the same; those that are not connected are left out.
        stays: morefs of those that go down with their host.
    """
    reached = {one.host for cluster in clusters for one in cluster.hosts if one.vmotion}
    serving = reached.intersection(host.moref for host in hosts if in_service(host))
    home = {one.host: cluster.moref for cluster in clusters for one in cluster.hosts}
    members: dict[str, list[RunningVm]] = {}
    for vm in running:
        if vm.connection_state == "connected":
            members.setdefault(home.get(vm.host or "", ""), []).append(vm)
    return [
        Load(
            cluster,
            cluster.members & serving,
            [vm for vm in members.get(cluster.moref, ()) if vm.moref in stays],
            [vm for vm in members.get(cluster.moref, ()) if vm.moref not in stays],
        )
        for cluster in clusters
    ]


def _limits(vm: RunningVm, ties: Iterable[Tie], load: Load) -> list[Tie]:
    """What allows a VM certain hosts only, each with those hosts: placed ties, and rules."""
    found = [tie for tie in ties if tie.kind in PLACED]
    for rule in load.cluster.rules:
        if vm.moref not in rule.vms or rule.kind == "apart":
            continue
        hosts = (
            rule.hosts if rule.kind == "on" else tuple(load.cluster.members.difference(rule.hosts))
        )
        found.append(Tie("rule", Text("rule {name}", name=rule.name), hosts))
    return found


def _allowed(limits: Iterable[Tie], hosts: frozenset[str]) -> frozenset[str]:
    """Hosts that every limit allows."""
    return hosts.intersection(*(limit.hosts for limit in limits))


def bound(vm: RunningVm, ties: Iterable[Tie], load: Load) -> list[Tie]:
    """What keeps a VM where it is: ties, rules and settings that leave it no other host.

    Where no other host is in service, the others of its cluster count: they are to come back.

    Args:
        vm: of the cluster.
        ties: those that were read of it.
        load: its cluster.
    """
    ties = tuple(ties)
    found = [tie for tie in ties if tie.kind not in PLACED]
    others = load.elsewhere(vm) or load.beside(vm)
    limits = _limits(vm, ties, load)
    alone = [limit for limit in limits if not others.intersection(limit.hosts)]
    found += alone
    shared = [limit for limit in limits if limit not in alone]
    if not _allowed(shared, others):
        narrow = [
            one.what
            if one.kind == "rule"
            else Text("{kind} {name}", kind=PLACED[one.kind], name=one.what)
            for one in shared
            if not others.issubset(one.hosts)
        ]
        found.append(Tie("together", Text.joined(", ", narrow)))
    found += [
        Tie("override", Text("DRS is {behaviour} for it", behaviour=one.behaviour))
        for one in load.cluster.overrides
        if one.vm == vm.moref and load.cluster.drs and one.behaviour != "fullyAutomated"
    ]
    return found


def fits(vm: RunningVm, ties: Iterable[Tie], load: Load) -> bool:
    """Whether one of the hosts that a VM may move to has room for it, whatever else must move.

    What several hosts have left together holds no VM that is larger than what each of them has. No
    host that it may move to at all is the matter of ``bound``.
    """
    hosts = _allowed(_limits(vm, ties, load), load.elsewhere(vm))
    own = need(vm) or NOTHING
    left = [load.free[host] for host in hosts]
    return not left or any(own.cpu <= one.cpu and own.memory <= one.memory for one in left)


PLACED = {"datastore": Text("datastore"), "network": Text("network")}
"""Ties to what several hosts may have."""
