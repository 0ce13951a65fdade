"""A simulated NSX-T manager: REST in JSON, as NSX-T 3.1 answers it, with small pages."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from lab.nsxt.state import State
from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, HttpsServer, Server
from lab.world.machine import Machine
from lab.world.vcenter import Cluster, EsxHost, VCenter
from lab.world.world import NsxT, World

VERSION = "/api/v1/node/version"
LARGEST_PAGE = 25
"""Objects in a page, however many are asked for: the real manager's 1000 would hide paging."""
SERVICE = "/api/v1/serviceinsertion/services"

Json = dict[str, Any]


class Manager(HttpsServer):
    """One NSX-T manager."""

    def __init__(self, world: World, nsxt: NsxT, pki: Pki) -> None:
        super().__init__(world, nsxt.slug, pki)
        self.nsxt = nsxt
        self.clock = nsxt.clock
        known = nsxt.vcenters if nsxt.registered else []
        self.vcenters = [world.find_vcenter(slug) for slug in known]
        self.clusters = [(v, c) for v in self.vcenters for c in v.clusters]
        self.prepared = [(v, c, h) for v, c in self.clusters if c.nsxt for h in c.hosts]
        self.service_id = self.identity("Trend Micro Deep Security")
        self.answered = 0
        self.state = State(nsxt)
        service = f"{SERVICE}/{self.service_id}"
        self.lists: dict[str, list[Json]] = {
            "/api/v1/fabric/compute-collections": self.compute_collections(),
            "/api/v1/fabric/discovered-nodes": self.discovered_nodes(),
            "/api/v1/fabric/virtual-machines": self.virtual_machines(),
            "/api/v1/fabric/virtual-machines/tools-info": self.tools_info(),
            "/api/v1/transport-nodes": self.transport_nodes(),
            SERVICE: self.services(),
            f"{service}/service-deployments": self.deployments(),
            f"{service}/service-instances": self.instances(),
            **self.state.lists,
        }
        self.singles: dict[str, Callable[..., Json | None]] = {
            VERSION: self.version,
            "/api/v1/fabric/compute-managers/([^/]+)/status": self.compute_manager_status,
            "/api/v1/transport-nodes/([^/]+)/state": self.transport_node_state,
            "/api/v1/transport-nodes/([^/]+)/status": self.transport_node_status,
            "/api/v1/transport-nodes/([^/]+)/node/users": self.edge_users,
            f"{service}/service-deployments/([^/]+)/status": self.deployment_status,
            f"{service}/service-instances/([^/]+)/status": self.instance_status,
            f"{service}/service-instances/([^/]+)/instance-runtimes": self.runtimes,
            **self.state.singles,
        }

    def start(self) -> None:
        """Look at the certificates of its vCenters, which start before it, then listen."""
        self.lists["/api/v1/fabric/compute-managers"] = self.compute_managers()
        super().start()

    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        if not self.authorised(asked):
            return _error(403, 403, "The credentials were incorrect or the account was locked.")
        if asked.method != "GET":
            return _error(405, 405, f"{asked.method} is not simulated")
        if asked.path in self.lists:
            return _page(self.lists[asked.path], asked)
        for path, answer in self.singles.items():
            match = re.fullmatch(path, asked.path)
            if match and (found := answer(*match.groups())) is not None:
                return _json(found)
        return _error(404, 600, f"The requested object : {asked.path} could not be found.")

    def authorised(self, asked: Asked) -> bool:
        """Whether the login is right, and what the asked-for faults leave of it."""
        login = f"{self.world.username}:{self.world.password}".encode()
        basic = "Basic " + base64.b64encode(login).decode()
        if self.faults.has("wrong password") or asked.headers.get("authorization") != basic:
            return False
        if self.faults.has("weak rights") and asked.path != VERSION:
            return False
        self.answered += 1
        return not (self.faults.has("expired session") and self.answered > 1)

    def identity(self, *names: str) -> str:
        """A UUID of this manager that is stable over runs."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, ".".join((*names, self.slug, "kanmon.lab"))))

    def version(self) -> Json:
        """The product's version."""
        return {"node_version": self.nsxt.version, "product_version": self.nsxt.version}

    def compute_managers(self) -> list[Json]:
        """Its vCenters."""
        return [
            {
                "resource_type": "ComputeManager",
                "id": self.identity(vcenter.slug),
                "display_name": vcenter.slug,
                "server": "127.0.0.1",
                "origin_type": "vCenter",
                "credential": self.state.credential(self.pki.issued.get(vcenter.slug)),
                "origin_properties": [
                    {"key": "version", "value": vcenter.version},
                    {"key": "build", "value": vcenter.build},
                    {"key": "instanceUuid", "value": vcenter.instance_uuid},
                ],
            }
            for vcenter in self.vcenters
        ]

    def compute_manager_status(self, manager_id: str) -> Json | None:
        """The connection with one vCenter."""
        for vcenter in self.vcenters:
            if self.identity(vcenter.slug) == manager_id:
                return {
                    "connection_status": self.nsxt.connection,
                    "connection_errors": [],
                    "registration_status": self.nsxt.registration,
                    "registration_errors": [],
                    "version": vcenter.version,
                }
        return None

    def external_id(self, vcenter: VCenter, moref: str) -> str:
        """How NSX-T names an object of a vCenter."""
        return f"{self.identity(vcenter.slug)}:{moref}"

    def compute_collections(self) -> list[Json]:
        """The clusters of its vCenters."""
        return [
            {
                "resource_type": "ComputeCollection",
                "display_name": cluster.name,
                "external_id": self.external_id(vcenter, cluster.moref),
                "cm_local_id": cluster.moref,
                "origin_id": self.identity(vcenter.slug),
                "origin_type": "VC_Cluster",
            }
            for vcenter, cluster in self.clusters
        ]

    def discovered_nodes(self) -> list[Json]:
        """The hosts of its vCenters."""
        return [
            {
                "resource_type": "DiscoveredNode",
                "display_name": host.name,
                "node_type": "HostSystem",
                "os_version": host.version,
                "external_id": self.external_id(vcenter, host.moref),
                "cm_local_id": host.moref,
                "origin_id": self.identity(vcenter.slug),
                "parent_compute_collection": self.external_id(vcenter, cluster.moref),
            }
            for vcenter, cluster in self.clusters
            for host in cluster.hosts
        ]

    def transport_nodes(self) -> list[Json]:
        """The prepared hosts."""
        return [
            {
                "resource_type": "TransportNode",
                "id": self.identity(host.name),
                "node_id": self.identity(host.name),
                "display_name": host.name,
                "maintenance_mode": "DISABLED",
                "node_deployment_info": {
                    "resource_type": "HostNode",
                    "id": self.identity(host.name),
                    "os_type": "ESXI",
                    "os_version": host.version,
                    "discovered_node_id": self.external_id(vcenter, host.moref),
                },
            }
            for vcenter, _, host in self.prepared
        ] + [self.edge(name) for name in self.nsxt.edges]

    def edge(self, name: str) -> Json:
        """An edge node."""
        info = {"resource_type": "EdgeNode", "id": self.identity(name), "ip_addresses": []}
        return {
            "resource_type": "TransportNode",
            "id": self.identity(name),
            "node_id": self.identity(name),
            "display_name": name,
            "node_deployment_info": info,
        }

    def edge_users(self, node_id: str) -> Json | None:
        """The users of one edge."""
        edges = {self.identity(name) for name in self.nsxt.edges}
        return self.state.users(self.nsxt.edge_passwords) if node_id in edges else None

    def transport_node_state(self, node_id: str) -> Json | None:
        """Whether the configuration of one node is in place."""
        if self.host(node_id) is None and self.edge_users(node_id) is None:
            return None
        return {"transport_node_id": node_id, "state": "success", "details": []}

    def transport_node_status(self, node_id: str) -> Json | None:
        """Whether one node is connected."""
        if self.edge_users(node_id):
            return {"node_uuid": node_id, "status": "UP"}
        host = self.host(node_id)
        if host is None:
            return None
        state = "UP" if host.connection_state == "connected" else "DOWN"
        return {"node_uuid": node_id, "node_display_name": host.name, "status": state}

    def host(self, node_id: str) -> EsxHost | None:
        """The prepared host with this id."""
        hosts = (host for _, _, host in self.prepared)
        return next((host for host in hosts if self.identity(host.name) == node_id), None)

    def services(self) -> list[Json]:
        """The partner's service, registered once a cluster uses it."""
        if not self.deployed():
            return []
        return [
            {
                "resource_type": "ServiceDefinition",
                "id": self.service_id,
                "display_name": "Trend Micro Deep Security",
                "functionalities": ["EPP"],
                "implementations": ["EAST_WEST"],
                "vendor_id": "Trend Micro",
            }
        ]

    def deployed(self) -> list[tuple[VCenter, Cluster]]:
        """The clusters that the service is deployed to."""
        return [(vcenter, one) for vcenter, one in self.clusters if one.nsxt and one.protected]

    def deployments(self) -> list[Json]:
        """The service's deployments, one for each cluster."""
        return [
            {
                "resource_type": "ServiceDeployment",
                "id": self.identity("deployment", cluster.name),
                "service_id": self.service_id,
                "deployment_type": "HOSTLOCAL",
                "perimeter": "CLUSTER",
                "service_deployment_config": {
                    "compute_collection_id": self.external_id(vcenter, cluster.moref),
                    "compute_manager_id": self.identity(vcenter.slug),
                },
            }
            for vcenter, cluster in self.deployed()
        ]

    def deployment_status(self, deployment_id: str) -> Json | None:
        """How far one deployment is."""
        for _, cluster in self.deployed():
            if self.identity("deployment", cluster.name) == deployment_id:
                state = cluster.nsxt_epp_status
                issue = {"issue_type": state, "issue_description": f"{cluster.name}: {state}"}
                return {
                    "service_deployment_id": deployment_id,
                    "deployment_status": state,
                    "deployment_issues": [] if state == "DEPLOYMENT_SUCCESSFUL" else [issue],
                }
        return None

    def instances(self) -> list[Json]:
        """The service's instances, one for each prepared host."""
        return [
            {
                "resource_type": "ServiceInstance",
                "id": self.identity("instance", host.name),
                "service_id": self.service_id,
                "service_deployment_id": self.identity("deployment", cluster.name),
                "attachment_point": "HOST",
                "deployed_to": [
                    {
                        "target_type": "ComputeCollection",
                        "target_id": self.external_id(vcenter, cluster.moref),
                    }
                ],
            }
            for vcenter, cluster, host in self.prepared
        ]

    def instance_host(self, instance_id: str) -> EsxHost | None:
        """The host of one instance."""
        hosts = (host for _, _, host in self.prepared)
        wanted = (host for host in hosts if self.identity("instance", host.name) == instance_id)
        return next(wanted, None)

    def instance_status(self, instance_id: str) -> Json | None:
        """What the service VM of one instance last said of itself."""
        host = self.instance_host(instance_id)
        if host is None:
            return None
        state = "UP" if host.gi else "DOWN"
        return {
            "service_instance_id": instance_id,
            "instance_health_status": {
                "solution_status": state,
                "mux_connected_status": state,
                "is_stale": False,
                "is_sva_mux_incompatible": False,
            },
        }

    def runtimes(self, instance_id: str) -> Json | None:
        """The service VM of one instance."""
        host = self.instance_host(instance_id)
        if host is None:
            return None
        runtime = {
            "resource_type": "InstanceRuntime",
            "id": self.identity("runtime", host.name),
            "service_instance_id": instance_id,
            "service_vm_id": self.identity("service vm", host.name),
            "deployment_status": "DEPLOYMENT_SUCCESSFUL",
            "runtime_status": "IN_SERVICE" if host.gi else "NEEDS_ATTENTION",
        }
        if not host.gi:
            runtime["unhealthy_reason"] = f"the service VM on {host.name} does not answer"
        return {"results": [runtime], "result_count": 1}

    def virtual_machines(self) -> list[Json]:
        """The service VMs, each on its host; what else is there nobody asks for."""
        return [
            {
                "resource_type": "VirtualMachine",
                "display_name": f"Trend Micro Deep Security ({host.number})",
                "external_id": self.identity("service vm", host.name),
                "host_id": self.identity(host.name),
                "type": "SERVICE",
                "power_state": "VM_RUNNING",
            }
            for _, _, host in self.prepared
        ]

    def tools_info(self) -> list[Json]:
        """The agents in the VMs on prepared hosts."""
        return [
            self._tools(machine, placed[1])
            for vcenter in self.vcenters
            for machine in self.world.of_vcenter(vcenter.slug)
            if (placed := self.world.host_of(machine)) and placed[0].nsxt
        ]

    def _tools(self, machine: Machine, host: EsxHost) -> Json:
        driver = machine.windows and machine.file_driver
        info = {
            "resource_type": "VmToolsInfo",
            "display_name": machine.name,
            "external_id": machine.instance_uuid,
            "host_local_id": f"vm-{self.world.vm_number(machine)}",
            "source": {"target_type": "HostNode", "target_id": self.identity(host.name)},
            "tools_version": _tools_version(machine.tools),
            "svm_connectivity": driver and host.gi and machine.protection == "appliance",
            "vm_type": "SERVICE" if machine.appliance else "REGULAR",
        }
        if driver:
            info["file_agent_version"] = f"{_tools_version(machine.tools)}.0"
        return info


def _tools_version(number: int) -> str:
    """A release of VMware Tools as people write it: 10341 is 10.3.5."""
    return f"{number >> 10}.{number >> 5 & 31}.{number & 31}"


def _page(found: Sequence[Json], asked: Asked) -> Answer:
    """One page of a list; only the first says how many objects there are."""
    if "external_id" in asked.query:
        found = [one for one in found if one.get("external_id") in asked.query["external_id"]]
    cursor = asked.query.get("cursor", [""])[0]
    start = int(base64.urlsafe_b64decode(cursor)) if cursor else 0
    size = min(int(asked.query.get("page_size", ["1000"])[0]), LARGEST_PAGE)
    page: Json = {"results": list(found[start : start + size])}
    if not cursor:
        page["result_count"] = len(found)
    if start + size < len(found):
        page["cursor"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return _json(page)


def _json(value: Json, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def _error(status: int, code: int, message: str) -> Answer:
    error = {"module_name": "common-services", "error_code": code, "error_message": message}
    return _json(error, status)


def servers(world: World, pki: Pki) -> list[Server]:
    """The NSX-T managers of a world, unstarted."""
    return [Manager(world, nsxt, pki) for nsxt in world.nsxt]
