"""ESX-TIME-001 and ESX-SEC-001: clocks, lockdown mode, acceptance levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.hosts import Clock
from kanmon.facts.vcenter.profiles import HostProfile
from tests.checks.estates import ONE, TWO, steps, two_vcenters, world
from tests.checks.host_facts import before, judged_on, settings, vib
from tests.facts_by_hand import NOW, reading
from tests.judging import missed, told

TIME, LOCKS = "ESX-TIME-001", "ESX-SEC-001"
SILENT = Unread("esx-02: HostNotConnected")
COMMUNITY = vib("net-tulip", acceptance_level="community")
PARTNER = vib("dell-shared", acceptance_level="partner")


def test_clocks_that_agree_pass():
    """Both hosts are examined, in every step."""
    judgement = judged_on(TIME, before("agent"))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize(
    ("least", "most", "outcome"),
    [
        (-60.0, 60.0, Outcome.PASS),
        (59.0, 61.0, Outcome.UNDETERMINED),
        (-61.0, -59.0, Outcome.UNDETERMINED),
        (60.1, 61.0, Outcome.FAIL),
        (-62.0, -60.1, Outcome.FAIL),
        (-200.0, 200.0, Outcome.UNDETERMINED),
    ],
)
def test_the_difference_is_judged_by_its_bounds(least, most, outcome):
    """Within 60 seconds or not; where the measurement cannot tell, nobody says so."""
    judgement = judged_on(TIME, clock=Clock(least, most))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        assert judgement.weight is Severity.WARNING
        measured = "60.5 s ahead of vCenter" if least > 0 else "61.0 s behind vCenter"
        assert told(judgement) == [(TWO, measured, "within 60 s of it")]
    if outcome is Outcome.UNDETERMINED:
        assert missed(judgement)[0][0] == TWO


def test_a_host_apart_from_a_vcenter_that_is_right_is_told():
    """Either is within the limit of the reader's clock, on its two sides: nobody else says it."""
    judgement = judged_on(TIME, clock=Clock(99, 99.5), vcenter_clock=reading(-50))
    assert judgement.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("own", "outcome"),
    [
        (reading(300), Outcome.PASS),
        (reading(0), Outcome.FAIL),
        (reading(600), Outcome.FAIL),
        (reading(300, answered=NOW + timedelta(seconds=200)), Outcome.FAIL),
        (SILENT, Outcome.FAIL),
    ],
)
def test_a_host_that_is_right_is_not_blamed_for_its_vcenter(own, outcome):
    """Five minutes behind a vCenter that is five ahead; where that is not certain, it is named."""
    judgement = judged_on(TIME, clock=Clock(-300.2, -300.1), vcenter_clock=own)
    assert judgement.outcome is outcome


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-420.0, "7 min behind vCenter"),
        (119.9, "119.9 s ahead of vCenter"),
        (120.0, "2 min ahead of vCenter"),
        (-32400.0, "9.0 h behind vCenter"),
        (94608000.0, "1095 days ahead of vCenter"),
    ],
)
def test_a_difference_is_told_as_people_say_it(seconds, said):
    """In minutes and hours where it is so much, and behind where it is behind."""
    judgement = judged_on(TIME, clock=Clock(seconds, seconds))
    assert [one.found for one in judgement.findings] == [said]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"ntp_servers": ()}, "no NTP server"),
        ({"ntp_running": False}, "ntpd stopped"),
        ({"ntp_policy": "off"}, "policy of ntpd: off"),
        ({"ntp_policy": "automatic"}, None),
    ],
)
def test_a_host_without_ntp_warns(changes, found):
    """Servers, the running service and its start are asked for."""
    judgement = judged_on(TIME, settings=settings(**changes))
    assert [one.found for one in judgement.findings] == ([found] if found else [])
    assert judgement.weight is (Severity.WARNING if found else None)


def test_a_policy_that_no_row_knows_is_undetermined():
    """A word of a later release is no known good one."""
    judgement = judged_on(TIME, settings=settings(ntp_policy="sometimes"))
    assert judgement.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("part", ["settings", "clock"])
def test_a_host_that_does_not_answer_is_unknown(part):
    """One that vCenter does not reach is undetermined by itself."""
    judgement = judged_on(TIME, **{part: SILENT})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(TWO, SILENT.reason)]


@pytest.mark.parametrize(
    ("mode", "step", "weight"),
    [
        ("lockdownDisabled", None, None),
        ("lockdownNormal", "vsphere-bridge", None),
        ("lockdownStrict", "vsphere-bridge", Severity.WARNING),
        ("lockdownNormal", "nsx-migration", None),
        ("lockdownStrict", "nsx-migration", None),
        ("lockdownStrict", None, Severity.WARNING),
    ],
)
def test_lockdown_mode(mode, step, weight):
    """Only strict mode asks for a sign-off; what the migration takes NSXV-MIG-002 judges."""
    judgement = judged_on(LOCKS, before(step), settings=settings(lockdown=mode))
    assert judgement.weight is weight
    assert judgement.examined == 2
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_one_lock_is_told_once():
    """Before everything strict mode is in the way of two steps, and is one finding."""
    judgement = judged_on(LOCKS, settings=settings(lockdown="lockdownStrict"))
    assert [one.source.row for one in judgement.findings] == ["lockdown mode lockdownStrict"]


def test_a_mode_that_no_row_knows_is_undetermined():
    """A word of a later release is no known good one."""
    judgement = judged_on(LOCKS, settings=settings(lockdown="lockdownTotal"))
    assert judgement.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("level", "packages", "weight"),
    [
        ("partner", (vib(), PARTNER), None),
        ("community", (vib(), COMMUNITY), None),
        ("vmware_accepted", (vib(),), Severity.WARNING),
        ("vmware_certified", (vib(),), Severity.WARNING),
        ("partner", (vib(), COMMUNITY), Severity.WARNING),
        ("partner", (vib(acceptance_level="strange"),), Severity.WARNING),
    ],
)
def test_acceptance_levels(level, packages, weight):
    """A host is neither stricter than its image nor than what it has."""
    judgement = judged_on(LOCKS, acceptance=level, vibs=packages)
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_packages_of_the_community_are_noted():
    """They stop nothing where their host lets them in, and nobody supports them."""
    judgement = judged_on(LOCKS, acceptance="community", vibs=(COMMUNITY,))
    (note,) = judgement.notes
    assert note.subject == "net-tulip 1.10.9.0-1OEM.670"
    assert "esx-02.example.jp" in note.text


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": SILENT},
        {"acceptance": SILENT},
        {"vibs": SILENT},
        {"acceptance": "nonsense"},
    ],
)
def test_what_is_not_told_of_a_lock_is_unknown(changes):
    """Without the mode, the level or the packages nobody can judge."""
    judgement = judged_on(LOCKS, **changes)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == [TWO]


def test_a_vcenter_that_no_step_concerns_is_not_judged():
    """In the bridge of vc-main the hosts of vc-other stay as they are; a refused order is open."""
    both = two_vcenters(order=steps('vsphere-bridge; esxi = "6.7 U2"; vcenter = "6.7 U3"'))
    judgement = judged_on(LOCKS, both, "vc-other", acceptance="vmware_certified")
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    refused = world(order=steps('vsphere-bridge; esxi = "7.0 U2"', "vsphere-target"))
    assert judged_on(LOCKS, refused).outcome is Outcome.UNDETERMINED
    assert ONE not in str(judgement.findings)


# ESX-PROF-001

PROFILE = "ESX-PROF-001"
GOLD = HostProfile("hostprofile-1", "gold", "compliant", ("esx-01.example.jp", "esx-02.example.jp"))


def test_hosts_without_a_profile_pass():
    """Each is looked at, and there is nothing to note."""
    judgement = judged_on(PROFILE)
    assert (judgement.outcome, judgement.examined, judgement.notes) == (Outcome.PASS, 2, ())


@pytest.mark.parametrize(
    ("compliance", "weight", "noted"),
    [
        ("compliant", None, "compliant"),
        ("nonCompliant", Severity.ADVICE, "nonCompliant"),
        ("unknown", Severity.ADVICE, "unknown"),
        ("running", Severity.ADVICE, "running"),
        (None, Severity.ADVICE, "not told"),
    ],
)
def test_an_attached_profile_is_noted_with_its_compliance(compliance, weight, noted):
    """One that is not complied with is an advice; one that nobody has checked is told as that."""
    judgement = judged_on(PROFILE, profiles=(replace(GOLD, compliance=compliance),))
    assert judgement.weight is weight
    hosts = "esx-01.example.jp, esx-02.example.jp"
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("gold (hostprofile-1)", f"attached to {hosts}; compliance: {noted}")
    ]
    assert [one.subject for one in judgement.findings] == (
        ["gold (hostprofile-1)"] if weight else []
    )
    told_of = [one.found.startswith("never checked") for one in judgement.findings]
    assert told_of == ([compliance != "nonCompliant"] if weight else [])
