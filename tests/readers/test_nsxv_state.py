"""The reader of an NSX-V manager's state and policies against the lab."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts.nsxv.policy import SecurityGroup
from kanmon.facts.nsxv.state import Connection, TransportZone
from lab.nsxv.server import Manager
from lab.nsxv.xml import LARGEST_PAGE
from lab.world.world import make
from tests.readers.nsx import running
from tests.readers.test_nsxv import HOSTS, host, lab, read, session, world

__all__ = ["lab"]
NEW_PARTS = (
    "state",
    "jobs",
    "connections",
    "firewall",
    "backups",
    "alarms",
    "events",
    "networks",
    "gi_policies",
    "service_profiles",
)


def test_components_and_what_the_manager_leans_on(lab):
    """Each component with its state and whether it is meant to run; the rest by its own call."""
    server = lab(
        components={"SSH": "STOPPED"},
        disabled_components=["SSH"],
        sso_connected=False,
        agent_manager="DOWN",
        update_available=True,
    )
    state = read(server, "state")
    ssh = next(one for one in state.components if one.id == "SSH")
    assert (ssh.status, ssh.enabled) == ("STOPPED", False)
    assert sum(one.enabled for one in state.components) == len(state.components) - 1
    assert (state.sso_connected, state.agent_manager) == (False, "DOWN")
    assert state.controllers_upgradable is True


def test_controllers_that_do_not_exist_are_not_asked_about(lab):
    """An NSX-V for guest introspection only has none, and their call may not answer then."""
    server = lab(controllers=[], update_available=True)
    assert read(server, "state").controllers_upgradable is False
    assert not [one for one in server.requests if "upgrade-available" in one]


def test_an_update_shows_on_prepared_resources_only(lab):
    """Every feature of the prepared cluster and its hosts is old; the plain cluster has none."""
    prepared = read(lab(update_available=True), "preparation")
    old = {one.resource for one in prepared if any(f.update_available for f in one.features)}
    assert old == {"domain-c7", "host-21", "host-22"}


def test_jobs_come_in_nsx_s_own_words(lab):
    """Name and status, whatever the word."""
    jobs = read(lab(jobs=[{"name": "Deploy", "status": "ODD"}, {"name": "Other"}]), "jobs")
    assert [(one.name, one.status) for one in jobs] == [("Deploy", "ODD"), ("Other", "COMPLETED")]
    assert read(lab(jobs=[]), "jobs") == ()


def test_connections_are_those_of_prepared_hosts(lab):
    """A host of the plain cluster has none; each word stands in its place."""
    server = lab(connections={"esx-02": {"control plane": "DOWN", "controller": "NOT_AVAILABLE"}})
    assert read(server, "connections") == (
        Connection("host-21", "UP", "UP", "UP"),
        Connection("host-22", "UP", "DOWN", "NOT_AVAILABLE"),
    )
    assert read(server, "connections", hosts=HOSTS[2:]) == ()


def test_the_firewall_tells_each_host(lab):
    """The whole is as bad as its worst host."""
    firewall = read(lab(firewall={"esx-02": "failed"}), "firewall")
    assert firewall.status == "failed"
    assert [(one.host, one.status) for one in firewall.hosts] == [
        ("host-21", "published"),
        ("host-22", "failed"),
    ]


def test_backups_without_their_secrets(lab):
    """Place, schedule and files come out; the passwords that the manager shows do not."""
    found = read(lab(backup_hours=[3, 30]), "backups")
    assert (found.server, found.frequency) == ("backup.example.jp", "DAILY")
    assert found.excluded == ("FLOW_RECORDS",)
    assert [one.size for one in found.files] == [52_428_800, 52_428_800]
    age = datetime.now(UTC) - found.files[0].created
    assert timedelta(hours=3) <= age < timedelta(hours=4)
    assert "Shown-By-The-Manager" not in repr(found)


@pytest.mark.parametrize(("count", "believed"), [(255, True), (256, False)])
def test_a_full_page_of_the_oldest_jobs_is_not_believed(lab, count, believed):
    """The lab gives the oldest first; on a full page those under way would be missing."""
    server = lab(jobs=[{"name": f"Job {number}"} for number in range(count)])
    if believed:
        assert len(read(server, "jobs")) == count
    else:
        with pytest.raises(CouldNotRead, match="another order than the newest first"):
            read(server, "jobs")


def test_without_a_place_no_backup_is_asked_for(lab):
    """The manager cannot list what lies nowhere."""
    server = lab(backup_server="")
    found = read(server, "backups")
    assert (found.server, found.frequency, found.files) == ("", None, ())
    assert not [one for one in server.requests if one.endswith("/backups")]


ALARM = {"code": 250024, "source": "domain-c7", "message": "The agency is gone.", "hours": 2}


def test_an_alarm_comes_out_whole(lab):
    """Code, severity, module, source, words and time."""
    (alarm,) = read(lab(alarms=[ALARM]), "alarms")
    assert (alarm.id, alarm.code, alarm.severity) == ("1", 250024, "High")
    assert (alarm.module, alarm.source) == ("Security Fabric", "domain-c7")
    assert (alarm.target, alarm.message) == ("", "The agency is gone.")
    assert timedelta(hours=2) <= datetime.now(UTC) - alarm.time < timedelta(hours=3)
    assert read(lab(), "alarms") == ()


def test_alarms_are_read_from_every_page(lab):
    """The last one of many is there like the first."""
    many = [{**ALARM, "source": f"host-{n}"} for n in range(2 * LARGEST_PAGE + 1)]
    found = read(lab(alarms=many), "alarms")
    assert [one.source for one in found] == [one["source"] for one in many]


def test_events_of_known_codes_and_of_the_last_month(lab):
    """Others, and older ones, are left out; the newest stands first."""
    server = lab(
        events=[
            {"code": 26002, "source": "vm-1", "hours": 1},
            {"code": 26000, "source": "vm-1", "hours": 3},
            {"code": 99999, "source": "vm-1", "hours": 2},
            {"code": 26002, "source": "vm-2", "hours": 24 * 29},
            {"code": 26002, "source": "vm-3", "hours": 24 * 31},
        ]
    )
    found = read(server, "events")
    assert [(one.code, one.source) for one in found.events] == [
        (26002, "vm-1"),
        (26000, "vm-1"),
        (26002, "vm-2"),
    ]
    assert found.events[0].number > found.events[1].number


def test_events_end_with_the_month(lab):
    """Pages beyond the last month are not fetched, those before are."""
    recent = [{"code": 26002, "source": f"vm-{n}", "hours": 1} for n in range(LARGEST_PAGE + 1)]
    old = [{"code": 26002, "source": "old", "hours": 24 * 40} for _ in range(2 * LARGEST_PAGE)]
    server = lab(events=[*recent, *old])
    assert len(read(server, "events").events) == LARGEST_PAGE + 1
    assert len([one for one in server.requests if "systemevent" in one]) == 2


def test_networks_are_what_decides_a_migration(lab):
    """Role, port and the mode of each zone."""
    found = read(lab(role="PRIMARY", vxlan_port=8472, zones=[("Zone", "HYBRID_MODE")]), "networks")
    assert (found.role, found.vxlan_port) == ("PRIMARY", 8472)
    assert found.zones == (TransportZone("vdnscope-1", "Zone", "HYBRID_MODE"),)
    assert read(lab(zones=[]), "networks").zones == ()


@pytest.mark.parametrize("listed", [(), ("192.0.2.81", "192.0.2.82")])
def test_a_primary_manager_lists_its_secondaries(lab, listed):
    """None is an answer too; a manager that is no primary one is not asked."""
    found = read(lab(role="PRIMARY", secondaries=list(listed)), "networks")
    assert found.secondaries == listed
    assert read(lab(secondaries=list(listed)), "networks").secondaries is None


@pytest.mark.parametrize("value", ["true", "false", ""])
def test_a_service_profile_says_whether_it_fails_open(lab, value):
    """The attribute as it was set, None where it never was."""
    (profile,) = read(lab(fail_open=value), "service_profiles")
    assert (profile.name, profile.service) == ("Default (EBT)", "Trend Micro Deep Security")
    assert profile.fail_open == (value or None)


POLICIES = [
    {"name": "Base", "groups": []},
    {
        "name": "Child",
        "protects": False,
        "parent": "Base",
        "groups": [{"name": "Named", "machines": ["plain"]}],
    },
    {"name": "Whole", "groups": [{"name": "All"}, {"name": "Named", "machines": ["plain"]}]},
    {"name": "Off", "enabled": False, "groups": [{"name": "Not asked", "machines": ["plain"]}]},
    {"name": "Firewall", "protects": False, "groups": [{"name": "Not asked"}]},
]


def test_policies_that_protect_and_who_is_in_their_groups():
    """An inherited action counts, one that is off does not; each group is asked about once."""
    described = world(policies=POLICIES)
    machines = [
        {"name": "vdi", "vcenter": "vc", "protection": "appliance"},
        {"name": "plain", "vcenter": "vc"},
    ]
    described = make("policies", {**described.model_dump(exclude={"name"}), "machine": machines})
    with running() as (pki, start):
        server = start(Manager(described, described.nsxv[0], pki))
        found = read(server, "gi_policies")
        asked = [one for one in server.requests if "translation" in one]
    assert [one.name for one in found.policies] == ["Base", "Child", "Whole"]
    assert [one.parent for one in found.policies] == [None, "policy-1", None]
    assert [one.actions[0].kind for one in found.policies if one.actions] == ["ANTI_VIRUS"] * 2
    assert found.groups == (
        SecurityGroup("securitygroup-1", "Named", (("vm-1001", "plain"),)),
        SecurityGroup("securitygroup-2", "All", (("vm-1000", "vdi"),)),
    )
    assert len(asked) == 2


def test_an_agent_names_the_machine_that_was_deployed(lab):
    """Without an appliance in the world NSX-V names none."""
    assert {one.vm for one in read(lab(), "agents")} == {None}


@pytest.mark.parametrize("part", NEW_PARTS)
def test_an_answer_that_does_not_come_whole_is_not_an_answer(lab, part):
    """A body that ends early is "could not read", for every part."""
    with pytest.raises(CouldNotRead):
        read(lab("half a page"), part, timeout=0.3)


def test_a_prepared_host_that_nsx_does_not_know_is_not_passed_over(lab):
    """An answer about fewer hosts, or about none, is refused by NSX itself."""
    with pytest.raises(CouldNotRead, match="domain-c41"):
        read(lab(), "connections", hosts=(*HOSTS, host("host-41", "domain-c41")))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/1.0/appliance-management/backuprestore/backup"),
        ("PUT", "/api/1.0/appliance-management/backuprestore/backupsettings"),
        ("POST", "/api/2.0/services/systemalarms/1"),
        ("GET", "/api/2.0/services/policy/securitypolicy/hierarchy"),
        ("DELETE", "/api/2.0/services/policy/securitypolicy/policy-1"),
        ("POST", "/api/2.0/si/serviceprofile/serviceprofile-1"),
        ("PUT", "/api/2.0/vdn/config/vxlan/udp/port/4789"),
        ("POST", "/api/2.0/universalsync/configuration/role"),
        ("GET", "/api/1.0/appliance-management/upgrade/information/NSX"),
    ],
)
def test_nothing_that_changes_nsx_v_is_ever_sent(lab, method, path):
    """Backups, alarms, policies and roles are looked at and left alone."""
    server = lab()
    with session(server) as opened:
        before = list(server.requests)
        with pytest.raises(NotAllowed):
            opened._https.send(method, path)
        assert server.requests == before
