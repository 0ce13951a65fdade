"""The simulated manager's SOAP interface: the operations that tell of hosts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from lab.dsm import system as dsm_system
from lab.dsm.computers import DAY, STARTED
from lab.transport.server import Answer, Asked

if TYPE_CHECKING:
    from lab.dsm.server import Node

MANAGER = "urn:Manager"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OPERATIONS = (
    "authenticate",
    "authenticateTenant",
    "endSession",
    "getApiVersion",
    "hostDetailRetrieve",
    "hostGetStatus",
    "hostRetrieveAll",
    "hostSettingGet",
    "securityProfileRetrieveAll",
    "softwareRetrieveAll",
    "systemSettingGet",
)
LIGHTS = {"active": "GREEN", "error": "RED", "inactive": "GREY", "not-supported": "GREY"}
STATES = {"active": "ACTIVATED", "error": "OFFLINE", "inactive": "UNKNOWN"}
MODULES = {
    "overallAntiMalwareStatus": ("Anti-Malware", "antiMalware"),
    "overallDpiStatus": ("Intrusion Prevention", "intrusionPrevention"),
    "overallFirewallStatus": ("Firewall", "firewall"),
    "overallIntegrityMonitoringStatus": ("Integrity Monitoring", "integrityMonitoring"),
    "overallLogInspectionStatus": ("Log Inspection", "logInspection"),
    "overallWebReputationStatus": ("Web Reputation", "webReputation"),
}

Row = Mapping[str, Any]


def respond(node: Node, asked: Asked) -> Answer:
    """The answer to one request."""
    if asked.method == "GET" and "WSDL" in {name.upper() for name in asked.query}:
        return Answer(body=_wsdl().encode(), content_type="text/xml;charset=utf-8")
    try:
        body = ET.fromstring(asked.body).find(f"{{{ENVELOPE}}}Body")  # noqa: S314 - our own tests ask
    except ET.ParseError:
        body = None
    if body is None or len(body) != 1:
        return _fault("ManagerValidationException", "no SOAP envelope with one operation")
    operation = body[0].tag.removeprefix(f"{{{MANAGER}}}")
    given = {child.tag.removeprefix(f"{{{MANAGER}}}"): child.text or "" for child in body[0].iter()}
    return _operate(node, operation, given)


def detail(row: Row) -> str:
    """One return value of hostDetailRetrieve."""
    return f"<hostDetailRetrieveReturn>{_host(row)}{_details(row)}</hostDetailRetrieveReturn>"


def _operate(node: Node, operation: str, given: dict[str, str]) -> Answer:
    if operation == "getApiVersion":
        return _answer(operation, "<getApiVersionReturn>25</getApiVersionReturn>")
    if operation in ("authenticate", "authenticateTenant"):
        if not node.accepts({"userName": given.get("username"), "password": given.get("password")}):
            return _fault("ManagerAuthenticationException", "Authentication failed")
        sid = node.manager.open()[0]
        return _answer(operation, f"<{operation}Return>{sid}</{operation}Return>")
    sid = given.get("sID", "")
    if operation == "endSession":
        node.manager.sessions.pop(sid, None)
        return _answer(operation, "")
    if sid not in node.manager.sessions or not node.serves(sid):
        return _fault("ManagerTimeoutException", "The session has timed out")
    return _read(node, operation, given)


def _read(node: Node, operation: str, given: dict[str, str]) -> Answer:
    if (of_itself := dsm_system.soap(node, operation, given)) is not None:
        return _answer(operation, of_itself)
    match operation:
        case "hostRetrieveAll":
            hosts = (
                f"<{operation}Return>{_host(row)}</{operation}Return>" for row in node.visible()
            )
            return _answer(operation, "".join(hosts))
        case "hostDetailRetrieve" if given.get("type") != "SPECIFIC_HOST":
            return _answer(operation, node.manager.details if node.visible() else "")
    row = node.manager.by_number.get(int(given.get("id") or given.get("hostID") or 0))
    if row is None:
        return _fault("ManagerValidationException", f"{operation}: no such host")
    told = {
        "hostDetailRetrieve": lambda: _host(row) + _details(row),
        "hostGetStatus": lambda: _status(row),
        "hostSettingGet": lambda: _relay(row),
    }.get(operation)
    if told is None:
        return _fault("ManagerException", f"{operation} is not simulated")
    return _answer(operation, f"<{operation}Return>{told()}</{operation}Return>")


def _host(row: Row) -> str:
    if "Appliance" in row["platform"]:
        kind = "APPLIANCE"
    else:
        kind = "VM" if row["biosUUID"] else "STANDARD"
    return (
        _element("ID", row["ID"])
        + _element("description", row["description"])
        + _element("name", row["hostName"])
        + _element("displayName", row["displayName"])
        + _element("external", "false")
        + _element("externalID", None)
        + _element("hostGroupID", row["groupID"])
        + _element("hostType", kind)
        + _element("platform", row["platform"])
        + _element("securityProfileID", row["policyID"] or None)
    )


def _details(row: Row) -> str:
    status, message = _overall(row)
    modules = "".join(
        _element(name, f"{title}: {row[module]['state'].capitalize()}, installed")
        for name, (title, module) in MODULES.items()
    )
    version = row["agentVersion"]
    return (
        _element("hostLight", LIGHTS[status])
        + _element("lastIPUsed", row["lastIPUsed"])
        + _element("locked", "false")
        + modules
        + _element("overallLastSuccessfulCommunication", _contact(row))
        + _element("overallLastSuccessfulUpdate", _time(row["securityUpdates"]["lastChanged"]))
        + _element("overallLastUpdateRequired", _time(STARTED - DAY))
        + _element("overallStatus", message)
        + _element("overallVersion", None if version == "0.0.0.0" else version)
        + _element("virtualName", row["hostName"] if row["biosUUID"] else None)
        + _element("virtualUuid", row["biosUUID"])
    )


def _overall(row: Row) -> tuple[str, str]:
    """Status and text of the side that protects the computer, the agent's when none does."""
    status = row["computerStatus"]
    side = "appliance" if status["applianceStatusMessages"] else "agent"
    return status[f"{side}Status"], status[f"{side}StatusMessages"][0]


def _status(row: Row) -> str:
    _, message = _overall(row)
    protections = ""
    for side in ("agent", "appliance"):
        messages = row["computerStatus"][f"{side}StatusMessages"]
        if messages:
            protections += (
                "<item>"
                + _element("lastSuccessfulCommunication", _contact(row))
                + _element("protectionType", side.upper())
                + _element("state", STATES[row["computerStatus"][f"{side}Status"]])
                + _element("stateDescription", messages[0])
                + _element("status", messages[0])
                + _element("version", row["agentVersion"])
                + "</item>"
            )
    return (
        _element("ID", row["ID"])
        + _element("locked", "false")
        + _element("overallStatus", message)
        + f"<protectionStatusTransports>{protections}</protectionStatusTransports>"
    )


def _relay(row: Row) -> str:
    return (
        _element("settingKey", "CONFIGURATION_RELAYSTATE")
        + _element("settingUnit", "NONE")
        + _element("settingValue", row["computerSettings"]["platformSettingRelayState"]["value"])
    )


def _contact(row: Row) -> str | None:
    when = row["lastAgentCommunication"] or row["lastApplianceCommunication"]
    return None if when is None else _time(when)


def _time(when: int) -> str:
    text = datetime.fromtimestamp(when / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _element(name: str, value: object) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    return f"<{name}>{escape(str(value))}</{name}>"


def _answer(operation: str, content: str) -> Answer:
    response = f'<{operation}Response xmlns="{MANAGER}">{content}</{operation}Response>'
    return _envelope(200, response)


def _fault(name: str, text: str) -> Answer:
    detail = f'<m:fault xmlns:m="{MANAGER}" xsi:type="m:{name}"/>'
    return _envelope(
        500,
        "<soapenv:Fault><faultcode>soapenv:Server.userException</faultcode>"
        f"<faultstring>{escape(text)}</faultstring><detail>{detail}</detail></soapenv:Fault>",
    )


def _envelope(status: int, content: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:xsi="{XSI}">'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )
    return Answer(status, text.encode(), "text/xml;charset=utf-8")


def _wsdl() -> str:
    operations = "".join(f'<wsdl:operation name="{name}"/>' for name in OPERATIONS)
    return (
        f'<wsdl:definitions targetNamespace="{MANAGER}" '
        'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">'
        f'<wsdl:portType name="Manager">{operations}</wsdl:portType></wsdl:definitions>'
    )
