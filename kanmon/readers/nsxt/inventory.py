"""NSX-T manager (3.1) to facts: JSON over HTTPS, HTTP Basic, read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from kanmon.environment.targets import NsxT
from kanmon.errors import CouldNotRead
from kanmon.facts import Certificate
from kanmon.facts.nsxt.inventory import (
    ComputeManager,
    Deployment,
    GuestTools,
    Instance,
    Manager,
    TransportNode,
)
from kanmon.readers import Request
from kanmon.readers.apart import each
from kanmon.readers.nsxt import contents, passwords
from kanmon.readers.nsxt import state as nsxt_state
from kanmon.readers.nsxt.client import VERSION, Session, of_member, path_id
from kanmon.readers.transport.fields import (
    Json,
    called,
    child,
    children,
    optional_flag,
    optional_text,
    text,
    texts,
)
from kanmon.readers.transport.tls import certificate
from kanmon.text import Text


@contextmanager
def connect(request: Request) -> Iterator[Session]:
    """A session, once the manager has accepted the login.

    Raises:
        TargetLost: the manager is out of reach or refuses the login.
        CouldNotRead: what answers is not an NSX-T manager.
    """
    session = Session(request)
    try:
        session.get(VERSION)
        yield session
    finally:
        session.close()


def manager(session: Session) -> Manager:
    """The version and the state of the management cluster; it has at least one member."""
    version = session.get(VERSION)
    status = session.get("/api/v1/cluster/status")
    groups = children(child(status, "detailed_cluster_status"), "groups")
    members = set(
        each([one for group in groups for one in children(group, "members")], member, of_member)
    )
    if not members:
        raise CouldNotRead(Text("GET /api/v1/cluster/status"), Text("a cluster without members"))
    return Manager(
        version=text(version, "product_version"),
        management_status=text(child(status, "mgmt_cluster_status"), "status"),
        control_status=text(child(status, "control_cluster_status"), "status"),
        members=tuple(sorted(members)),
    )


def member(listed: Json) -> tuple[str, str]:
    """Address and status of a member of the management cluster."""
    return text(listed, "member_ip", "member_fqdn"), text(listed, "member_status")


def compute_managers(session: Session) -> tuple[ComputeManager, ...]:
    """The vCenters registered with NSX-T; empty on a new manager that has none yet.

    An account without rights is refused (403) rather than given an empty list. One that cannot be
    read is a fault of the whole list: else its vCenter would be called not registered.
    """
    path = "/api/v1/fabric/compute-managers"
    return tuple(
        _compute_manager(listed, session.get(f"{path}/{path_id(listed)}/status"))
        for listed in session.items(path)
    )


def _compute_manager(listed: Json, status: Json) -> ComputeManager:
    errors = [
        *children(status, "connection_errors", optional=True),
        *children(status, "registration_errors", optional=True),
    ]
    return ComputeManager(
        id=text(listed, "id"),
        name=text(listed, "display_name", "id"),
        server=text(listed, "server"),
        connection_status=text(status, "connection_status"),
        registration_status=text(status, "registration_status"),
        errors=tuple(text(error, "error_message") for error in errors),
    )


class _HostId(NamedTuple):
    moref: str
    compute_manager: str


def _discovered(session: Session) -> dict[str, Json]:
    """The hosts of all compute managers by external id, e.g. "<compute manager>:host-21"."""
    nodes = session.items("/api/v1/fabric/discovered-nodes")
    return dict(each(nodes, lambda node: (text(node, "external_id"), node), called))


def _host_of(node: Json, discovered: Mapping[str, Json]) -> _HostId | None:
    """The host that a transport node is on; none for an edge."""
    found = discovered.get(
        optional_text(child(node, "node_deployment_info"), "discovered_node_id") or ""
    )
    return _HostId(text(found, "cm_local_id"), text(found, "origin_id")) if found else None


def transport_nodes(session: Session) -> tuple[TransportNode, ...]:
    """Every prepared host and edge with its state; empty where NSX-T has prepared none yet."""
    discovered = _discovered(session)
    return each(
        session.items("/api/v1/transport-nodes"),
        lambda node: _transport_node(session, node, discovered),
        called,
    )


def _transport_node(session: Session, node: Json, discovered: Mapping[str, Json]) -> TransportNode:
    path = f"/api/v1/transport-nodes/{path_id(node)}"
    info = child(node, "node_deployment_info")
    host = _host_of(node, discovered)
    return TransportNode(
        id=text(node, "id"),
        name=text(node, "display_name", "id"),
        host_moref=host.moref if host else None,
        compute_manager=host.compute_manager if host else None,
        node_type=text(info, "resource_type"),
        state=text(session.get(f"{path}/state"), "state"),
        status=text(session.get(f"{path}/status"), "status"),
    )


def deployments(session: Session) -> tuple[Deployment, ...]:
    """Deployments of the partner services for endpoint protection (EPP), with their service VMs.

    Empty where no such service is registered, or none is deployed yet.
    """
    path = "/api/v1/serviceinsertion/services"
    listed = session.items(path, paged=False)
    told = each(listed, lambda one: (one, "EPP" in texts(one, "functionalities")), called)
    services = [service for service, protects in told if protects]
    if not services:
        return ()
    clusters = {
        # A deployment to a cluster without an id says so itself.
        str(collection.get("external_id")): collection
        for collection in session.items("/api/v1/fabric/compute-collections")
    }
    hosts = _morefs(session)
    deployed = each(services, lambda service: _deployed(session, service), called)
    return each(
        [one for of_service in deployed for one in of_service],
        lambda one: _deployment(session, one, clusters, hosts),
        lambda one: f"{called(one.service)}, deployment {called(one.listed)}",
    )


def _morefs(session: Session) -> dict[str, str]:
    """Morefs of the prepared hosts by the id of their transport node."""
    discovered = _discovered(session)
    found = each(
        session.items("/api/v1/transport-nodes"),
        lambda node: (text(node, "id"), _host_of(node, discovered)),
        called,
    )
    return {number: host.moref for number, host in found if host}


class _Deployed(NamedTuple):
    service: Json
    path: str
    instances: list[Json]
    listed: Json


def _deployed(session: Session, service: Json) -> list[_Deployed]:
    path = f"/api/v1/serviceinsertion/services/{path_id(service)}"
    instances = session.items(f"{path}/service-instances", paged=False)
    deployments = session.items(f"{path}/service-deployments", paged=False)
    return [_Deployed(service, path, instances, listed) for listed in deployments]


def _deployment(
    session: Session, one: _Deployed, clusters: Mapping[str, Json], hosts: Mapping[str, str]
) -> Deployment:
    number = text(one.listed, "id")
    status = session.get(f"{one.path}/service-deployments/{path_id(one.listed)}/status")
    config = child(one.listed, "service_deployment_config")
    collection_id = text(config, "compute_collection_id")
    if collection_id not in clusters:
        raise CouldNotRead(
            Text("find the cluster of deployment {text}", text=number),
            Text(
                "{collection_id} is not among /api/v1/fabric/compute-collections",
                collection_id=collection_id,
            ),
        )
    return Deployment(
        id=number,
        service=text(one.service, "display_name", "id"),
        functionalities=texts(one.service, "functionalities"),
        cluster_moref=text(clusters[collection_id], "cm_local_id"),
        compute_manager=text(config, "compute_manager_id"),
        status=text(status, "deployment_status"),
        issues=tuple(
            text(issue, "issue_description", "issue_type")
            for issue in children(status, "deployment_issues", optional=True)
        ),
        instances=tuple(
            vm
            for instance in one.instances
            if optional_text(instance, "service_deployment_id") == number
            for vm in _service_vms(session, one.path, instance, hosts)
        ),
    )


def _service_vms(
    session: Session, path: str, instance: Json, hosts: Mapping[str, str]
) -> Iterator[Instance]:
    """The service VMs of one instance; one that is not available where NSX lists none."""
    path = f"{path}/service-instances/{path_id(instance)}"
    status = session.get(f"{path}/status")
    health = child(status, "instance_health_status", optional=True)
    issue = child(status, "configuration_issue", optional=True)
    issues = [text(e, "error_message") for e in children(issue, "errors", optional=True)]
    runtimes = session.items(f"{path}/instance-runtimes", paged=False)
    for runtime in runtimes or [{"runtime_status": "NOT_AVAILABLE"}]:
        said = [optional_text(runtime, "error_message"), optional_text(runtime, "unhealthy_reason")]
        yield Instance(
            id=text(instance, "id"),
            host_moref=_host(session, instance, runtime, hosts),
            runtime_status=text(runtime, "runtime_status"),
            solution_status=optional_text(health, "solution_status"),
            mux_status=optional_text(health, "mux_connected_status"),
            error="; ".join(words for words in (*said, *issues) if words),
            stale=optional_flag(health, "is_stale") is True,
            mux_incompatible=optional_flag(health, "is_sva_mux_incompatible") is True,
        )


def _host(session: Session, instance: Json, runtime: Json, hosts: Mapping[str, str]) -> str | None:
    """Where the instance was deployed to, or else where its VM is now."""
    for place in children(instance, "deployed_to", optional=True):
        if moref := hosts.get(optional_text(place, "target_id") or ""):
            return moref
    vm_id = optional_text(runtime, "service_vm_id")
    if vm_id is None:
        return None
    vms = session.items("/api/v1/fabric/virtual-machines", external_id=vm_id)
    places = [optional_text(vm, "host_id") for vm in vms if text(vm, "external_id") == vm_id]
    return hosts.get(places[0] or "") if places else None


def guest_tools(session: Session) -> tuple[GuestTools, ...]:
    """The agents in the VMs on prepared hosts; empty where NSX-T has prepared no host yet."""
    return each(
        session.items("/api/v1/fabric/virtual-machines/tools-info"),
        lambda vm: GuestTools(
            vm_uuid=text(vm, "external_id"),
            vm_moref=text(vm, "host_local_id"),
            name=text(vm, "display_name", "external_id"),
            tools_version=optional_text(vm, "tools_version") or "",
            file_agent_version=optional_text(vm, "file_agent_version") or "",
            network_agent_version=optional_text(vm, "network_agent_version") or "",
            svm_connectivity=optional_flag(vm, "svm_connectivity"),
            vm_type=text(vm, "vm_type"),
        ),
        called,
    )


def certificates(target: NsxT) -> tuple[Certificate, ...]:
    """The manager's certificate."""
    return (certificate(target),)


PROBES = {"certificates": certificates}
PARTS = {
    "manager": manager,
    "compute_managers": compute_managers,
    "transport_nodes": transport_nodes,
    "deployments": deployments,
    "guest_tools": guest_tools,
    **nsxt_state.PARTS,
    **passwords.PARTS,
    "contents": contents.contents,
    "clock": Session.clock,
}
