"""What the manager tells of itself: updates of relays, alerts, schedule, switches, connectors.

11.0 has alerts (``/rest``), one switch and the updates of relays (SOAP), and no interface for the
rest. Where no interface tells something the fact says so: that is an answer, and no failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import requests

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.system import (
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
from kanmon.readers.apart import each
from kanmon.readers.dsm.api import EPOCH, Api, NotThere, json_object
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.soap import SWITCH, Soap, moment_of, text_of
from kanmon.readers.transport.fields import (
    Json,
    called,
    child,
    children,
    count,
    flag,
    optional_text,
    text,
)
from kanmon.readers.transport.http import refused
from kanmon.text import Text

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
NO_API = Text("the manager offers no /api, and neither SOAP nor /rest tells of it")
PASSWORD = Text("give the credential a username and a password too")


def relay_update(session: Session, number: int) -> RelayUpdate:
    """Whether one relay has the updates that it hands out.

    Raises:
        CouldNotRead: an answer is not what was asked for, or no interface is of use.
    """
    if session.api:
        return _relay_of_api(session.api, number)
    if session.soap:
        return _relay_of_soap(session.soap, number)
    raise CouldNotRead(
        Text("read the updates of relay {number}", number=number),
        Text("no interface is offered"),
        SWITCH,
    )


def alerts(session: Session) -> tuple[Alert, ...]:
    """Every alert that is open.

    Raises:
        CouldNotRead: an answer is not what was asked for, or only an API key is given: ``/api``
            has no alerts.
    """
    if session.sid is None or "rest" not in session.interfaces:
        raise CouldNotRead(
            Text("read {base}{alerts}", base=session.https.base, alerts=ALERTS),
            Text("no session of /rest, and /api tells of no alerts"),
            PASSWORD,
        )
    found: dict[int, Json] = {}
    unnumbered: list[Json] = []
    while True:
        page = _alert_page(session, max(found, default=0))
        fresh = {row["id"]: row for row in page if _is_numbered(row) and row["id"] not in found}
        unnumbered += [row for row in page if not _is_numbered(row) and row not in unnumbered]
        if not fresh and len(page) >= PAGE:
            raise CouldNotRead(
                Text("read the alerts after number {found}", found=max(found)),
                Text("the same ones again"),
                Text("dismiss alerts, or ask the vendor how the manager pages them"),
            )
        if not fresh:
            return each((*found.values(), *unnumbered), _alert, _of_alert)
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
    return Schedule("", each(children(answer, "scheduledTasks"), _task, called))


def switches(session: Session) -> Switches:
    """The settings that let software or agents change by themselves; SOAP tells one of them.

    Raises:
        CouldNotRead: an answer is not what was asked for, or no interface is of use.
    """
    if session.api:
        return _switches_of_api(session.api)
    if session.soap is None:
        raise CouldNotRead(
            Text("read the settings of {base}", base=session.https.base),
            Text("no interface is offered"),
            SWITCH,
        )
    found = session.soap.call("systemSettingGet", {"keys": DOWNLOAD})
    told = tuple(
        Switch(SWITCHES[2], _is_on(DOWNLOAD, text_of(one, "settingValue"))) for one in found
    )
    return Switches(NO_API, told)


def connectors(session: Session) -> Connectors:
    """The connectors to vCenters, which only ``/api`` tells; their passwords are dropped here.

    One that cannot be read is a fault of the whole list: else its vCenter would be without any.

    Raises:
        CouldNotRead: the answer is not what was asked for, or the account may not see them.
    """
    if session.api is None:
        return Connectors(NO_API, ())
    try:
        answer = session.api.get("/api/vcenterconnectors")
    except NotThere as error:
        return Connectors(str(error), ())
    return Connectors("", tuple(_connector(row) for row in children(answer, "vcenterconnectors")))


def _relay_of_api(api: Api, number: int) -> RelayUpdate:
    answer = api.get(f"/api/computers/{number}", {"expand": "securityUpdates"})
    if answer.get("ID") != number:
        raise CouldNotRead(
            Text("read computer {number}", number=number),
            Text("computer {answer}", answer=repr(answer.get("ID"))),
        )
    updates = child(answer, "securityUpdates")
    told = child(updates, "updateStatus")
    status = text(told, "status")
    old = [
        text(component, "name")
        for name in COMPONENTS
        for component in children(updates, name, optional=True)
        if not flag(component, "latest")
    ]
    message = optional_text(told, "statusMessage") or status
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
        raise CouldNotRead(
            Text("read the details of relay {number}", number=number),
            Text("{count} answers", count=len(returned)),
        )
    done = moment_of(returned[0], "overallLastSuccessfulUpdate")
    due = moment_of(returned[0], "overallLastUpdateRequired")
    current = done is not None and (due is None or done >= due)
    return RelayUpdate(number, current, f"last update {_told(done)}, required since {_told(due)}")


def _told(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "never"


def _alert_page(session: Session, after: int) -> list[Json]:
    tried = Text(
        "read the alerts after number {after} from {base}{alerts}",
        after=after,
        base=session.https.base,
        alerts=ALERTS,
    )
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
        raise refused(
            response, tried, {403: Text("give the account's role the right to view alerts")}
        )
    answer = json_object(response, tried)
    if "ListAlertsResponse" not in answer:
        raise CouldNotRead(tried, Text("JSON without ListAlertsResponse"))
    return list(_one_or_many(answer["ListAlertsResponse"], tried))


def _one_or_many(listed: Any, tried: str) -> Iterator[Json]:
    """The alerts in a list; the manager may give a single one without a list, and none as a text.

    Raises:
        CouldNotRead: it is anything else.
    """
    if isinstance(listed, dict) and listed and "alerts" not in listed:
        raise CouldNotRead(tried, Text("no alerts but {listed}", listed=", ".join(sorted(listed))))
    rows = listed.get("alerts") if isinstance(listed, dict) else listed
    for row in rows if isinstance(rows, list) else [rows] if rows else []:
        if not isinstance(row, dict):
            raise CouldNotRead(tried, Text("an alert that is no object: {row}", row=f"{row!r:.80}"))
        yield row


def _is_numbered(row: Json) -> bool:
    return type(row.get("id")) is int


def _of_alert(row: Json) -> str:
    return f"alert {row.get('id') or 'unset'}: {row.get('name') or 'unset'}"


def _alert(row: Json) -> Alert:
    targets = row.get("targets") or []
    listed = targets if isinstance(targets, list) else [targets]
    return Alert(
        id=count(row, "id"),
        name=text(row, "name"),
        severity=text(row, "severity").lower(),
        raised=EPOCH + timedelta(milliseconds=count(row, "timeRaised")),
        targets=tuple(text(one, "urn") for one in listed if isinstance(one, dict)),
        node=count(row, "managerNodeID", optional=True) or None,
    )


def _task(row: Json) -> Task:
    next_run = count(row, "nextRunTime", optional=True)
    details = child(row, "scheduleDetails", optional=True)
    return Task(
        name=text(row, "name"),
        type=text(row, "type"),
        enabled=flag(row, "enabled"),
        next_run=EPOCH + timedelta(milliseconds=next_run) if next_run else None,
        once=details.get("recurrenceType") == "none",
    )


def _switches_of_api(api: Api) -> Switches:
    untold, answers = [], {}
    for setting in SETTINGS:
        try:
            answers[setting] = api.get(f"/api/systemsettings/{setting}")
        except NotThere as error:
            untold.append(str(error))
    told = each(
        answers.items(),
        lambda one: Switch(SETTINGS[one[0]], _is_on(one[0], text(one[1], "value"))),
        lambda one: SETTINGS[one[0]],
    )
    return Switches("; ".join(untold), told)


def _is_on(setting: str, value: str | None) -> bool:
    on = SAID.get((value or "").lower())
    if on is None:
        raise CouldNotRead(
            Text("read the setting {setting}", setting=setting),
            repr(value),
            Text("expected true or false"),
        )
    return on


def _connector(row: Json) -> Connector:
    vcenter = child(row, "vCenter")
    nsx = child(row, "NSXManager", optional=True)
    return Connector(
        id=count(row, "id"),
        name=text(vcenter, "name", "host"),
        vcenter=text(vcenter, "host"),
        nsx=optional_text(nsx, "host") or None,
    )
