"""How an NSX-V manager is asked: HTTPS with HTTP Basic, XML, and only what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar
from xml.etree import ElementTree as ET

import requests
from requests.auth import HTTPBasicAuth

from kanmon.environment.targets import NsxV
from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.facts import ClockReading
from kanmon.facts.vcenter.inventory import Host
from kanmon.readers import Request
from kanmon.readers.transport.clock import of_web_server
from kanmon.readers.transport.http import Https, refused
from kanmon.redaction import excerpt
from kanmon.text import Text

ALLOWED = (
    ("GET", r"/api/1\.0/appliance-management/global/info"),
    ("GET", r"/api/1\.0/appliance-management/summary/components"),
    ("GET", r"/api/1\.0/appliance-management/backuprestore/(backupsettings|backups)"),
    ("GET", r"/api/2\.0/services/vcconfig"),
    ("GET", r"/api/2\.0/services/vcconfig/status"),
    ("GET", r"/api/2\.0/services/ssoconfig/status"),
    ("GET", r"/api/2\.0/services/taskservice/job"),
    ("GET", r"/api/2\.0/services/systemalarms"),
    ("GET", r"/api/2\.0/services/policy/securitypolicy/all"),
    ("GET", r"/api/2\.0/services/securitygroup/[A-Za-z0-9._:-]+/translation/virtualmachines"),
    ("GET", r"/api/2\.0/systemevent"),
    ("GET", r"/api/2\.0/eam/status"),
    ("GET", r"/api/2\.0/universalsync/configuration/(role|nsxmanagers)"),
    ("GET", r"/api/2\.0/vdn/controller"),
    ("GET", r"/api/2\.0/vdn/controller/upgrade-available"),
    ("GET", r"/api/2\.0/vdn/scopes"),
    ("GET", r"/api/2\.0/vdn/config/vxlan/udp/port"),
    ("GET", r"/api/2\.0/vdn/inventory/host/host-\d+/connection/status"),
    ("GET", r"/api/2\.0/nwfabric/status"),
    ("GET", r"/api/2\.0/nwfabric/status/child/domain-c\d+"),
    ("GET", r"/api/2\.0/si/services"),
    ("GET", r"/api/2\.0/si/serviceprofiles"),
    ("GET", r"/api/2\.0/si/deploy/cluster/domain-c\d+"),
    ("GET", r"/api/2\.0/si/host/host-\d+/agents"),
    ("GET", r"/api/4\.0/firewall/globalroot-0/status"),
    ("GET", r"/bin/vdn/nwfabric\.properties"),
)
INFO = "/api/1.0/appliance-management/global/info"
INVENTORY = Text("is this the NSX of that vCenter, and is it connected to it?")
UNKNOWN_OBJECT = 202
"""NSX-V's code for an object that it does not have; the HTTP status beside it differs by call."""
PAGE_SIZE = 1024
"""The most that the manager gives in one page."""

_T = TypeVar("_T")
_NAMES = ("resource/name", "name", "hostName", "agentName", "fileName", "vmName")
_NUMBERS = (
    *("resource/objectId", "objectId", "hostId", "componentId", "id"),
    *("serviceId", "service-id", "agentId", "vmId"),
)


class Session:
    """What the parts of one NSX-V manager are read with."""

    def __init__(self, request: Request) -> None:
        self.target: NsxV = request.target
        self._related = request.related
        self._https = Https(request.target, ALLOWED)
        login = request.login
        if login.username is None or login.password is None:
            raise TargetLost(
                Text("log in"),
                Text(
                    "credential {credential} lacks its username or its password",
                    credential=repr(self.target.credential),
                ),
            )
        # As bytes, for a name or password outside Latin-1.
        self._https.session.auth = HTTPBasicAuth(
            login.username.encode(), login.password.get_secret_value().encode()
        )
        # Without it some calls answer in JSON.
        self._https.session.headers["Accept"] = "application/xml"

    def get(self, path: str, root: str | None, **params: str) -> ET.Element:
        """The root element of an answer.

        Args:
            path: absolute.
            root: name of the element; None where no text gives it.
            params: of the query.

        Raises:
            CouldNotRead: the answer is not XML, or not with this root element.
            TargetLost: the manager is out of reach or refuses the login.
        """
        response = self.ask(path, params)
        tried = f"GET {path}"
        try:
            element = ET.fromstring(response.content)  # noqa: S314 - expat refuses entity bombs
        except ET.ParseError as error:
            got = Text(
                "no XML ({headers}): {error}",
                headers=response.headers.get("Content-Type"),
                error=error,
            )
            raise CouldNotRead(tried, got) from None
        if root is not None and element.tag != root:
            raise CouldNotRead(
                tried, Text("<{tag}> instead of <{root}>", tag=element.tag, root=root)
            )
        return element

    def truth(self, path: str) -> bool:
        """An answer of one word, true or false, whether or not an element stands around it.

        Raises:
            CouldNotRead: it is anything else.
            TargetLost: as for ``get``.
        """
        body = self.ask(path, {}).text.strip()
        if body.startswith("<"):
            body = "".join(self.get(path, None).itertext()).strip()
        if body not in ("true", "false"):
            raise CouldNotRead(
                f"GET {path}",
                Text("{excerpt}, expected true or false", excerpt=repr(excerpt(body, 80))),
            )
        return body == "true"

    def pages(self, path: str, tag: str, **params: str) -> Iterator[list[ET.Element]]:
        """The elements of a paged list, page by page, until all that were announced are there.

        Raises:
            CouldNotRead: a page does not say how many there are, or the list ends early.
            TargetLost: as for ``get``.
        """
        start = 0
        while True:
            query = {**params, "startIndex": str(start), "pageSize": str(PAGE_SIZE)}
            page = self.get(path, None, **query)
            info = some(page.findall(".//pagingInfo"), page, "pagingInfo")[0]
            if start and number(info, "startIndex") != start:
                raise CouldNotRead(
                    f"GET {path}", Text("the page from {start} on starts elsewhere", start=start)
                )
            total = number(info, "totalCount")
            found = page.findall(f".//{tag}")
            yield found
            start += len(found)
            if not found and start < total:
                raise CouldNotRead(
                    f"GET {path}",
                    Text("{start} of {total}, and an empty page", start=start, total=total),
                )
            if start >= total:
                return

    def ask(self, path: str, params: Mapping[str, str], **headers: str) -> requests.Response:
        """An answer of HTTP status 200.

        Raises:
            CouldNotRead: any other status.
            TargetLost: the manager is out of reach or refuses the login.
        """
        response = self._https.send("GET", path, params=params, headers=headers)
        if response.status_code == requests.codes.ok:
            return response
        unknown = f"<errorCode>{UNKNOWN_OBJECT}<" in response.text
        error = refused(
            response, f"GET {path}", {response.status_code: INVENTORY} if unknown else {}
        )
        if response.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise self._denied(path, error)
        raise error

    def _denied(self, path: str, error: CouldNotRead) -> CouldNotRead:
        """Why a request was refused: a login that still works lacks the right to this one alone."""
        if path != INFO and self._https.send("GET", INFO).status_code == requests.codes.ok:
            advice = Text(
                "give the account of credential {credential} the role Auditor, or one that may "
                "read this",
                credential=repr(self.target.credential),
            )
            return Denied(error.tried, error.got, advice)
        return TargetLost(
            error.tried,
            error.got,
            Text(
                "check credential {credential}: user name, password, and a role in NSX "
                "without a limited scope (Auditor is enough)",
                credential=repr(self.target.credential),
            ),
        )

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
            raise CouldNotRead(
                Text("list the clusters of {vcenter}", vcenter=self.target.vcenter),
                Text("none with a host"),
            )
        return found

    def clock(self) -> ClockReading:
        """The manager's clock, as its own web server shows it in whatever it answers.

        Raises:
            CouldNotRead: the answer has no header Date.
            TargetLost: the manager is out of reach.
        """
        return of_web_server(f"GET {INFO}", lambda: self._https.send("GET", INFO))

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


def some(found: list[_T], parent: ET.Element, tag: str) -> list[_T]:
    """The elements, of which there must be one at least.

    This and the functions below raise ``CouldNotRead`` where the answer holds something else.
    """
    if not found:
        raise CouldNotRead(
            Text("find <{tag}> in <{parent_tag}>", tag=tag, parent_tag=parent.tag),
            Text("there is none"),
        )
    return found


def child(parent: ET.Element, tag: str) -> ET.Element:
    """The element of this name right below."""
    return some(parent.findall(tag), parent, tag)[0]


def optional(parent: ET.Element, path: str) -> str | None:
    """A text, None where the element is missing or empty."""
    return (parent.findtext(path) or "").strip() or None


def called(listed: ET.Element) -> str:
    """What an object is called of which not everything can be read: its name and its number."""
    name = next(filter(None, (optional(listed, path) for path in _NAMES)), "unset")
    found = next(filter(None, (optional(listed, path) for path in _NUMBERS)), None)
    return f"{name} ({found})" if found and found != name else name


def text(parent: ET.Element, path: str) -> str:
    """A text that is set and not empty."""
    found = optional(parent, path)
    if found is None:
        raise CouldNotRead(
            Text("find <{path}> in <{tag}>", path=path, tag=parent.tag),
            Text("it is missing or empty"),
        )
    return found


def flag(parent: ET.Element, tag: str) -> bool:
    """True or false."""
    found = text(parent, tag)
    if found not in ("true", "false"):
        raise CouldNotRead(
            Text("read <{tag}> of <{parent_tag}>", tag=tag, parent_tag=parent.tag),
            Text("{found}, expected true or false", found=repr(found)),
        )
    return found == "true"


def number(parent: ET.Element, tag: str) -> int:
    """A whole number, 0 or more."""
    found = text(parent, tag)
    if not (found.isascii() and found.isdigit()):
        raise CouldNotRead(
            Text("read <{tag}> of <{parent_tag}>", tag=tag, parent_tag=parent.tag),
            Text("{found}, expected a number", found=repr(found)),
        )
    return int(found)


def time(parent: ET.Element, tag: str) -> datetime:
    """A time, which NSX-V writes in milliseconds since 1970; aware, UTC."""
    milliseconds = number(parent, tag)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise CouldNotRead(
            Text("read <{tag}> of <{parent_tag}> as a time", tag=tag, parent_tag=parent.tag),
            str(milliseconds),
        ) from None
