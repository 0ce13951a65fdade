"""How a vCenter stands: its names, and its high availability."""

from collections.abc import Iterator
from typing import Any

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Note,
    Problem,
    Severity,
    Unknown,
    check,
    known,
)
from kanmon.environment.targets import VCenter, is_address
from kanmon.facts import Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.deployment import HaHealth, HighAvailability, Naming
from kanmon.facts.vcenter.inventory import About
from kanmon.judging.naming import compared
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text

ROLES = ("active", "passive", "witness")
CONFIGURATIONS = ("notConfigured", "prepared", "invalid")
MODES = ("enabled", "disabled", "maintenance")
STATES = ("healthy", "degraded", "isolated")


@check(
    "VC-NAME-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Read the node name with vmafd-cli get-pnid, and set the host name to exactly that "
    "(KB 438705); renew the machine certificate with the node name among its names; correct the "
    "records of the DNS in both directions. What kanmon's machine cannot resolve, look up where "
    "the installer runs, and attest it.",
    refs=("table:vcenter_names",),
)
def test_names_agree(
    vcenter: VCenter, vcenter_naming: Naming, planned: Planned, moment: Moment, judge: Judge
) -> None:
    """Node name, host name, certificate and DNS of vCenter agree, in case too.

    The upgrade compares them before it moves the data, and the new appliance takes all of them
    over: where they differ it ends there, or services of the new vCenter do not find each other.
    """
    node = vcenter_naming.node_name
    if isinstance(node, Unread):
        judge.undetermined(node.reason)
    promised = planned.promised(moment.step, Component("vcenter", vcenter.slug))
    if promised is None:
        judge.not_applicable(Text("the step does not move {slug}", slug=vcenter.slug))
    target: Any = promised.version
    rows, problems = compared(vcenter_naming, node, target)
    text = Text("{node}: an IP address, with which no host name is compared", node=node)
    judge(
        examined=1 if is_address(node) else 3,
        of=Text("names of {slug} beside its node name", slug=vcenter.slug),
        problems=problems,
        rests_on=[row.citation for row in rows],
        notes=[Note("node name", text)] if is_address(node) else [],
    )


@check(
    "VC-HA-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Bring vCenter HA back to enabled and healthy with all three nodes, or remove its "
    "configuration before the upgrade and set it up again afterwards.",
    refs=(
        "https://docs.vmware.com (vSphere 7.0 vCenter upgrade guide, GUID-98EB2800)",
        "https://developer.broadcom.com (vSphere Web Services API, FailoverClusterManager)",
    ),
)
def test_high_availability_is_off_or_whole(
    vcenter: VCenter,
    vcenter_about: About,
    all_vcenter_availability: dict[str, HighAvailability | Unread],
    judge: Judge,
) -> None:
    """High availability of vCenter is off, or enabled and healthy with all its nodes.

    The upgrade takes the active node and makes the others anew out of it. A cluster that is
    degraded or half set up stops it, or leaves the estate without the node it would fall back on.
    """
    if vcenter_about.os_type.startswith("win"):
        judge.not_applicable(Text("vCenter on Windows has no vCenter HA"))
    found = known(all_vcenter_availability[vcenter.slug])
    on = found.configuration == "configured"
    problems = list(_ha(vcenter, found))
    text = Text("vCenter HA is on: only the installer's graphical interface upgrades it")
    judge(
        examined=len({vcenter.where, *(one.subject for one in problems)}),
        of=Text("vCenter HA and its nodes at fault"),
        problems=problems,
        notes=[Note(vcenter.where, text)] if on else [],
    )


def _ha(vcenter: VCenter, ha: HighAvailability) -> Iterator[Problem]:
    wanted = Text("off, or enabled and healthy")
    if ha.configuration != "configured":
        said = Text("the configuration of vCenter HA is {word}", word=ha.configuration)
        if ha.configuration not in CONFIGURATIONS:
            yield Unknown(vcenter.where, Text("{said}, which nobody knows", said=said))
        elif ha.configuration != "notConfigured":
            yield Finding(vcenter.where, said, wanted)
    elif ha.health is None:
        yield Unknown(vcenter.where, Text("how vCenter HA is was not read"))
    elif isinstance(ha.health, Unread):
        yield Unknown(vcenter.where, ha.health.reason)
    else:
        yield from _ha_health(vcenter, ha.health, wanted)


def _ha_health(vcenter: VCenter, health: HaHealth, wanted: str) -> Iterator[Problem]:
    said = Text("vCenter HA is {mode}, {state}", mode=health.mode, state=health.state)
    if health.mode not in MODES or health.state not in STATES:
        yield Unknown(vcenter.where, Text("{said}, which nobody knows", said=said))
    elif (health.mode, health.state) != ("enabled", "healthy"):
        told = Text("{said}: {messages}", said=said, messages="; ".join(health.messages))
        yield Finding(vcenter.where, told if health.messages else said, wanted)
    for node in health.nodes:
        if node.state != "up":
            yield Finding(node.label, node.state, Text("up"))
    if missing := [role for role in ROLES if role not in {node.role for node in health.nodes}]:
        found = Text("vCenter HA has no node of the role {roles}", roles=", ".join(missing))
        yield Finding(vcenter.where, found, Text("an active, a passive and a witness node"))
