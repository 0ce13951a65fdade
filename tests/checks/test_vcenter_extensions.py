"""VC-EXT-001: the products that are registered with a vCenter."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.gate.judgement import Judgement
from tests.checks.estates import BRIDGE, NSXT_EXTENSION, TARGETS, steps, without
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    VC_MAIN,
    environment,
    extension,
    moment,
    nsxv_deployment,
)
from tests.judging import judged, missed, told

NSXV_KEY = "com.vmware.vShieldManager"
NSXT_KEY = "com.vmware.nsx.management.nsxt"
OWN = extension(key="com.vmware.vim.eam", version="6.5.0")
TREND = extension(key="com.example.ds", version="20.0", company="Trend Micro, Inc.")
BOTH = (OWN, extension(), NSXT_EXTENSION)
ALL_NAMED = (VC_MAIN, NSXV, NSXT, DSM)


def registered(
    *extensions,
    step="nsx-migration",
    phase="pre",
    named=ALL_NAMED,
    order="",
    upgrade=TARGETS,
    deployed=None,
) -> Judgement:
    """The check on a vCenter with these extensions."""
    made = environment(*named, order, **upgrade)
    return judged(
        "VC-EXT-001",
        vcenter=made.vcenter[0],
        vcenter_extensions=extensions,
        all_nsxv_deployments=deployed or {},
        all_nsxt_deployments={},
        environment=made,
        moment=moment(step=step, phase=phase),
    )


def test_before_the_migration_both_are_registered():
    """NSX-V is still there and NSX-T is already: all extensions are examined."""
    judgement = registered(*BOTH)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 3
    assert [note.subject for note in judgement.notes] == [NSXV_KEY, NSXT_KEY]


def test_nsxt_must_be_registered_before_the_migration():
    """The migration coordinator takes over to an NSX-T that vCenter knows."""
    judgement = registered(OWN, extension())
    assert judgement.weight is Severity.BLOCKER
    found = "not registered, though nsxt is named for vc-main"
    assert told(judgement) == [(NSXT_KEY, found, "registered, as nsxt-build leaves it")]


def test_nsxv_that_is_named_must_be_registered_before_the_migration():
    """A manager that vCenter does not know has nothing that could be migrated."""
    judgement = registered(OWN, NSXT_EXTENSION)
    assert [subject for subject, _, _ in told(judgement)] == [NSXV_KEY]


@pytest.mark.parametrize(
    ("step", "phase"),
    [("nsx-migration", "post"), ("vsphere-target", "pre"), ("vsphere-target", "post")],
)
@pytest.mark.parametrize("named", [ALL_NAMED, (VC_MAIN, NSXT, DSM)])
def test_nsxv_is_gone_after_the_migration(step, phase, named):
    """Left behind it blocks, whether the environment still names it or not."""
    judgement = registered(*BOTH, step=step, phase=phase, named=named)
    assert judgement.weight is Severity.BLOCKER
    expected = "gone, as the migration to NSX-T leaves it"
    assert told(judgement) == [(NSXV_KEY, "NSX-V 6.4.5 is still registered", expected)]
    clean = registered(OWN, NSXT_EXTENSION, step=step, phase=phase, named=named)
    assert clean.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        (steps("vsphere-target", "nsx-migration"), Outcome.PASS),
        (steps(BRIDGE, "nsx-migration", "vsphere-target"), Outcome.FAIL),
    ],
)
def test_a_declared_order_may_migrate_last(order, outcome):
    """Where the migration is declared to come after vSphere's target, NSX-V may still be there."""
    assert registered(*BOTH, step="vsphere-target", order=order).outcome is outcome


def test_nsxv_that_is_to_stay_may_stay():
    """An upgrade of NSX-V itself takes nothing away."""
    judgement = registered(*BOTH, step="vsphere-target", upgrade={"nsx": "NSX-V 6.4.10"})
    assert judgement.outcome is Outcome.PASS


def test_before_all_steps_nsxt_need_not_be_there_yet():
    """The whole upgrade starts with NSX-V alone."""
    assert registered(OWN, extension(), step=None).outcome is Outcome.PASS
    assert registered(OWN, extension(), step=None, phase="post").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("named", "extensions", "upgrade", "kind"),
    [
        ((VC_MAIN, DSM), (OWN, extension()), without("nsx"), "nsxv"),
        ((VC_MAIN, NSXV, DSM), BOTH, TARGETS, "nsxt"),
        ((VC_MAIN,), (OWN, TREND), without("nsx", "deep_security"), "dsm"),
    ],
)
def test_a_product_that_nobody_named_is_undetermined(named, extensions, upgrade, kind):
    """It is there and nobody judged it: that is no pass."""
    judgement = registered(*extensions, named=named, upgrade=upgrade)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((_, reason),) = missed(judgement)
    assert f"names no {kind}" in reason
    assert f"add [[{kind}]]" in reason


def test_others_are_noted():
    """Deep Security is told by its name alone; what is of nobody known stands in one line."""
    judgement = registered(
        *BOTH, TREND, extension(key="b.backup", company=""), extension(key="a.x", company="A")
    )
    notes = {note.subject: note.text for note in judgement.notes}
    assert judgement.outcome is Outcome.PASS
    assert "no text gives its key" in notes["com.example.ds"]
    assert notes["extensions of others"] == "a.x 6.4.5 (A), b.backup 6.4.5 (no company)"
    assert OWN.key not in notes


def test_an_appliance_in_nsx_shows_the_manager_that_nobody_named():
    """Without a manager nobody tells which VMs it protects; NSX's own services say nothing."""
    deployed = {
        "nsxv-main": (
            nsxv_deployment(),
            nsxv_deployment(service="Trend Micro Deep Security"),
        ),
        "nsxv-other": (nsxv_deployment(service="Trend Micro Deep Security"),),
    }
    targets = {key: text for key, text in TARGETS.items() if key in ("vcenter", "esxi", "nsx")}
    alone = {"named": (VC_MAIN, NSXV, NSXT), "upgrade": targets}
    judgement = registered(*BOTH, deployed=deployed, **alone)
    assert [subject for subject, _ in missed(judgement)] == ["nsxv-main"]
    assert "add [[dsm]] with its [[database]]" in missed(judgement)[0][1]
    unread = registered(*BOTH, deployed={"nsxv-main": Unread("no answer")}, **alone)
    assert missed(unread) == [("nsxv-main", "no answer")]
    assert registered(*BOTH, deployed=deployed).outcome is Outcome.PASS
    own = {"nsxv-main": (nsxv_deployment(),)}
    assert registered(*BOTH, deployed=own, **alone).outcome is Outcome.PASS
