"""NSX-V manager (NSX for vSphere 6.4) to facts: XML over HTTPS, HTTP Basic, read-only.

NSX-V answers about a cluster or host only when asked by its moref, so the morefs come from the
vCenter that it belongs to. A moref that NSX does not know (error 202) is an inventory that is not
that vCenter's, or no longer up to date: that is never read as "nothing is deployed there".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar
from xml.etree import ElementTree as ET

import requests
from requests.auth import HTTPBasicAuth

from kanmon.environment import NsxV
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Certificate
from kanmon.facts.nsxv import Agent, Deployment, Feature, Manager, Preparation
from kanmon.facts.vcenter import Host
from kanmon.readers import Request
from kanmon.readers.http import Https, refused
from kanmon.readers.tls import certificate

ALLOWED = (
    ("GET", r"/api/1\.0/appliance-management/global/info"),
    ("GET", r"/api/1\.0/appliance-management/summary/components"),
    ("GET", r"/api/2\.0/services/vcconfig"),
    ("GET", r"/api/2\.0/services/vcconfig/status"),
    ("GET", r"/api/2\.0/vdn/controller"),
    ("GET", r"/api/2\.0/nwfabric/status"),
    ("GET", r"/api/2\.0/nwfabric/status/child/domain-c\d+"),
    ("GET", r"/api/2\.0/si/services"),
    ("GET", r"/api/2\.0/si/deploy/cluster/domain-c\d+"),
    ("GET", r"/api/2\.0/si/host/host-\d+/agents"),
    ("GET", r"/bin/vdn/nwfabric\.properties"),
)
INFO = "/api/1.0/appliance-management/global/info"
TRAIN = re.compile(r"(?<![\d.])(\d+\.\d+)-\d+")
INVENTORY = "is this the NSX of that vCenter, and is it connected to it?"

_T = TypeVar("_T")


class Session:
    """What the parts of one NSX-V manager are read with."""

    def __init__(self, request: Request) -> None:
        self.target: NsxV = request.target
        self._related = request.related
        self._https = Https(request.target, ALLOWED)
        login = request.login
        if login.username is None or login.password is None:
            raise TargetLost("log in", f"credential {self.target.credential!r} has no password")
        # As bytes, for a name or password outside Latin-1.
        self._https.session.auth = HTTPBasicAuth(
            login.username.encode(), login.password.get_secret_value().encode()
        )
        # Without it some calls answer in JSON.
        self._https.session.headers["Accept"] = "application/xml"

    def get(self, path: str, root: str, **params: str) -> ET.Element:
        """The root element of an answer.

        Raises:
            CouldNotRead: the answer is not XML, or not with this root element.
            TargetLost: the manager is out of reach or refuses the login.
        """
        response = self.ask(path, params)
        tried = f"GET {path}"
        try:
            element = ET.fromstring(response.content)  # noqa: S314 - expat refuses entity bombs
        except ET.ParseError as error:
            got = f"no XML ({response.headers.get('Content-Type')}): {error}"
            raise CouldNotRead(tried, got) from None
        if element.tag != root:
            raise CouldNotRead(tried, f"<{element.tag}> instead of <{root}>")
        return element

    def ask(self, path: str, params: Mapping[str, str], **headers: str) -> requests.Response:
        """An answer of HTTP status 200.

        Raises:
            CouldNotRead: any other status.
            TargetLost: the manager is out of reach or refuses the login.
        """
        response = self._https.send("GET", path, params=params, headers=headers)
        if response.status_code == requests.codes.ok:
            return response
        advice = dict.fromkeys((400, 404, 500), INVENTORY)
        error = refused(response, f"GET {path}", advice)
        if response.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise TargetLost(
                error.tried,
                error.got,
                f"check credential {self.target.credential!r}: user name, password, and a role in"
                " NSX without a limited scope (Auditor is enough)",
            )
        raise error

    def clusters(self) -> dict[str, list[str]]:
        """Morefs of the hosts of every cluster of the vCenter, by the cluster's moref.

        A compute resource of one host that is in no cluster is left out: NSX-V is deployed to
        clusters only.

        Raises:
            CouldNotRead: the vCenter's hosts could not be read, or none is in a cluster.
        """
        hosts: tuple[Host, ...] = self._related(self.target.vcenter, "hosts")
        found: dict[str, list[str]] = {}
        for host in hosts:
            if host.cluster.startswith("domain-c"):
                found.setdefault(host.cluster, []).append(host.moref)
        if not found:
            raise CouldNotRead(f"list the clusters of {self.target.vcenter}", "none with a host")
        return found

    def close(self) -> None:
        """Drop the connections; HTTP Basic leaves nothing to log out of."""
        self._https.close()


@contextmanager
def connect(request: Request) -> Iterator[Session]:
    """A session, once the manager has accepted the login.

    Raises:
        TargetLost: the manager is out of reach or refuses the login.
        CouldNotRead: what answers is not an NSX-V manager.
    """
    session = Session(request)
    try:
        session.get(INFO, "globalInfo")
        yield session
    finally:
        session.close()


def manager(session: Session) -> Manager:
    """The manager, its components, its vCenter and its controllers."""
    version = _child(session.get(INFO, "globalInfo"), "versionInfo")
    numbers = [_text(version, f"{part}Version") for part in ("major", "minor", "patch")]
    components = session.get(
        "/api/1.0/appliance-management/summary/components", "componentsSummary"
    )
    vcenter = session.get("/api/2.0/services/vcconfig", "vcInfo")
    status = session.get("/api/2.0/services/vcconfig/status", "vcConfigStatus")
    controllers = session.get("/api/2.0/vdn/controller", "controllers")
    return Manager(
        version=".".join(numbers),
        build=_text(version, "buildNumber"),
        vcenter_address=_text(vcenter, "ipAddress"),
        vcenter_connected=_flag(status, "connected"),
        components=tuple(
            (_text(component, "componentId"), _text(component, "status"))
            for component in _some(components.findall(".//component"), components, "component")
        ),
        controllers=tuple(
            (_text(controller, "id"), _text(controller, "status"))
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
            f"read the host preparation of {cluster}", f"no status of {names}", INVENTORY
        )
    yield from of_cluster
    yield from of_hosts


def _preparation(status: ET.Element, cluster: str) -> Preparation:
    resource = _child(status, "resource")
    features = _some(status.findall("nwFabricFeatureStatus"), status, "nwFabricFeatureStatus")
    return Preparation(
        resource=_text(resource, "objectId"),
        name=_text(resource, "name"),
        cluster=cluster,
        features=tuple(
            Feature(
                feature_id=_text(feature, "featureId"),
                version=feature.findtext("featureVersion") or None,
                status=_text(feature, "status"),
                installed=_flag(feature, "installed"),
                message=feature.findtext("message") or "",
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
            service_status=_text(deployed, "serviceStatus"),
            progress_status=deployed.findtext("progressStatus") or None,
        )
        for cluster in session.clusters()
        for deployed in _of(
            cluster,
            session.get(f"/api/2.0/si/deploy/cluster/{cluster}", "deployedServices"),
            "deployedService",
            lambda deployed: _text(_child(deployed, "cluster"), "objectId"),
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
            lambda agent: _text(agent, "host"),
        )
    )


def _agent(agent: ET.Element, host: str, services: Mapping[str, str]) -> Agent:
    status = _child(agent, "serviceStatus")
    return Agent(
        host=host,
        service=_named(services, _service_id(agent)),
        agent_name=_text(agent, "agentName"),
        operational_status=_text(agent, "operationalStatus"),
        progress_status=_text(agent, "progressStatus"),
        service_status=_text(status, "status"),
        error=status.findtext("errorDescription") or status.findtext("errorId") or "",
    )


def trains(session: Session) -> tuple[str, ...]:
    """The ESXi trains that the manager has VIBs for, e.g. ("6.0", "6.5", "6.7"); never empty."""
    path = "/bin/vdn/nwfabric.properties"
    text = session.ask(path, {}, Accept="*/*").text
    found = set(TRAIN.findall(text))
    if not found:
        raise CouldNotRead(f"GET {path}", "no ESXi train such as 6.7-<build> in it")
    return tuple(sorted(found, key=lambda train: [int(number) for number in train.split(".")]))


def _services(session: Session) -> dict[str, str]:
    """Names of the services by id; Guest Introspection is built in, so there is always one."""
    services = session.get("/api/2.0/si/services", "services")
    return {
        _text(service, "objectId"): _text(service, "name")
        for service in _some(services.findall("service"), services, "service")
    }


def _service_id(element: ET.Element) -> str:
    """The id of its service; the vendor's samples write serviceId, clients also met service-id."""
    return element.findtext("service-id") or _text(element, "serviceId")


def _named(services: Mapping[str, str], service_id: str) -> str:
    if service_id not in services:
        raise CouldNotRead(f"find the name of {service_id}", "it is not among /api/2.0/si/services")
    return services[service_id]


def _of(
    moref: str, root: ET.Element, tag: str, owner: Callable[[ET.Element], str]
) -> Iterator[ET.Element]:
    """The elements of an answer about one object, each of which must say that it is of that one."""
    for element in root.findall(tag):
        if owner(element) != moref:
            raise CouldNotRead(f"read the {root.tag} of {moref}", f"one of {owner(element)}")
        yield element


def _some(found: list[_T], parent: ET.Element, tag: str) -> list[_T]:
    if not found:
        raise CouldNotRead(f"find <{tag}> in <{parent.tag}>", "there is none")
    return found


def _child(parent: ET.Element, tag: str) -> ET.Element:
    found = parent.find(tag)
    if found is None:
        raise CouldNotRead(f"find <{tag}> in <{parent.tag}>", "there is none")
    return found


def _text(parent: ET.Element, tag: str) -> str:
    text = (parent.findtext(tag) or "").strip()
    if not text:
        raise CouldNotRead(f"find <{tag}> in <{parent.tag}>", "it is missing or empty")
    return text


def _flag(parent: ET.Element, tag: str) -> bool:
    text = _text(parent, tag)
    if text not in ("true", "false"):
        raise CouldNotRead(f"read <{tag}> of <{parent.tag}>", f"{text!r}, expected true or false")
    return text == "true"


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
}
