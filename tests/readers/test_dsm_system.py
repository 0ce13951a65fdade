"""What a manager tells of itself, read from simulated managers of both generations over sockets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.manager import Policy
from kanmon.facts.dsm.system import SWITCHES
from kanmon.readers.dsm import system as dsm_system
from kanmon.readers.dsm.policies import GUARDED
from lab.dsm import server as lab_dsm
from lab.dsm import system as lab_system
from lab.transport.server import Answer
from lab.world import world
from lab.world.manager import Connector, ManagerAlert, ManagerSystem, ScheduledTask
from tests.readers.managers import MACHINES, make_world, starting

WINDOWS_SETTING = lab_system.SETTINGS[0]
DOWNLOAD_SETTING = lab_system.SETTINGS[2]
BOTH = pytest.mark.parametrize("generation", [11, 20])


@pytest.fixture
def run():
    with starting() as start:
        yield start


def managed(generation=20, machines=MACHINES, faults=(), **system):
    """A world whose manager tells this of itself."""
    made = make_world(generation, machines, faults=faults)
    only = made.dsm[0].model_copy(update={"system": ManagerSystem(**system)})
    return made.model_copy(update={"dsm": [only]})


# Alerts


@BOTH
def test_open_alerts_are_read(run, generation):
    """Each with its severity, time and node; one that was dismissed is not open."""
    alerts = [
        ManagerAlert(name="Memory Warning Threshold Exceeded", severity="warning", node=1),
        ManagerAlert(name="Relay Update Service Unavailable", dismissed=True),
        ManagerAlert(name="Manager Offline", severity="critical", node=2, hours=5),
    ]
    found = run(managed(generation, alerts=alerts)).read("alerts")
    assert [(a.id, a.name, a.severity, a.node) for a in found] == [
        (1, "Memory Warning Threshold Exceeded", "warning", 1),
        (3, "Manager Offline", "critical", 2),
    ]
    age = datetime.now(UTC) - found[1].raised
    assert timedelta(hours=4) < age < timedelta(hours=6)
    assert found[1].targets == ("urn:tmds:core::0:manager-node/2",)


@BOTH
def test_a_single_alert_comes_without_a_list(run, generation):
    """The manager's own style: it is one alert all the same."""
    found = run(managed(generation, alerts=[ManagerAlert(name="Manager Offline")])).read("alerts")
    assert [alert.name for alert in found] == ["Manager Offline"]


def test_no_alert_is_an_empty_list(run):
    """Where none is open, the list is read and empty."""
    assert run(managed(11)).read("alerts") == ()


def test_with_a_key_alone_alerts_are_not_read(run):
    """``/api`` has none, and the reason says what to give."""
    running = run(managed())
    with pytest.raises(CouldNotRead, match="username and a password"):
        running.read("alerts", running.key)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "without ListAlertsResponse"),
        ({"ListAlertsResponse": {"alert": []}}, "no alerts but alert"),
        ({"ListAlertsResponse": {"alerts": ["x"]}}, "no object"),
        ({"ListAlertsResponse": {"alerts": [{"id": 1, "name": "x"}]}}, "severity"),
        ({"ListAlertsResponse": {"alerts": {"id": "1"}}}, "a whole number"),
        ("<html>", "no JSON"),
    ],
)
def test_an_answer_that_holds_no_alerts_is_not_an_empty_list(run, monkeypatch, body, said):
    """Whatever else comes back, nobody takes it for a manager without alerts."""
    text = body if isinstance(body, str) else json.dumps(body)
    monkeypatch.setattr(lab_system, "alerts", lambda *_: Answer(body=text.encode()))
    with pytest.raises(CouldNotRead, match=said):
        run(managed(11)).read("alerts")


def test_alerts_that_cannot_be_paged_are_not_cut_off(run, monkeypatch):
    """A full page that comes again and again is an error, not the whole list."""
    monkeypatch.setattr(dsm_system, "PAGE", 2)
    alerts = [ManagerAlert(name=str(n)) for n in range(3)]
    assert len(run(managed(alerts=alerts)).read("alerts")) == 3
    row = {"id": 1, "name": "x", "severity": "warning", "timeRaised": 1}
    body = json.dumps({"ListAlertsResponse": {"alerts": [row, {**row, "id": 2}]}}).encode()
    monkeypatch.setattr(lab_system, "alerts", lambda *_: Answer(body=body))
    with pytest.raises(CouldNotRead, match="the same ones again"):
        run(managed()).read("alerts")


# Relays


@BOTH
def test_relays_tell_whether_their_updates_are_current(run, generation):
    """Of relays only, and each by its number."""
    old = {**MACHINES[1], "name": "relay-old", "relay": True, "updates_current": False}
    running = run(managed(generation, [*MACHINES, old]))
    found = {one.computer: one for one in running.read("relay_updates")}
    assert {number: one.current for number, one in found.items()} == {1: True, 2: True, 8: False}
    detail = found[8].detail
    assert "Smart Scan Agent Pattern" in detail if generation == 20 else "last update" in detail


def test_a_relay_that_never_updated_is_not_current(run, monkeypatch):
    """SOAP leaves the time empty then."""
    monkeypatch.setattr("lab.dsm.details._time", lambda _: None)
    (first, _) = run(managed(11)).read("relay_updates")
    assert (first.current, first.detail) == (False, "last update never, required since never")


def test_an_update_without_its_state_is_not_read(run, monkeypatch):
    """A field that is missing is an error, and no relay in order."""
    monkeypatch.setattr("lab.dsm.computers._updates", lambda _: {"updateStatus": {}})
    with pytest.raises(CouldNotRead, match="find 'status'"):
        run(managed()).read("relay_updates")


def test_a_component_that_is_not_the_latest_counts(run, monkeypatch):
    """Even where the manager calls the relay as a whole up to date."""
    old = {"name": "Pattern", "latest": False}
    told = {"updateStatus": {"status": "active"}, "rules": [old]}
    monkeypatch.setattr("lab.dsm.computers._updates", lambda _: told)
    (first, _) = run(managed()).read("relay_updates")
    assert (first.current, first.detail) == (False, "active; not the latest: Pattern")


@BOTH
def test_the_updates_of_another_computer_are_not_taken(run, monkeypatch, generation):
    """An answer about another number is an error."""
    real = lab_dsm.Manager.by_number.func
    monkeypatch.setattr(
        lab_dsm.Manager, "by_number", property(lambda self: _exchanged(real(self))), raising=True
    )
    with pytest.raises(CouldNotRead, match=r"computer 3|1 answers"):
        run(managed(generation, [*MACHINES[1:2], *MACHINES[:1]])).read("relay_updates")


def _exchanged(computers):
    """The same list, in which the last relay is told in place of the first."""
    return {**computers, 2: computers[3]}


# Schedule


def test_scheduled_tasks_are_read(run):
    """Name, state, next run, and whether it comes again."""
    tasks = [
        ScheduledTask(name="updates", days=1),
        ScheduledTask(name="once", enabled=False, days=None, recurrence="none"),
    ]
    schedule = run(managed(tasks=tasks)).read("schedule")
    assert schedule.untold == ""
    assert [(t.name, t.enabled, t.once) for t in schedule.tasks] == [
        ("updates", True, False),
        ("once", False, True),
    ]
    first, second = schedule.tasks
    assert timedelta(hours=23) < first.next_run - datetime.now(UTC) < timedelta(hours=25)
    assert second.next_run is None


@pytest.mark.parametrize("part", ["schedule", "connectors"])
def test_what_11_does_not_offer_is_said(run, part):
    """That no interface tells is an answer, and differs from an empty list."""
    assert "no /api" in run(managed(11)).read(part).untold


@pytest.mark.parametrize("part", ["schedule", "connectors", "packages", "switches"])
def test_an_account_without_the_right_is_an_error(run, part):
    """A refusal is told with its status, never as nothing there."""
    running = run(managed(faults=[("dsm", "weak rights")]))
    with pytest.raises(CouldNotRead, match="403"):
        running.read(part, running.key)


@pytest.mark.parametrize("part", ["schedule", "connectors", "packages"])
def test_an_answer_without_its_list_is_an_error(run, monkeypatch, part):
    """JSON that lacks what was asked for is no empty list."""
    monkeypatch.setattr(lab_system, "read", lambda *_: Answer(body=b"{}"))
    running = run(managed())
    with pytest.raises(CouldNotRead, match="a list of objects"):
        running.read(part, running.key)


@pytest.mark.parametrize("part", ["schedule", "connectors", "switches"])
def test_a_release_without_the_path_says_so(run, monkeypatch, part):
    """404 is of a release that does not offer it."""
    monkeypatch.setattr(lab_system, "read", lambda *_: None)
    assert "does not offer it" in run(managed()).read(part).untold


# Switches


def test_switches_of_20(run):
    """All three are told, each by itself."""
    found = run(managed(switches=[WINDOWS_SETTING])).read("switches")
    assert found.untold == ""
    assert {one.name: one.on for one in found.told} == {
        SWITCHES[0]: True,
        SWITCHES[1]: False,
        SWITCHES[2]: False,
    }


@pytest.mark.parametrize("on", [True, False])
def test_switches_of_11(run, on):
    """SOAP tells the download, and why it does not tell the others."""
    found = run(managed(11, switches=[DOWNLOAD_SETTING] if on else [])).read("switches")
    assert [(one.name, one.on) for one in found.told] == [(SWITCHES[2], on)]
    assert "no /api" in found.untold


def test_a_switch_that_is_neither_on_nor_off_is_an_error(run, monkeypatch):
    """A word that nobody knows is not taken for off."""
    monkeypatch.setattr(lab_system, "_setting", lambda _: lambda _node: {"value": "maybe"})
    with pytest.raises(CouldNotRead, match="'maybe'"):
        run(managed()).read("switches")


# Connectors


def test_connectors_are_read_without_their_passwords(run):
    """The vCenter and NSX by address; what they log in with is dropped."""
    running = run(managed(connectors=[Connector(vcenter="vc.example.jp", nsx=None)]))
    found = running.read("connectors")
    (one,) = found.items
    assert (one.vcenter, one.nsx, found.untold) == ("vc.example.jp", None, "")
    assert running.world.password not in repr(found)
    assert "svc-dsm" not in repr(found)


# Packages


@BOTH
def test_packages_by_soap(run, generation):
    """Every kind, taken apart by its name; what is only announced is not imported."""
    names = ["Agent-RedHat_EL7-20.0.0-877.x86_64.zip", "KernelSupport-amzn2-12.5.0-827.x86_64.zip"]
    strange = ["Strange package"]
    found = run(
        managed(
            generation, packages=[*names, *strange], announced=["Agent-Windows-20.0.0-9.i386.zip"]
        )
    ).read("packages")
    assert found.source == "soap"
    assert [(p.kind, p.token, p.version, p.architecture, p.imported) for p in found.items] == [
        ("Agent", "RedHat_EL7", "20.0.0-877", "64-bit", True),
        ("KernelSupport", "amzn2", "12.5.0-827", "64-bit", True),
        ("", "", "", "", True),
        ("Agent", "Windows", "20.0.0-9", "32-bit", False),
    ]


def test_an_appliance_is_known_by_name_or_platform(run):
    """The vendor's text only says that an appliance can be a package too."""
    names = ["Appliance-ESX-20.0.0-877.x86_64.zip"]
    (found,) = run(managed(11, packages=names)).read("packages").items
    assert (found.kind, found.version) == ("Appliance", "20.0.0-877")


def test_packages_by_api_where_only_a_key_is_given(run):
    """The agents' only, by platform; one without packages is listed too."""
    running = run(managed(packages=["Agent-Windows-20.0.0-877.x86_64.zip"]))
    found = running.read("packages", running.key)
    assert found.source == "api"
    assert found.platforms == tuple(lab_system.PLATFORMS)
    assert {(p.platform, p.version) for p in found.items} == {
        ("Microsoft Windows Server 2016", "20.0.0.877"),
        ("Microsoft Windows 10", "20.0.0.877"),
    }


@BOTH
def test_no_package_at_all_is_not_believed(run, generation):
    """An account without the right gets an empty list as well."""
    with pytest.raises(CouldNotRead, match="an empty list"):
        run(managed(generation, packages=[])).read("packages")


def test_a_world_keeps_its_defaults():
    """A manager that a world says nothing of is in order: no alert, packages imported."""
    system = world.load("demo").dsm[0].system
    assert not system.alerts
    assert not system.switches
    assert all(not task.enabled or (task.days or 0) > 30 for task in system.tasks)


# Policies


@BOTH
def test_policies_are_read_by_their_numbers(run, generation):
    """Every policy of the manager, by ``/api`` or SOAP alike."""
    found = run(managed(generation, policies=["Base Policy", "A & B"])).read("policies")
    assert found == (Policy(1, "Base Policy"), Policy(2, "A & B"))


@BOTH
def test_no_policy_is_not_believed(run, generation):
    """A manager comes with some; an account without the right is shown none."""
    with pytest.raises(CouldNotRead, match="an empty list"):
        run(managed(generation, policies=[])).read("policies")


@BOTH
def test_an_account_that_may_not_view_policies_is_told(run, generation):
    """Whether the manager refuses or shows nothing: they are unread."""
    with pytest.raises(CouldNotRead):
        run(managed(generation, faults=[("dsm", "weak rights")])).read("policies")


def test_where_agents_guard_themselves(run):
    """A policy and a computer that switch it on are named; what inherits it is not."""
    running = run(managed(20, policies=["Base Policy", "A & B"], guarded=["A & B"]))
    row = running.nodes[0].manager.computers[0]
    row["overrides"] = {**row["overrides"], GUARDED: {"value": "true"}}
    found = running.read("self_protection")
    assert (found.untold, found.policies) == ("", ("A & B",))
    assert found.computers == (f"{row['hostName']} (computer {row['ID']})",)


def test_11_does_not_tell_where_agents_guard_themselves(run):
    """Neither SOAP nor /rest knows of it."""
    found = run(managed(11)).read("self_protection")
    assert (bool(found.untold), found.policies, found.computers) == (True, (), ())


@pytest.mark.parametrize("value", ["perhaps", 1, []])
def test_a_setting_of_no_known_form_is_not_off(run, value):
    """Nobody takes it for switched off."""
    running = run(managed(20))
    running.nodes[0].manager.computers[0]["overrides"] = {GUARDED: {"value": value}}
    with pytest.raises(CouldNotRead, match=GUARDED):
        running.read("self_protection")
