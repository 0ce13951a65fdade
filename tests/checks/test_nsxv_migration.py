"""NSXV-MIG-001 and NSXV-GI-MAP-001: what the migration takes over, and whom it leaves behind."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts.nsxv.state import TransportZone
from kanmon.knowledge.compatibility import Rules
from tests import nsxv_by_hand as by_hand
from tests.facts_by_hand import (
    DSM,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    computer,
    environment,
    host,
    nsxv_appliance,
    nsxv_deployment,
    vm,
)
from tests.judging import answered, judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA, A = Outcome.NOT_APPLICABLE, Outcome.ATTESTED
UNTOLD = "features that nsxv-main does not tell"


def migration(nsx="NSX-T 3.1.2", **changes):
    """NSXV-MIG-001 on a manager that can be migrated, as far as it tells."""
    described = environment(VC_MAIN, NSXV, DSM, **({"nsx": nsx} if nsx else {}))
    facts = {
        "nsxv": described.nsxv[0],
        "nsxv_manager": by_hand.manager(),
        "nsxv_networks": by_hand.networks(),
        "nsxv_deployments": (nsxv_deployment(), nsxv_appliance()),
        "environment": described,
        "rules": Rules(),
    }
    return judged("NSXV-MIG-001", **{**facts, **changes})


def unknown(judgement):
    """What is not judged beside the features that a person is asked for."""
    subjects = [subject for subject, _ in missed(judgement)]
    assert subjects.count(UNTOLD) == 1
    return [subject for subject in subjects if subject != UNTOLD]


def test_a_manager_that_can_be_migrated_is_left_to_a_persons_word():
    """Release, role, zone, port, controllers, and what it does not tell: six, on their rows."""
    judgement = migration()
    assert (judgement.outcome, judgement.examined) == (U, 6)
    ((subject, reason),) = missed(judgement)
    assert subject == UNTOLD
    assert reason.startswith("look at them: is any of them configured? ")
    assert "bandwidth of a vNIC" in reason
    # What facts tell is not asked of a person.
    assert not [
        word for word in ("lockdown", "Fault Tolerance", "DRS", "version 2") if word in reason
    ]
    assert {row.table for row in judgement.rests_on} == {"nsx_hops", "nsxv_migration_limits"}
    assert answered("NSXV-MIG-001", judgement, "nsxv-main").outcome is A


@pytest.mark.parametrize(
    ("version", "outcome", "blocks", "open_"),
    [
        ("6.4.3", F, True, []),
        ("6.4.4", U, False, []),
        ("6.4.6", U, False, []),
        ("6.4.7", F, False, []),
        ("6.4.8", U, False, []),
        ("6.5.0", U, False, ["NSX-V nsxv-main"]),
    ],
)
def test_the_release_decides(version, outcome, blocks, open_):
    """Below 6.4.4 nothing is migrated; of 6.4.7 the lists say nothing, of 6.5 no row."""
    judgement = migration(nsxv_manager=by_hand.manager(version=version))
    assert judgement.outcome is outcome
    assert judgement.blocks is blocks
    assert unknown(judgement) == open_


def zones(mode):
    return by_hand.networks(zones=(TransportZone("vdnscope-1", "Zone", mode),))


@pytest.mark.parametrize(
    ("changes", "subject", "found"),
    [
        (
            {"nsxv_networks": zones("HYBRID_MODE")},
            "Zone (vdnscope-1)",
            "replication of a transport zone: HYBRID_MODE",
        ),
        (
            {"nsxv_networks": zones("MULTICAST_MODE")},
            "Zone (vdnscope-1)",
            "replication of a transport zone: MULTICAST_MODE",
        ),
        (
            {"nsxv_networks": by_hand.networks(vxlan_port=8472)},
            "VXLAN of nsxv-main",
            "VXLAN port: 8472",
        ),
        (
            {"nsxv_networks": by_hand.networks(role="SECONDARY")},
            "role of nsxv-main",
            "role between vCenters: SECONDARY",
        ),
        (
            {"nsxv_networks": by_hand.networks(role="PRIMARY", secondaries=("192.0.2.81",))},
            "role of nsxv-main",
            "role between vCenters: PRIMARY with secondaries",
        ),
        (
            {"nsxv_manager": by_hand.manager(controllers=())},
            "controllers of nsxv-main",
            "controllers beside VXLAN: none",
        ),
    ],
)
def test_a_feature_that_is_not_taken_over_blocks(changes, subject, found):
    """Each is named with how it is configured."""
    judgement = migration(**changes)
    assert [one[:2] for one in told(judgement)] == [(subject, found)]
    assert judgement.blocks
    attested = answered("NSXV-MIG-001", judgement, "nsxv-main")
    assert (attested.findings, attested.outcome) == (judgement.findings, F)


def test_a_primary_manager_without_secondaries_is_migrated():
    """Since NSX-T 3.1.1, from which on there is a way at all."""
    judgement = migration(nsxv_networks=by_hand.networks(role="PRIMARY", secondaries=()))
    assert (judgement.outcome, unknown(judgement)) == (U, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"nsxv_deployments": (nsxv_deployment(), nsxv_deployment(service="Other AV"))},
    ],
)
def test_what_no_text_settles_warns(changes):
    """Another partner's service is for the vendor to say."""
    judgement = migration(**changes)
    assert (judgement.outcome, judgement.weight) == (F, Severity.WARNING)


@pytest.mark.parametrize(
    ("networks", "subject"),
    [
        (by_hand.networks(role="ODD"), "role of nsxv-main"),
        (by_hand.networks(role="PRIMARY"), "role of nsxv-main"),
        (zones("ODD_MODE"), "Zone (vdnscope-1)"),
    ],
    ids=["role", "secondaries not asked for", "zone"],
)
def test_a_word_that_no_row_knows_is_not_judged(networks, subject):
    """A new role or mode may or may not be taken over."""
    judgement = migration(nsxv_networks=networks)
    assert judgement.outcome is U
    assert unknown(judgement) == [subject]


def test_without_overlays_their_port_and_controllers_do_not_matter():
    """An NSX-V for guest introspection only keeps the old default port and has no controllers."""
    judgement = migration(
        nsxv_networks=by_hand.networks(zones=(), vxlan_port=8472),
        nsxv_manager=by_hand.manager(controllers=()),
    )
    assert (judgement.outcome, judgement.examined) == (U, 3)
    assert not unknown(judgement)


def test_where_it_goes_has_to_be_said():
    """Without a target nobody can judge; one that stays on NSX-V has no migration."""
    assert migration(nsx=None).outcome is U
    assert migration(nsx="NSX-V 6.4.13").outcome is NA


VDI = ("vm-101", "vdi-01")
POLICIES = (by_hand.policy(),)


def mapping(*groups, policies=POLICIES, **changes):
    """NSXV-GI-MAP-001 where NSX-V protects vdi-01 in cluster domain-c7 without an agent."""
    described = environment(VC_MAIN, VC_OTHER, NSXV, DSM)
    facts = {
        "nsxv": described.nsxv[0],
        "nsxv_gi_policies": by_hand.nsxv_policy.GiPolicies(policies, groups),
        "nsxv_service_profiles": (by_hand.profile(),),
        "nsxv_deployments": (nsxv_deployment(), nsxv_appliance()),
        "all_dsm_computers": {"dsm": (computer(), agent())},
        "all_vcenter_about": {
            "vc-main": about(),
            "vc-other": about(instance_uuid=OTHER_VCENTER_UUID),
        },
        "all_vcenter_vms": {"vc-main": (vm(),), "vc-other": ()},
        "all_vcenter_hosts": {"vc-main": (host(),), "vc-other": ()},
    }
    return judged("NSXV-GI-MAP-001", **{**facts, **changes})


def test_a_vm_in_a_protected_group_passes():
    """The VM and the policy are examined, and the note says who is protected by what."""
    judgement = mapping(by_hand.group(VDI))
    assert (judgement.outcome, judgement.examined) == (P, 2)
    (note,) = judgement.notes
    assert note.subject == "Deep Security (policy-1)"
    assert note.text == (
        "Default (EBT) (profile-1) -> Protected VMs (securitygroup-1): 1 VMs (vdi-01)"
    )


def test_a_note_names_the_first_vms_only():
    """A group of thousands is a number and a few names."""
    machines = [(f"vm-{n}", f"vdi-{n:02}") for n in range(100, 105)]
    judgement = mapping(by_hand.group(VDI, *machines))
    assert "6 VMs (vdi-01, vdi-100, vdi-101 and 3 more)" in judgement.notes[0].text


@pytest.mark.parametrize(
    ("groups", "policies"),
    [
        ((by_hand.group(("vm-7", "other")),), (by_hand.policy(),)),
        ((), ()),
    ],
)
def test_a_vm_in_no_group_is_named(groups, policies):
    """Protected today and in no group: after the migration nobody would protect it."""
    judgement = mapping(*groups, policies=policies)
    assert [one[0] for one in told(judgement)] == ["vdi-01 (vc-main vm-101)"]
    assert judgement.weight is Severity.WARNING


def test_a_group_without_vms_is_named():
    """A policy that is bound to nobody protects nobody."""
    empty = by_hand.policy(id="policy-2", name="Forgotten", groups=("securitygroup-2",))
    judgement = mapping(
        by_hand.group(VDI),
        by_hand.group(id="securitygroup-2", name="Nobody"),
        policies=(by_hand.policy(), empty),
    )
    assert told(judgement)[0][:2] == ("Forgotten (policy-2)", "no VM is in Nobody")
    one_of_two = by_hand.policy(groups=("securitygroup-1", "securitygroup-2"))
    both = (by_hand.group(VDI), by_hand.group(id="securitygroup-2", name="Nobody"))
    assert mapping(*both, policies=(one_of_two,)).outcome is P
    unbound = by_hand.policy(id="policy-3", name="Unbound", groups=())
    judgement = mapping(by_hand.group(VDI), policies=(by_hand.policy(), unbound))
    assert told(judgement)[0][:2] == ("Unbound (policy-3)", "it applies to no group")


def test_a_parent_needs_no_group_of_its_own():
    """What its children inherit is bound there."""
    parent = by_hand.policy(id="policy-9", name="Base", groups=())
    child = by_hand.policy(parent="policy-9", actions=())
    judgement = mapping(by_hand.group(VDI), policies=(parent, child))
    assert judgement.outcome is P
    assert judgement.notes[1].text.startswith("inherited -> Protected VMs")


def test_what_another_nsx_protects_is_not_its_own():
    """A VM of a cluster without NSX-V, or of another vCenter, is left to its own NSX."""
    other = {"vc-main": (host(cluster="domain-c8"),), "vc-other": ()}
    assert mapping(policies=(), all_vcenter_hosts=other).outcome is NA
    away = {"vc-main": (), "vc-other": (vm(),)}
    there = {"dsm": (computer(vcenter_uuid=OTHER_VCENTER_UUID),)}
    assert mapping(policies=(), all_vcenter_vms=away, all_dsm_computers=there).outcome is NA


def test_an_appliance_that_protects_nobody_is_not_believed():
    """It is deployed, so an account that sees neither policy nor VM may be a weak one."""
    nobody = {"dsm": (agent(),)}
    judgement = mapping(policies=(), all_dsm_computers=nobody)
    assert judgement.outcome is U
    assert "Trend Micro Deep Security" in judgement.reason
    bare = mapping(policies=(), all_dsm_computers=nobody, nsxv_deployments=(nsxv_deployment(),))
    assert bare.outcome is NA


def test_a_vm_that_cannot_be_placed_is_not_taken_for_grouped():
    """A VM that no vCenter lists is undetermined; one on an unlisted host has to be in a group."""
    stray = mapping(by_hand.group(VDI), all_vcenter_vms={"vc-main": (), "vc-other": ()})
    assert stray.outcome is U
    nowhere = {"vc-main": (), "vc-other": ()}
    judgement = mapping(by_hand.group(("vm-7", "other")), all_vcenter_hosts=nowhere)
    assert [one[0] for one in told(judgement)] == ["vdi-01 (vc-main vm-101)"]


def test_a_vm_with_an_agent_needs_no_group():
    """In combined mode the agent goes on protecting it."""
    both = computer(agent_status="active", agent_version="11.0.0.582")
    judgement = mapping(policies=(), all_dsm_computers={"dsm": (both,)})
    assert judgement.outcome is NA
