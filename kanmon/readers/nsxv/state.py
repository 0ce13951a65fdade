"""The state of an NSX-V manager to facts: health, jobs, backups, alarms, networks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from xml.etree import ElementTree as ET

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxv.inventory import HOST_PREPARATION
from kanmon.facts.nsxv.state import (
    Alarm,
    Backup,
    Backups,
    Component,
    Connection,
    Event,
    Events,
    Firewall,
    HostRules,
    Job,
    Networks,
    State,
    TransportZone,
)
from kanmon.knowledge import load
from kanmon.knowledge.health import NsxEvent
from kanmon.readers.apart import each
from kanmon.readers.nsxv.client import (
    Session,
    called,
    child,
    flag,
    number,
    optional,
    some,
    text,
    time,
)
from kanmon.text import Text

APPLIANCE = "/api/1.0/appliance-management"
CONTROLLERS = "/api/2.0/vdn/controller"
MANAGERS = "/api/2.0/universalsync/configuration/nsxmanagers"
JOBS = "/api/2.0/services/taskservice/job"
EVENTS = "/api/2.0/systemevent"
LOOK_BACK = timedelta(days=30)
"""How far back events are read; an event does not close, and one of long ago says little of now."""
NEWEST_JOBS = 256
NUMBER = re.compile(r"\d+$")
"""Of a job, as in "jobdata-2128"."""


def state(session: Session) -> State:
    """What the manager says of itself; controllers are asked about only where there are any."""
    summary = session.get(f"{APPLIANCE}/summary/components", "componentsSummary")
    controllers = session.get(CONTROLLERS, "controllers").findall("controller")
    agent_manager = session.get("/api/2.0/eam/status", None)
    return State(
        components=each(
            some(summary.findall(".//component"), summary, "component"),
            lambda one: Component(
                id=text(one, "componentId"),
                name=optional(one, "name") or text(one, "componentId"),
                status=text(one, "status"),
                enabled=flag(one, "enabled"),
            ),
            called,
        ),
        sso_connected=session.truth("/api/2.0/services/ssoconfig/status"),
        agent_manager=text(agent_manager, ".//status"),
        controllers_upgradable=bool(controllers)
        and session.truth(f"{CONTROLLERS}/upgrade-available"),
    )


def jobs(session: Session) -> tuple[Job, ...]:
    """The newest jobs, those that ended included.

    The description of the interface shows no answer, so a job is known by the name of its element
    and nothing else; an answer that is neither a list of them nor says that there are none is not
    understood. A full page that rises, by the numbers of its jobs, has the oldest in it.
    """
    root = session.get(
        JOBS, None, startIndex="0", pageSize=str(NEWEST_JOBS), sortOrderAscending="false"
    )
    listed = root.findall(".//jobInstance")
    if not listed and len(root) and optional(root, ".//pagingInfo/totalCount") != "0":
        raise CouldNotRead(f"GET {JOBS}", Text("<{tag}> without a jobInstance", tag=root.tag))
    ids = [optional(one, "id") or "" for one in listed]
    numbers = [int(digits[0]) for one in ids if (digits := NUMBER.search(one))]
    if len(listed) >= NEWEST_JOBS and numbers and numbers[0] < numbers[-1]:
        got = Text("{count} jobs in another order than the newest first", count=len(listed))
        raise CouldNotRead(f"GET {JOBS}", got)
    return each(
        listed,
        lambda one: Job(
            text(one, "id"), optional(one, "name") or text(one, "id"), text(one, "status")
        ),
        called,
    )


def connections(session: Session) -> tuple[Connection, ...]:
    """The connections of every prepared host; empty where NSX serves guest introspection only."""
    statuses = [
        status
        for cluster in session.clusters()
        for status in session.get(
            f"/api/2.0/nwfabric/status/child/{cluster}", "resourceStatuses"
        ).findall("resourceStatus")
    ]
    hosts = filter(None, each(statuses, _prepared_host, called))
    return each(hosts, lambda host: _connection(session, host), str)


def _prepared_host(status: ET.Element) -> str | None:
    """The host of a status; None where it is not prepared."""
    for feature in status.findall("nwFabricFeatureStatus"):
        if text(feature, "featureId") == HOST_PREPARATION and flag(feature, "installed"):
            return text(child(status, "resource"), "objectId")
    return None


def _connection(session: Session, host: str) -> Connection:
    path = f"/api/2.0/vdn/inventory/host/{host}/connection/status"
    status = session.get(path, "hostConnStatus")
    return Connection(
        host=host,
        firewall=text(status, "nsxMgrToFirewallAgentConn"),
        control_plane=text(status, "nsxMgrToControlPlaneAgentConn"),
        controller=text(status, "hostToControllerConn"),
    )


def firewall(session: Session) -> Firewall:
    """Whether the firewall's rules have reached the hosts."""
    status = session.get("/api/4.0/firewall/globalroot-0/status", "firewallStatus")
    return Firewall(
        status=text(status, "status"),
        hosts=each(
            status.findall(".//hostStatus"),
            lambda one: HostRules(text(one, "hostId"), text(one, "hostName"), text(one, "status")),
            called,
        ),
    )


def backups(session: Session) -> Backups:
    """Where the manager is backed up, and what lies there; nothing secret is kept.

    A file that cannot be read may be the newest: it is a fault of the whole list.
    """
    settings = session.get(f"{APPLIANCE}/backuprestore/backupsettings", "backupRestoreSettings")
    server = optional(settings, "ftpSettings/hostNameIPAddress")
    files: list[ET.Element] = []
    if server:
        files = session.get(f"{APPLIANCE}/backuprestore/backups", "list").findall(
            "backupFileProperties"
        )
    return Backups(
        server=server or "",
        frequency=optional(settings, "backupFrequency/frequency"),
        excluded=tuple(
            (one.text or "").strip() for one in settings.findall("excludeTables/excludeTable")
        ),
        files=tuple(_backup(one) for one in files),
    )


def _backup(file: ET.Element) -> Backup:
    size = optional(file, "fileSize")
    return Backup(
        name=text(file, "fileName"),
        size=int(size) if size and size.isascii() and size.isdigit() else None,
        created=time(file, "creationTime"),
    )


def alarms(session: Session) -> tuple[Alarm, ...]:
    """Every alarm that is not resolved; the manager gives no others."""
    pages = session.pages("/api/2.0/services/systemalarms", "systemAlarm")
    listed = [one for page in pages for one in page]
    found = {alarm.id: alarm for alarm in each(listed, _alarm, _of_event)}
    return tuple(found.values())


def _of_event(one: ET.Element) -> str:
    number = optional(one, "alarmId") or optional(one, "eventId") or "unset"
    return f"{one.tag} {number} of {optional(one, 'module') or 'unset'}"


def _alarm(one: ET.Element) -> Alarm:
    return Alarm(
        id=text(one, "alarmId"),
        code=number(one, "alarmCode"),
        severity=text(one, "severity"),
        module=optional(one, "module") or "",
        source=optional(one, "alarmSource") or text(one, "eventSource"),
        target=optional(one, "target/name") or "",
        message=optional(one, "message") or "",
        time=time(one, "timestamp"),
    )


def events(session: Session) -> Events:
    """The last month's events of the codes that are known, the newest first.

    The manager is asked for the newest first. Where it gives another order the end of the month
    could not be found, so nothing is read.
    """
    now = datetime.now(UTC)
    since = now - LOOK_BACK
    codes = {row.code for row in load(NsxEvent).rows}
    found: dict[int, Event] = {}
    for page in session.pages(EVENTS, "systemEvent", sortOrderAscending="false"):
        told = each(page, _head, _of_event)
        numbers = [one.number for one in told]
        if numbers != sorted(numbers, reverse=True):
            raise CouldNotRead(
                f"GET {EVENTS}", Text("events in another order than the newest first")
            )
        recent = [one for one in told if one.time >= since]
        known = [one.listed for one in recent if one.code in codes]
        found |= {event.number: event for event in each(known, _event, _of_event)}
        if len(recent) < len(told):
            break
    return Events(since, tuple(found.values()))


class _Head(NamedTuple):
    """What every event must tell, whether or not anybody asks for the rest of it."""

    number: int
    code: int
    time: datetime
    listed: ET.Element


def _head(one: ET.Element) -> _Head:
    return _Head(number(one, "eventId"), number(one, "eventCode"), time(one, "timestamp"), one)


def _event(one: ET.Element) -> Event:
    return Event(
        number=number(one, "eventId"),
        code=number(one, "eventCode"),
        severity=text(one, "severity"),
        module=optional(one, "module") or "",
        source=optional(one, "objectId") or text(one, "eventSource"),
        message=optional(one, "message") or "",
        time=time(one, "timestamp"),
    )


def networks(session: Session) -> Networks:
    """Role between vCenters, transport zones and the port of VXLAN."""
    role = session.get("/api/2.0/universalsync/configuration/role", "universalSyncRole")
    zones = session.get("/api/2.0/vdn/scopes", "vdnScopes").findall("vdnScope")
    port = session.get("/api/2.0/vdn/config/vxlan/udp/port", "int")
    named = text(role, "role")
    return Networks(
        role=named,
        vxlan_port=number(port, "."),
        zones=each(
            zones,
            lambda one: TransportZone(
                text(one, "objectId"), text(one, "name"), text(one, "controlPlaneMode")
            ),
            called,
        ),
        secondaries=_secondaries(session) if named == "PRIMARY" else None,
    )


def _secondaries(session: Session) -> tuple[str, ...]:
    """The secondary managers that a primary one lists.

    The description of the interface shows no answer, so a manager is known by the name that its
    element has when one is added; an answer that holds anything else is not understood.
    """
    root = session.get(MANAGERS, None)
    listed = root.findall(".//nsxManagerInfo")
    if not listed and len(root):
        raise CouldNotRead(
            f"GET {MANAGERS}", Text("<{tag}> without a nsxManagerInfo", tag=root.tag)
        )
    others = [one for one in listed if optional(one, "isPrimary") != "true"]
    return tuple(optional(one, "nsxManagerIp") or text(one, "uuid") for one in others)


PARTS = {
    "state": state,
    "jobs": jobs,
    "connections": connections,
    "firewall": firewall,
    "backups": backups,
    "alarms": alarms,
    "events": events,
    "networks": networks,
}
