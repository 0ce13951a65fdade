"""ESX-VER-001, ESX-VIB-001 and ESX-VIB-002: releases and packages of hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    ESXI_BUILDS,
    GOOD,
    STRANGE_BUILD,
    TARGETS,
    TWO,
    ended,
    hosts_at,
    nsxt_manager,
    steps,
    two_vcenters,
    without,
    world,
)
from tests.checks.host_facts import before, judged_on, vib
from tests.facts_by_hand import DSM, NSXV, VC_MAIN, extension
from tests.judging import answered, missed, told

ARRIVED, PACKAGES, RESIDUE = "ESX-VER-001", "ESX-VIB-001", "ESX-VIB-002"
SILENT = Unread("esx-02: NoPermission")


# ESX-VER-001


def after(step, *releases, order=GOOD, **changes):
    """The claim after a step, its hosts at these releases."""
    hosts = {"hosts": {"vc-main": hosts_at(*releases)}}
    made = world(order=order, step=step, phase="post", **{**hosts, **changes})
    return made.judge(ARRIVED, "vc-main")


@pytest.mark.parametrize(
    ("step", "release"),
    [("vsphere-bridge", "6.7 U2"), ("vsphere-target", "7.0 U2"), (None, "7.0 U2")],
)
def test_hosts_at_the_promised_release_pass(step, release):
    """Every host is examined, and the builds in use are noted."""
    judgement = after(step, release, release)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)
    assert [(n.subject, n.text) for n in judgement.notes] == [
        (f"build {ESXI_BUILDS[release]}", "2 hosts")
    ]


def test_a_later_patch_of_the_level_passes():
    """7.0 U2a is of the promised update level."""
    judgement = after("vsphere-target", "7.0 U2", "7.0 U2a")
    assert judgement.outcome is Outcome.PASS
    assert len(judgement.notes) == 2


@pytest.mark.parametrize(
    ("step", "good", "bad"),
    [
        ("vsphere-bridge", "6.7 U2", "6.5 U2"),
        ("vsphere-bridge", "6.7 U2", "6.7 U3"),
        ("vsphere-target", "7.0 U2", "7.0 U1"),
        ("vsphere-target", "7.0 U2", "6.7 U2"),
    ],
)
def test_a_host_elsewhere_fails(step, good, bad):
    """One that was left behind, or went to another level, is named with its build."""
    judgement = after(step, good, bad)
    assert judgement.blocks
    found = f"ESXi {bad} (build {ESXI_BUILDS[bad]})"
    assert told(judgement) == [(TWO, found, f"ESXi {good}, as {step} promised")]


def test_a_disconnected_host_is_unknown():
    """What vCenter says of a host that it does not reach is what it last knew."""
    hosts = hosts_at("7.0 U2", "7.0 U2")
    lost = (hosts[0], replace(hosts[1], connection_state="notResponding"))
    made = world(order=GOOD, step="vsphere-target", phase="post", hosts={"vc-main": lost})
    judgement = made.judge(ARRIVED)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == TWO


def test_an_unknown_build_is_undetermined():
    """One build that no row knows leaves the whole vCenter without a place."""
    hosts = hosts_at("7.0 U2", "7.0 U2")
    strange = (hosts[0], replace(hosts[1], build=STRANGE_BUILD))
    made = world(order=GOOD, step="vsphere-target", phase="post", hosts={"vc-main": strange})
    judgement = made.judge(ARRIVED)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert STRANGE_BUILD in judgement.reason


def test_hosts_out_of_scope_are_not_judged_here():
    """A step that does not move a vCenter's hosts promises nothing of them."""
    both = two_vcenters(order=GOOD, step="vsphere-bridge", phase="post")
    assert both.judge(ARRIVED, "vc-other").outcome is Outcome.NOT_APPLICABLE
    bare = world(upgrade=without("esxi"), phase="post")
    assert bare.judge(ARRIVED).outcome is Outcome.NOT_APPLICABLE


def test_a_bridge_that_nobody_declared_promises_nothing_known():
    """Where the bridge leads stands in the declared order alone."""
    assert after("vsphere-bridge", "6.7 U2", order="").outcome is Outcome.UNDETERMINED


# ESX-VIB-001

VMKLINUX = vib(
    "net-igb",
    version="5.3.1-1OEM.550",
    depends=("vmkapi_2_2_0_0", "com.vmware.driverAPI-9.2.2.0"),
)
QEDF = vib("qedf", version="1.3.35.0-1OEM.600", vendor="QLC", depends=("vmkapi_2_3_0_0",))
NSX_T = vib("nsx-host", version="3.1.2-6.7", vendor="VMware", depends=())


def test_native_drivers_pass():
    """Packages of which no row speaks stop nothing."""
    judgement = judged_on(PACKAGES)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize(
    ("package", "weight"),
    [
        (VMKLINUX, Severity.BLOCKER),
        (QEDF, Severity.BLOCKER),
        (replace(QEDF, depends=("vmkapi_2_4_0_0",)), None),
        (replace(QEDF, depends=("vmkapi_2_1_0_0",)), Severity.WARNING),
        (replace(QEDF, depends=("vmkapi_2_0_0_0 >= 1",)), Severity.WARNING),
        (replace(VMKLINUX, vendor="VMW"), None),
        (replace(VMKLINUX, vendor="VMware"), None),
        (NSX_T, Severity.WARNING),
    ],
)
def test_packages_at_70(package, weight):
    """Drivers of others for vmklinux or an old vmkapi stop; what no text names warns.

    VMware's own come newer with every image.
    """
    judgement = judged_on(PACKAGES, vibs=(vib(), package))
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_what_stops_is_told_with_its_dependency():
    """Package, version, vendor, what it needs, and the row."""
    judgement = judged_on(PACKAGES, vibs=(VMKLINUX,))
    assert told(judgement) == [
        (
            TWO,
            "net-igb 5.3.1-1OEM.550 of INT, which need com.vmware.driverAPI-9.2",
            "a native driver, or an image that replaces it, for ESXi 7.0 U2",
        )
    ]
    assert judgement.findings[0].source.table == "esxi_packages"


def test_67_still_has_vmklinux():
    """Before the bridge the same driver is no fault."""
    judgement = judged_on(PACKAGES, before("vsphere-bridge"), vibs=(VMKLINUX,))
    assert judgement.outcome is Outcome.PASS


def test_many_packages_of_a_row_are_one_finding():
    """Of twenty modules of NSX five are named."""
    modules = tuple(replace(NSX_T, name=f"nsx-{number}") for number in range(20))
    (finding,) = judged_on(PACKAGES, vibs=modules).findings
    assert "nsx-4 3.1.2-6.7 of VMware and 15 more" in finding.found


def test_nobodys_word_accepts_a_package():
    """Which image will be used no interface tells: what stops is for a board to accept."""
    judgement = judged_on(PACKAGES, vibs=(QEDF,))
    assert judgement.blocks
    assert answered(PACKAGES, judgement, "vc-main") == judgement


@pytest.mark.parametrize("check_id", [PACKAGES, RESIDUE])
def test_unread_packages_are_unknown(check_id):
    """A host whose packages nobody read is no clean one, unless a person has looked."""
    made = before("vsphere-target", "6.7 U2", "6.7 U2")
    judgement = judged_on(check_id, made, vibs=SILENT)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(TWO, SILENT.reason)]
    assert answered(check_id, judgement, "vc-main").outcome is Outcome.ATTESTED


def test_packages_where_no_row_or_no_step_speaks():
    """To 8.0 nobody knows what stops; in a step of others nothing moves."""
    beyond = ended(
        upgrade={**TARGETS, "vcenter": "8.0", "esxi": "8.0"}, order=steps("vsphere-target")
    )
    assert judged_on(PACKAGES, beyond).outcome is Outcome.UNDETERMINED
    assert judged_on(PACKAGES, before("agent")).outcome is Outcome.NOT_APPLICABLE


# ESX-VIB-002

NSX_V = vib("esx-nsxv", version="6.7.0-0.0.13282012", vendor="VMware", depends=())
MUX = vib("epsec-mux", version="6.7.0-0.0.1", vendor="VMware", depends=())
MIGRATED = world(order=GOOD, step="nsx-migration", phase="post")
PREPARED = before("nsx-migration")
AT_TARGET = world(order=GOOD, step="vsphere-target", phase="pre")


@pytest.mark.parametrize(
    ("made", "packages", "weight"),
    [
        (PREPARED, (vib(), NSX_V, MUX), None),
        (PREPARED, (NSX_V, NSX_T), Severity.BLOCKER),
        (PREPARED, (MUX, NSX_T), Severity.BLOCKER),
        (PREPARED, (NSX_T,), None),
        (MIGRATED, (NSX_V,), Severity.BLOCKER),
        (MIGRATED, (MUX,), Severity.BLOCKER),
        (MIGRATED, (NSX_V, NSX_T), Severity.BLOCKER),
        (MIGRATED, (replace(NSX_V, name="esx-vsip"),), Severity.BLOCKER),
        (MIGRATED, (NSX_T, replace(NSX_T, name="nsxcli")), None),
        (AT_TARGET, (MUX, NSX_V), Severity.BLOCKER),
        (AT_TARGET, (NSX_T,), None),
    ],
)
def test_packages_of_nsx(made, packages, weight):
    """Before the migration those of one kind; after it, and before 7.0, none of NSX-V."""
    judgement = judged_on(RESIDUE, made, vibs=packages)
    assert judgement.weight is weight
    assert judgement.examined == 2
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_residue_is_told_by_name():
    """What is left and what it stands beside."""
    judgement = judged_on(RESIDUE, MIGRATED, vibs=(NSX_V, MUX, NSX_T))
    found = "esx-nsxv 6.7.0-0.0.13282012, epsec-mux 6.7.0-0.0.1 beside nsx-host"
    assert told(judgement) == [(TWO, found, "none of NSX-V")]
    assert judgement.findings[0].source.table == "nsx_packages"


def test_an_old_nsx_t_has_a_package_of_the_same_name():
    """NSX-T up to 2.3 used epsec-mux too: alone it proves nothing there."""
    old = ended(
        order=steps("vsphere-target"),
        step="vsphere-target",
        nsxt={"nsxt": nsxt_manager("2.3.1.0.0.11294289")},
    )
    assert judged_on(RESIDUE, old, vibs=(MUX, NSX_T)).outcome is Outcome.PASS
    assert judged_on(RESIDUE, old, vibs=(NSX_V, NSX_T)).blocks


def test_an_nsx_v_that_stays_has_its_packages():
    """An estate that ends at NSX-V migrates nothing."""
    stays = {**TARGETS, "nsx": "NSX-V 6.4.14"}
    made = world(upgrade=stays, step="vsphere-target", phase="post")
    assert judged_on(RESIDUE, made, vibs=(NSX_V, MUX)).outcome is Outcome.PASS


def test_a_vcenter_that_migrates_later_keeps_its_packages():
    """After the migration of vc-other vc-main still has its NSX-V."""
    order = steps('nsx-migration; vcenters = ["vc-other"]', "vsphere-target")
    other = two_vcenters(order=order, step="nsx-migration", phase="post")
    assert judged_on(RESIDUE, other, "vc-main", vibs=(NSX_V,)).outcome is Outcome.PASS
    assert judged_on(RESIDUE, MIGRATED, "vc-main", vibs=(NSX_V,)).blocks


def test_a_vcenter_without_nsx_is_judged_too():
    """What lies on a host of it has no owner any more, and no migration to come."""
    plain = two_vcenters(
        hosts={"vc-other": hosts_at("6.5 U2", "6.5 U2")},
        order=GOOD,
        step="nsx-migration",
        phase="post",
    )
    assert judged_on(RESIDUE, plain, "vc-other").outcome is Outcome.PASS
    judgement = judged_on(RESIDUE, plain, "vc-other", vibs=(NSX_V,))
    assert judgement.blocks
    assert [one.subject for one in judgement.findings] == [TWO]


def no_nsx(**changes):
    """An estate that never named an NSX, its vCenter at 6.7 with none registered."""
    bare = {"named": (VC_MAIN, DSM), "extensions": {"vc-main": ()}, "upgrade": without("nsx")}
    at_67 = {"vc-main": hosts_at("6.7 U2", "6.7 U2")}
    return world(**{**bare, "hosts": at_67, **changes})


@pytest.mark.parametrize("step", [None, "vsphere-target"])
@pytest.mark.parametrize("packages", [(NSX_V, MUX), (MUX,), (replace(NSX_V, name="esx-vsip"),)])
def test_packages_that_no_nsx_v_manages_block(step, packages):
    """No NSX-V is registered and none is named: nobody takes away what it once left."""
    judgement = judged_on(RESIDUE, no_nsx(step=step), vibs=(vib(), *packages))
    assert judgement.blocks
    assert [(one.subject, one.expected) for one in judgement.findings] == [(TWO, "none of NSX-V")]


def test_without_any_nsx_clean_hosts_pass():
    """An estate that has none is not held up."""
    judgement = judged_on(RESIDUE, no_nsx())
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize(
    "owner", [{"extensions": {"vc-main": (extension(),)}}, {"named": (VC_MAIN, NSXV, DSM)}]
)
def test_packages_of_an_nsx_v_that_is_there_are_its_own(owner):
    """It is registered, though not named, or named, though not registered any more."""
    judgement = judged_on(RESIDUE, no_nsx(**owner), vibs=(NSX_V, MUX))
    assert judgement.outcome is Outcome.PASS
