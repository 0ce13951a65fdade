"""A simulated NSX-V manager: REST in XML, as NSX for vSphere 6.4 answers it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

from lab.pki import Pki
from lab.server import Answer, Asked, HttpsServer, Server
from lab.world import Cluster, EsxHost, NsxV, World

INFO = "/api/1.0/appliance-management/global/info"
SERVICES = {"service-6": "Guest Introspection", "service-9": "Trend Micro Deep Security"}
FEATURES = (
    "com.vmware.vshield.vsm.nwfabric.hostPrep",
    "com.vmware.vshield.vsm.vxlan",
    "com.vmware.vshield.vsm.messagingInfra",
    "com.vmware.vshield.vsm.vdr_mon",
    "com.vmware.vshield.firewall",
)
COMPONENTS = ("VPOSTGRES", "RABBITMQ", "NSXREPLICATOR", "NSX", "SSH")


class Manager(HttpsServer):
    """One NSX-V manager."""

    def __init__(self, world: World, nsxv: NsxV, pki: Pki) -> None:
        super().__init__(world, nsxv.slug, pki)
        self.nsxv = nsxv
        self.clusters = {c.moref: c for c in world.find_vcenter(nsxv.vcenter).clusters}
        self.hosts = {h.moref: (c, h) for c in self.clusters.values() for h in c.hosts}
        self.answered = 0
        self.routes: list[tuple[str, Callable[..., Answer]]] = [
            (INFO, self.info),
            ("/api/1.0/appliance-management/summary/components", self.components),
            ("/api/2.0/services/vcconfig", self.vcenter),
            ("/api/2.0/services/vcconfig/status", self.vcenter_status),
            ("/api/2.0/vdn/controller", self.controllers),
            ("/api/2.0/nwfabric/status/child/([^/]+)", self.host_preparation),
            ("/api/2.0/si/services", self.services),
            ("/api/2.0/si/deploy/cluster/([^/]+)", self.deployed),
            ("/api/2.0/si/host/([^/]+)/agents", self.agents),
            ("/bin/vdn/nwfabric.properties", self.properties),
        ]

    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        if not self.authorised(asked):
            return _error(403, 403, "The credentials were incorrect or the account was locked.")
        if asked.method != "GET":
            return _error(405, 405, f"{asked.method} is not simulated")
        if asked.path.startswith("/api/") and "xml" not in asked.headers.get("accept", ""):
            return Answer(body=json.dumps({"simulated": "JSON, as nobody asked for XML"}).encode())
        if asked.path == "/api/2.0/nwfabric/status":
            return self.cluster_preparation(asked.query.get("resource", [""])[0])
        for path, answer in self.routes:
            if match := re.fullmatch(path, asked.path):
                return answer(*match.groups())
        return _error(404, 404, f"no such resource: {asked.path}")

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
        numbers = [_leaf(f"{part}Version", number) for part, number in parts]
        version = _node("versionInfo", *numbers, _leaf("buildNumber", self.nsxv.build))
        user = _leaf("currentLoggedInUser", self.world.username)
        return _xml(_node("globalInfo", user, version))

    def components(self) -> Answer:
        """The services of the appliance, all running."""
        listed = [
            _node("component", _leaf("componentId", name), _leaf("status", "RUNNING"))
            for name in COMPONENTS
        ]
        entry = _node("entry", _leaf("string", "COMMON"), _node("components", *listed))
        return _xml(_node("componentsSummary", _node("componentsByGroup", entry)))

    def vcenter(self) -> Answer:
        """The vCenter that it is registered with."""
        user = _leaf("userName", "administrator@vsphere.local")
        return _xml(_node("vcInfo", _leaf("ipAddress", "127.0.0.1"), user))

    def vcenter_status(self) -> Answer:
        """Whether it is connected to the vCenter."""
        return _xml(_node("vcConfigStatus", _leaf("connected", "true")))

    def controllers(self) -> Answer:
        """The controllers."""
        listed = [
            _node("controller", _leaf("id", f"controller-{number}"), _leaf("status", state))
            for number, state in enumerate(self.nsxv.controllers, 1)
        ]
        return _xml(_node("controllers", *listed))

    def cluster_preparation(self, moref: str) -> Answer:
        """Host preparation of one cluster: as bad as its worst host."""
        if moref not in self.clusters:
            return _unknown(moref)
        cluster = self.clusters[moref]
        connected = all(host.connection_state == "connected" for host in cluster.hosts)
        resource = _resource(moref, "ClusterComputeResource", cluster.name)
        return _xml(_node("resourceStatuses", _status(resource, cluster, connected=connected)))

    def host_preparation(self, moref: str) -> Answer:
        """Host preparation of every host of one cluster."""
        if moref not in self.clusters:
            return _unknown(moref)
        cluster = self.clusters[moref]
        listed = [
            _status(
                _resource(host.moref, "HostSystem", host.name),
                cluster,
                connected=host.connection_state == "connected",
            )
            for host in cluster.hosts
        ]
        return _xml(_node("resourceStatuses", *listed))

    def services(self) -> Answer:
        """The services that can be deployed."""
        listed = [
            _node("service", _leaf("objectId", service_id), _leaf("name", name))
            for service_id, name in SERVICES.items()
        ]
        return _xml(_node("services", *listed))

    def deployed(self, moref: str) -> Answer:
        """The services deployed to one cluster."""
        if moref not in self.clusters:
            return _unknown(moref)
        cluster = self.clusters[moref]
        states = {"service-6": cluster.nsxv_gi_status, "service-9": "UP"} if cluster.nsxv else {}
        listed = [
            _node(
                "deployedService",
                _leaf("deploymentUnitId", f"deploymentunit-{cluster.number}-{service_id}"),
                _leaf("serviceId", service_id),
                _resource(moref, "ClusterComputeResource", cluster.name, tag="cluster"),
                _leaf("serviceName", SERVICES[service_id]),
                _leaf("serviceStatus", state),
                _leaf("progressStatus", "SUCCEEDED"),
            )
            for service_id, state in states.items()
        ]
        return _xml(_node("deployedServices", *listed))

    def agents(self, moref: str) -> Answer:
        """The agents of one host."""
        if moref not in self.hosts:
            return _unknown(moref)
        cluster, host = self.hosts[moref]
        listed = [_agent(service_id, host) for service_id in SERVICES] if cluster.nsxv else []
        return _xml(_node("fabricAgents", *listed))

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
    status = _node("serviceStatus", _leaf("status", "UP"))
    if not host.gi:
        text = f"{name} is not ready on {host.name}: the service VM does not answer"
        status = _node(
            "serviceStatus",
            _leaf("status", "WARNING"),
            _leaf("errorId", "partner_error"),
            _leaf("errorDescription", text),
        )
    return _node(
        "agent",
        _leaf("agentId", f"nsxmgragent-{host.number}-{service_id}"),
        _leaf("agentName", f"{name} ({host.number})"),
        _leaf("serviceId", service_id),
        _leaf("serviceName", name),
        _leaf("operationalStatus", "ENABLED"),
        _leaf("progressStatus", "SUCCEEDED" if host.gi else "FAILED"),
        _leaf("host", host.moref),
        status,
    )


def _resource(moref: str, kind: str, name: str, tag: str = "resource") -> ET.Element:
    return _node(tag, _leaf("objectId", moref), _leaf("objectTypeName", kind), _leaf("name", name))


def _status(resource: ET.Element, cluster: Cluster, *, connected: bool) -> ET.Element:
    features = [_feature(name, cluster, connected=connected) for name in FEATURES]
    return _node("resourceStatus", resource, *features)


def _feature(name: str, cluster: Cluster, *, connected: bool) -> ET.Element:
    """A feature; the logical router's is UNKNOWN in good health, since there is none."""
    state = "UNKNOWN"
    if cluster.nsxv and not name.endswith("vdr_mon"):
        state = "GREEN" if connected else "RED"
    version = [_leaf("featureVersion", "5.5")] if cluster.nsxv else []
    return _node(
        "nwFabricFeatureStatus",
        _leaf("featureId", name),
        *version,
        _leaf("updateAvailable", "false"),
        _leaf("status", state),
        _leaf("message", ""),
        _leaf("installed", "true" if cluster.nsxv else "false"),
    )


def _leaf(tag: str, text: str) -> ET.Element:
    element = ET.Element(tag)
    element.text = text
    return element


def _node(tag: str, *children: ET.Element) -> ET.Element:
    element = ET.Element(tag)
    element.extend(children)
    return element


def _xml(root: ET.Element, status: int = 200) -> Answer:
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Answer(status, body, "application/xml;charset=UTF-8")


def _error(status: int, code: int, details: str) -> Answer:
    module = _leaf("moduleName", "core-services")
    error = _node("error", _leaf("details", details), _leaf("errorCode", str(code)), module)
    return _xml(error, status)


def _unknown(moref: str) -> Answer:
    text = f"The requested object : {moref} could not be found."
    return _error(404, 202, f"{text} Object identifiers are case sensitive.")


def servers(world: World, pki: Pki) -> list[Server]:
    """The NSX-V managers of a world, unstarted."""
    return [Manager(world, nsxv, pki) for nsxv in world.nsxv]
