"""What the hosts of a simulated vCenter say of their vSAN."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from lab.vcenter import hosts
from lab.world.vcenter import Cluster, EsxHost, VCenter

ALONE = "alone"


def system(host: EsxHost) -> Any:
    """What tells the vSAN of a host."""
    return vim.host.VsanSystem(f"vsanSystem-{host.number}")


def status(vcenter: VCenter, moref: str) -> Any:
    """How a host sees its vSAN cluster."""
    asked = hosts.asked(vcenter, system, moref)
    cluster = next(one for one, host in vcenter.hosts if host == asked)
    health = "healthy" if asked.vsan == ALONE else asked.vsan
    return vim.vsan.host.ClusterStatus(
        uuid=f"52{cluster.number:06x}-0000-4000-8000-000000000000",
        nodeUuid=_node(asked),
        health=health,
        nodeState=vim.vsan.host.ClusterStatus.State(state="agent"),
        memberUuid=[_node(host) for host in _seen(cluster, asked)],
    )


def _seen(cluster: Cluster, asked: EsxHost) -> list[EsxHost]:
    """The hosts of its cluster that a host sees."""
    if asked.vsan == ALONE:
        return [asked]
    return [host for host in cluster.hosts if host.vsan != ALONE]


def _node(host: EsxHost) -> str:
    return f"5a{host.number:06x}-0000-4000-8000-000000000000"
