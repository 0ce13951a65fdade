"""NSX-V manager (NSX for vSphere 6.4) to facts: XML over HTTPS, HTTP Basic, read-only.

NSX-V answers about a cluster or host only when asked by its moref, so the morefs come from the
vCenter that it belongs to. A moref that NSX does not know (error 202) is an inventory that is not
that vCenter's, or no longer up to date: that is never read as "nothing is deployed there".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from xml.etree import ElementTree as ET

from kanmon.environment.targets import NsxV
from kanmon.errors import CouldNotRead
from kanmon.facts import Certificate
from kanmon.facts.nsxv.inventory import Agent, Deployment, Feature, Manager, Preparation
from kanmon.readers.nsxv import policy, state
from kanmon.readers.nsxv.client import (
    INFO,
    INVENTORY,
    Session,
    child,
    connect,
    flag,
    optional,
    some,
    text,
)
from kanmon.readers.transport.tls import certificate
from kanmon.text import Text

__all__ = ["INFO", "PARTS", "PROBES", "connect"]

TRAIN = re.compile(r"(?<![\d.])(\d+\.\d+)-\d+")


def manager(session: Session) -> Manager:
    """The manager, its components, its vCenter and its controllers."""
    version = child(session.get(INFO, "globalInfo"), "versionInfo")
    numbers = [text(version, f"{part}Version") for part in ("major", "minor", "patch")]
    components = session.get(
        "/api/1.0/appliance-management/summary/components", "componentsSummary"
    )
    vcenter = session.get("/api/2.0/services/vcconfig", "vcInfo")
    status = session.get("/api/2.0/services/vcconfig/status", "vcConfigStatus")
    controllers = session.get("/api/2.0/vdn/controller", "controllers")
    return Manager(
        version=".".join(numbers),
        build=text(version, "buildNumber"),
        vcenter_address=text(vcenter, "ipAddress"),
        vcenter_connected=flag(status, "connected"),
        components=tuple(
            (text(component, "componentId"), text(component, "status"))
            for component in some(components.findall(".//component"), components, "component")
        ),
        controllers=tuple(
            (text(controller, "id"), text(controller, "status"))
            for controller in controllers.findall("controller")
        ),
    )


def preparation(session: Session) -> tuple[Preparation, ...]:
    """Host preparation of every cluster, each followed by its hosts; never empty.

    A cluster that is not prepared is there too, with features that are not installed.
    """
    return tuple(
        prepared
        for cluster, hosts in session.clusters().items()
        for prepared in _prepared(session, cluster, hosts)
    )


def _prepared(session: Session, cluster: str, hosts: list[str]) -> Iterator[Preparation]:
    own = session.get("/api/2.0/nwfabric/status", "resourceStatuses", resource=cluster)
    children = session.get(f"/api/2.0/nwfabric/status/child/{cluster}", "resourceStatuses")
    of_cluster = [_preparation(status, cluster) for status in own.findall("resourceStatus")]
    of_hosts = [_preparation(status, cluster) for status in children.findall("resourceStatus")]
    missing = {cluster, *hosts} - {one.resource for one in (*of_cluster, *of_hosts)}
    if missing:
        names = ", ".join(sorted(missing))
        raise CouldNotRead(
            Text("read the host preparation of {cluster}", cluster=cluster),
            Text("no status of {names}", names=names),
            INVENTORY,
        )
    yield from of_cluster
    yield from of_hosts


def _preparation(status: ET.Element, cluster: str) -> Preparation:
    resource = child(status, "resource")
    features = some(status.findall("nwFabricFeatureStatus"), status, "nwFabricFeatureStatus")
    return Preparation(
        resource=text(resource, "objectId"),
        name=text(resource, "name"),
        cluster=cluster,
        features=tuple(
            Feature(
                feature_id=text(feature, "featureId"),
                version=feature.findtext("featureVersion") or None,
                status=text(feature, "status"),
                installed=flag(feature, "installed"),
                message=optional(feature, "message") or "",
                update_available=flag(feature, "updateAvailable"),
            )
            for feature in features
        ),
    )


def deployments(session: Session) -> tuple[Deployment, ...]:
    """Every service deployed to a cluster; empty where NSX says so of each cluster by name."""
    services = _services(session)
    return tuple(
        Deployment(
            cluster=cluster,
            service_id=_service_id(deployed),
            service=_named(services, _service_id(deployed)),
            service_status=text(deployed, "serviceStatus"),
            progress_status=deployed.findtext("progressStatus") or None,
        )
        for cluster in session.clusters()
        for deployed in _of(
            cluster,
            session.get(f"/api/2.0/si/deploy/cluster/{cluster}", "deployedServices"),
            "deployedService",
            lambda deployed: text(child(deployed, "cluster"), "objectId"),
        )
    )


def agents(session: Session) -> tuple[Agent, ...]:
    """The agents of every host of every cluster; a host without any has none in it."""
    services = _services(session)
    return tuple(
        _agent(agent, host, services)
        for hosts in session.clusters().values()
        for host in hosts
        for agent in _of(
            host,
            session.get(f"/api/2.0/si/host/{host}/agents", "fabricAgents"),
            "agent",
            lambda agent: text(agent, "host"),
        )
    )


def _agent(agent: ET.Element, host: str, services: Mapping[str, str]) -> Agent:
    status = child(agent, "serviceStatus")
    return Agent(
        host=host,
        service=_named(services, _service_id(agent)),
        agent_name=text(agent, "agentName"),
        operational_status=text(agent, "operationalStatus"),
        progress_status=text(agent, "progressStatus"),
        service_status=text(status, "status"),
        error=status.findtext("errorDescription") or status.findtext("errorId") or "",
        vm=optional(agent, "vmId"),
    )


def trains(session: Session) -> tuple[str, ...]:
    """The ESXi trains that the manager has VIBs for, e.g. ("6.0", "6.5", "6.7"); never empty."""
    path = "/bin/vdn/nwfabric.properties"
    found = set(TRAIN.findall(session.ask(path, {}, Accept="*/*").text))
    if not found:
        raise CouldNotRead(f"GET {path}", Text("no ESXi train such as 6.7-<build> in it"))
    return tuple(sorted(found, key=lambda train: [int(number) for number in train.split(".")]))


def _services(session: Session) -> dict[str, str]:
    """Names of the services by id; Guest Introspection is built in, so there is always one."""
    services = session.get("/api/2.0/si/services", "services")
    return {
        text(service, "objectId"): text(service, "name")
        for service in some(services.findall("service"), services, "service")
    }


def _service_id(element: ET.Element) -> str:
    """The id of its service; the vendor's samples write serviceId, clients also met service-id."""
    return element.findtext("service-id") or text(element, "serviceId")


def _named(services: Mapping[str, str], service_id: str) -> str:
    if service_id not in services:
        raise CouldNotRead(
            Text("find the name of {service_id}", service_id=service_id),
            Text("it is not among /api/2.0/si/services"),
        )
    return services[service_id]


def _of(
    moref: str, root: ET.Element, tag: str, owner: Callable[[ET.Element], str]
) -> Iterator[ET.Element]:
    """The elements of an answer about one object, each of which must say that it is of that one."""
    for element in root.findall(tag):
        if owner(element) != moref:
            raise CouldNotRead(
                Text("read the {tag} of {moref}", tag=root.tag, moref=moref),
                Text("one of {owner}", owner=owner(element)),
            )
        yield element


def certificates(target: NsxV) -> tuple[Certificate, ...]:
    """The manager's certificate."""
    return (certificate(target),)


PROBES = {"certificates": certificates}
PARTS = {
    "manager": manager,
    "preparation": preparation,
    "deployments": deployments,
    "agents": agents,
    "trains": trains,
    **state.PARTS,
    **policy.PARTS,
    "clock": Session.clock,
}
