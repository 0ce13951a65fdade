"""What the simulated manager tells of itself, over ``/rest``, ``/api`` and SOAP.

Assumed, since the vendor does not document it: that SOAP names packages as the download centre
does, and that a platform without packages is listed by ``/api`` all the same.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from lab.dsm.node import Node
from lab.transport.server import Answer, Asked

HOUR = 3_600_000  # ms
SETTINGS = (
    "platformSettingWindowsUpgradeOnActivationEnabled",
    "platformSettingLinuxUpgradeOnActivationEnabled",
    "platformSettingUpdateImportedSoftwareAutoDownloadEnabled",
)
SOAP_SETTINGS = {"CONFIGURATION_SOFTWAREINVENTORYAUTODOWNLOAD": SETTINGS[2]}
PLATFORMS = {
    "Microsoft Windows Server 2016": ("Windows", "Windows", None),
    "Microsoft Windows 10": ("Windows", "Windows", None),
    "Red Hat Enterprise 7": ("Linux", "RedHat_EL7", "Red Hat"),
    "Ubuntu Linux 18": ("Linux", "Ubuntu_18.04", "Ubuntu"),
}
NO_RIGHT = Answer(403, json.dumps({"message": "Not authorized to view this resource"}).encode())


def alerts(node: Node, asked: Asked) -> Answer:
    """The open alerts after a number; one alone comes without a list, as a real manager has it."""
    if node.sid(asked) not in node.manager.sessions or not node.serves(node.sid(asked)):
        return Answer(401, json.dumps({"error": {"message": "Not signed in"}}).encode())
    after = int(asked.query["alertID"][0])
    told = [
        {
            "id": number,
            "typeID": 99,
            "name": alert.name,
            "description": alert.name,
            "dismissible": True,
            "severity": alert.severity,
            "managerNodeID": alert.node,
            "timeRaised": _now() - int(alert.hours * HOUR),
            "timeChanged": _now() - int(alert.hours * HOUR),
            "targets": [{"urn": f"urn:tmds:core::0:manager-node/{alert.node or 1}"}],
        }
        for number, alert in enumerate(node.manager.dsm.system.alerts, start=1)
        if number > after and not alert.dismissed and node.visible()
    ]
    listed = told[0] if len(told) == 1 else told
    return _json({"ListAlertsResponse": {"alerts": listed}})


def read(node: Node, path: str) -> Answer | None:
    """The answer of ``/api``; None where the path is none of these."""
    paths: dict[str, Callable[[Node], Any]] = {
        "/api/scheduledtasks": _tasks,
        "/api/vcenterconnectors": _connectors,
        "/api/policies": _policies,
        "/api/agentversioncontrolprofiles": lambda _: {
            "agentVersionControlProfiles": [{"ID": 1, "name": "Default"}]
        },
        "/api/agentversioncontrolprofiles/1/agentversioncontrols": _version_controls,
        **{f"/api/systemsettings/{name}": _setting(name) for name in SETTINGS},
    }
    if path == "/api/tenants":
        return _json(_tenants(node)) if node.manager.dsm.system.role.tenants else NO_RIGHT
    if number := re.fullmatch(r"/api/computers/(\d+)", path):
        row = node.manager.by_number.get(int(number[1]))
        wanted = ("ID", "hostName", "securityUpdates")
        return _json({name: row[name] for name in wanted}) if row else None
    if path not in paths:
        return None
    return _json(paths[path](node)) if node.visible() else NO_RIGHT


def soap(node: Node, operation: str, given: dict[str, str]) -> str | None:
    """The return values of a SOAP operation; None where it is none of these."""
    system = node.manager.dsm.system
    if operation == "softwareRetrieveAll":
        named = [(name, True) for name in system.packages]
        named += [(name, False) for name in system.announced]
        return (
            "".join(_package(name, imported=there) for name, there in named)
            if node.visible()
            else ""
        )
    if operation == "securityProfileRetrieveAll":
        told = enumerate(system.policies, start=1)
        return "".join(_profile(*one) for one in told) if node.visible() else ""
    if operation == "systemSettingGet":
        key = given.get("keys", "")
        on = SOAP_SETTINGS.get(key) in system.switches
        value = f"<settingKey>{key}</settingKey><settingValue>{str(on).lower()}</settingValue>"
        return f"<{operation}Return>{value}</{operation}Return>"
    return None


def _package(name: str, *, imported: bool) -> str:
    version = re.search(r"-(\d+\.\d+\.\d+-\d+)\.", name)
    kind, _, rest = name.partition("-")
    when = (
        "<imported>2026-10-01T00:00:00.000Z</imported>"
        if imported
        else '<imported xsi:nil="true"/>'
    )
    return (
        f"<softwareRetrieveAllReturn><ID>1</ID><name>{escape(name)}</name>"
        f"<platform>{escape(rest.partition('-')[0])}</platform>"
        f"<version>{version[1] if version else ''}</version>"
        f"<fingerprint>00</fingerprint>{when}<notes>{escape(kind)}</notes>"
        "</softwareRetrieveAllReturn>"
    )


def _profile(number: int, name: str) -> str:
    return (
        f"<securityProfileRetrieveAllReturn><ID>{number}</ID><description></description>"
        f"<name>{escape(name)}</name></securityProfileRetrieveAllReturn>"
    )


GUARDED = {"platformSettingAgentSelfProtectionEnabled": {"value": "true"}}


def _policies(node: Node) -> dict[str, Any]:
    named = enumerate(node.manager.dsm.system.policies, start=1)
    return {
        "policies": [
            {
                "ID": number,
                "parentID": 1 if number > 1 else None,
                "name": name,
                "description": "",
                "policySettings": GUARDED if name in node.manager.dsm.system.guarded else {},
            }
            for number, name in named
        ]
    }


def _tenants(node: Node) -> dict[str, Any]:
    """That a manager without multi-tenancy has an empty list is assumed."""
    return {
        "tenants": [
            {
                "ID": number,
                "name": tenant.name,
                "tenantState": tenant.state,
                "databaseServerID": tenant.server,
                "guid": f"00000000-0000-4000-8000-{number:012}",
                "agentInitiatedActivationPassword": node.manager.world.password,
            }
            for number, tenant in enumerate(node.manager.dsm.system.tenants, start=1)
        ]
    }


def _tasks(node: Node) -> dict[str, Any]:
    return {
        "scheduledTasks": [
            {
                "ID": number,
                "name": task.name,
                "type": task.type,
                "enabled": task.enabled,
                "lastRunTime": None,
                "nextRunTime": None if task.days is None else _now() + int(task.days * 24 * HOUR),
                "scheduleDetails": {"recurrenceType": task.recurrence},
            }
            for number, task in enumerate(node.manager.dsm.system.tasks, start=1)
        ]
    }


def _connectors(node: Node) -> dict[str, Any]:
    secret = {"username": "svc-dsm", "password": node.manager.world.password}
    return {
        "vcenterconnectors": [
            {
                "id": number,
                "autoTrustCertificate": False,
                "vCenter": {"host": one.vcenter, "port": 443, "name": one.vcenter, **secret},
                "NSXManager": {"host": one.nsx, "port": 443, **secret} if one.nsx else None,
            }
            for number, one in enumerate(node.manager.dsm.system.connectors, start=1)
        ]
    }


def _version_controls(node: Node) -> dict[str, Any]:
    packages = node.manager.dsm.system.packages
    return {
        "agentVersionControls": [
            {
                "ID": number,
                "os": system,
                "distro": distro,
                "platform": platform,
                "architecture": "64-bit",
                "type": "latest",
                "version": None,
                "availableVersions": [
                    {"version": found[1].replace("-", "."), "isLatest": False, "isLatestLTS": False}
                    for name in packages
                    if (found := re.fullmatch(rf"Agent-{token}-(.*)\.x86_64\.zip", name))
                ],
            }
            for number, (platform, (system, token, distro)) in enumerate(PLATFORMS.items(), start=1)
        ]
    }


def _setting(name: str) -> Callable[[Node], Any]:
    return lambda node: {"value": str(name in node.manager.dsm.system.switches).lower()}


def _now() -> int:
    return int(time.time() * 1000)


def _json(value: object) -> Answer:
    return Answer(body=json.dumps(value).encode())
