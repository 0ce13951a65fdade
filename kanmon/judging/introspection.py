"""What belongs to guest introspection among what NSX has deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kanmon.check import known
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.nsxt.inventory import ComputeManager, Deployment, TransportNode
from kanmon.facts.nsxv import inventory as nsxv_facts
from kanmon.facts.vcenter.inventory import Extension, Vm
from kanmon.matching import Guest, Stray, compute_managers, strangers, unnamed_nsx
from kanmon.text import Text

T = TypeVar("T")

APPLIANCE = "trend micro deep security"
"""What the name of the appliance's service holds in NSX-V, in small letters."""

VENDOR = "trend micro"
"""The same in NSX-T, where the manager registers it under a name that an operator may change."""

ENDPOINT_PROTECTION = "EPP"


def protects(deployment: Deployment) -> bool:
    """Whether a deployment of NSX-T protects files, whoever made its appliance."""
    return ENDPOINT_PROTECTION in deployment.functionalities


def is_ours(deployment: Deployment) -> bool:
    """Whether it is Deep Security's that does: another partner's appliance is none of it."""
    return protects(deployment) and VENDOR in deployment.service.lower()


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the NSX managers of one vCenter have deployed there.

    Attributes:
        unseen: of all that what could not be read: what seems to be missing may be among it.
    """

    nsxv: Sequence[nsxv_facts.Deployment]
    agents: Sequence[nsxv_facts.Agent]
    nsxt: Sequence[Deployment]
    nodes: Sequence[TransportNode]
    strangers: Sequence[str]
    unseen: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AllDeployed:
    """What every NSX has deployed; each field is something a check may ask for."""

    environment: Environment
    all_vcenter_extensions: dict[str, tuple[Extension, ...] | Unread]
    all_nsxv_deployments: dict[str, tuple[nsxv_facts.Deployment, ...] | Unread]
    all_nsxv_agents: dict[str, tuple[nsxv_facts.Agent, ...] | Unread]
    all_nsxt_compute_managers: dict[str, tuple[ComputeManager, ...] | Unread]
    all_nsxt_transport_nodes: dict[str, tuple[TransportNode, ...] | Unread]
    all_nsxt_deployments: dict[str, tuple[Deployment, ...] | Unread]
    unseen: Mapping[tuple[str, str], Sequence[str]]

    def of(self, vcenter: VCenter) -> Deployed:
        """What of it is about one vCenter.

        Raises:
            Undetermined: some of it could not be read, or the environment names not every NSX.
        """
        extensions = known(self.all_vcenter_extensions[vcenter.slug])
        for one in unnamed_nsx(vcenter, self.environment, extensions):
            raise Undetermined(Text("{subject}: {reason}", subject=one.subject, reason=one.reason))
        nsxv, nsxt = _managers(vcenter, self.environment)
        managers = _of(nsxt, self.all_nsxt_compute_managers)
        here = compute_managers(vcenter, self.environment, managers)
        deployed = _of(nsxt, self.all_nsxt_deployments)
        nodes = _of(nsxt, self.all_nsxt_transport_nodes)
        return Deployed(
            nsxv=_of(nsxv, self.all_nsxv_deployments),
            agents=_of(nsxv, self.all_nsxv_agents),
            nsxt=[one for one in deployed if protects(one) and one.compute_manager in here],
            nodes=[one for one in nodes if one.compute_manager in here],
            strangers=strangers(self.environment, managers),
            unseen=[
                one
                for (slug, part), names in self.unseen.items()
                if slug in (*nsxv, *nsxt) and part in ("deployments", "agents", "transport_nodes")
                for one in names
            ],
        )

    def services(self) -> set[str]:
        """The names of all that is deployed.

        Raises:
            Undetermined: some of it could not be read.
        """
        found = {one.service for part in self.all_nsxv_deployments.values() for one in known(part)}
        return found | {
            one.service for part in self.all_nsxt_deployments.values() for one in known(part)
        }


@dataclass(frozen=True, slots=True)
class Appliances:
    """What vCenter, the managers and NSX say of the appliances of one vCenter.

    Attributes:
        machines: its VMs by moref.
        called: those that a manager calls an appliance.
        nsxv: NSX-V's agents for the appliance, with the VM that was deployed to each host.
        nsxt: morefs of the hosts that NSX-T's service VMs serve, one for each.
        unseen: VMs, and computers of managers, that could not be read: any of them may be one of
            the appliances.
    """

    machines: Mapping[str, Vm]
    called: Sequence[Guest]
    nsxv: Sequence[nsxv_facts.Agent]
    nsxt: Sequence[str | None]
    unseen: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AllAppliances:
    """What vCenters and NSX say of all appliances; each field is something a check may ask for."""

    environment: Environment
    all_vcenter_vms: dict[str, tuple[Vm, ...] | Unread]
    all_nsxv_agents: dict[str, tuple[nsxv_facts.Agent, ...] | Unread]
    all_nsxt_compute_managers: dict[str, tuple[ComputeManager, ...] | Unread]
    all_nsxt_deployments: dict[str, tuple[Deployment, ...] | Unread]
    unseen: Mapping[tuple[str, str], Sequence[str]]

    def of(self, vcenter: VCenter, called: Sequence[Guest | Stray]) -> Appliances:
        """What of it is about one vCenter.

        Args:
            vcenter: which one.
            called: what managers call an appliance, of every vCenter.

        Raises:
            Undetermined: some of it could not be read.
        """
        nsxv, nsxt = _managers(vcenter, self.environment)
        agents = _of(nsxv, self.all_nsxv_agents)
        managers = _of(nsxt, self.all_nsxt_compute_managers)
        deployed = _of(nsxt, self.all_nsxt_deployments)
        vms, slug = known(self.all_vcenter_vms[vcenter.slug]), vcenter.slug
        return Appliances(
            machines={vm.moref: vm for vm in vms},
            called=[one for one in called if isinstance(one, Guest) and one.vcenter == slug],
            nsxv=[one for one in agents if APPLIANCE in one.service.lower()],
            nsxt=_served(deployed, compute_managers(vcenter, self.environment, managers)),
            unseen=[
                one
                for (of, part), names in self.unseen.items()
                if (of, part) == (slug, "vms") or part == "computers"
                for one in names
            ],
        )


def _managers(vcenter: VCenter, environment: Environment) -> tuple[list[str], list[str]]:
    """The NSX-V and the NSX-T managers of a vCenter."""
    nsxv = [one.slug for one in environment.nsxv if one.vcenter == vcenter.slug]
    return nsxv, [one.slug for one in environment.nsxt if vcenter.slug in one.vcenters]


def _of(slugs: Sequence[str], parts: Mapping[str, tuple[T, ...] | Unread]) -> list[T]:
    """A fact of several managers, put together."""
    return [one for slug in slugs for one in known(parts[slug])]


def _served(deployments: Sequence[Deployment], ids: set[str]) -> list[str | None]:
    """The hosts that service VMs of NSX-T serve, each as often as it is served."""
    return [
        instance.host_moref
        for one in deployments
        if is_ours(one) and one.compute_manager in ids
        for instance in one.instances
    ]
