"""Clusters with vSAN, and what each of their hosts says of it.

Rights and emptiness: as in `inventory`; no cluster with vSAN is an ordinary estate, of which no
host is asked. A host that does not tell is unread by itself.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts.vcenter.vsan import VsanCluster, VsanStatus
from kanmon.readers.vcenter.emptiness import some_hosts
from kanmon.readers.vcenter.found import Found, each, parent
from kanmon.readers.vcenter.hosts import asked
from kanmon.readers.vcenter.session import Session, required
from kanmon.text import Text

MANAGER = "configManager.vsanSystem"
WANTED: Mapping[type, Sequence[str]] = {
    vim.HostSystem: ("name", "parent", MANAGER),
    vim.ClusterComputeResource: ("name", "configurationEx"),
}


def vsan(session: Session) -> tuple[VsanCluster, ...]:
    """Every cluster with vSAN switched on."""
    clusters: list[Found] = []
    members = defaultdict[str | None, list[Found]](list)
    for one in session.walk(WANTED):
        if isinstance(one.object, vim.HostSystem):
            members[parent(one)].append(one)
        else:
            clusters.append(one)
    some_hosts(session, [one for systems in members.values() for one in systems])
    on = {moref for moref in each(clusters, _if_on) if moref}
    return each(
        [one for one in clusters if one.moref in on],
        lambda one: VsanCluster(
            moref=one.moref,
            name=one.take("name", str),
            hosts=asked(members[one.moref], MANAGER, vim.host.VsanSystem, _status),
        ),
    )


def _if_on(cluster: Found) -> str | None:
    """The moref of a cluster that has vSAN; one that never had it tells nothing of it."""
    config = cluster.take("configurationEx", vim.cluster.ConfigInfoEx).vsanConfigInfo
    return cluster.moref if config and config.enabled else None


def _status(found: Found, manager: Any) -> VsanStatus:
    tried = Text("ask {found} for its vSAN", found=found.label)
    told = manager.QueryHostStatus()
    if told is None:
        raise CouldNotRead(tried, Text("an empty answer"))
    return VsanStatus(
        cluster=told.uuid or None,
        node=told.nodeUuid or None,
        health=required(told, "health", tried),
        members=tuple(told.memberUuid or ()),
    )
