"""IOP-VC-ESX-001, IOP-NSX-VC-001 and IOP-NSX-ESX-001: vCenter, hosts and NSX beside each other."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    ONE,
    TARGETS,
    TWO,
    ended,
    hosts_at,
    nsxt_manager,
    nsxv_manager,
    prepared,
    rows,
    two_vcenters,
    vcenter_at,
    world,
)
from tests.facts_by_hand import (
    DSM,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    extension,
    host,
    nsxv_deployment,
)
from tests.judging import missed, told

MANAGES, WITH_VCENTER, WITH_HOSTS = "IOP-VC-ESX-001", "IOP-NSX-VC-001", "IOP-NSX-ESX-001"
EVERY = [MANAGES, WITH_VCENTER, WITH_HOSTS]
V_AND_7 = "NSX-V 6.4.5 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0"
OTHER_NSXV = NSXV.replace("nsxv-main", "nsxv-b").replace('"vc-main"', '"vc-other"')
TO_7 = {"vcenter": "7.0 U2", "esxi": "7.0 U2"}
NO_NSX = {"named": (VC_MAIN,), "extensions": {"vc-main": ()}, "upgrade": TO_7}


def at(vcenter, *hosts, **changes):
    """The estate with vCenter and hosts at these releases."""
    facts = {"abouts": {"vc-main": vcenter_at(vcenter)}, "hosts": {"vc-main": hosts_at(*hosts)}}
    return world(**{**facts, **changes})


@pytest.mark.parametrize("check_id", EVERY)
def test_the_start_and_every_step_of_the_procedure_fit(check_id):
    """Now and after each of the plan's steps all fits; the rows are told."""
    judgement = world().judge(check_id)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 9
    assert judgement.rests_on


@pytest.mark.parametrize("check_id", EVERY)
def test_the_end_fits(check_id):
    """After the upgrade what is there is judged, and nothing else."""
    judgement = ended(phase="post").judge(check_id)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == (1 if check_id == WITH_VCENTER else 2)


@pytest.mark.parametrize(
    ("vcenter", "esxi", "outcome", "row"),
    [
        ("6.5 U2", "6.5 U2", Outcome.PASS, None),
        ("6.5 U2", "6.7 U2", Outcome.FAIL, "ESXi from 6.7 under vCenter below 6.7"),
        ("6.7 U3", "6.5 U2", Outcome.PASS, None),
        ("6.7 U3", "7.0", Outcome.FAIL, "ESXi from 7.0 under vCenter from 6.7 below 7.0"),
        ("7.0", "7.0", Outcome.PASS, None),
        (
            "7.0",
            "7.0 U1",
            Outcome.FAIL,
            "ESXi from 7.0 U1 below 8.0 under vCenter from 7.0 below 7.0 U1",
        ),
        ("7.0 U2", "7.0 U2a", Outcome.PASS, None),
        ("7.0 U2", "6.5 U2", Outcome.PASS, None),
    ],
)
def test_no_host_is_newer_than_its_vcenter(vcenter, esxi, outcome, row):
    """A host newer than its vCenter is named with its release; up to the same update it fits."""
    judgement = at(vcenter, "6.5 U2", esxi, phase="post").judge(MANAGES)
    assert judgement.outcome is outcome
    assert judgement.examined == 2
    assert rows(judgement) == ([row] if row else [])
    if row:
        found = f"ESXi {esxi} under vCenter {vcenter}: not supported"
        assert told(judgement) == [(TWO, found, "supported")]
        assert judgement.blocks


def test_a_host_that_its_vcenter_cannot_keep_is_found_before_the_step():
    """Hosts that go alone leave their vCenter behind: told of the stage, not of today."""
    hosts_only = {**NO_NSX, "upgrade": {"esxi": "7.0 U2", "vcenter": "6.7 U3"}}
    judgement = world(**hosts_only).judge("PLAN-PATH-001")
    assert judgement.blocks
    assert rows(judgement) == ["ESXi from 7.0 under vCenter from 6.7 below 7.0"]


@pytest.mark.parametrize(
    ("step", "judged"),
    [("vsphere-bridge", 2), ("manager", 2), ("nsxt-build", 3), (None, 9)],
)
def test_the_moment_says_what_is_judged(step, judged):
    """With a step, today and after it; without one, today and after each; afterwards today."""
    assert world(step=step).judge(WITH_VCENTER).examined == judged
    assert world(step=step, phase="post").judge(WITH_VCENTER).examined == 1
    assert world(step=step, phase="mid").judge(WITH_VCENTER).examined == 1


@pytest.mark.parametrize("check_id", [WITH_VCENTER, WITH_HOSTS])
def test_the_last_step_taken_first_fails(check_id):
    """Run before vsphere-target while NSX-V is attached, both find what it would leave."""
    judgement = world(step="vsphere-target").judge(check_id)
    assert judgement.blocks
    assert V_AND_7 in rows(judgement)
    assert all(
        subject.endswith("of vc-main after vsphere-target") for subject, *_ in told(judgement)
    )


@pytest.mark.parametrize("check_id", EVERY)
def test_a_vcenter_without_nsx_or_hosts(check_id):
    """What is not there is not applicable: no NSX to fit, no host to manage."""
    bare = world(**NO_NSX)
    expected = Outcome.PASS if check_id == MANAGES else Outcome.NOT_APPLICABLE
    assert bare.judge(check_id).outcome is expected
    empty = world(**{**NO_NSX, "hosts": {"vc-main": ()}})
    assert empty.judge(check_id).outcome is Outcome.NOT_APPLICABLE


def test_nsxv_beside_7_is_refused_today():
    """NSX-V 6.4.5 at vCenter 7.0 blocks with the row of the procedure."""
    judgement = at("7.0", "6.5 U2", upgrade={}).judge(WITH_VCENTER)
    assert judgement.blocks
    found = "NSX-V 6.4.5 with vCenter 7.0: not supported"
    assert told(judgement) == [("NSX-V 6.4.5 of vc-main now", found, "supported")]
    assert rows(judgement) == [V_AND_7]


@pytest.mark.parametrize(
    ("version", "outcome", "weight"),
    [
        ("6.4.4", Outcome.FAIL, Severity.WARNING),
        ("6.4.5", Outcome.FAIL, Severity.BLOCKER),
        ("6.4.6", Outcome.FAIL, Severity.WARNING),
        ("6.4.8", Outcome.PASS, None),
        ("6.3.7", Outcome.FAIL, Severity.WARNING),
        ("6.5.0", Outcome.UNDETERMINED, None),
    ],
)
def test_which_nsxv_fits_7(version, outcome, weight):
    """Only the row of 6.4.5 is one that somebody stands behind; of 6.5 there is none."""
    judgement = at("7.0", "6.7 U2", upgrade={}, nsxv={"nsxv-main": nsxv_manager(version)}).judge(
        WITH_VCENTER
    )
    assert (judgement.outcome, judgement.weight) == (outcome, weight)
    if weight is Severity.WARNING:
        assert told(judgement)[0][2] == "supported"
        assert judgement.findings[0].source.confidence == "unverified"


@pytest.mark.parametrize("check_id", [WITH_VCENTER, WITH_HOSTS])
def test_an_nsx_of_which_no_row_speaks_is_undetermined(check_id):
    """NSX 4.9 stands in no row: neither a fit nor a misfit."""
    judgement = ended(nsxt={"nsxt": nsxt_manager("4.9.0.0.0.1")}, upgrade={}).judge(check_id)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert all(reason.startswith("no row answers: NSX 4.9") for _, reason in missed(judgement))


def test_hosts_of_mixed_releases_are_judged_each():
    """Of three hosts the one that does not fit is named."""
    judgement = at("7.0 U2", "6.7 U2", "7.0", "6.7 U3", upgrade={}).judge(WITH_HOSTS)
    assert judgement.examined == 3
    assert {subject for subject, _, _ in told(judgement)} == {TWO}
    assert rows(judgement) == [V_AND_7, None]


def test_a_train_that_the_manager_does_not_publish_blocks():
    """A host of a release for which NSX-V has no VIBs is told by what the manager itself says."""
    six = {"all_nsxv_trains": {"nsxv-main": ("6.0", "6.5")}}
    judgement = at("6.7 U3", "6.5 U2", "6.7 U2", upgrade={}, **six).judge(WITH_HOSTS)
    assert judgement.blocks
    assert told(judgement) == [
        (TWO, "nsxv-main has VIBs for 6.0, 6.5 only", "VIBs for ESXi 6.7"),
    ]


def test_trains_count_after_the_step_too():
    """Before the bridge the release that hosts will run is looked for among the VIBs."""
    six = {"all_nsxv_trains": {"nsxv-main": ("6.0", "6.5")}}
    judgement = world(step="vsphere-bridge", **six).judge(WITH_HOSTS)
    assert [subject for subject, _, _ in told(judgement)] == [
        "hosts of vc-main after vsphere-bridge"
    ]
    seven = {"all_nsxv_trains": {"nsxv-main": ("6.5", "6.7", "7.0")}}
    assert None not in rows(world(step="vsphere-target", **seven).judge(WITH_HOSTS))


def test_trains_say_nothing_of_nsxt():
    """The list of VIBs is NSX-V's own: a host of NSX-T is judged by the table alone."""
    none = {"all_nsxv_trains": {"nsxv-main": ()}}
    assert ended(**none).judge(WITH_HOSTS).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"all_nsxv_preparation": {"nsxv-main": Unread("nsxv-main: refused")}},
        {"all_nsxv_deployments": {"nsxv-main": Unread("nsxv-main: refused")}},
        {"all_nsxv_trains": {"nsxv-main": Unread("nsxv-main: refused")}},
    ],
)
def test_what_nsxv_does_not_tell_is_undetermined(changes):
    """Without the manager's word nobody knows which hosts it has prepared, or with what."""
    judgement = world(**changes).judge(WITH_HOSTS)
    assert (judgement.outcome, judgement.reason) == (Outcome.UNDETERMINED, "nsxv-main: refused")


def test_only_prepared_clusters_are_hosts_of_nsxv():
    """A cluster without VIBs and without a deployed service has nothing of NSX-V to fit."""
    stranger = host(moref="host-31", name="esx-31", cluster="domain-c9", build="15843807")
    hosts = {"hosts": {"vc-main": (*hosts_at("6.5 U2"), stranger)}}
    facts = {"abouts": {"vc-main": vcenter_at("7.0 U2")}, "upgrade": {}, **hosts}
    assert world(**facts).judge(WITH_HOSTS).outcome is Outcome.PASS
    deployed = {"nsxv-main": (nsxv_deployment(cluster="domain-c9"),)}
    judgement = world(**facts, all_nsxv_deployments=deployed).judge(WITH_HOSTS)
    assert {subject for subject, _, _ in told(judgement)} == {"esx-31 (host-31)"}
    vibs = {"nsxv-main": (prepared("domain-c7"), prepared("domain-c9"))}
    assert world(**facts, all_nsxv_preparation=vibs).judge(WITH_HOSTS).blocks
    taken_off = {"nsxv-main": (prepared("domain-c9", installed=False),)}
    judgement = world(**facts, all_nsxv_preparation=taken_off).judge(WITH_HOSTS)
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_cluster_that_another_nsxv_prepared_is_another_cluster():
    """Morefs repeat: domain-c7 of vc-other has nothing to do with that of vc-main."""
    both = two_vcenters(
        named=(VC_MAIN, VC_OTHER, NSXV, OTHER_NSXV, DSM),
        upgrade={},
        nsxv={"nsxv-b": nsxv_manager()},
        all_nsxv_preparation={"nsxv-main": (), "nsxv-b": (prepared(),)},
        all_nsxv_deployments={"nsxv-b": ()},
        all_nsxv_trains={"nsxv-b": ("6.5",)},
    )
    assert both.judge(WITH_HOSTS, "vc-main").outcome is Outcome.NOT_APPLICABLE
    assert both.judge(WITH_HOSTS, "vc-other").outcome is Outcome.PASS


def test_each_vcenter_is_judged_by_itself():
    """Morefs repeat: a host of the other vCenter is judged under its own."""
    newer = host(build="15843807")
    both = two_vcenters(hosts={"vc-other": (newer,)}, upgrade={}, phase="post")
    assert both.judge(MANAGES, "vc-main").outcome is Outcome.PASS
    judgement = both.judge(MANAGES, "vc-other")
    assert told(judgement)[0][:2] == (ONE, "ESXi 7.0 under vCenter 6.5 U2: not supported")
    assert both.judge(WITH_VCENTER, "vc-other").outcome is Outcome.NOT_APPLICABLE


def test_an_unread_neighbour_is_no_concern_of_this_vcenter():
    """What is not known of vc-other does not touch the claim about vc-main."""
    half = two_vcenters(abouts={"vc-other": Unread("vc-other: refused")}, phase="post")
    assert half.judge(MANAGES, "vc-main").outcome is Outcome.PASS
    assert half.judge(WITH_VCENTER, "vc-other").outcome is Outcome.UNDETERMINED


def test_an_nsx_of_the_other_vcenter_only_that_nobody_names():
    """NSX that only vc-other has registered leaves vc-other open, and vc-main as it is."""
    both = two_vcenters(
        extensions={"vc-other": (extension(),)},
        abouts={"vc-other": about(instance_uuid=OTHER_VCENTER_UUID)},
        upgrade={"deep_security": TARGETS["deep_security"]},
    )
    assert both.judge(WITH_VCENTER, "vc-main").outcome is Outcome.PASS
    assert "com.vmware.vShieldManager" in missed(both.judge(WITH_VCENTER, "vc-other"))[0][1]
