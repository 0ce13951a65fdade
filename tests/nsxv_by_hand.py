"""The state of an NSX-V made by hand: a healthy one of vc-main that protects vdi-01."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from kanmon.facts.nsxv import inventory as nsxv
from kanmon.facts.nsxv import policy as nsxv_policy
from kanmon.facts.nsxv import state as nsxv_state
from tests.facts_by_hand import NOW

HOST_PREP = "com.vmware.vshield.vsm.nwfabric.hostPrep"
VDR_MON = "com.vmware.vshield.vsm.vdr_mon"


def manager(**changes: Any) -> nsxv.Manager:
    """An NSX-V 6.4.5 with three controllers."""
    made = nsxv.Manager(
        version="6.4.5",
        build="13282012",
        vcenter_address="vc-main.example.jp",
        vcenter_connected=True,
        components=(("NSX", "RUNNING"),),
        controllers=tuple((f"controller-{n}", "RUNNING") for n in (1, 2, 3)),
    )
    return replace(made, **changes)


def component(**changes: Any) -> nsxv_state.Component:
    """A service that is meant to run, and does."""
    return replace(nsxv_state.Component("NSX", "NSX Manager", "RUNNING", enabled=True), **changes)


def state(**changes: Any) -> nsxv_state.State:
    """A manager in touch with everything."""
    made = nsxv_state.State(
        components=(component(),),
        sso_connected=True,
        agent_manager="UP",
        controllers_upgradable=False,
    )
    return replace(made, **changes)


def feature(**changes: Any) -> nsxv.Feature:
    """Host preparation, installed and green."""
    return replace(nsxv.Feature(HOST_PREP, "5.5", "GREEN", installed=True, message=""), **changes)


def prepared(*features: nsxv.Feature, **changes: Any) -> nsxv.Preparation:
    """host-21 with these features, where none is given with a green one."""
    made = nsxv.Preparation("host-21", "esx-01.example.jp", "domain-c7", features or (feature(),))
    return replace(made, **changes)


def connection(**changes: Any) -> nsxv_state.Connection:
    """host-21, connected in every way."""
    return replace(nsxv_state.Connection("host-21", "UP", "UP", "UP"), **changes)


def firewall(**changes: Any) -> nsxv_state.Firewall:
    """Rules that have reached host-21."""
    rules = nsxv_state.HostRules("host-21", "esx-01.example.jp", "published")
    return replace(nsxv_state.Firewall("published", (rules,)), **changes)


def job(**changes: Any) -> nsxv_state.Job:
    """A job that ended."""
    return replace(nsxv_state.Job("jobdata-1", "Deploy service", "COMPLETED"), **changes)


def backups(*hours: float, **changes: Any) -> nsxv_state.Backups:
    """Scheduled backups, made so many hours ago."""
    files = tuple(
        nsxv_state.Backup(f"nsxv-{number}", 52_428_800, NOW - timedelta(hours=age))
        for number, age in enumerate(hours, 1)
    )
    return replace(nsxv_state.Backups("backup.example.jp", "DAILY", (), files), **changes)


def alarm(**changes: Any) -> nsxv_state.Alarm:
    """The agency behind the deployment to domain-c7 is gone."""
    made = nsxv_state.Alarm(
        id="79965",
        code=250024,
        severity="High",
        module="Security Fabric",
        source="domain-c7",
        target="Protected",
        message="The backing EAM agency could not be found.",
        time=NOW - timedelta(hours=1),
    )
    return replace(made, **changes)


def event(**changes: Any) -> nsxv_state.Event:
    """The thin agent of vm-101 does not fit."""
    made = nsxv_state.Event(
        number=500,
        code=26002,
        severity="Medium",
        module="Guest Introspection",
        source="vm-101",
        message="The thin agent is incompatible.",
        time=NOW - timedelta(hours=1),
    )
    return replace(made, **changes)


def events(*listed: nsxv_state.Event) -> nsxv_state.Events:
    """The last month's events."""
    return nsxv_state.Events(NOW - timedelta(days=30), listed)


def networks(**changes: Any) -> nsxv_state.Networks:
    """A manager of one vCenter with a unicast transport zone."""
    zone = nsxv_state.TransportZone("vdnscope-1", "Transport-Zone-1", "UNICAST_MODE")
    return replace(nsxv_state.Networks("STANDALONE", 4789, (zone,)), **changes)


def policy(**changes: Any) -> nsxv_policy.SecurityPolicy:
    """A policy that protects one group."""
    action = nsxv_policy.Action("Anti-malware", "ANTI_VIRUS", enabled=True, profile="profile-1")
    made = nsxv_policy.SecurityPolicy(
        "policy-1", "Deep Security", None, ("securitygroup-1",), (action,)
    )
    return replace(made, **changes)


def group(*machines: tuple[str, str], **changes: Any) -> nsxv_policy.SecurityGroup:
    """A group of these VMs."""
    made = nsxv_policy.SecurityGroup("securitygroup-1", "Protected VMs", machines)
    return replace(made, **changes)


def profile(**changes: Any) -> nsxv_policy.ServiceProfile:
    """The profile of the appliance's service, set to fail open."""
    made = nsxv_policy.ServiceProfile(
        "profile-1", "Default (EBT)", "Trend Micro Deep Security", "true"
    )
    return replace(made, **changes)
