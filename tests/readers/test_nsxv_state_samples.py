"""The reader of NSX-V's state against replies in the vendor's form, whole and broken."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxv import policy as nsxv_policy
from kanmon.facts.nsxv import state as nsxv_state
from lab.transport.server import Answer
from tests.readers import nsxv_replies as vendor
from tests.readers.test_nsxv import read
from tests.readers.test_nsxv_samples import OF_CLUSTER, sample

__all__ = ["sample"]
NOW = int(time.time() * 1000)


def reading(sample, part, **changed):
    """A part of the vendor's replies, some of them replaced by path."""
    server = sample({**vendor.replies(NOW), **changed.pop("replies", {})})
    return read(server, part, hosts=OF_CLUSTER)


def refused(sample, path, reply):
    with pytest.raises(CouldNotRead):
        reading(sample, vendor.PART[path], replies={path: reply})


def test_state_and_connections(sample):
    """A component that is switched off, one-word answers with and without an element."""
    state = reading(sample, "state")
    assert state == nsxv_state.State(
        components=(
            nsxv_state.Component("NSXREPLICATOR", "NSX Replicator", "STOPPED", enabled=False),
        ),
        sso_connected=True,
        agent_manager="UP",
        controllers_upgradable=False,
    )
    assert reading(sample, "connections") == (nsxv_state.Connection("host-10", "UP", "UP", "DOWN"),)
    assert reading(sample, "jobs") == (nsxv_state.Job("jobdata-2128", "Upgrade", "COMPLETED"),)


def test_firewall_and_networks(sample):
    """Rules by host, zones, port and role."""
    rules = nsxv_state.HostRules("host-32", "esx-02a.corp.local", "published")
    assert reading(sample, "firewall") == nsxv_state.Firewall("published", (rules,))
    zone = nsxv_state.TransportZone("vdnscope-1", "Local-Transport-Zone-A", "UNICAST_MODE")
    assert reading(sample, "networks") == nsxv_state.Networks("STANDALONE", 4789, (zone,))


def test_backups(sample):
    """The sample's passwords and pass phrase are in no fact."""
    found = reading(sample, "backups")
    created = datetime(2016, 11, 14, 10, 59, 1, 922_000, tzinfo=UTC)
    assert found.files == (nsxv_state.Backup("nsxmgr-01a", 1024, created),)
    assert (found.server, found.excluded) == ("192.168.110.30", ("AUDIT_LOGS", "FLOW_RECORDS"))
    assert "testing" not in repr(found)


def test_alarms_and_events(sample):
    """The vendor's alarm of an edge, and an event of a guest."""
    (alarm,) = reading(sample, "alarms")
    assert (alarm.id, alarm.code, alarm.severity) == ("79965", 130027, "High")
    assert (alarm.source, alarm.target) == ("edge-3", "Perimeter-Gateway-01-0")
    assert alarm.time == datetime(2017, 1, 27, 22, 35, 29, 744_000, tzinfo=UTC)
    (event,) = reading(sample, "events").events
    assert (event.number, event.code, event.source) == (262, 26002, "vm-92")


def test_policies_and_profiles(sample):
    """Only the actions by guest introspection; of a profile only whether it fails open."""
    found = reading(sample, "gi_policies")
    action = nsxv_policy.Action("e", "ANTI_VIRUS", enabled=True, profile="serviceprofile-1")
    policy = nsxv_policy.SecurityPolicy("policy-3", "AV", None, ("securitygroup-10",), (action,))
    group = nsxv_policy.SecurityGroup("securitygroup-10", "Desktops", (("vm-92", "vdi-01"),))
    assert found == nsxv_policy.GiPolicies((policy,), (group,))
    assert reading(sample, "service_profiles") == (
        nsxv_policy.ServiceProfile(
            "serviceprofile-1", "Default (EBT)", "Trend Micro Deep Security", "true"
        ),
    )


@pytest.mark.parametrize("path", vendor.PART)
@pytest.mark.parametrize(
    "reply",
    [
        "",
        "{}",
        "<html><body>Log in</body></html>",
        "<error><details/><errorCode>1</errorCode></error>",
        Answer(302, b"", headers={"Location": "/login.jsp"}),
        Answer(503, b"<html>busy</html>"),
    ],
)
def test_a_reply_of_another_kind_is_not_read(sample, path, reply):
    """A login page, JSON, nothing at all or an error is never taken for an empty list."""
    refused(sample, path, reply)


@pytest.mark.parametrize("path", [path for path in vendor.PART if path != vendor.UPGRADE])
def test_a_reply_that_is_cut_is_not_read(sample, path):
    """XML that ends early is "could not read"."""
    refused(sample, path, vendor.replies(NOW)[path][:-6])


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        (vendor.COMPONENTS, "componentId"),
        (vendor.COMPONENTS, "status"),
        (vendor.COMPONENTS, "enabled"),
        (vendor.EAM, "status"),
        (vendor.JOBS, "id"),
        (vendor.JOBS, "status"),
        (vendor.CONNECTION, "nsxMgrToFirewallAgentConn"),
        (vendor.CONNECTION, "nsxMgrToControlPlaneAgentConn"),
        (vendor.CONNECTION, "hostToControllerConn"),
        (vendor.FIREWALL, "status"),
        (vendor.FIREWALL, "hostId"),
        (vendor.FILES, "fileName"),
        (vendor.FILES, "creationTime"),
        (vendor.ALARMS, "alarmId"),
        (vendor.ALARMS, "alarmCode"),
        (vendor.ALARMS, "severity"),
        (vendor.ALARMS, "timestamp"),
        (vendor.ALARMS, "totalCount"),
        (vendor.EVENTS, "eventId"),
        (vendor.EVENTS, "eventCode"),
        (vendor.EVENTS, "severity"),
        (vendor.EVENTS, "timestamp"),
        (vendor.EVENTS, "totalCount"),
        (vendor.ROLE, "role"),
        (vendor.ZONES, "objectId"),
        (vendor.ZONES, "name"),
        (vendor.ZONES, "controlPlaneMode"),
        (vendor.POLICIES, "objectId"),
        (vendor.POLICIES, "name"),
        (vendor.POLICIES, "category"),
        (vendor.POLICIES, "isEnabled"),
        (vendor.GROUP, "vmId"),
        (vendor.GROUP, "vmName"),
        (vendor.PROFILES, "objectId"),
        (vendor.PROFILES, "name"),
    ],
)
def test_a_reply_that_lacks_an_element_is_not_read(sample, path, tag):
    """An element that is missing, or empty, is never an empty value."""
    whole = vendor.replies(NOW)[path]
    assert f"<{tag}>" in whole
    refused(sample, path, re.sub(f"<{tag}>[^<]*</{tag}>", "", whole))
    refused(sample, path, re.sub(f"<{tag}>[^<]*</{tag}>", f"<{tag}/>", whole))


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (vendor.COMPONENTS, "<enabled>false", "<enabled>maybe"),
        (vendor.SSO, "true", "yes"),
        (vendor.UPGRADE, "false", "2"),
        (vendor.PORT, "4789", "-1"),
        (vendor.PORT, "4789", ""),
        (vendor.ALARMS, "<totalCount>1", "<totalCount>2"),
        (vendor.ALARMS, "<totalCount>1", "<totalCount>many"),
        (vendor.ALARMS, "<alarmCode>130027", "<alarmCode>EDGE"),
        (vendor.EVENTS, "<totalCount>1", "<totalCount>2"),
        (vendor.EVENTS, "<timestamp>", "<timestamp>yesterday "),
        (vendor.FILES, "<creationTime>1479121141922", "<creationTime>99999999999999999999"),
        (vendor.POLICIES, "<isEnabled>true", "<isEnabled>1"),
        (vendor.JOBS, "jobInstance>", "otherInstance>"),
    ],
)
def test_a_reply_of_another_value_is_not_read(sample, path, before, after):
    """Numbers, times and truths that are none, and pages that announce more than they hold."""
    whole = vendor.replies(NOW)[path]
    assert before in whole
    refused(sample, path, whole.replace(before, after))


def test_no_job_at_all_is_an_answer(sample):
    """An empty list, and a page that announces none, say that nothing runs."""
    for reply in ("<jobInstances/>", vendor.page("pagedJobs")):
        assert reading(sample, "jobs", replies={vendor.JOBS: reply}) == ()


def test_events_in_another_order_are_not_read(sample):
    """A manager that does not sort as asked would end the month at once."""
    listed = [vendor.EVENT % (number, NOW, 26002) for number in (1, 2)]
    refused(sample, vendor.EVENTS, vendor.page("pagedSystemEventList", *listed))


def test_a_page_that_starts_elsewhere_is_not_read(sample):
    """A manager that ignores startIndex would hide whatever lies beyond its first page."""
    for path, one in ((vendor.ALARMS, vendor.ALARM), (vendor.EVENTS, vendor.EVENT % (1, NOW, 1))):
        with pytest.raises(CouldNotRead, match="starts elsewhere"):
            reading(sample, vendor.PART[path], replies={path: vendor.page("paged", one, total=2)})


def test_a_page_that_announces_more_and_is_empty_is_not_read(sample):
    """None of one is not none."""
    for path in (vendor.ALARMS, vendor.EVENTS):
        refused(sample, path, vendor.page("paged", total=1))


def test_a_profile_with_two_values_is_not_read(sample):
    """Nobody could say which of them holds."""
    whole = vendor.replies(NOW)[vendor.PROFILES]
    attribute = whole[whole.index("<attribute>") : whole.index("</profileAttributes>")]
    refused(
        sample,
        vendor.PROFILES,
        whole.replace(attribute, attribute + attribute.replace("true", "0")),
    )
