"""A cluster of two hosts with one VM on the first of them, for the checks of evacuation."""

from __future__ import annotations

from kanmon.facts.vcenter.clusters import Tie
from tests.checks.estates import world
from tests.facts_by_hand import capacity, cluster, host, running_vm, second_host
from tests.judging import judged

DISK = Tie("datastore", "gold", ("host-21", "host-22"))
CLUSTER = "Protected (domain-c7)"
VDI = "vdi-01 (vm-101)"
HOSTS = (host(), second_host())
CLUSTERS = (cluster(),)
ESTATE = world()
THIRD = host(moref="host-23", name="esx-03.example.jp")


def evacuation(*running, hosts=HOSTS, clusters=CLUSTERS, computers=None, estate=None):
    """The check on vc-main; the VM vdi-01 runs where no other is given."""
    estate = estate or ESTATE
    return judged(
        "ESX-EVAC-001",
        vcenter=next(one for one in estate.environment.vcenter if one.slug == "vc-main"),
        vcenter_hosts=hosts,
        vcenter_clusters=clusters,
        vcenter_running=running or (running_vm(),),
        all_dsm_computers={"dsm": computers if computers is not None else ()},
        planned=estate.planned,
        moment=estate.moment,
    )


def three(**changes):
    """A cluster of three equal hosts."""
    hosts = tuple(capacity(host=f"host-{number}") for number in (21, 22, 23))
    return cluster(hosts=hosts, **changes)
