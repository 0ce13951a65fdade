"""Who NSX-V protects by guest introspection to facts: policies, groups, service profiles."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxv.policy import (
    Action,
    GiPolicies,
    SecurityGroup,
    SecurityPolicy,
    ServiceProfile,
    protecting,
)
from kanmon.readers.apart import each
from kanmon.readers.nsxv.client import Session, called, child, flag, optional, text
from kanmon.text import Text

POLICIES = "/api/2.0/services/policy/securitypolicy/all"
ENDPOINT = "endpoint"
FAIL_OPEN = "failopen"


def gi_policies(session: Session) -> GiPolicies:
    """The policies that protect, and who is in their groups today: one request for each group."""
    listed = session.get(POLICIES, "securityPolicies").findall("securityPolicy")
    names = {
        optional(group, "objectId"): optional(group, "name")
        for policy in listed
        for group in policy.findall("securityGroupBinding")
    }
    policies = tuple(protecting(each(listed, _policy, called)))
    bound = dict.fromkeys(group for policy in policies for group in policy.groups)
    groups = each(
        bound,
        lambda group: _group(session, group, names[group] or group),
        lambda group: f"{names[group] or group} ({group})",
    )
    return GiPolicies(policies, groups)


def _policy(policy: ET.Element) -> SecurityPolicy:
    return SecurityPolicy(
        id=text(policy, "objectId"),
        name=text(policy, "name"),
        parent=optional(policy, "parent/objectId"),
        groups=tuple(text(group, "objectId") for group in policy.findall("securityGroupBinding")),
        actions=tuple(
            _action(action)
            for category in policy.findall("actionsByCategory")
            if text(category, "category") == ENDPOINT
            for action in category.findall("action")
        ),
    )


def _action(action: ET.Element) -> Action:
    return Action(
        name=optional(action, "name") or "",
        kind=optional(action, "actionType"),
        enabled=flag(action, "isEnabled"),
        profile=optional(action, "serviceProfile/objectId"),
    )


def _group(session: Session, group: str, name: str) -> SecurityGroup:
    path = f"/api/2.0/services/securitygroup/{group}/translation/virtualmachines"
    machines = session.get(path, "vmnodes").findall("vmnode")
    return SecurityGroup(
        group, name, tuple((text(one, "vmId"), text(one, "vmName")) for one in machines)
    )


def service_profiles(session: Session) -> tuple[ServiceProfile, ...]:
    """The profiles of all partners; of their attributes only whether they fail open."""
    listed = session.get("/api/2.0/si/serviceprofiles", "serviceProfiles").findall("serviceProfile")
    return each(
        listed,
        lambda profile: ServiceProfile(
            id=text(profile, "objectId"),
            name=text(profile, "name"),
            service=text(child(profile, "service"), "name"),
            fail_open=_fail_open(profile),
        ),
        called,
    )


def _fail_open(profile: ET.Element) -> str | None:
    """The attribute, wherever the vendor's template has put it."""
    found = {
        optional(one, "value")
        for one in profile.iter()
        if (optional(one, "key") or "").lower() == FAIL_OPEN
    }
    if len(found) > 1:
        raise CouldNotRead(
            Text("read failOpen of {text}", text=text(profile, "name")), Text("several values")
        )
    return found.pop() if found else None


PARTS = {"gi_policies": gi_policies, "service_profiles": service_profiles}
