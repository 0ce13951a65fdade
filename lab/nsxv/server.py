"""A simulated NSX-V manager: REST in XML, as NSX for vSphere 6.4 answers it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

from lab.nsxv.policy import Policies
from lab.nsxv.state import State
from lab.nsxv.xml import error, leaf, node, paged, unknown, xml
from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, HttpsServer, Server
from lab.world.vcenter import EsxHost
from lab.world.world import NsxV, World

INFO = "/api/1.0/appliance-management/global/info"
APPLIANCE = "Trend Micro Deep Security"
SERVICES = {"service-6": "Guest Introspection", "service-9": APPLIANCE}
FEATURES = (
    "com.vmware.vshield.vsm.nwfabric.hostPrep",
    "com.vmware.vshield.vsm.vxlan",
    "com.vmware.vshield.vsm.messagingInfra",
    "com.vmware.vshield.vsm.vdr_mon",
    "com.vmware.vshield.firewall",
)


class Manager(HttpsServer):
    """One NSX-V manager."""

    def __init__(self, world: World, nsxv: NsxV, pki: Pki) -> None:
        super().__init__(world, nsxv.slug, pki)
        self.nsxv = nsxv
        self.clock = nsxv.clock
        self.clusters = {c.moref: c for c in world.find_vcenter(nsxv.vcenter).clusters}
        self.hosts = {h.moref: (c, h) for c in self.clusters.values() for h in c.hosts}
        self.answered = 0
        self.routes: list[tuple[str, Callable[..., Answer]]] = [
            (INFO, self.info),
            ("/api/2.0/services/vcconfig", self.vcenter),
            ("/api/2.0/services/vcconfig/status", self.vcenter_status),
            ("/api/2.0/vdn/controller", self.controllers),
            ("/api/2.0/nwfabric/status/child/([^/]+)", self.host_preparation),
            ("/api/2.0/si/services", self.services),
            ("/api/2.0/si/deploy/cluster/([^/]+)", self.deployed),
            ("/api/2.0/si/host/([^/]+)/agents", self.agents),
            ("/bin/vdn/nwfabric.properties", self.properties),
        ]
        state = State(nsxv, world.find_vcenter(nsxv.vcenter))
        self.routes += [*state.routes, *Policies(world, nsxv).routes]
        self.lists = state.lists

    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        if refused := self.refusal(asked):
            return refused
        if asked.path in self.lists:
            return paged(*self.lists[asked.path], asked.query)
        if asked.path == "/api/2.0/nwfabric/status":
            return self.cluster_preparation(asked.query.get("resource", [""])[0])
        for path, answer in self.routes:
            if match := re.fullmatch(path, asked.path):
                return answer(*match.groups())
        return error(404, 404, f"no such resource: {asked.path}")

    def refusal(self, asked: Asked) -> Answer | None:
        """What is answered whatever was asked for: to strangers, to writers, to readers of JSON."""
        if not self.authorised(asked):
            return error(403, 403, "The credentials were incorrect or the account was locked.")
        if asked.method != "GET":
            return error(405, 405, f"{asked.method} is not simulated")
        if asked.path.startswith("/api/") and "xml" not in asked.headers.get("accept", ""):
            return Answer(body=json.dumps({"simulated": "JSON, as nobody asked for XML"}).encode())
        return None

    def authorised(self, asked: Asked) -> bool:
        """Whether the login is right, and what the asked-for faults leave of it."""
        login = f"{self.world.username}:{self.world.password}".encode()
        basic = "Basic " + base64.b64encode(login).decode()
        if self.faults.has("wrong password") or asked.headers.get("authorization") != basic:
            return False
        if self.faults.has("weak rights") and asked.path != INFO:
            return False
        self.answered += 1
        return not (self.faults.has("expired session") and self.answered > 1)

    def info(self) -> Answer:
        """Version and build of the manager."""
        parts = zip(("major", "minor", "patch"), self.nsxv.version.split("."), strict=True)
        numbers = [leaf(f"{part}Version", number) for part, number in parts]
        version = node("versionInfo", *numbers, leaf("buildNumber", self.nsxv.build))
        user = leaf("currentLoggedInUser", self.world.username)
        return xml(node("globalInfo", user, version))

    def vcenter(self) -> Answer:
        """The vCenter that it is registered with."""
        user = leaf("userName", "administrator@vsphere.local")
        return xml(node("vcInfo", leaf("ipAddress", "127.0.0.1"), user))

    def vcenter_status(self) -> Answer:
        """Whether it is connected to the vCenter."""
        return xml(node("vcConfigStatus", leaf("connected", "true")))

    def controllers(self) -> Answer:
        """The controllers."""
        listed = [
            node("controller", leaf("id", f"controller-{number}"), leaf("status", state))
            for number, state in enumerate(self.nsxv.controllers, 1)
        ]
        return xml(node("controllers", *listed))

    def cluster_preparation(self, moref: str) -> Answer:
        """Host preparation of one cluster: as bad as its worst host."""
        if moref not in self.clusters:
            return unknown(moref)
        cluster = self.clusters[moref]
        connected = all(host.connection_state == "connected" for host in cluster.hosts)
        resource = _resource(moref, "ClusterComputeResource", cluster.name)
        told = self.prepared(resource, installed=cluster.nsxv, connected=connected)
        return xml(node("resourceStatuses", told))

    def host_preparation(self, moref: str) -> Answer:
        """Host preparation of every host of one cluster."""
        if moref not in self.clusters:
            return unknown(moref)
        cluster = self.clusters[moref]
        listed = [
            self.prepared(
                _resource(host.moref, "HostSystem", host.name),
                installed=cluster.nsxv and host.name not in self.nsxv.unprepared,
                connected=host.connection_state == "connected",
            )
            for host in cluster.hosts
        ]
        return xml(node("resourceStatuses", *listed))

    def prepared(self, resource: ET.Element, *, installed: bool, connected: bool) -> ET.Element:
        """How far a cluster or host is prepared; only a prepared one can have an update."""
        update = installed and self.nsxv.update_available
        features = [
            _feature(name, installed=installed, connected=connected, update=update)
            for name in FEATURES
        ]
        return node("resourceStatus", resource, *features)

    def services(self) -> Answer:
        """The services that can be deployed."""
        listed = [
            node("service", leaf("objectId", service_id), leaf("name", name))
            for service_id, name in SERVICES.items()
        ]
        return xml(node("services", *listed))

    def deployed(self, moref: str) -> Answer:
        """The services deployed to one cluster."""
        if moref not in self.clusters:
            return unknown(moref)
        cluster = self.clusters[moref]
        states = {"service-6": cluster.nsxv_gi_status, "service-9": "UP"} if cluster.nsxv else {}
        listed = [
            node(
                "deployedService",
                leaf("deploymentUnitId", f"deploymentunit-{cluster.number}-{service_id}"),
                leaf("serviceId", service_id),
                _resource(moref, "ClusterComputeResource", cluster.name, tag="cluster"),
                leaf("serviceName", SERVICES[service_id]),
                leaf("serviceStatus", state),
                leaf("progressStatus", "SUCCEEDED"),
            )
            for service_id, state in states.items()
        ]
        return xml(node("deployedServices", *listed))

    def agents(self, moref: str) -> Answer:
        """The agents of one host."""
        if moref not in self.hosts:
            return unknown(moref)
        cluster, host = self.hosts[moref]
        listed = [_agent(service_id, host) for service_id in SERVICES] if cluster.nsxv else []
        for agent in listed:
            if agent.findtext("serviceName") == APPLIANCE and (vm := self.appliance(host)):
                agent.append(leaf("vmId", vm))
        return xml(node("fabricAgents", *listed))

    def appliance(self, host: EsxHost) -> str | None:
        """The appliance that was deployed to a host, wherever it is now."""
        named = self.nsxv.appliances.get(host.name)
        for machine in self.world.of_vcenter(self.nsxv.vcenter):
            placed = self.world.host_of(machine)
            here = placed is not None and placed[1] is host
            if machine.appliance and (machine.name == named if named else here):
                return f"vm-{self.world.vm_number(machine)}"
        return None

    def properties(self) -> Answer:
        """The file that says for which ESXi trains there are VIBs."""
        version, build = self.nsxv.version, self.nsxv.build
        lines = []
        for number, train in enumerate(self.nsxv.trains, 1):
            lines += [
                f"# {train} VDN EAM Info",
                f"VDN_VIB_PATH.{number}=/bin/vdn/vibs-{version}/{train}-{build}/vxlan.zip",
                f"VDN_VIB_VERSION.{number}={build}",
                f"VDN_HOST_VERSION.{number}={train}.*",
            ]
        lines.append(f"VDN_VIB_VERSION={version}.{build}")
        return Answer(body="\n".join(lines).encode(), content_type="text/plain")


def _agent(service_id: str, host: EsxHost) -> ET.Element:
    name = SERVICES[service_id]
    status = node("serviceStatus", leaf("status", "UP"))
    if not host.gi:
        text = f"{name} is not ready on {host.name}: the service VM does not answer"
        status = node(
            "serviceStatus",
            leaf("status", "WARNING"),
            leaf("errorId", "partner_error"),
            leaf("errorDescription", text),
        )
    return node(
        "agent",
        leaf("agentId", f"nsxmgragent-{host.number}-{service_id}"),
        leaf("agentName", f"{name} ({host.number})"),
        leaf("serviceId", service_id),
        leaf("serviceName", name),
        leaf("operationalStatus", "ENABLED"),
        leaf("progressStatus", "SUCCEEDED" if host.gi else "FAILED"),
        leaf("host", host.moref),
        status,
    )


def _resource(moref: str, kind: str, name: str, tag: str = "resource") -> ET.Element:
    return node(tag, leaf("objectId", moref), leaf("objectTypeName", kind), leaf("name", name))


def _feature(name: str, *, installed: bool, connected: bool, update: bool) -> ET.Element:
    """A feature; the logical router's is UNKNOWN in good health, since there is none."""
    state = "UNKNOWN"
    if installed and not name.endswith("vdr_mon"):
        state = "GREEN" if connected else "RED"
    version = [leaf("featureVersion", "5.5")] if installed else []
    return node(
        "nwFabricFeatureStatus",
        leaf("featureId", name),
        *version,
        leaf("updateAvailable", "true" if update else "false"),
        leaf("status", state),
        leaf("message", ""),
        leaf("installed", "true" if installed else "false"),
    )


def servers(world: World, pki: Pki) -> list[Server]:
    """The NSX-V managers of a world, unstarted."""
    return [Manager(world, nsxv, pki) for nsxv in world.nsxv]
