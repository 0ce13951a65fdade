"""Facts that belong together, asked for as one; each field is something a check may ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kanmon.check import known
from kanmon.environment.targets import VCenter
from kanmon.facts import Certificate, Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.nsxt.inventory import ComputeManager, Manager, TransportNode
from kanmon.facts.nsxt.state import Alarm, ClusterGroup, NodeService
from kanmon.facts.nsxv import inventory as nsxv_facts
from kanmon.facts.nsxv.policy import ServiceProfile
from kanmon.facts.vcenter.clusters import Cluster, RunningVm
from kanmon.facts.vcenter.deployment import Naming, PortGroup
from kanmon.facts.vcenter.hosts import Adapters, BootDisk, Datastore, Hardware, HostAnswer
from kanmon.facts.vcenter.inventory import About, Host, Vm
from kanmon.facts.vcenter.management import VmUpkeep
from kanmon.matching import Guest, Stray, guests
from kanmon.versions import Nsx


@dataclass(frozen=True, slots=True)
class AllVms:
    """The VMs of every vCenter, and what tells the vCenters apart."""

    all_vcenter_about: dict[str, About | Unread]
    all_vcenter_vms: dict[str, tuple[Vm, ...] | Unread]

    def guests(self, computers: Iterable[Computer]) -> list[Guest | Stray]:
        """Each computer of a manager as the VM that it is; see ``kanmon.matching.guests``."""
        return list(guests(computers, self.all_vcenter_about, self.all_vcenter_vms))


@dataclass(frozen=True, slots=True)
class AllIdentities:
    """What identifies every vCenter."""

    all_vcenter_about: dict[str, About | Unread]
    all_vcenter_certificates: dict[str, tuple[Certificate, ...] | Unread]

    def of(self, vcenter: VCenter) -> tuple[About, Certificate]:
        """What identifies one.

        Raises:
            Undetermined: it could not be read.
        """
        (certificate,) = known(self.all_vcenter_certificates[vcenter.slug])
        return known(self.all_vcenter_about[vcenter.slug]), certificate


@dataclass(frozen=True, slots=True)
class HostMachines:
    """What the hosts of a vCenter say of their hardware."""

    vcenter_hardware: tuple[HostAnswer[Hardware], ...]
    vcenter_adapters: tuple[HostAnswer[Adapters], ...]
    vcenter_boot_disks: tuple[HostAnswer[BootDisk], ...]


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The hosts of a vCenter in their clusters, and what runs on them."""

    vcenter_hosts: tuple[Host, ...]
    vcenter_clusters: tuple[Cluster, ...]
    vcenter_running: tuple[RunningVm, ...]


@dataclass(frozen=True, slots=True)
class AllRoom:
    """Where the new machine of a vCenter may be put, in every vCenter of the estate."""

    all_vcenter_datastores: dict[str, tuple[Datastore, ...] | Unread]
    all_vcenter_port_groups: dict[str, tuple[PortGroup, ...] | Unread]
    all_vcenter_upkeep: dict[str, tuple[VmUpkeep, ...] | Unread]
    all_vcenter_naming: dict[str, Naming | Unread]


@dataclass(frozen=True, slots=True)
class AllNsxvClusters:
    """What every NSX-V has on the hosts of its clusters, and for which releases of ESXi."""

    all_nsxv_preparation: dict[str, tuple[nsxv_facts.Preparation, ...] | Unread]
    all_nsxv_deployments: dict[str, tuple[nsxv_facts.Deployment, ...] | Unread]
    all_nsxv_trains: dict[str, tuple[str, ...] | Unread]


@dataclass(frozen=True, slots=True)
class AllNsxvProfiles:
    """The service profiles of every NSX-V, and the version that they mean something in."""

    all_nsxv_manager: dict[str, nsxv_facts.Manager | Unread]
    all_nsxv_service_profiles: dict[str, tuple[ServiceProfile, ...] | Unread]

    def of(self, slug: str) -> tuple[Nsx, tuple[ServiceProfile, ...]]:
        """Version and profiles of one NSX-V.

        Raises:
            Undetermined: they could not be read.
        """
        version = Nsx.parse(f"NSX-V {known(self.all_nsxv_manager[slug]).version}")
        return version, known(self.all_nsxv_service_profiles[slug])


@dataclass(frozen=True, slots=True)
class NsxtHealth:
    """What an NSX-T says of its own parts."""

    nsxt_manager: Manager
    nsxt_cluster_groups: tuple[ClusterGroup, ...]
    nsxt_node_services: tuple[NodeService, ...]
    nsxt_compute_managers: tuple[ComputeManager, ...]
    nsxt_transport_nodes: tuple[TransportNode, ...]
    nsxt_alarms: tuple[Alarm, ...]
