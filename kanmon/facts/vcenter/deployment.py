"""How a vCenter stands in its estate: its names, its high availability, its partners.

Sources: developer.broadcom.com, vSphere Web Services API (OptionManager,
FailoverClusterConfigurator, FailoverClusterManager) and vSphere Automation API (appliance
networking, vcenter topology).
"""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.common import Unread


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of a vCenter, each by itself: one may be read, another not.

    Attributes:
        node_name: its primary network identifier (``config.vpxd.hostnameUrl``), a name or an IP
            address, in its own case.
        host_name: of the appliance's operating system, in its own case.
        certificate: subject alternative names of the certificate that it presents.
        addresses: what the node name resolves to on kanmon's machine.
        reverse: the names that these addresses have there.
    """

    node_name: str | Unread
    host_name: str | Unread
    certificate: tuple[str, ...] | Unread
    addresses: tuple[str, ...] | Unread
    reverse: tuple[str, ...] | Unread


@dataclass(frozen=True, slots=True)
class LinkedNode:
    """A vCenter or Platform Services Controller of the same single sign-on domain.

    Attributes:
        name: its node name.
        type: VCSA_EMBEDDED, VCSA_EXTERNAL or PSC_EXTERNAL.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Replication:
    """How a node follows a partner of its.

    Attributes:
        available: the partner answers.
        replicating: changes come over; None where the node does not know.
    """

    node: str
    partner: str
    available: bool
    replicating: bool | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.node} from {self.partner}"


@dataclass(frozen=True, slots=True)
class Linked:
    """The single sign-on domain of a vCenter; vCenters of 6.7 U2 and later tell of it.

    Attributes:
        nodes: every one, the vCenter itself among them.
        replication: between them; empty where there is one node.
    """

    nodes: tuple[LinkedNode, ...] | Unread
    replication: tuple[Replication, ...] | Unread


@dataclass(frozen=True, slots=True)
class PortGroup:
    """A network that VMs may be connected to.

    Attributes:
        binding: standard, opaque, or of a distributed port group: earlyBinding, lateBinding,
            ephemeral; None where vCenter does not say.
    """

    moref: str
    name: str
    binding: str | None


@dataclass(frozen=True, slots=True)
class HaNode:
    """A node of vCenter HA.

    Attributes:
        role: active, passive or witness.
        state: up or down.
        address: of its network of vCenter HA.
    """

    role: str
    state: str
    address: str

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.role} ({self.address})"


@dataclass(frozen=True, slots=True)
class HaHealth:
    """How vCenter HA is.

    Attributes:
        mode: enabled, disabled or maintenance.
        state: healthy, degraded or isolated.
        messages: what it says of its own health.
    """

    mode: str
    state: str
    nodes: tuple[HaNode, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HighAvailability:
    """vCenter HA: a passive node and a witness beside the vCenter.

    Attributes:
        configuration: configured, notConfigured, prepared (its network alone) or invalid.
        health: None unless it is configured.
    """

    configuration: str
    health: HaHealth | Unread | None
