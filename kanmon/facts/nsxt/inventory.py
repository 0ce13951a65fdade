"""What is read from an NSX-T manager (3.1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manager:
    """The management cluster.

    Attributes:
        version: product_version, e.g. "3.1.2.0.0.17883596".
        management_status: STABLE, DEGRADED, UNSTABLE, INITIALIZING or UNKNOWN.
        control_status: STABLE, DEGRADED, UNSTABLE, NO_CONTROLLERS or UNKNOWN.
        members: (address, status) of every member of every group, distinct.
    """

    version: str
    management_status: str
    control_status: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ComputeManager:
    """A vCenter registered with NSX-T."""

    id: str
    name: str
    server: str
    connection_status: str
    registration_status: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransportNode:
    """A prepared host.

    Attributes:
        host_moref: moref in its vCenter, None where NSX does not say (e.g. an edge).
        compute_manager: id of the compute manager that the host comes from, None for an edge.
        node_type: e.g. "HostNode", "EdgeNode".
        state: e.g. "success", "in_progress", "failed".
        status: UP, DOWN, DEGRADED or UNKNOWN.
    """

    id: str
    name: str
    host_moref: str | None
    compute_manager: str | None
    node_type: str
    state: str
    status: str


@dataclass(frozen=True, slots=True)
class Instance:
    """A service VM of a deployment, on one host.

    Attributes:
        id: of the service instance.
        host_moref: moref of the host it serves, None where NSX does not say.
        runtime_status: IN_SERVICE, OUT_OF_SERVICE, NEEDS_ATTENTION or NOT_AVAILABLE (also where NSX
            lists no runtime for the instance).
        solution_status: "UP" is good; the vendor publishes no list of values; None where NSX has no
            health report.
        mux_status: ``mux_connected_status``, "UP" is good; likewise.
        error: what NSX says is wrong, empty when nothing is.
        stale: the health report is older than NSX expects it, so its words say nothing of today.
        mux_incompatible: host and service VM speak different versions of the protocol.
    """

    id: str
    host_moref: str | None
    runtime_status: str
    solution_status: str | None
    mux_status: str | None
    error: str
    stale: bool = False
    mux_incompatible: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """A partner service deployed to a cluster.

    Attributes:
        service: display name of the service definition.
        functionalities: e.g. ("EPP",): endpoint protection.
        cluster_moref: cm_local_id of the compute collection, e.g. "domain-c7".
        compute_manager: id of the compute manager of that cluster.
        status: e.g. "DEPLOYMENT_SUCCESSFUL".
        issues: texts of ``deployment_issues``.
    """

    id: str
    service: str
    functionalities: tuple[str, ...]
    cluster_moref: str
    compute_manager: str
    status: str
    issues: tuple[str, ...]
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class GuestTools:
    """What NSX-T knows of the agents in a guest (``/fabric/virtual-machines/tools-info``).

    Attributes:
        vm_uuid: instance uuid of the VM (external_id); the key to join with vCenter's VMs.
        vm_moref: host_local_id, given by the host; whether it is vCenter's moref is not sure.
        name: display name, the uuid where NSX has none.
        tools_version: as reported, may be empty.
        file_agent_version: empty when there is no file introspection driver.
        svm_connectivity: the guest's agent is connected to the service VM; None where NSX does not
            say.
        vm_type: REGULAR, SERVICE or EDGE.
    """

    vm_uuid: str
    vm_moref: str
    name: str
    tools_version: str
    file_agent_version: str
    network_agent_version: str
    svm_connectivity: bool | None
    vm_type: str
