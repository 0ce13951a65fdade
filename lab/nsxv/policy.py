"""Whom a simulated NSX-V manager protects by guest introspection."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

from lab.nsxv.xml import leaf, node, record, unknown, xml
from lab.transport.server import Answer
from lab.world.nsxv import NsxvGroup, NsxvPolicy
from lab.world.world import NsxV, World

SERVICE = "Trend Micro Deep Security"
PROFILE = "serviceprofile-1"


class Policies:
    """The policies of one manager, by path."""

    def __init__(self, world: World, told: NsxV) -> None:
        self.world = world
        self.told = told
        names = [policy.name for policy in told.policies]
        self.ids = {name: f"policy-{number}" for number, name in enumerate(names, 1)}
        groups = {group.name: group for policy in told.policies for group in policy.groups}
        self.groups = {f"securitygroup-{n}": group for n, group in enumerate(groups.values(), 1)}
        self.routes: list[tuple[str, Callable[..., Answer]]] = [
            ("/api/2.0/services/policy/securitypolicy/all", self.policies),
            ("/api/2.0/services/securitygroup/([^/]+)/translation/virtualmachines", self.machines),
            ("/api/2.0/si/serviceprofiles", self.profiles),
        ]

    def policies(self) -> Answer:
        """Every policy with its actions and the groups that it applies to."""
        return xml(node("securityPolicies", *(self.policy(one) for one in self.told.policies)))

    def policy(self, policy: NsxvPolicy) -> ET.Element:
        """One policy."""
        made = record("securityPolicy", objectId=self.ids[policy.name], name=policy.name)
        if policy.parent:
            made.append(record("parent", objectId=self.ids[policy.parent], name=policy.parent))
        for moref, group in self.groups.items():
            if group.name in [one.name for one in policy.groups]:
                made.append(record("securityGroupBinding", objectId=moref, name=group.name))
        if policy.protects:
            made.append(_by_guest_introspection(policy))
        return made

    def machines(self, moref: str) -> Answer:
        """The VMs that are in a group."""
        if moref not in self.groups:
            return unknown(moref)
        listed = [
            record("vmnode", vmId=f"vm-{self.world.vm_number(machine)}", vmName=machine.name)
            for machine in self.world.of_vcenter(self.told.vcenter)
            if _is_in(machine.name, machine.protection, self.groups[moref])
        ]
        return xml(node("vmnodes", *listed))

    def profiles(self) -> Answer:
        """The profile of the appliance's service."""
        attributes = []
        if self.told.fail_open:
            attributes = [
                record("attribute", key="failOpen", name="Fail open", value=self.told.fail_open)
            ]
        profile = node(
            "serviceProfile",
            leaf("objectId", PROFILE),
            leaf("name", "Default (EBT)"),
            record("service", objectId="service-9", name=SERVICE),
            node("profileAttributes", *attributes),
        )
        return xml(node("serviceProfiles", profile))


def _is_in(name: str, protection: str, group: NsxvGroup) -> bool:
    return protection == "appliance" if group.machines is None else name in group.machines


def _by_guest_introspection(policy: NsxvPolicy) -> ET.Element:
    action = record(
        "action",
        name="Anti-malware",
        category="endpoint",
        actionType="ANTI_VIRUS",
        isEnabled="true" if policy.enabled else "false",
    )
    action.set("class", "endpointSecurityAction")
    action.append(record("serviceProfile", objectId=PROFILE))
    return node("actionsByCategory", leaf("category", "endpoint"), action)
