"""A machine of the world as a computer of the manager, with the field names of ``/api``."""

from __future__ import annotations

import time
import zlib
from math import inf

from lab.world.machine import Machine
from lab.world.world import World

DAY = 86_400_000  # ms
STARTED = int(time.time() * 1000)
OTHER_MODULES = {
    "webReputation": "off",
    "activityMonitoring": "off",
    "firewall": "off",
    "intrusionPrevention": "off",
    "integrityMonitoring": "off",
    "logInspection": "off",
    "applicationControl": "off",
}
COMMON_SETTINGS = {
    "platformSettingHeartbeatInterval": {"value": "10"},
    "platformSettingHeartbeatMissedAlertThreshold": {"value": "2"},
    "platformSettingAgentSelfProtectionEnabled": {"value": "false"},
}


def describe(world: World, machine: Machine) -> dict[str, object]:
    """The computer with everything that ``expand`` can ask for.

    ``overrides`` is ours: the settings that are the computer's own.
    """
    by_agent, by_appliance = machine.protection == "agent", machine.protection == "appliance"
    number = world.computer_id(machine)
    contact = _contact(machine)
    relay = {"platformSettingRelayState": {"value": "true"}} if machine.relay else {}
    return {
        "ID": number,
        "hostName": machine.name,
        "displayName": "",
        "description": "",
        "lastIPUsed": _address(world, machine, number) if by_agent or by_appliance else None,
        "platform": machine.os,
        "groupID": 0,
        "policyID": 1 if by_agent or by_appliance else 0,
        "assetImportanceID": 0,
        "relayListID": 1,
        "agentFingerPrint": _fingerprint(machine.name) if by_agent else None,
        "applianceFingerPrint": _fingerprint("appliance") if by_appliance else None,
        "lastAgentCommunication": contact if by_agent else None,
        "lastApplianceCommunication": contact if by_appliance else None,
        "agentVersion": machine.agent_version if by_agent else "0.0.0.0",
        "biosUUID": machine.uuid if machine.vcenter else None,
        "hostGUID": machine.instance_uuid.upper(),
        "computerStatus": _status(machine),
        "computerSettings": {
            **COMMON_SETTINGS,
            "platformSettingRelayState": {"value": "false"},
            **relay,
        },
        "overrides": relay,
        "ESXSummary": None,
        "securityUpdates": _updates(machine),
        "vmwareVMVirtualMachineSummary": _vm(world, machine),
        "antiMalware": _module(
            machine, "antiMalware", "on" if _has_anti_malware(machine) else "off"
        ),
        **{
            name: _module(machine, name, "on" if name in machine.network_modules else state)
            for name, state in OTHER_MODULES.items()
        },
    }


def _contact(machine: Machine) -> int | None:
    """When it was in contact last, in ms; None is never."""
    days = machine.silent_days if machine.online else 3
    return None if days == inf else int(time.time() * 1000 - days * DAY)


def _updates(machine: Machine) -> dict[str, object]:
    current = machine.updates_current
    pattern = {"name": "Smart Scan Agent Pattern", "forUseBy": "Agent", "version": "15.1.0"}
    return {
        "updateStatus": {
            "status": "active" if current else "warning",
            "statusMessage": "Up-to-date" if current else "Out-of-Date",
        },
        "lastChanged": STARTED - (0 if current else 3 * DAY),
        "antiMalware": [{**pattern, "latest": current}],
        "rules": [],
    }


def _has_anti_malware(machine: Machine) -> bool:
    return machine.anti_malware and machine.protection != "none" and not machine.appliance


def _status(machine: Machine) -> dict[str, object]:
    managed = _online(machine) if machine.online else ("error", ["Managed (Offline)"])
    unmanaged: tuple[str, list[str]] = ("inactive", ["Unmanaged (Unknown)"])
    agent = managed if machine.protection == "agent" else unmanaged
    appliance: tuple[str, list[str]] = (
        ("inactive", []) if machine.vcenter else ("not-supported", [])
    )
    if machine.protection == "appliance":
        agent, appliance = ("inactive", []), managed
    return {
        "agentStatus": agent[0],
        "agentStatusMessages": agent[1],
        "applianceStatus": appliance[0],
        "applianceStatusMessages": appliance[1],
    }


def _online(machine: Machine) -> tuple[str, list[str]]:
    """One in contact; the manager names the engine that is not."""
    if machine.troubles.get("antiMalware") == "error":
        return "error", ["Anti-Malware Engine Offline"]
    if machine.troubles:
        return "warning", ["Multiple Warnings"]
    return "active", ["Managed (Online)"]


def _module(machine: Machine, name: str, state: str) -> dict[str, object]:
    def status(by: str) -> tuple[str, str]:
        if machine.protection != by:
            return "inactive", "Not Activated"
        if state == "off":
            return "inactive", "Off"
        return machine.troubles.get(name, "active"), "On"

    agent, appliance = status("agent"), status("appliance")
    return {
        "state": state,
        "moduleStatus": {
            "agentStatus": agent[0],
            "agentStatusMessage": agent[1],
            "applianceStatus": appliance[0],
            "applianceStatusMessage": appliance[1],
        },
    }


def _vm(world: World, machine: Machine) -> dict[str, object] | None:
    if machine.vcenter is None:
        return None
    return {
        "operatingSystem": machine.guest_name,
        "memory": "8192",
        "CPU": "2",
        "vmwareTools": "Running" if machine.tools_running else "Not Running",
        "biosUUID": machine.uuid,
        "vCenterUUID": world.find_vcenter(machine.vcenter).instance_uuid,
        "state": "On" if machine.power == "poweredOn" else "Off",
        "notes": [],
        "NSXSecurityGroups": [],
        "IPAddress": None,
        "DNSName": machine.name,
    }


def _address(world: World, machine: Machine, number: int) -> str:
    return world.addresses.get(machine.name) or f"10.0.{number // 250}.{number % 250 + 2}"


def _fingerprint(name: str) -> str:
    return f"{zlib.crc32(name.encode()):08X}"
