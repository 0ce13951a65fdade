"""The reader of an NSX-T manager's own state, against the lab and the vendor's forms."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts.nsxt import state as facts
from kanmon.readers.nsxt import contents as nsxt_contents
from kanmon.readers.nsxt import inventory as nsxt
from lab.nsxt.server import LARGEST_PAGE
from lab.transport.server import Answer
from tests.readers import nsxt_state_replies as replies
from tests.readers.nsxt_replies import CM
from tests.readers.test_nsxt import lab, read, session
from tests.readers.test_nsxt_samples import changed, sample

__all__ = ["lab", "sample"]

ENDED = datetime.fromtimestamp(1794999900, UTC)


def alarm(**changes):
    return {"feature": "manager_health", "event_type": "manager_cpu_usage_high", **changes}


def test_a_healthy_manager_has_no_alarm(lab):
    """A manager without an alarm gives none, and that is an answer."""
    assert read(lab(), "alarms") == ()


def test_an_alarm_comes_out_as_nsx_words_it(lab):
    """Severity, status, feature, event, summary and node are those of the alarm."""
    server = lab(alarms=[alarm(summary="CPU is high.", node="nsx-1"), alarm(severity="LOW")])
    whole, bare = read(server, "alarms")
    assert whole == facts.Alarm(
        id="alarm-1",
        severity="CRITICAL",
        status="OPEN",
        feature="manager_health",
        event_type="manager_cpu_usage_high",
        summary="CPU is high.",
        node="nsx-1",
    )
    assert (bare.severity, bare.node) == ("LOW", None)


def test_only_resolved_alarms_are_left_out(lab):
    """Acknowledged, suppressed and unheard-of states stay: only what is resolved is over."""
    words = ["OPEN", "RESOLVED", "ACKNOWLEDGED", "SUPPRESSED", "SOMETHING_NEW"]
    found = read(lab(alarms=[alarm(status=word) for word in words]), "alarms")
    assert [one.status for one in found] == [word for word in words if word != "RESOLVED"]


def test_alarms_are_read_from_every_page(lab):
    """An alarm on the last page is read like one on the first."""
    listed = [alarm(summary=f"alarm {number}") for number in range(2 * LARGEST_PAGE + 1)]
    found = read(lab(alarms=listed), "alarms")
    assert [one.summary for one in found] == [one["summary"] for one in listed]


def test_groups_and_services_are_those_of_the_lab(lab):
    """A group that is not stable and a service that is not well come out as such."""
    server = lab(groups={"POLICY": "DEGRADED"}, degraded_services=["http"])
    groups = {one.kind: one for one in read(server, "cluster_groups")}
    assert (groups["POLICY"].status, groups["MANAGER"].status) == ("DEGRADED", "STABLE")
    assert groups["MANAGER"].members[0] == ("192.0.2.11", "UP")
    services = {one.name: one for one in read(server, "node_services")}
    assert services["http"].health == "DEGRADED"
    assert "http" in services["http"].reason
    assert (services["snmp"].state, services["snmp"].health) == ("stopped", None)


def test_a_registration_tells_instance_and_certificate(lab):
    """The thumbprint loses its colons, so that it compares with a certificate's SHA-256."""
    server = lab(thumbprint="ab" * 32)
    (found,) = read(server, "registrations")
    assert found.thumbprint == "ab" * 32
    assert found.instance_uuid == server.world.vcenter[0].instance_uuid
    assert read(lab(registered=False), "registrations") == ()


def test_a_registration_may_tell_nothing(lab, sample):
    """Without thumbprint and instance uuid, None says that NSX does not tell."""
    (found,) = read(lab(), "registrations")
    assert found.thumbprint is None
    assert read(sample({}), "registrations") == (facts.Registration(CM, None, None),)


def test_of_a_licence_only_the_end_of_its_key_is_kept(sample):
    """Edition, end and kind come out; 0 is NSX's word for a permanent one."""
    found = read(sample({}), "licences")
    assert found == (
        facts.Licence(
            key_end="EEEEE",
            edition="NSX Data Center Evaluation",
            expires=datetime(2026, 12, 2, tzinfo=UTC),
            expired=False,
            evaluation=True,
        ),
        facts.Licence("JJJJJ", "NSX for vShield Endpoint", None, False, False),
    )
    assert "BBBBB" not in repr(found)


def test_backups_leave_secrets_where_they_are(sample):
    """Each try comes with its end and its error; one that is under way is none yet."""
    found = read(sample({}), "backups")
    error = "BACKUP_TIMEOUT: The server did not answer."
    assert found == facts.Backups(
        enabled=True,
        history=(
            facts.Backup("cluster", ENDED, success=False, error=error),
            facts.Backup("node", ENDED, success=True, error=""),
        ),
    )
    assert "hidden" not in repr(found)


def test_pre_upgrade_checks_come_with_their_failures(sample):
    """A component that was not checked says None; a failure keeps NSX's words."""
    found = read(sample({}), "upgrade_checks")
    assert found.components == (
        facts.UpgradeComponent("MP", "COMPLETED", 1, ENDED),
        facts.UpgradeComponent("EDGE", None, 0, None),
    )
    assert found.failures == (facts.UpgradeFailure("MP", "FAILURE", "MP", "The disk is full."),)


def test_the_migration_coordinator_is_read_without_its_passwords(sample):
    """Mode, sources, stages and questions, and nothing that logs in anywhere."""
    found = read(sample({}), "migration")
    assert found == facts.Migration(
        service="running",
        mode="ONPREMISE_V2T",
        sources=("192.0.2.8",),
        status="PAUSED",
        stages=(facts.Stage("CONFIG", "PAUSED", ""),),
        feedback=(facts.Feedback("f1", "EDGE edge-7", "Choose an uplink.", False, False),),
    )
    assert "hidden" not in repr(found)


def test_a_coordinator_that_is_not_running_is_asked_nothing_more(lab):
    """Its interface does not answer then, and that is no failure to read."""
    server = lab(coordinator="stopped")
    found = read(server, "migration")
    assert found == facts.Migration("stopped", None, (), None, (), ())
    assert not [asked for asked in server.requests if "/api/v1/migration/" in asked]


def test_a_new_manager_holds_nothing(lab):
    """Default sections, their rules and the default domain are no contents."""
    assert read(lab(clusters=[]), "contents") == ()


def test_contents_are_what_somebody_made(sample):
    """What is NSX's own, and what the manager holds for a segment, is left out."""
    assert [(one.kind, one.name) for one in read(sample({}), "contents")] == [
        ("edge transport node", "edge"),
        ("endpoint policy", "Protect"),
        ("endpoint protection service", "epp"),
        ("firewall rule", "allow web"),
        ("group", "web"),
        ("host transport node", "tn-esx02"),
        ("logical switch", "old"),
        ("partner service", "fw"),
        ("segment", "vlan 10"),
    ]


@pytest.mark.parametrize(
    "kind", [*nsxt_contents.LISTS, *nsxt_contents.MANAGER_LISTS, "group", "security policy"]
)
def test_every_kind_is_looked_for(lab, kind):
    """One object of any kind is found, and one that is NSX's own is not."""
    made = [{"kind": kind, "name": "mine"}, {"kind": kind, "name": "own", "system": True}]
    found = read(lab(clusters=[], items=made), "contents")
    assert [(one.kind, one.name) for one in found] == [(kind, "mine")]


def test_a_section_of_ones_own_is_one_object(lab):
    """Its rules are not told beside it; a rule in the default section is told by itself."""
    made = [{"kind": "security policy", "name": "p"}, {"kind": "firewall rule", "name": "r"}]
    server = lab(clusters=[], items=made)
    assert [one.kind for one in read(server, "contents")] == ["firewall rule", "security policy"]
    assert not [asked for asked in server.requests if "security-policies/p/" in asked]


def test_contents_are_read_from_every_page(lab):
    """An object on the last page is found like one on the first."""
    made = [{"kind": "group", "name": f"g{n:03}"} for n in range(2 * LARGEST_PAGE + 1)]
    found = read(lab(clusters=[], items=made), "contents")
    assert [one.name for one in found] == [one["name"] for one in made]


def test_no_domain_is_not_an_empty_nsxt(sample):
    """Every NSX-T has the default domain: an account that sees none sees no group either."""
    with pytest.raises(CouldNotRead, match="not even the default one"):
        read(sample({replies.DOMAINS: json.dumps(replies.listed())}), "contents")


@pytest.mark.parametrize("path", [replies.CONFIG, replies.GROUPS, replies.SETUP])
@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_right_loses_one_part_and_no_other(sample, path, status):
    """The login still works: this part says which role it needs, the next part is read."""
    server = sample({path: Answer(status, b'{"error_code": 289}')})
    with session(server) as opened:
        with pytest.raises(CouldNotRead, match=r"give the account .* the role Auditor") as caught:
            nsxt.PARTS[replies.PART[path]](opened)
        assert not isinstance(caught.value, TargetLost)
        assert nsxt.PARTS["alarms"](opened)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (replies.ALARMS, "id"),
        (replies.ALARMS, "severity"),
        (replies.ALARMS, "status"),
        (replies.ALARMS, "feature_name"),
        (replies.ALARMS, "event_type"),
        (replies.LICENCES, "license_key"),
        (replies.LICENCES, "description"),
        (replies.LICENCES, "expiry"),
        (replies.LICENCES, "is_expired"),
        (replies.LICENCES, "is_eval"),
        (replies.SERVICES, "service_name"),
        (replies.SERVICE_STATUS, "runtime_state"),
        (replies.COORDINATOR, "runtime_state"),
        (replies.CONFIG, "backup_enabled"),
        (replies.UPGRADE, "component_status"),
        (replies.FAILURES, "component_type"),
        (replies.FAILURES, "type"),
        (replies.FAILURES, "message"),
        (replies.MIGRATION, "overall_migration_status"),
        (replies.MIGRATION, "component_status"),
        (replies.FEEDBACK, "id"),
        (replies.FEEDBACK, "message"),
        (replies.GROUPS, "id"),
        (replies.SEGMENTS, "id"),
    ],
)
@pytest.mark.parametrize("value", ["missing", "", 7.5])
def test_a_reply_that_lacks_a_field_is_not_read(sample, path, key, value):
    """A field that is missing, empty or of another type is never an empty value."""
    if value == "missing":
        replaced = changed(path, lambda one: one.pop(key))
    else:
        replaced = changed(path, lambda one: one.update({key: value}))
    with pytest.raises(CouldNotRead):
        read(sample(replaced), replies.PART[path])


@pytest.mark.parametrize("expiry", [-1, 10**20, True, "0"])
def test_an_end_that_is_no_time_is_not_read(sample, expiry):
    """Only 0 is permanent: -1, nonsense and texts are "could not read"."""
    with pytest.raises(CouldNotRead):
        read(sample(changed(replies.LICENCES, lambda one: one.update(expiry=expiry))), "licences")


def test_a_cluster_without_groups_is_not_read(sample):
    """A detailed status without a group, or a group without members, proves nothing."""
    path = "/api/v1/cluster/status"
    for groups in ([], [{"group_type": "MANAGER", "group_status": "STABLE", "members": []}]):
        detailed = {"detailed_cluster_status": {"groups": groups}}
        with pytest.raises(CouldNotRead):
            read(sample(changed(path, lambda one, new=detailed: one.update(new))), "cluster_groups")


def test_a_node_without_services_is_not_read(sample):
    """Every node has services."""
    with pytest.raises(CouldNotRead, match="without services"):
        read(sample({replies.SERVICES: json.dumps(replies.listed())}), "node_services")


def test_a_backup_of_the_lab_is_as_old_as_its_world_says(lab):
    """Each kind ended so many hours ago; a failure after it stands beside it."""
    found = read(lab(backup_hours={"cluster": 30}, backup_error="disk full"), "backups")
    failed, good = found.history
    assert (failed.success, failed.error) == (False, "BACKUP_GENERIC_ERROR: disk full")
    age = datetime.now(UTC) - good.ended
    assert timedelta(hours=30) <= age < timedelta(hours=31)
