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
    nsxt_deployment,
    vm,
)
from tests.judging import answered, judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE
NETWORK = ("firewall", "intrusionPrevention", "webReputation")
VDI = "vdi-01 (computer 101)"
NO_MODULES = (VDI, "the manager does not say which modules are on")
NO_PROFILE = ("nsxv-main", "it lists no profile of the appliance's service")
NO_ROW = ("nsxv-main", "no row says what NSX-V 6.2.4 does without an appliance: attest it")
NO_VM = (
    VDI,
    f"no vCenter of the environment (vc-main, vc-other) lists its uuid {computer().vm_uuid}",
)
NO_INTERFACE = (
    "protected VMs of vc-main",
    "no interface tells what NSX-T does with their network: attest it",
)


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


def test_nobodys_word_accepts_a_profile_that_fails_closed():
    """That the VMs may be without network is for a board to accept."""
    judgement = without(profiles=(by_hand.profile(fail_open=None),))
    assert judgement.outcome is F
    assert answered("GI-FAIL-001", judgement, "dsm") == judgement


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
    ("changes", "unknown"),
    [
        ({"one": computer(modules=())}, NO_MODULES),
        ({"one": computer(modules=modules()[:2])}, NO_MODULES),
        ({"profiles": ()}, NO_PROFILE),
        ({"profiles": (by_hand.profile(service="Other"),)}, NO_PROFILE),
        ({"all_nsxv_manager": {"nsxv-main": by_hand.manager(version="6.2.4")}}, NO_ROW),
        ({"all_vcenter_vms": {"vc-main": (), "vc-other": ()}}, NO_VM),
        ({"texts": ()}, NO_INTERFACE),
        (
            {"texts": (NSXT,), "all_nsxt_deployments": {"nsxt": (nsxt_deployment(),)}},
            NO_INTERFACE,
        ),
    ],
)
def test_what_no_interface_tells_is_not_passed_over(changes, unknown):
    """Modules, profiles, old releases, strays and NSX-T: unknown until a person attests it."""
    judgement = without(**changes)
    assert judgement.outcome is U
    assert missed(judgement) == [unknown]
    assert answered("GI-FAIL-001", judgement, "dsm").outcome is Outcome.ATTESTED


def test_a_finding_stands_beside_what_a_person_answers_for():
    """NSX-T tells nothing and a profile of NSX-V fails closed: the one can be attested."""
    judgement = without(
        profiles=(by_hand.profile(fail_open=None),),
        texts=(NSXV, NSXT),
        all_nsxt_deployments={"nsxt": (nsxt_deployment(),)},
    )
    assert missed(judgement) == [NO_INTERFACE]
    assert judgement.examined == 3
    attested = answered("GI-FAIL-001", judgement, "dsm")
    assert (attested.outcome, missed(attested)) == (F, [])
    assert told(attested) == told(judgement) != []


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
