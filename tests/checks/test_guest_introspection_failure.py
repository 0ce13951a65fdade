"""GI-FAIL-001: what happens to protected VMs while their appliance is away."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Module
from tests import nsxv_by_hand as by_hand
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    computer,
    environment,
    moment,
    nsxt_deployment,
    vm,
)
from tests.judging import judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE
NETWORK = ("firewall", "intrusionPrevention", "webReputation")
ATTESTED = """
[[attestation]]
check = "GI-FAIL-001"
by = "Taro Yamada"
on = 2026-11-22
says = "The VMs may be without network during the change."
"""


def modules(*on, appliance_status="active"):
    """Every module that matters, of which these are on."""
    return tuple(
        Module(name, name in on, None, appliance_status if name in on else "inactive")
        for name in ("antiMalware", *NETWORK)
    )


FIREWALL = computer(modules=modules("antiMalware", "firewall"))
FILES = computer(modules=modules("antiMalware"))


def without(one=FIREWALL, profiles=None, texts=(NSXV,), **changes):
    """GI-FAIL-001 on one VM that an appliance protects, by an NSX-V 6.4.5."""
    estate = environment(VC_MAIN, VC_OTHER, DSM, *texts)
    facts = {
        "dsm": estate.dsm[0],
        "dsm_computers": (one,),
        "all_vcenter_about": {
            "vc-main": about(),
            "vc-other": about(instance_uuid=OTHER_VCENTER_UUID),
        },
        "all_vcenter_vms": {"vc-main": (vm(),), "vc-other": ()},
        "all_nsxv_manager": {"nsxv-main": by_hand.manager()},
        "all_nsxv_service_profiles": {
            "nsxv-main": (by_hand.profile(),) if profiles is None else profiles
        },
        "all_nsxt_deployments": {"nsxt": ()},
        "environment": estate,
        "moment": moment(step="appliance"),
    }
    return judged("GI-FAIL-001", **{**facts, **changes})


def test_a_profile_that_fails_open_passes():
    """It was set on purpose; the board reads how many VMs it is about."""
    judgement = without()
    assert (judgement.outcome, judgement.examined) == (P, 1)
    assert judgement.notes[0].text == (
        "the network of 1 of 1 VMs goes through the appliance: vdi-01"
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "failOpen: not set, so it fails closed"),
        ("false", "failOpen: false"),
        ("odd", "failOpen: odd"),
    ],
)
def test_a_profile_that_fails_closed_warns(value, found):
    """Not set is the default, which stops the traffic; any word but true counts as that."""
    judgement = without(profiles=(by_hand.profile(fail_open=value),))
    assert told(judgement) == [("Default (EBT) (profile-1) of nsxv-main", found, "failOpen: true")]
    assert judgement.weight is Severity.WARNING


def test_the_case_of_true_does_not_matter():
    """A console may write it in any case."""
    assert without(profiles=(by_hand.profile(fail_open="TRUE"),)).outcome is P


def test_a_person_may_answer_for_it():
    """With an attestation the claim holds whatever the profile says."""
    closed = (by_hand.profile(fail_open=None),)
    judgement = without(profiles=closed, texts=(NSXV, ATTESTED))
    assert judgement.outcome is P
    assert "attested by Taro Yamada" in judgement.notes[-1].text
    late = ATTESTED.replace("2026-11-22", "2026-09-01")
    assert without(profiles=closed, texts=(NSXV, late)).outcome is F


@pytest.mark.parametrize("name", NETWORK)
def test_each_network_module_counts(name):
    """Any of the three sends the traffic through the appliance."""
    closed = (by_hand.profile(fail_open=None),)
    assert without(computer(modules=modules(name)), profiles=closed).outcome is F


def test_files_alone_leave_the_network_alone():
    """Anti-malware of an appliance stops nobody's traffic, whatever the profile says."""
    judgement = without(FILES, profiles=(by_hand.profile(fail_open=None),))
    assert judgement.outcome is P
    assert "the network of none of 1 VMs needs the appliance" in judgement.notes[0].text


def test_a_manager_that_does_not_tell_the_side_means_the_appliance():
    """11.0 does not say who runs a module; of a VM without an agent there is no other side."""
    told_by_soap = computer(modules=modules("firewall", appliance_status=None))
    assert without(told_by_soap, profiles=(by_hand.profile(fail_open=None),)).outcome is F


@pytest.mark.parametrize(("status", "outcome"), [("inactive", P), (None, P), ("active", F)])
def test_beside_an_agent_the_side_that_runs_the_module_counts(status, outcome):
    """In combined mode the agent has the firewall, unless the appliance says that it runs it."""
    both = computer(
        agent_status="active",
        agent_version="11.0.0.582",
        modules=modules("firewall", appliance_status=status),
    )
    assert without(both, profiles=(by_hand.profile(fail_open=None),)).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"one": computer(modules=())}, "vdi-01 (computer 101)"),
        ({"one": computer(modules=modules()[:2])}, "vdi-01 (computer 101)"),
        ({"profiles": ()}, "nsxv-main"),
        ({"profiles": (by_hand.profile(service="Other"),)}, "nsxv-main"),
        ({"all_nsxv_manager": {"nsxv-main": by_hand.manager(version="6.2.4")}}, "nsxv-main"),
        ({"all_vcenter_vms": {"vc-main": (), "vc-other": ()}}, "vdi-01 (computer 101)"),
        ({"texts": ()}, "protected VMs of vc-main"),
        (
            {"texts": (NSXT,), "all_nsxt_deployments": {"nsxt": (nsxt_deployment(),)}},
            "protected VMs of vc-main",
        ),
    ],
)
def test_what_no_interface_tells_is_not_passed_over(changes, subject):
    """Modules, profiles, old releases, strays and NSX-T: unknown until a person attests it."""
    judgement = without(**changes)
    assert judgement.outcome is U
    assert [one for one, _ in missed(judgement)] == [subject]
    attested = {**changes, "texts": (*changes.get("texts", (NSXV,)), ATTESTED)}
    assert without(**attested).outcome is P


def test_an_nsx_t_that_protects_nobody_yet_is_not_asked():
    """Built beside NSX-V and without a deployment it has no appliance to be without."""
    assert without(texts=(NSXV, NSXT)).outcome is P


def test_without_protected_vms_the_claim_has_no_meaning():
    """Agents alone lose nothing."""
    assert without(agent()).outcome is NA


def test_unread_profiles_are_not_taken_for_open():
    """What could not be read leaves the claim undetermined."""
    unread = {"nsxv-main": Unread("no answer")}
    assert without(all_nsxv_service_profiles=unread).outcome is U
