"""NSXV-MIG-002: clusters are set as the mode of their migration asks for."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import Tie
from kanmon.facts.vcenter.hosts import HostAnswer
from kanmon.facts.vcenter.inventory import Switch
from kanmon.text import Text
from tests import nsxv_by_hand as by_hand
from tests.checks.host_facts import each, settings
from tests.facts_by_hand import (
    DSM,
    NSXV,
    VC_MAIN,
    about,
    cluster,
    environment,
    moment,
    nsxv_deployment,
    running_vm,
)
from tests.judging import answered, judged, missed, told

CLUSTER, ONE, TWO = (
    "Protected (domain-c7)",
    "esx-01.example.jp (host-21)",
    "esx-02.example.jp (host-22)",
)
IN_PLACE, AUTOMATED, MANUAL = "in-place", "automated maintenance", "manual maintenance"
OLD, NEW = Switch("dvs-1", "dvs-main", "6.6.0"), Switch("dvs-2", "dvs-new", "7.0.0")
SILENT = Unread("vc-main: no answer")
UNTOLD = CouldNotRead(
    Text("read {path} of {found}", path="runtime.faultToleranceState", found="vdi-01"),
    Text("{value}, expected {type}", value="1", type="str"),
).message
HIDDEN = CouldNotRead(
    Text("read the datastore {moref} of {found}", moref="datastore-9", found="vdi-01"),
    Text("it cannot be seen"),
).message
READY = cluster(drs=None, ha=False)
"""As each mode on vCenter 6.5 asks for."""


def clusters(*listed, mode=IN_PLACE, nsx="NSX-T 3.1.2", step="nsx-migration", **changes):
    """NSXV-MIG-002 on these clusters of vc-main, whose hosts are managed over a standard switch."""
    upgrade = {"nsx": nsx, **({"nsx_migration": mode} if mode else {})}
    described = environment(VC_MAIN, NSXV, DSM, **upgrade)
    facts = {
        "nsxv_preparation": (by_hand.prepared(resource="domain-c7", name="Protected"),),
        "nsxv_deployments": (),
        "about": about(),
        "clusters": listed or (READY,),
        "running": (running_vm(),),
        "settings": each(None, settings()),
        "management_switches": each(None, ()),
        "environment": described,
        "moment": moment(step=step),
        **changes,
    }
    parts = ("about", "clusters", "running", "settings", "management_switches")
    facts |= {f"all_vcenter_{part}": {"vc-main": facts.pop(part)} for part in parts}
    return judged("NSXV-MIG-002", nsxv=described.nsxv[0], **facts)


@pytest.mark.parametrize("mode", [IN_PLACE, AUTOMATED, MANUAL])
def test_a_cluster_that_is_ready_passes(mode):
    """DRS and HA off, nothing locked, no fault tolerance: on vCenter 6.5 in each mode."""
    judgement = clusters(mode=mode)
    assert (judgement.outcome, judgement.examined, judgement.notes) == (Outcome.PASS, 1, ())


@pytest.mark.parametrize(
    ("mode", "version", "drs", "weight", "accepted"),
    [
        (IN_PLACE, "6.5.0", "manual", Severity.BLOCKER, "off"),
        (IN_PLACE, "7.0.2", "fullyAutomated", Severity.BLOCKER, "off"),
        (AUTOMATED, "6.7.0", "fullyAutomated", Severity.BLOCKER, "off"),
        (MANUAL, "6.7.0", "fullyAutomated", Severity.WARNING, "off"),
        (AUTOMATED, "7.0.2", None, Severity.WARNING, "fullyAutomated"),
    ],
)
def test_drs_is_set_by_the_mode(mode, version, drs, weight, accepted):
    """What a text could not be read to its end for only warns."""
    judgement = clusters(cluster(drs=drs, ha=False), mode=mode, about=about(version=version))
    ((subject, found, expected),) = told(judgement)
    line = version[:3]
    assert (subject, found) == (CLUSTER, f"DRS {drs or 'off'}")
    assert expected == f"{accepted} ({mode} on vCenter {line})"
    assert judgement.weight is weight


def test_hosts_are_emptied_by_drs_where_that_is_asked_for():
    """Automated maintenance on vCenter 7.0."""
    ready = cluster(ha=False)
    assert clusters(ready, mode=AUTOMATED, about=about(version="7.0.2")).outcome is Outcome.PASS


HA_ON = cluster(drs=None, ha=True)


@pytest.mark.parametrize(
    ("switches", "outcome"),
    [
        ((), Outcome.PASS),
        ((NEW,), Outcome.PASS),
        ((OLD,), Outcome.FAIL),
        ((NEW, OLD), Outcome.FAIL),
    ],
)
def test_ha_is_off_where_an_old_switch_carries_the_management_network(switches, outcome):
    """A standard switch, or one of 7.0, keeps the hosts in touch."""
    judgement = clusters(HA_ON, management_switches=each(switches, ()))
    assert judgement.outcome is outcome
    assert judgement.blocks is (outcome is Outcome.FAIL)
    assert [found for _, found, _ in told(judgement)] == (
        ["HA is on, and the management network is on dvs-main 6.6.0"] if judgement.blocks else []
    )


@pytest.mark.parametrize("mode", [AUTOMATED, MANUAL])
def test_ha_in_maintenance_modes_only_warns(mode):
    """The rule names no mode, its reason one."""
    judgement = clusters(HA_ON, mode=mode, management_switches=each((OLD,), ()))
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize("word", ["lockdownNormal", "lockdownStrict"])
@pytest.mark.parametrize("step", ["nsx-migration", None])
def test_a_locked_host_blocks(word, step):
    """Whatever the mode, and before the steps as well."""
    judgement = clusters(settings=each(settings(lockdown=word), settings()), mode=None, step=step)
    assert told(judgement) == [(TWO, f"lockdown mode: {word}", "off")]
    assert judgement.blocks


def test_a_vm_under_fault_tolerance_blocks():
    """It is named; one in another cluster is not migrated."""
    tie = (Tie("fault tolerance", "fault tolerance running"),)
    tied = (running_vm(ties=tie), running_vm(moref="vm-9", name="far", host="host-99", ties=tie))
    judgement = clusters(running=tied)
    assert told(judgement) == [("vdi-01 (vm-101)", "vSphere Fault Tolerance: on", "not in use")]
    assert judgement.blocks


def test_without_a_mode_nobody_knows_how_drs_and_ha_have_to_be_set():
    """It is a line in the environment file: no person answers in its place."""
    judgement = clusters(mode=None)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject == "DRS and HA in the clusters of nsxv-main"
    assert "nsx_migration" in reason
    assert answered("NSXV-MIG-002", judgement, "nsxv-main").outcome is Outcome.UNDETERMINED


def test_before_other_steps_drs_and_ha_are_a_note():
    """The steps before it empty hosts by DRS."""
    judgement = clusters(cluster(ha=True), step=None, management_switches=each((OLD,), ()))
    assert judgement.outcome is Outcome.PASS
    assert [note.subject for note in judgement.notes] == ["nsxv-main"]


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"settings": each(SILENT, settings())}, TWO),
        ({"settings": each(settings(lockdown="lockdownTotal"), settings())}, TWO),
        ({"settings": each(settings(), settings())[:1]}, "host-22"),
        ({"settings": SILENT}, f"hosts of {CLUSTER}"),
        ({"running": SILENT}, f"running VMs of {CLUSTER}"),
        ({"running": (running_vm(ties=SILENT),)}, "vdi-01 (vm-101)"),
        ({"running": (running_vm(untold=(UNTOLD,)),)}, "vdi-01 (vm-101)"),
        ({"about": SILENT}, "DRS and HA in the clusters of nsxv-main"),
        ({"about": about(version="8.0.1")}, CLUSTER),
        ({"nsxv_deployments": (nsxv_deployment(cluster="domain-c99"),)}, "domain-c99"),
    ],
)
def test_what_is_not_told_is_open_by_itself(changes, subject):
    """Everything else of the cluster is judged, and is well."""
    judgement = clusters(**changes)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert {one for one, _ in missed(judgement)} == {subject}
    assert answered("NSXV-MIG-002", judgement, "nsxv-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    ("ha", "switches", "subject"),
    [
        (None, each(None, ()), CLUSTER),
        (True, SILENT, f"hosts of {CLUSTER}"),
        (True, each(SILENT, ()), TWO),
        (True, each((Switch("dvs-3", "dvs-odd", None),), ()), TWO),
    ],
)
def test_ha_of_which_not_enough_is_known_is_open(ha, switches, subject):
    """A run that did not keep it, a host that says nothing, a switch without a version."""
    judgement = clusters(cluster(drs=None, ha=ha), management_switches=switches)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [one for one, _ in missed(judgement)] == [subject]


def test_what_does_not_tell_of_fault_tolerance_is_no_matter():
    """That a datastore cannot be seen is for whoever empties the host."""
    assert clusters(running=(running_vm(untold=(HIDDEN,)),)).outcome is Outcome.PASS


def test_a_cluster_that_nsxv_does_not_have_is_left_alone():
    """Neither prepared nor served: nothing migrates it, and nothing is left to judge."""
    bare = by_hand.prepared(by_hand.feature(installed=False), resource="domain-c7")
    judgement = clusters(cluster(ha=True), nsxv_preparation=(bare,))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_cluster_that_is_only_served_counts():
    """Guest introspection without preparation is migrated too."""
    judgement = clusters(
        cluster(ha=True), nsxv_preparation=(), nsxv_deployments=(nsxv_deployment(),)
    )
    assert [one[:2] for one in told(judgement)] == [(CLUSTER, "DRS fullyAutomated")]


def test_where_no_nsxt_is_the_end_nothing_migrates():
    """Not applicable, or nobody can say where the environment names no NSX."""
    assert clusters(nsx="NSX-V 6.4.10").outcome is Outcome.NOT_APPLICABLE
    silent = environment(VC_MAIN, NSXV, DSM, esxi="7.0 U2")
    assert clusters(environment=silent).outcome is Outcome.UNDETERMINED


def test_clusters_that_could_not_be_read_leave_all_open():
    """The reason is the reader's."""
    judgement = clusters(clusters=SILENT)
    assert (judgement.outcome, judgement.reason) == (Outcome.UNDETERMINED, SILENT.reason)


def test_answers_of_hosts_elsewhere_do_not_count():
    """A locked host of another cluster is not migrated."""
    far = HostAnswer("host-99", "far", settings(lockdown="lockdownStrict"))
    assert clusters(settings=(*each(None, settings()), far)).outcome is Outcome.PASS
