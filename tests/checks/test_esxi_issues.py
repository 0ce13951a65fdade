"""ESX-ISSUE-001: what vCenter has against its hosts, by its event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.knowledge import load
from kanmon.knowledge.hosts import HostIssue
from tests.checks.estates import TWO, hosts_at, world
from tests.checks.host_facts import before, issue, judged_on
from tests.judging import answered, missed, told

ISSUE = "ESX-ISSUE-001"
SSH = issue("RemoteTSMEnabledEvent", "SSH for the host has been enabled")
L1TF = issue("esx.problem.hyperthreading.unmitigated")
NO_DUMP = issue("esx.problem.coredump.unconfigured2")
DISK = issue("esx.problem.hcm.event.disk.predictive.failure", "a physical disk may fail")
PATH = issue("esx.problem.storage.redundancy.lost", "Lost path redundancy to naa.60")
STRANGE = issue("com.example.driver.odd")


def test_hosts_without_an_issue_pass():
    """Most hosts have none: each is examined."""
    judgement = judged_on(ISSUE)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize(
    ("issues", "weight"),
    [
        ((SSH,), Severity.ADVICE),
        ((issue("LocalTSMEnabledEvent"), L1TF, NO_DUMP), Severity.ADVICE),
        ((issue("esx.problem.coredump.unconfigured"),), Severity.ADVICE),
        ((DISK,), Severity.WARNING),
        ((PATH,), Severity.WARNING),
        ((SSH, PATH), Severity.WARNING),
        ((STRANGE,), Severity.WARNING),
        ((issue("esx.problem.hyperthreading"),), Severity.WARNING),
    ],
)
def test_an_issue_weighs_as_its_event_does(issues, weight):
    """Known harmless ones are an advice; hardware, storage and what no row names are a warning."""
    judgement = judged_on(ISSUE, issues=issues)
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == {TWO}
    assert len(judgement.findings) == len(issues)


@pytest.mark.parametrize("colour", ["yellow", "red", "gray"])
def test_a_colour_alone_says_nothing(colour):
    """A host whose overall status is red and that has no issue complies."""
    first, second = hosts_at("6.5 U2", "6.5 U2")
    coloured = {"vc-main": (first, replace(second, overall_status=colour))}
    assert judged_on(ISSUE, world(hosts=coloured)).outcome is Outcome.PASS


def test_an_issue_is_told_in_vcenters_words():
    """Event and words stand in the finding, with the row; what no row names has no source."""
    judgement = judged_on(ISSUE, issues=(PATH, STRANGE, STRANGE))
    assert told(judgement) == [
        (
            TWO,
            "esx.problem.storage.redundancy.lost: Lost path redundancy to naa.60",
            "storage with all its paths",
        ),
        (TWO, "com.example.driver.odd: look at it", "no configuration issue"),
    ]
    assert [one.source and one.source.row for one in judgement.findings] == [
        "esx.problem.storage.*",
        None,
    ]


def test_hardware_and_storage_always_warn():
    """No row about them calls an issue harmless."""
    kinds = {row.kind for row in load(HostIssue).rows if row.verdict == "accepted"}
    assert kinds == {"setting"}


def test_a_host_of_which_nothing_is_told():
    """It is unknown, and named; a person who has looked may answer for it."""
    judgement = judged_on(ISSUE, issues=Unread("esx-02: no answer"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(TWO, "esx-02: no answer")]
    assert answered(ISSUE, judgement, "vc-main").outcome is Outcome.ATTESTED


def test_hosts_that_came_meanwhile_are_unknown():
    """A third host is in the inventory, and nobody asked it."""
    three = {"vc-main": hosts_at("6.5 U2", "6.5 U2", "6.5 U2")}
    judgement = judged_on(ISSUE, world(hosts=three))
    assert [subject for subject, _ in missed(judgement)] == ["esx-03.example.jp (host-23)"]


def test_it_is_judged_after_the_step_too():
    """An issue that the upgrade brought is told when it ends."""
    after = world(step="vsphere-bridge", phase="post")
    assert judged_on(ISSUE, after, issues=(DISK,)).weight is Severity.WARNING
    assert judged_on(ISSUE, before("vsphere-bridge")).outcome is Outcome.PASS
