"""GI-HOST-001: guest introspection on every host that an appliance protects."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
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
    compute_manager,
    computer,
    environment,
    extension,
    host,
    instance,
    nsxt_deployment,
    nsxv_agent,
    nsxv_deployment,
    second_host,
    vm,
)
from tests.judging import judged, missed, told

ONE = "esx-01.example.jp (host-21)"
VDI = "vdi-01 (vc-main vm-101)"
TWO = "esx-02.example.jp (host-22)"
OTHER_UUID = "42010000-0000-4000-8000-000000000900"
BOTH_VCENTERS = NSXT.replace('["vc-main"]', '["vc-main", "vc-other"]')
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE

NSX_V_HEALTHY = {
    "all_nsxv_deployments": {"nsxv-main": (nsxv_deployment(),)},
    "all_nsxv_agents": {
        "nsxv-main": (nsxv_agent(), nsxv_agent(host="host-22", agent_name="second")),
    },
    "all_vcenter_extensions": {"vc-main": (extension(),), "vc-other": ()},
}


def health(*texts, **changes):
    """The check on vc-main with one cluster of two hosts, and vc-other; NSX as the keywords say."""
    facts = {
        "dsm_computers": (computer(),),
        "all_vcenter_about": {
            "vc-main": about(),
            "vc-other": about(instance_uuid=OTHER_VCENTER_UUID),
        },
        "all_vcenter_vms": {"vc-main": (vm(),), "vc-other": ()},
        "all_vcenter_hosts": {"vc-main": (host(), second_host()), "vc-other": ()},
        "all_vcenter_extensions": {"vc-main": (), "vc-other": ()},
        "all_nsxv_deployments": {},
        "all_nsxv_agents": {},
        "all_nsxt_compute_managers": {},
        "all_nsxt_deployments": {},
    }
    estate = environment(VC_MAIN, VC_OTHER, DSM, *texts)
    whole = {**facts, "dsm": estate.dsm[0], "environment": estate, **changes}
    return judged("GI-HOST-001", **whole)


def by_v(deployments=None, agents=None, **changes):
    """The check where NSX-V protects; what is not given is in good health."""
    facts = dict(NSX_V_HEALTHY)
    if deployments is not None:
        facts["all_nsxv_deployments"] = {"nsxv-main": deployments}
    if agents is not None:
        facts["all_nsxv_agents"] = {"nsxv-main": agents}
    return health(NSXV, **{**facts, **changes})


def by_t(*deployments, managers=None, text=NSXT, **changes):
    """The check where NSX-T protects."""
    facts = {
        "all_nsxt_deployments": {"nsxt": deployments},
        "all_nsxt_compute_managers": {
            "nsxt": (compute_manager(),) if managers is None else managers
        },
    }
    return health(text, **{**facts, **changes})


def with_instance(**changes):
    """The check where the service VM of host-21 is changed."""
    return by_t(nsxt_deployment(instances=(instance(**changes), instance(host_moref="host-22"))))


def test_healthy_guest_introspection_passes():
    """Every host of the cluster is examined, with and without a protected VM on it today."""
    for judgement in (by_v(), by_t(nsxt_deployment())):
        assert judgement.outcome is P
        assert judgement.examined == 2


@pytest.mark.parametrize(
    ("word", "outcome", "weight"),
    [
        ("UP", P, None),
        ("SUCCEEDED", P, None),
        ("WARNING", F, Severity.WARNING),
        ("OUT_OF_DATE", F, Severity.WARNING),
        ("FAILED", F, Severity.BLOCKER),
        ("RED", F, Severity.BLOCKER),
        ("DOWN", U, None),  # no document was read that says it
        ("UNKNOWN", U, None),
        ("up", U, None),
        ("", U, None),
        ("NOT_A_WORD", U, None),
    ],
)
def test_the_words_of_nsx_v(word, outcome, weight):
    """A word of a deployment or of an agent counts as its table says; any other is no health."""
    judgements = [
        by_v(deployments=(nsxv_deployment(service_status=word),)),
        by_v(deployments=(nsxv_deployment(progress_status=word),)),
    ]
    for key in ("operational_status", "progress_status", "service_status"):
        bad = (nsxv_agent(**{key: word}), nsxv_agent(host="host-22"))
        judgements.append(by_v(agents=bad))
    for judgement in judgements:
        assert judgement.outcome is outcome
        assert judgement.weight is weight


@pytest.mark.parametrize(
    ("word", "outcome", "weight"),
    [
        ("UP", P, None),
        ("NEEDS_ATTENTION", F, Severity.WARNING),
        ("DOWN", F, Severity.BLOCKER),
        ("NOT_AVAILABLE", F, Severity.BLOCKER),
        ("UNKNOWN", U, None),
        (None, U, None),
    ],
)
def test_the_words_of_nsx_t(word, outcome, weight):
    """A word of a service VM counts as its table says; any other, and none at all, is no health."""
    for key in ("runtime_status", "solution_status", "mux_status"):
        judgement = with_instance(**{key: word})
        assert judgement.outcome is outcome
        assert judgement.weight is weight


def test_what_is_told_of_a_host_under_nsx_v():
    """A finding names host, agent and word; a deployment's word is told of each host."""
    bad = (nsxv_agent(), nsxv_agent(host="host-22", service_status="FAILED", error="lost"))
    judgement = by_v(agents=bad)
    found = "Guest Introspection agent Guest Introspection (1): FAILED (lost)"
    assert told(judgement) == [(TWO, found, "up")]
    assert judgement.blocks
    whole = by_v(deployments=(nsxv_deployment(service_status="FAILED"),))
    assert [subject for subject, _, _ in told(whole)] == [ONE, TWO]
    assert told(whole)[0][1] == "Guest Introspection of the cluster: FAILED"


def test_what_is_told_of_a_host_under_nsx_t():
    """A finding names the host, the service and NSX's own words."""
    judgement = with_instance(runtime_status="OUT_OF_SERVICE", error="no heartbeat")
    found = "service VM of Trend Micro Deep Security: OUT_OF_SERVICE (no heartbeat)"
    assert told(judgement) == [(ONE, found, "up")]
    failed = by_t(nsxt_deployment(status="DEPLOYMENT_FAILED", issues=("no space", "no IP")))
    assert told(failed)[0][1] == "Trend Micro Deep Security: DEPLOYMENT_FAILED (no space; no IP)"


def test_a_host_without_its_agent_fails():
    """A host on which no guest introspection agent runs is bare, whatever its cluster says."""
    other = nsxv_agent(host="host-22", service="Trend Micro Deep Security")
    judgement = by_v(agents=(nsxv_agent(), other))
    assert told(judgement) == [
        (TWO, "no guest introspection agent on the host", "one that is up"),
    ]
    assert judgement.blocks


def test_a_host_without_a_service_vm_fails():
    """A host that no service VM serves is bare, whatever its deployment says."""
    judgement = by_t(nsxt_deployment(instances=(instance(),)))
    expected = "no service VM of Trend Micro Deep Security serves it"
    assert told(judgement) == [(TWO, expected, "one that is up")]


@pytest.mark.parametrize(
    "judgement",
    [
        health(),
        by_v(deployments=()),
        by_v(deployments=(nsxv_deployment(cluster="domain-c8"),)),
        by_v(deployments=(nsxv_deployment(service="Trend Micro Deep Security"),)),
        by_t(),
        by_t(nsxt_deployment(cluster_moref="domain-c8")),
        by_t(nsxt_deployment(functionalities=("NETWORK_INTROSPECTION",))),
    ],
    ids=["no NSX", "V none", "V elsewhere", "V other", "T none", "T elsewhere", "T other"],
)
def test_a_cluster_without_guest_introspection_fails(judgement):
    """A cluster that holds a protected VM and no guest introspection blocks, host by host."""
    expected = "no guest introspection is deployed to cluster Protected"
    assert told(judgement) == [
        (ONE, expected, "deployed and healthy"),
        (TWO, expected, "deployed and healthy"),
    ]
    assert judgement.blocks


def test_a_deployment_without_progress_passes():
    """NSX-V's own sample of a deployment has no progress: its absence says nothing."""
    assert by_v(deployments=(nsxv_deployment(progress_status=None),)).outcome is P


def test_the_gravest_problem_of_a_host_is_told():
    """What is certainly bad comes before what nobody knows, and that before a warning."""
    words = {"operational_status": "WARNING", "progress_status": "odd", "service_status": "FAILED"}
    bad = by_v(agents=(nsxv_agent(**words), nsxv_agent(host="host-22")))
    assert bad.weight is Severity.BLOCKER
    assert len(bad.findings) == 1
    odd = nsxv_agent(**{**words, "service_status": "UP"})
    assert by_v(agents=(odd, nsxv_agent(host="host-22"))).outcome is U


def test_only_clusters_with_protected_vms_are_judged():
    """A host elsewhere needs none; an appliance by itself makes its cluster a protected one."""
    elsewhere = host(moref="host-31", name="esx-11", cluster="domain-c9", cluster_name="Plain")
    hosts = {"vc-main": (host(), second_host(), elsewhere), "vc-other": ()}
    assert by_v(all_vcenter_hosts=hosts).outcome is P
    there = {"vc-main": (vm(host="host-31"),), "vc-other": ()}
    appliance = computer(kind="appliance", agent_status="active", appliance_status="inactive")
    judgement = by_v(all_vcenter_hosts=hosts, all_vcenter_vms=there, dsm_computers=(appliance,))
    assert [subject for subject, _, _ in told(judgement)] == ["esx-11 (host-31)"]


def test_without_protected_vms_there_is_nothing_to_judge():
    """Where every machine has its own agent, guest introspection is not asked for."""
    assert by_v(dsm_computers=(agent(),)).outcome is NA


@pytest.mark.parametrize("key", ["com.vmware.vShieldManager", "com.vmware.nsx.management.nsxt"])
def test_an_nsx_that_the_environment_does_not_name_is_undetermined(key):
    """An NSX that vCenter has registered is never taken for absent."""
    registered = {"vc-main": (extension(key=key),), "vc-other": ()}
    judgement = health(all_vcenter_extensions=registered)
    assert judgement.outcome is U
    assert key in judgement.reason
    other = NSXV.replace('vcenter = "vc-main"', 'vcenter = "vc-other"')
    empty = {"all_nsxv_deployments": {"nsxv-main": ()}, "all_nsxv_agents": {"nsxv-main": ()}}
    assert health(other, all_vcenter_extensions=registered, **empty).outcome is U


@pytest.mark.parametrize(
    "changes",
    [
        {"vm_uuid": OTHER_UUID},
        {"vm_uuid": None},
        {"vcenter_uuid": OTHER_VCENTER_UUID},
    ],
)
def test_a_vm_that_no_vcenter_lists_is_undetermined(changes):
    """A protected VM that nobody can place runs on hosts that nobody could look at."""
    judgement = by_v(dsm_computers=(computer(**changes),))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == ["vdi-01 (computer 101)"]


@pytest.mark.parametrize("where", [None, "host-99"])
def test_a_vm_on_no_host_is_not_left_out(where):
    """A protected VM whose host vCenter does not list is in a cluster that nobody could look at."""
    lost = {"vc-main": (vm(host=where, connection_state="orphaned"),), "vc-other": ()}
    judgement = by_v(all_vcenter_vms=lost)
    assert judgement.outcome is U
    assert missed(judgement) == [(VDI, f"vc-main does not list its host {where}")]


def test_unread_extensions_are_undetermined():
    """Whether a vCenter has an NSX that the environment does not name must be known."""
    extensions = {"vc-main": Unread("vc-main: refused"), "vc-other": ()}
    judgement = by_v(all_vcenter_extensions=extensions)
    assert judgement.outcome is U
    assert judgement.reason == "vc-main: refused"


@pytest.mark.parametrize("name", ["all_vcenter_vms", "all_vcenter_hosts", "all_vcenter_about"])
def test_an_unread_vcenter_is_undetermined(name):
    """A vCenter that could not be read may hold the VMs in question."""
    good = {"vc-main": {"all_vcenter_vms": (vm(),), "all_vcenter_about": about()}}
    first = good["vc-main"].get(name, (host(), second_host()))
    judgement = by_v(**{name: {"vc-main": first, "vc-other": Unread("vc-other: refused")}})
    assert judgement.outcome is U
    assert judgement.reason == "vc-other: refused"


def test_unread_hosts_of_a_protected_vm_are_undetermined():
    """Where the VM's own vCenter did not tell its hosts, the reason is told."""
    hosts = {"vc-main": Unread("vc-main: refused"), "vc-other": ()}
    judgement = by_v(all_vcenter_hosts=hosts)
    assert judgement.outcome is U
    assert judgement.reason == "vc-main: refused"


@pytest.mark.parametrize("name", ["all_nsxv_deployments", "all_nsxv_agents"])
def test_an_unread_nsx_v_is_undetermined(name):
    """What NSX-V did not tell is not taken for nothing."""
    assert by_v(**{name: {"nsxv-main": Unread("refused")}}).outcome is U


@pytest.mark.parametrize("name", ["all_nsxt_deployments", "all_nsxt_compute_managers"])
def test_an_unread_nsx_t_is_undetermined(name):
    """What NSX-T did not tell is not taken for nothing."""
    assert by_t(nsxt_deployment(), **{name: {"nsxt": Unread("refused")}}).outcome is U


# Two vCenters count their objects from one: here each has a cluster domain-c7 with host-21.
TWINS = {
    "dsm_computers": (
        computer(),
        computer(id=900, vm_uuid=OTHER_UUID, vcenter_uuid=OTHER_VCENTER_UUID),
    ),
    "all_vcenter_vms": {"vc-main": (vm(),), "vc-other": (vm(bios_uuid=OTHER_UUID),)},
    "all_vcenter_hosts": {"vc-main": (host(),), "vc-other": (host(name="esx-b1"),)},
}
TWIN = "esx-b1 (host-21)"


def test_nsx_v_of_one_vcenter_says_nothing_of_another():
    """A cluster of the same moref in a vCenter without NSX-V has no guest introspection."""
    judgement = by_v(**TWINS)
    assert [subject for subject, _, _ in told(judgement)] == [TWIN]
    assert judgement.blocks


def test_nsx_t_tells_its_vcenters_apart():
    """Of two compute managers the deployment's own one counts, not the moref."""
    other = compute_manager(id="cm-2", name="vc-other", server="VC-OTHER.example.jp")
    managers = (compute_manager(), other)
    here = by_t(nsxt_deployment(), managers=managers, text=BOTH_VCENTERS, **TWINS)
    assert [subject for subject, _, _ in told(here)] == [TWIN]
    there = nsxt_deployment(id="deployment-2", compute_manager="cm-2")
    both = by_t(nsxt_deployment(), there, managers=managers, text=BOTH_VCENTERS, **TWINS)
    assert both.outcome is P
    assert both.examined == 2


def test_addresses_are_compared_in_any_case():
    """A vCenter is the same whether NSX-T or the operator writes its name in capitals."""
    capitals = VC_MAIN.replace("vc-main.example.jp", "VC-MAIN.example.jp")
    for text, server in ((VC_MAIN, "VC-Main.example.jp"), (capitals, "vc-main.example.jp")):
        estate = environment(text, VC_OTHER, DSM, NSXT)
        managers = (compute_manager(server=server), compute_manager(id="cm-9", server="other"))
        assert by_t(nsxt_deployment(), managers=managers, environment=estate).outcome is P


def test_the_only_vcenter_needs_no_address():
    """One vCenter and one compute manager are the same, whatever address each is named by."""
    estate = environment(VC_MAIN, DSM, NSXT)
    alone = {
        "all_vcenter_about": {"vc-main": about()},
        "all_vcenter_vms": {"vc-main": (vm(),)},
        "all_vcenter_hosts": {"vc-main": (host(), second_host())},
    }
    by_ip = (compute_manager(server="192.0.2.1"),)
    judgement = by_t(nsxt_deployment(), managers=by_ip, environment=estate, **alone)
    assert judgement.outcome is P


def test_one_compute_manager_is_not_two_vcenters():
    """While NSX-T has only one of two vCenters registered, the other one has no deployment."""
    judgement = by_t(nsxt_deployment(), text=BOTH_VCENTERS, **TWINS)
    assert [subject for subject, _, _ in told(judgement)] == [TWIN]


@pytest.mark.parametrize(
    "changes", [{"stale": True}, {"mux_incompatible": True}, {"error": "no heartbeat"}]
)
def test_a_service_vm_with_a_flaw_is_no_pass(changes):
    """Good words beside a stale report, another protocol or an error text do not count."""
    assert with_instance(**changes).outcome is not P


def test_errors_beside_good_words_are_no_pass():
    """What NSX itself says is wrong is not healthy, whatever its status words are."""
    assert by_v(agents=(nsxv_agent(error="lost"), nsxv_agent(host="host-22"))).outcome is not P
    assert by_t(nsxt_deployment(issues=("no space",))).outcome is not P


def test_a_pass_names_the_words_that_it_rests_on():
    """A pass rests on rows of the table, some of them unverified: the evidence has to show them."""
    rows = {one.row: one.confidence for one in by_v().rests_on}
    assert rows.get("NSX-V UP") == "unverified"
