"""NSX-V manager (NSX for vSphere 6.4) to facts: XML over HTTPS, HTTP Basic, read-only.

NSX-V answers about a cluster or host only when asked by its moref, so the morefs come from the
vCenter that it belongs to. A moref that NSX does not know (error 202) is an inventory that is not
that vCenter's, or no longer up to date: that is never read as "nothing is deployed there".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from kanmon.environment.targets import NsxV
from kanmon.errors import CouldNotRead
from kanmon.facts import Certificate
from kanmon.facts.nsxv.inventory import Agent, Deployment, Feature, Manager, Preparation
from kanmon.readers.apart import each, set_apart
from kanmon.readers.nsxv import policy, state
from kanmon.readers.nsxv.client import (
    INFO,
    INVENTORY,
    Session,
    called,
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
        components=each(
            some(components.findall(".//component"), components, "component"),
            lambda component: (text(component, "componentId"), text(component, "status")),
            called,
        ),
        controllers=each(
            controllers.findall("controller"),
            lambda controller: (text(controller, "id"), text(controller, "status")),
            called,
        ),
    )


def preparation(session: Session) -> tuple[Preparation, ...]:
    """Host preparation of every cluster, each followed by its hosts; never empty.

    A cluster that is not prepared is there too, with features that are not installed.
    """
    found = [
        (cluster, status)
        for cluster, hosts in session.clusters().items()
        for status in _statuses(session, cluster, hosts)
    ]
    return each(found, lambda one: _preparation(one[1], one[0]), lambda one: called(one[1]))


def _statuses(session: Session, cluster: str, hosts: list[str]) -> list[ET.Element]:
    """What is told of a cluster and its hosts; one that says of none what it is may be any."""
    own = session.get("/api/2.0/nwfabric/status", "resourceStatuses", resource=cluster)
    children = session.get(f"/api/2.0/nwfabric/status/child/{cluster}", "resourceStatuses")
    found = [*own.findall("resourceStatus"), *children.findall("resourceStatus")]
    told = [optional(status, "resource/objectId") for status in found]
    missing = {cluster, *hosts} - set(told)
    if len(missing) > told.count(None):
        names = ", ".join(sorted(missing))
        raise CouldNotRead(
            Text("read the host preparation of {cluster}", cluster=cluster),
            Text("no status of {names}", names=names),
            INVENTORY,
        )
    for moref in sorted(missing):
        tried = Text("read the host preparation of {cluster}", cluster=cluster)
        set_apart(moref, CouldNotRead(tried, Text("no status of {names}", names=moref)))
    return found


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
    found = [
        (cluster, deployed)
        for cluster in session.clusters()
        for deployed in session.get(
            f"/api/2.0/si/deploy/cluster/{cluster}", "deployedServices"
        ).findall("deployedService")
    ]

    def deployment(one: tuple[str, ET.Element]) -> Deployment:
        cluster, deployed = one
        _is_of(cluster, "deployedServices", text(child(deployed, "cluster"), "objectId"))
        return Deployment(
            cluster=cluster,
            service_id=_service_id(deployed),
            service=_named(services, _service_id(deployed)),
            service_status=text(deployed, "serviceStatus"),
            progress_status=deployed.findtext("progressStatus") or None,
        )

    return each(found, deployment, lambda one: f"{_named_or_id(services, one[1])} on {one[0]}")


def agents(session: Session) -> tuple[Agent, ...]:
    """The agents of every host of every cluster; a host without any has none in it."""
    services = _services(session)
    found = [
        (host, agent)
        for hosts in session.clusters().values()
        for host in hosts
        for agent in session.get(f"/api/2.0/si/host/{host}/agents", "fabricAgents").findall("agent")
    ]
    return each(
        found,
        lambda one: _agent(one[1], one[0], services),
        lambda one: f"{_named_or_id(services, one[1])} on {one[0]}",
    )


def _agent(agent: ET.Element, host: str, services: Mapping[str, str]) -> Agent:
    _is_of(host, "fabricAgents", text(agent, "host"))
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
    """Names of the services by id; Guest Introspection is built in, so there is always one.

    What is of one that leaves its id or its name out says so itself.
    """
    services = session.get("/api/2.0/si/services", "services")
    listed = some(services.findall("service"), services, "service")
    told = ((optional(one, "objectId"), optional(one, "name")) for one in listed)
    return {number: name for number, name in told if number and name}


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


def _named_or_id(services: Mapping[str, str], element: ET.Element) -> str:
    number = element.findtext("service-id") or optional(element, "serviceId") or "unset"
    return services.get(number, number)


def _is_of(moref: str, tag: str, owner: str) -> None:
    """Each element of an answer about one object must say that it is of that one."""
    if owner != moref:
        raise CouldNotRead(
            Text("read the {tag} of {moref}", tag=tag, moref=moref),
            Text("one of {owner}", owner=owner),
        )


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
