"""A simulated computer, as SOAP tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from lab.dsm.computers import DAY, STARTED

LIGHTS = {
    "active": "GREEN",
    "warning": "YELLOW",
    "error": "RED",
    "inactive": "GREY",
    "not-supported": "GREY",
}


STATES = {"active": "ACTIVATED", "warning": "ACTIVATED", "error": "OFFLINE", "inactive": "UNKNOWN"}


MODULES = {
    "overallAntiMalwareStatus": ("Anti-Malware", "antiMalware"),
    "overallDpiStatus": ("Intrusion Prevention", "intrusionPrevention"),
    "overallFirewallStatus": ("Firewall", "firewall"),
    "overallIntegrityMonitoringStatus": ("Integrity Monitoring", "integrityMonitoring"),
    "overallLogInspectionStatus": ("Log Inspection", "logInspection"),
    "overallWebReputationStatus": ("Web Reputation", "webReputation"),
}


Row = Mapping[str, Any]


def detail(row: Row) -> str:
    """One return value of hostDetailRetrieve."""
    return f"<hostDetailRetrieveReturn>{host(row)}{details(row)}</hostDetailRetrieveReturn>"


def host(row: Row) -> str:
    """The computer as every operation that lists hosts tells it."""
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


def details(row: Row) -> str:
    """What is told of it beyond that, with its modules."""
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


def status(row: Row) -> str:
    """The answer of hostGetStatus."""
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


def relay(row: Row) -> str:
    """The answer of hostSettingGet."""
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
