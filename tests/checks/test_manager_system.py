"""What may disturb a change from within: alerts, tasks, switches, connectors, licences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from kanmon.facts.dsm.system import (
    SWITCHES,
    Alert,
    Connector,
    Connectors,
    Schedule,
    SelfProtection,
    Switch,
    Switches,
    Task,
)
from tests.checks.estates import appliance
from tests.facts_by_hand import DSM, NOW, NSXT, NSXV, VC_MAIN, agent, computer, environment, moment
from tests.judging import answered, judged, missed, told

P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE
A = Outcome.ATTESTED
START, END = NOW + timedelta(days=12), NOW + timedelta(days=12, hours=8)
CHANGE = f"""
[change]
number = "CHG1"
window = {{ start = {START.isoformat()}, end = {END.isoformat()} }}
"""
UNTOLD = "the manager offers no /api"


def judge(check, *texts, **facts):
    """A check on a manager of an environment, given only where it asks for one."""
    named = environment(DSM, VC_MAIN, *texts, deep_security="20.0.0-877")
    given = {"environment": named} if check in ("DSM-TASK-001", "DSM-CONN-001") else {}
    return judged(check, dsm=named.dsm[0], **given, **facts)


# Alerts


def alert(severity="critical", **changes):
    """An alert that was raised just now."""
    values = {"id": 8, "name": "Manager Offline", "targets": (), "node": 1, "raised": NOW}
    return Alert(**{**values, "severity": severity, **changes})


def alerts(*given):
    """DSM-ALERT-001 on these."""
    named = environment(DSM).dsm[0]
    return judged("DSM-ALERT-001", dsm=named, dsm_computers=(agent(),), dsm_alerts=given)


def test_a_critical_alert_is_a_finding():
    """Named with its number and since when."""
    judgement = alerts(alert(), alert("warning", id=9))
    assert told(judgement) == [
        ("Manager Offline (alert 8)", "critical since 2026-11-23 09:00 UTC", "no such alert")
    ]
    assert judgement.outcome is F
    assert not judgement.blocks


def test_warnings_are_noted_only():
    """Alike ones are one note."""
    judgement = alerts(alert("warning"), alert("warning", id=9), alert("warning", name="Disk"))
    assert (judgement.outcome, judgement.examined) == (P, 4)
    assert [note.text for note in judgement.notes] == ["open warnings: Disk, Manager Offline"]


def test_a_severity_that_nobody_knows_is_undetermined():
    """A new word is not taken for a mild one."""
    assert missed(alerts(alert("fatal"))) == [
        ("Manager Offline (alert 8)", "nobody knows the severity 'fatal'")
    ]


def test_no_alert_passes():
    """A manager without alerts was examined all the same."""
    assert (alerts().outcome, alerts().examined) == (P, 1)


# Tasks


def task(next_run=START, *, enabled=True, once=False):
    """A scan."""
    return Task("scan", "scan-for-malware", enabled, next_run, once)


def tasks(*given, untold="", texts=(CHANGE,)):
    """DSM-TASK-001 on these."""
    return judge("DSM-TASK-001", *texts, dsm_schedule=Schedule(untold, given))


@pytest.mark.parametrize(
    ("next_run", "once", "outcome"),
    [
        (START - timedelta(seconds=1), True, P),
        (START - timedelta(seconds=1), False, F),  # it comes again
        (START, True, F),
        (END, False, F),
        (END + timedelta(seconds=1), False, P),
        (None, False, U),
    ],
)
def test_a_task_and_the_window(next_run, once, outcome):
    """What runs in it, and what runs before it and comes again, is found."""
    judgement = tasks(task(next_run, once=once))
    assert judgement.outcome is outcome
    assert [one[0] for one in told(judgement)] == (["scan"] if outcome is F else [])
    assert not judgement.blocks


def test_a_disabled_task_keeps_still():
    """Whenever it would run."""
    assert tasks(task(enabled=False)).outcome is P
    assert tasks(task(None, enabled=False)).outcome is P


@pytest.mark.parametrize(
    ("untold", "reason"),
    [(UNTOLD, UNTOLD), ("", "an empty list, as an account without the right sees it")],
)
def test_no_task_is_not_believed_unless_attested(untold, reason):
    """Neither a manager that does not tell nor an empty list is one without tasks."""
    judgement = tasks(untold=untold)
    assert judgement.outcome is U
    assert missed(judgement) == [("dsm", reason)]
    assert answered("DSM-TASK-001", judgement, "dsm").outcome is A


def test_no_word_hides_a_task_that_is_told():
    """What the interface says counts."""
    judgement = tasks(task())
    assert answered("DSM-TASK-001", judgement, "dsm") == judgement


def test_without_a_window_nobody_can_say():
    """Tasks are held against it."""
    judgement = tasks(task(), texts=())
    assert judgement.outcome is U
    assert "no [change] window" in judgement.reason


# Switches


def switches(*on, names=SWITCHES, untold=""):
    """DSM-AUTO-001; of these names those that are on."""
    given = tuple(Switch(name, name in on) for name in names)
    return judge("DSM-AUTO-001", dsm_switches=Switches(untold, given))


def test_switches_that_are_off_pass():
    """All three are counted."""
    assert (switches().outcome, switches().examined) == (P, 3)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_that_is_on_is_a_finding(name):
    """A warning, whatever a person says."""
    judgement = switches(name)
    assert told(judgement) == [(name, "on", "off in the window")]
    assert not judgement.blocks
    assert answered("DSM-AUTO-001", judgement, "dsm") == judgement


def test_a_switch_that_is_not_told_is_undetermined_unless_attested():
    """11.0 tells one of the three."""
    judgement = switches(names=SWITCHES[2:], untold=UNTOLD)
    assert judgement.outcome is U
    assert missed(judgement) == [(SWITCHES[0], UNTOLD), (SWITCHES[1], UNTOLD)]
    assert answered("DSM-AUTO-001", judgement, "dsm").outcome is A


# Connectors

LEADING = Connector(1, "main", "vc-main.example.jp", "nsxv-main.example.jp")
WORKS = "whether the connectors work nobody tells: /api tells addresses only"


def connectors(*given, untold="", texts=(NSXV,), computers=None, other=None):
    """DSM-CONN-001; an appliance protects a VM if nothing else is said."""
    return judge(
        "DSM-CONN-001",
        *texts,
        dsm_connectors=Connectors(untold, given),
        all_dsm_connectors={
            "dsm": Connectors(untold, given),
            **({"dsm-other": other} if other else {}),
        },
        dsm_computers=(computer(),) if computers is None else computers,
    )


def test_whether_a_connector_works_needs_a_person():
    """The vCenter and the connector are counted; neither generation tells whether it works."""
    judgement = connectors(LEADING)
    assert (judgement.outcome, judgement.examined) == (U, 2)
    assert missed(judgement) == [("dsm", WORKS)]
    assert answered("DSM-CONN-001", judgement, "dsm").outcome is A
    untold = connectors(untold=UNTOLD)
    assert untold.outcome is U
    assert missed(untold) == [("dsm", f"whether the connectors work nobody tells: {UNTOLD}")]
    assert answered("DSM-CONN-001", untold, "dsm").outcome is A


def test_either_nsx_of_a_vcenter_will_do():
    """Before the migration NSX-V, afterwards NSX-T."""
    after = Connector(1, "main", "vc-main.example.jp", "NSXT.example.jp.")
    assert missed(connectors(after, texts=(NSXV, NSXT))) == [("dsm", WORKS)]


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        ((), "vc-main"),
        ((Connector(1, "x", "vc-other.example.jp", None),), "vc-main"),
        ((Connector(1, "x", "vc-main.example.jp", None),), "connector 1 to vc-main"),
        ((Connector(1, "x", "vc-main.example.jp", "old.example.jp"),), "connector 1 to vc-main"),
    ],
)
def test_a_connector_that_leads_elsewhere_blocks(given, subject):
    """Also where a person answers that it works."""
    judgement = connectors(*given)
    assert [one[0] for one in told(judgement)] == [subject]
    assert judgement.blocks
    assert answered("DSM-CONN-001", judgement, "dsm").blocks


def test_without_appliances_no_vcenter_needs_a_connector():
    """A manager of agents alone may have none."""
    assert connectors(computers=(agent(),)).outcome is NA
    assert connectors(untold=UNTOLD, computers=(agent(),)).outcome is U


def test_the_vcenter_of_another_manager_needs_no_connector_of_this_one():
    """Each manager has its own; where the other does not tell its connectors, nobody can say."""
    theirs = Connector(1, "main", "vc-main.example.jp", "nsxv-main.example.jp")
    mine = Connector(1, "mine", "vc-mine.example.jp", None)
    assert missed(connectors(mine, other=Connectors("", (theirs,)))) == [("dsm", WORKS)]
    assert connectors(mine, other=Connectors("", (mine,))).outcome is F
    for other in (Connectors(UNTOLD, ()), Unread("no answer")):
        assert "another manager's" in missed(connectors(mine, other=other))[0][1]


def test_a_vcenter_that_the_environment_does_not_name_is_told():
    """What the manager serves beside the estate is a note with the words to add, and no verdict."""
    other = Connector(2, "other", "vc-other.example.jp", None)
    judgement = connectors(LEADING, other)
    assert missed(judgement) == [("dsm", WORKS)]
    (note,) = judgement.notes
    assert "vc-other.example.jp" in note.text
    assert "add [[vcenter]]" in note.text
    assert not connectors(LEADING).notes


@pytest.mark.parametrize("seen", [computer(), appliance()])
def test_appliances_without_any_connector_are_undetermined(seen):
    """They came through one: an account that is shown none does not see it, nor does a person."""
    judgement = connectors(texts=(), computers=(seen, agent()))
    assert (judgement.outcome, judgement.examined) == (U, 1)
    assert "tells no connector" in missed(judgement)[0][1]
    assert answered("DSM-CONN-001", judgement, "dsm") == judgement


# Licences


def test_licences_are_attested_or_undetermined():
    """No interface tells of them."""
    judgement = judge("DSM-LIC-001")
    assert judgement.outcome is U
    assert judgement.reason == "no interface of dsm tells of licences"
    assert answered("DSM-LIC-001", judgement, "dsm").outcome is A


# Self-protection.


def guards(*policies, computers=(), untold="", step="agent"):
    """DSA-SELF-001 on what these switch on."""
    return judged(
        "DSA-SELF-001",
        dsm=environment(DSM).dsm[0],
        dsm_self_protection=SelfProtection(untold, policies, computers),
        moment=moment(step=step),
    )


def test_agents_that_guard_themselves_are_told():
    """By the policy or the computer whose setting it is: it is advice, and stops nothing."""
    judgement = guards("Windows Server", computers=("app-01 (computer 201)",))
    assert [subject for subject, _, _ in told(judgement)] == [
        "policy Windows Server",
        "app-01 (computer 201)",
    ]
    assert str(judgement.weight) == "advice"


def test_where_nobody_guards_it_passes():
    """One setting was looked at."""
    judgement = guards()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


def test_a_manager_that_does_not_tell_yet():
    """Before the whole upgrade it will once it is upgraded; before the agents' step it must."""
    assert guards(untold="no /api", step=None).outcome is Outcome.NOT_APPLICABLE
    assert guards(untold="no /api").outcome is Outcome.UNDETERMINED
