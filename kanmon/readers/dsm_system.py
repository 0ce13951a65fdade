"""What the manager tells of itself: updates of relays, alerts, schedule, switches, connectors.

11.0 has alerts (``/rest``), one switch and the updates of relays (SOAP), and no interface for the
rest. Where no interface tells something the fact says so: that is an answer, and no failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm_system import (
    SWITCHES,
    Alert,
    Connector,
    Connectors,
    RelayUpdate,
    Schedule,
    Switch,
    Switches,
    Task,
)
from kanmon.readers.dsm_api import EPOCH, Api, NotThere, json_object
from kanmon.readers.dsm_soap import SWITCH, Soap, moment_of, text_of
from kanmon.readers.http import refused

if TYPE_CHECKING:
    from kanmon.readers.dsm import Session

ALERTS = "/rest/alerts"
PAGE = 500  # alerts
SETTINGS = dict(
    zip(
        (
            "platformSettingWindowsUpgradeOnActivationEnabled",
            "platformSettingLinuxUpgradeOnActivationEnabled",
            "platformSettingUpdateImportedSoftwareAutoDownloadEnabled",
        ),
        SWITCHES,
        strict=True,
    )
)
DOWNLOAD = "CONFIGURATION_SOFTWAREINVENTORYAUTODOWNLOAD"
SYSTEM_READING = (
    ("GET", ALERTS),
    ("GET", r"/api/computers/\d+"),
    ("GET", "/api/scheduledtasks"),
    ("GET", "/api/vcenterconnectors"),
    ("GET", r"/api/agentversioncontrolprofiles(/\d+/agentversioncontrols)?"),
    ("GET", f"/api/systemsettings/({'|'.join(SETTINGS)})"),
)
COMPONENTS = ("rules", "antiMalware", "webReputationService", "manifests", "other")
SAID = {"true": True, "false": False}
NO_API = "the manager offers no /api, and neither SOAP nor /rest tells of it"
PASSWORD = "give the credential a username and a password too"  # noqa: S105 - advice

T = TypeVar("T")


def relay_update(session: Session, number: int) -> RelayUpdate:
    """Whether one relay has the updates that it hands out.

    Raises:
        CouldNotRead: an answer is not what was asked for, or no interface is of use.
    """
    if session.api:
        return _relay_of_api(session.api, number)
    if session.soap:
        return _relay_of_soap(session.soap, number)
    raise CouldNotRead(f"read the updates of relay {number}", "no interface is offered", SWITCH)


def alerts(session: Session) -> tuple[Alert, ...]:
    """Every alert that is open.

    Raises:
        CouldNotRead: an answer is not what was asked for, or only an API key is given: ``/api``
            has no alerts.
    """
    if session.sid is None or "rest" not in session.interfaces:
        raise CouldNotRead(
            f"read {session.https.base}{ALERTS}", "no session of /rest, and /api has none", PASSWORD
        )
    found: dict[int, Alert] = {}
    while True:
        page = [_alert(row) for row in _alert_page(session, max(found, default=0))]
        fresh = {alert.id: alert for alert in page if alert.id not in found}
        if not fresh and len(page) >= PAGE:
            raise CouldNotRead(
                f"read the alerts after number {max(found)}",
                "the same ones again",
                "dismiss alerts, or ask the vendor how the manager pages them",
            )
        if not fresh:
            return tuple(found.values())
        found |= fresh


def schedule(session: Session) -> Schedule:
    """The scheduled tasks, which only ``/api`` tells.

    Raises:
        CouldNotRead: the answer is not what was asked for, or the account may not see them.
    """
    if session.api is None:
        return Schedule(NO_API, ())
    try:
        answer = session.api.get("/api/scheduledtasks")
    except NotThere as error:
        return Schedule(str(error), ())
    return Schedule("", tuple(_task(row) for row in rows_of(answer, "scheduledTasks")))


def switches(session: Session) -> Switches:
    """The settings that let software or agents change by themselves; SOAP tells one of them.

    Raises:
        CouldNotRead: an answer is not what was asked for, or no interface is of use.
    """
    if session.api:
        return _switches_of_api(session.api)
    if session.soap is None:
        raise CouldNotRead(
            f"read the settings of {session.https.base}", "no interface is offered", SWITCH
        )
    found = session.soap.call("systemSettingGet", {"keys": DOWNLOAD})
    told = tuple(
        Switch(SWITCHES[2], _is_on(DOWNLOAD, text_of(one, "settingValue"))) for one in found
    )
    return Switches(NO_API, told)


def connectors(session: Session) -> Connectors:
    """The connectors to vCenters, which only ``/api`` tells; their passwords are dropped here.

    Raises:
        CouldNotRead: the answer is not what was asked for, or the account may not see them.
    """
    if session.api is None:
        return Connectors(NO_API, ())
    try:
        answer = session.api.get("/api/vcenterconnectors")
    except NotThere as error:
        return Connectors(str(error), ())
    return Connectors("", tuple(_connector(row) for row in rows_of(answer, "vcenterconnectors")))


def rows_of(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under a name.

    Raises:
        CouldNotRead: there is none.
    """
    rows = answer.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CouldNotRead(f"read {name}", "JSON without a list of them")
    return rows


def required(row: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A field that must be there.

    Raises:
        CouldNotRead: it is missing, or of another type.
    """
    value = optional(row, name, kind)
    if value is None:
        raise CouldNotRead(f"read {name}", "an answer without it")
    return value


def optional(row: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """A field that the manager may leave out or set to null.

    Raises:
        CouldNotRead: it is of another type.
    """
    value = row.get(name)
    if value is not None and type(value) is not kind:
        raise CouldNotRead(f"read {name}", f"{value!r:.80}", f"expected {kind.__name__}")
    return value


def _relay_of_api(api: Api, number: int) -> RelayUpdate:
    answer = api.get(f"/api/computers/{number}", {"expand": "securityUpdates"})
    if answer.get("ID") != number:
        raise CouldNotRead(f"read computer {number}", f"computer {answer.get('ID')!r}")
    updates = required(answer, "securityUpdates", dict)
    told = required(updates, "updateStatus", dict)
    status = required(told, "status", str)
    old = [
        required(component, "name", str)
        for name in COMPONENTS
        for component in optional(updates, name, list) or []
        if not required(component, "latest", bool)
    ]
    message = optional(told, "statusMessage", str) or status
    detail = f"{message}; not the latest: {', '.join(old)}" if old else message
    return RelayUpdate(number, status.lower() == "active" and not old, detail)


def _relay_of_soap(soap: Soap, number: int) -> RelayUpdate:
    returned = soap.call(
        "hostDetailRetrieve",
        {
            "hostFilter": {"hostID": str(number), "type": "SPECIFIC_HOST"},
            "hostDetailLevel": "HIGH",
        },
    )
    if len(returned) != 1 or text_of(returned[0], "ID") != str(number):
        raise CouldNotRead(f"read the details of relay {number}", f"{len(returned)} answers")
    done = moment_of(returned[0], "overallLastSuccessfulUpdate")
    due = moment_of(returned[0], "overallLastUpdateRequired")
    current = done is not None and (due is None or done >= due)
    return RelayUpdate(number, current, f"last update {_told(done)}, required since {_told(due)}")


def _told(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "never"


def _alert_page(session: Session, after: int) -> list[dict[str, Any]]:
    tried = f"read the alerts after number {after} from {session.https.base}{ALERTS}"
    response = session.https.send(
        "GET",
        ALERTS,
        params={
            "sID": session.sid,
            "alertID": str(after),
            "op": "gt",
            "maxItems": str(PAGE),
            "dismissed": "false",
        },
        headers={"Cookie": f"sID={session.sid}", "Accept": "application/json"},
    )
    if response.status_code != requests.codes.ok:
        raise refused(response, tried, {403: "give the account's role the right to view alerts"})
    answer = json_object(response, tried)
    if "ListAlertsResponse" not in answer:
        raise CouldNotRead(tried, "JSON without ListAlertsResponse")
    return list(_one_or_many(answer["ListAlertsResponse"], tried))


def _one_or_many(listed: Any, tried: str) -> Iterator[dict[str, Any]]:
    """The alerts in a list; the manager may give a single one without a list, and none as a text.

    Raises:
        CouldNotRead: it is anything else.
    """
    rows = listed.get("alerts") if isinstance(listed, dict) else listed
    for row in rows if isinstance(rows, list) else [rows] if rows else []:
        if not isinstance(row, dict):
            raise CouldNotRead(tried, f"an alert that is no object: {row!r:.80}")
        yield row


def _alert(row: Mapping[str, Any]) -> Alert:
    targets = row.get("targets") or []
    listed = targets if isinstance(targets, list) else [targets]
    return Alert(
        id=required(row, "id", int),
        name=required(row, "name", str),
        severity=required(row, "severity", str).lower(),
        raised=EPOCH + timedelta(milliseconds=required(row, "timeRaised", int)),
        targets=tuple(required(one, "urn", str) for one in listed if isinstance(one, dict)),
        node=optional(row, "managerNodeID", int),
    )


def _task(row: Mapping[str, Any]) -> Task:
    next_run = optional(row, "nextRunTime", int)
    details = optional(row, "scheduleDetails", dict) or {}
    return Task(
        name=required(row, "name", str),
        type=required(row, "type", str),
        enabled=required(row, "enabled", bool),
        next_run=EPOCH + timedelta(milliseconds=next_run) if next_run else None,
        once=details.get("recurrenceType") == "none",
    )


def _switches_of_api(api: Api) -> Switches:
    told, untold = [], []
    for setting, name in SETTINGS.items():
        try:
            answer = api.get(f"/api/systemsettings/{setting}")
        except NotThere as error:
            untold.append(str(error))
        else:
            told.append(Switch(name, _is_on(setting, required(answer, "value", str))))
    return Switches("; ".join(untold), tuple(told))


def _is_on(setting: str, value: str | None) -> bool:
    on = SAID.get((value or "").lower())
    if on is None:
        raise CouldNotRead(f"read the setting {setting}", repr(value), "expected true or false")
    return on


def _connector(row: Mapping[str, Any]) -> Connector:
    vcenter = required(row, "vCenter", dict)
    nsx = optional(row, "NSXManager", dict) or {}
    return Connector(
        id=required(row, "id", int),
        name=optional(vcenter, "name", str) or required(vcenter, "host", str),
        vcenter=required(vcenter, "host", str),
        nsx=optional(nsx, "host", str) or None,
    )
