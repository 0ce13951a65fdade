"""GI-SVM-001: one appliance on each protected host, running, where NSX deployed it."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    appliance_agent,
    compute_manager,
    computer,
    environment,
    host,
    instance,
    nsxt_deployment,
    nsxv_agent,
    second_host,
    vm,
)
from tests.judging import judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE
ONE, TWO = "esx-01.example.jp (host-21)", "esx-02.example.jp (host-22)"
UUIDS = {301: "4201abcd-0000-4000-8000-000000000301", 302: "4201abcd-0000-4000-8000-000000000302"}


def dsva(number=301, **changes):
    """An appliance as the manager sees it."""
    values = {"id": number, "kind": "appliance", "display_name": f"dsva-{number}"}
    status = {"agent_status": "active", "appliance_status": "not-supported"}
    return computer(**{**values, **status, "vm_uuid": UUIDS[number], **changes})


def dsva_vm(number=301, moref="host-21", **changes):
    """Its VM on a host."""
    values = {"moref": f"vm-{number}", "name": f"dsva-{number}", "bios_uuid": UUIDS[number]}
    return vm(**{**values, "instance_uuid": UUIDS[number], "host": moref, **changes})


VMS = (vm(), dsva_vm(), dsva_vm(302, "host-22"))
AGENTS = (
    nsxv_agent(),
    appliance_agent(vm="vm-301"),
    appliance_agent(host="host-22", vm="vm-302"),
)
COMPUTERS = (computer(), dsva(), dsva(302))


def placed(vms=VMS, agents=AGENTS, computers=COMPUTERS, texts=(NSXV,), **changes):
    """GI-SVM-001 on a cluster of two hosts with an appliance on each, by NSX-V."""
    estate = environment(VC_MAIN, VC_OTHER, DSM, *texts)
    facts = {
        "dsm": estate.dsm[0],
        "dsm_computers": computers,
        "all_dsm_computers": {"dsm": computers},
        "all_vcenter_about": {
            "vc-main": about(),
            "vc-other": about(instance_uuid=OTHER_VCENTER_UUID),
        },
        "all_vcenter_vms": {"vc-main": vms, "vc-other": ()},
        "all_vcenter_hosts": {"vc-main": (host(), second_host()), "vc-other": ()},
        "all_nsxv_agents": {"nsxv-main": agents} if NSXV in texts else {},
        "all_nsxt_compute_managers": {},
        "all_nsxt_deployments": {},
        "environment": estate,
    }
    return judged("GI-SVM-001", **{**facts, **changes})


def test_one_appliance_on_each_host_passes():
    """Every host of the cluster is examined, with and without a protected VM on it today."""
    judgement = placed()
    assert (judgement.outcome, judgement.examined) == (P, 2)


def test_a_host_without_its_appliance_blocks():
    """NSX still has it recorded: the host is named once, with what is certain."""
    judgement = placed(vms=VMS[:2], computers=COMPUTERS[:2], agents=AGENTS[:2])
    assert told(judgement) == [(TWO, "no appliance is on it", "exactly one")]
    assert judgement.blocks


def test_an_appliance_that_could_not_be_read_may_be_there():
    """Its host is not bare and its record not stale: nobody can say."""
    lost = {("vc-main", "vms"): ("dsva-302 (vm-302)",)}
    judgement = placed(vms=VMS[:2], unseen=lost)
    assert not judgement.findings
    assert (TWO, "its appliance may be dsva-302 (vm-302)") in missed(judgement)
    assert placed(vms=VMS[:2], unseen={("vc-other", "vms"): ("dsva-302 (vm-302)",)}).blocks


def test_an_appliance_that_is_off_blocks():
    """A switched-off and a suspended appliance protect nobody."""
    for state in ("poweredOff", "suspended"):
        judgement = placed(vms=(*VMS[:2], dsva_vm(302, "host-22", power_state=state)))
        found = f"its appliance dsva-302 (vm-302) is {state}"
        assert told(judgement) == [(TWO, found, "poweredOn")]
        assert judgement.blocks


def test_an_appliance_that_moved_is_found_on_both_hosts():
    """The host it left is bare, the one it went to has two; both are named."""
    judgement = placed(vms=(*VMS[:2], dsva_vm(302, "host-21")))
    assert [one[:2] for one in told(judgement)] == [
        (ONE, "2 appliances are on it: dsva-301 (vm-301), dsva-302 (vm-302)"),
        (TWO, "no appliance is on it"),
    ]
    assert judgement.blocks


def test_two_appliances_that_changed_places_are_found():
    """Each host has exactly one, and yet NSX would delete the other's."""
    swapped = (vm(), dsva_vm(301, "host-22"), dsva_vm(302, "host-21"))
    judgement = placed(vms=swapped)
    assert [one[:2] for one in told(judgement)] == [
        (ONE, "its appliance dsva-301 (vm-301) is on esx-02.example.jp (host-22)"),
        (TWO, "its appliance dsva-302 (vm-302) is on esx-01.example.jp (host-21)"),
    ]


def test_a_record_of_a_vm_that_is_gone_blocks():
    """NSX-V would upgrade a VM that vCenter does not have."""
    agents = (*AGENTS[:2], appliance_agent(host="host-22", vm="vm-999"))
    assert told(placed(agents=agents))[0][:2] == (TWO, "NSX-V has vm-999 for it, which is no VM")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"agents": (*AGENTS[:2], appliance_agent(host="host-22"))},
            "NSX-V does not say which VM it deployed to it",
        ),
        ({"agents": AGENTS[:2]}, "no NSX has an appliance for it"),
        (
            {"vms": (*VMS[:2], dsva_vm(302, "host-22", connection_state="inaccessible"))},
            "its appliance dsva-302 (vm-302): vCenter calls it inaccessible",
        ),
    ],
)
def test_what_nobody_tells_is_not_judged(changes, reason):
    """An appliance of which NSX or vCenter says too little is undetermined."""
    judgement = placed(**changes)
    assert judgement.outcome is U
    ((subject, told_reason),) = missed(judgement)
    assert subject == TWO
    assert told_reason.startswith(reason)


def test_an_appliance_that_no_vcenter_lists_is_not_passed_over():
    """It is undetermined itself, and its host is bare."""
    judgement = placed(vms=VMS[:2])
    assert [subject for subject, _ in missed(judgement)] == ["dsva-302 (computer 302)"]
    assert [one[0] for one in told(judgement)] == [TWO]


def nsxt(*instances, agents=()):
    """What NSX-T says of its service VMs."""
    return placed(
        texts=(NSXT,),
        agents=agents,
        all_nsxt_compute_managers={"nsxt": (compute_manager(),)},
        all_nsxt_deployments={"nsxt": (nsxt_deployment(instances=instances),)},
    )


def test_on_nsx_t_each_host_is_served_once():
    """NSX-T names no VM, so the numbers are compared: none, one, two, and not said."""
    one, two = instance(), instance(host_moref="host-22")
    assert nsxt(one, two).outcome is P
    assert missed(nsxt(one))[0][0] == TWO
    assert told(nsxt(one, two, two))[0][:2] == (TWO, "2 service VMs of NSX-T serve it")
    assert {reason for _, reason in missed(nsxt(one, instance(host_moref=None)))} == {
        "NSX-T does not say which host a service VM serves"
    }


def test_other_services_of_nsx_t_are_no_appliances():
    """A partner's firewall beside endpoint protection serves the host too, and is none of it."""
    serving = (instance(), instance(host_moref="host-22"))
    beside = nsxt_deployment(id="deployment-2", functionalities=("NG_FW",), instances=serving)
    judgement = placed(
        texts=(NSXT,),
        all_nsxt_compute_managers={"nsxt": (compute_manager(),)},
        all_nsxt_deployments={"nsxt": (nsxt_deployment(instances=serving), beside)},
    )
    assert judgement.outcome is P


def test_appliances_of_another_manager_count():
    """Two managers with an appliance on one host each: whoever deployed it, the host has two."""
    more = dsva(302, vm_uuid=UUIDS[302])
    judgement = placed(
        computers=COMPUTERS[:2],
        vms=(*VMS[:2], dsva_vm(302, "host-21")),
        all_dsm_computers={"dsm": COMPUTERS[:2], "other": (more,)},
    )
    assert told(judgement)[0][1].startswith("2 appliances are on it")


def test_an_appliance_of_another_manager_that_cannot_be_placed_is_not_passed_over():
    """It may be on any host of this one."""
    lost = dsva(302, vm_uuid="4201abcd-0000-4000-8000-000000000999")
    judgement = placed(all_dsm_computers={"dsm": COMPUTERS, "other": (lost,)})
    assert [subject for subject, _ in missed(judgement)] == ["dsva-302 (computer 302)"]


def test_without_appliances_the_claim_has_no_meaning():
    """Agents alone need no appliance."""
    assert placed(computers=(agent(),)).outcome is NA


@pytest.mark.parametrize("part", ["all_nsxv_agents", "all_vcenter_vms", "all_dsm_computers"])
def test_what_could_not_be_read_is_not_taken_for_none(part):
    """An unread fact leaves the claim undetermined."""
    slug = {"all_nsxv_agents": "nsxv-main", "all_vcenter_vms": "vc-main"}.get(part, "dsm")
    assert placed(**{part: {slug: Unread("no answer"), "vc-other": ()}}).outcome is U
