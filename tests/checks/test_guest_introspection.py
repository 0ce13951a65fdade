"""GI-HOST-001: which hosts need guest introspection, and what has to be deployed to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from tests.checks.protected import (
    AGENTS,
    APPLIANCE_AGENTS,
    ONE,
    TWO,
    by_both,
    by_t,
    by_v,
    health,
    nsxt_facts,
    nsxv_facts,
)
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
    nsxv_appliance,
    nsxv_deployment,
    second_host,
    transport_node,
    vm,
)
from tests.judging import missed, told

VDI = "vdi-01 (vc-main vm-101)"
OTHER_UUID = "42010000-0000-4000-8000-000000000900"
BOTH_VCENTERS = NSXT.replace('["vc-main"]', '["vc-main", "vc-other"]')
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE


def test_healthy_guest_introspection_passes():
    """Every host of the cluster is examined, with and without a protected VM on it today."""
    for judgement in (by_v(), by_t(nsxt_deployment())):
        assert judgement.outcome is P
        assert judgement.examined == 2


@pytest.mark.parametrize(
    ("part", "service"),
    [
        ({"agents": AGENTS[:1]}, "guest introspection"),
        ({"appliance_agents": APPLIANCE_AGENTS[:1]}, "trend micro deep security"),
    ],
)
def test_a_host_without_its_agent_fails(part, service):
    """A host without guest introspection, or without the appliance, is bare."""
    judgement = by_v(**part)
    assert told(judgement) == [(TWO, f"no agent of {service!r} on the host", "one that is up")]
    assert judgement.blocks


@pytest.mark.parametrize("part", ["agents", "deployments"])
def test_an_agent_that_was_not_read_may_be_the_missing_one(part):
    """Beside it no host is called bare; one of another manager says nothing of this one."""
    odd = {("nsxv-main", part): ("odd on host-22",)}
    judgement = by_v(agents=AGENTS[:1], unseen=odd)
    reason = "no agent of 'guest introspection' on the host, as far as was read; odd on host-22"
    assert missed(judgement) == [(TWO, reason)]
    assert judgement.outcome is U
    assert by_v(agents=AGENTS[:1], unseen={("nsxv-other", part): ("odd",)}).blocks


@pytest.mark.parametrize(
    ("part", "service"),
    [
        ({"deployments": ()}, "guest introspection"),
        ({"deployments": (nsxv_deployment(cluster="domain-c8"),)}, "guest introspection"),
        ({"appliances": ()}, "trend micro deep security"),
        ({"appliances": (nsxv_appliance(cluster="domain-c8"),)}, "trend micro deep security"),
        ({"appliances": (nsxv_appliance(service="Other"),)}, "trend micro deep security"),
    ],
)
def test_a_cluster_with_one_service_of_two_fails(part, service):
    """Guest introspection without an appliance protects nobody, nor the other way round."""
    judgement = by_v(**part)
    expected = f"no service {service!r} is deployed to cluster Protected"
    assert told(judgement) == [
        (ONE, expected, "deployed and healthy"),
        (TWO, expected, "deployed and healthy"),
    ]
    assert judgement.blocks


def test_services_of_nsx_v_are_known_by_a_part_of_their_name():
    """The appliance's service has a suffix in some releases, and is written in any case."""
    name = "TREND MICRO Deep Security (11.0)"
    agents = [replace(one, service=name) for one in APPLIANCE_AGENTS]
    judgement = by_v(appliances=(nsxv_appliance(service=name),), appliance_agents=agents)
    assert judgement.outcome is P


BAD_V = nsxv_facts(agents=(nsxv_agent(service_status="FAILED"), AGENTS[1]))
BAD_T = nsxt_facts(nsxt_deployment(status="DEPLOYMENT_FAILED"))
ODD_T = nsxt_facts(nsxt_deployment(status="ODD"))


def test_both_nsx_of_one_cluster_are_judged():
    """Of two NSX in one cluster neither stands in for the other; a host is still one line."""
    good_v, good_t = nsxv_facts(), nsxt_facts(nsxt_deployment())
    good = by_both(good_v, good_t)
    assert (good.outcome, good.examined) == (P, 2)
    found_v = "Guest Introspection agent Guest Introspection (1): FAILED"
    found_t = "Trend Micro Deep Security: DEPLOYMENT_FAILED"
    assert told(by_both(BAD_V, good_t)) == [(ONE, found_v, "up")]
    assert told(by_both(good_v, BAD_T)) == [(ONE, found_t, "up"), (TWO, found_t, "up")]
    assert [subject for subject, _, _ in told(by_both(BAD_V, BAD_T))] == [ONE, TWO]
    # What is certainly bad in one comes before what nobody knows of the other.
    mixed = by_both(BAD_V, ODD_T)
    assert told(mixed) == [(ONE, found_v, "up")]
    assert [subject for subject, _ in missed(mixed)] == [TWO]


def test_a_cluster_with_half_of_nsx_v_beside_nsx_t_fails():
    """What is left of NSX-V in a cluster has to be whole, although NSX-T is healthy."""
    half = nsxv_facts(appliances=(), appliance_agents=())
    assert by_both(half, nsxt_facts(nsxt_deployment())).blocks
    gone = nsxv_facts(deployments=(), agents=(), appliances=(), appliance_agents=())
    assert by_both(gone, nsxt_facts(nsxt_deployment())).outcome is P


def test_a_host_without_a_service_vm_fails():
    """A host that no service VM serves is bare, whatever its deployment says."""
    judgement = by_t(nsxt_deployment(instances=(instance(),)))
    expected = "no service VM of Trend Micro Deep Security serves it"
    assert told(judgement) == [(TWO, expected, "one that is up")]
    assert judgement.blocks


def test_a_service_vm_without_a_host_leaves_open_whom_it_serves():
    """Where NSX-T does not say which host a service VM serves, it may be any host's."""
    somewhere = nsxt_deployment(instances=(instance(), instance(host_moref=None)))
    judgement = by_t(somewhere)
    assert judgement.outcome is U
    reason = "NSX-T does not say which host a service VM of Trend Micro Deep Security serves"
    assert missed(judgement) == [(ONE, reason), (TWO, reason)]
    served = (*nsxt_deployment().instances, instance(host_moref=None, runtime_status="DOWN"))
    assert by_t(nsxt_deployment(instances=served)).outcome is U


def test_a_service_vm_of_another_deployment_leaves_nothing_open():
    """A service VM without a host counts for its own deployment alone."""
    second = "Trend Micro, second"
    bare = nsxt_deployment(id="deployment-2", service=second, instances=(instance(),))
    open_ = nsxt_deployment(instances=(*nsxt_deployment().instances, instance(host_moref=None)))
    judgement = by_t(open_, bare)
    found = f"no service VM of {second} serves it"
    assert told(judgement) == [(TWO, found, "one that is up")]
    assert [subject for subject, _ in missed(judgement)] == [ONE]


def test_another_partners_appliance_protects_nobody_here():
    """It is neither taken for Deep Security's, nor is its fault one of Deep Security's."""
    other = nsxt_deployment(service="Another Antivirus")
    alone = by_t(other)
    assert alone.outcome is Outcome.UNDETERMINED
    assert {subject for subject, _ in missed(alone)} == {ONE, TWO}
    assert "Another Antivirus" in missed(alone)[0][1]
    broken = nsxt_deployment(
        id="deployment-2", service="Another Antivirus", status="UPGRADE_FAILED"
    )
    assert by_t(nsxt_deployment(), broken).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "judgement",
    [
        health(),
        by_v(deployments=(), appliances=()),
        by_v(
            deployments=(nsxv_deployment(cluster="domain-c8"),),
            appliances=(nsxv_appliance(cluster="domain-c8"),),
        ),
        by_t(),
        by_t(nsxt_deployment(cluster_moref="domain-c8")),
        by_t(nsxt_deployment(functionalities=("NETWORK_INTROSPECTION",))),
    ],
    ids=["no NSX", "V none", "V elsewhere", "T none", "T elsewhere", "T other"],
)
def test_a_cluster_without_guest_introspection_fails(judgement):
    """A cluster that holds a protected VM and no guest introspection blocks, host by host."""
    expected = "no guest introspection is deployed to cluster Protected"
    assert told(judgement) == [
        (ONE, expected, "deployed and healthy"),
        (TWO, expected, "deployed and healthy"),
    ]
    assert judgement.blocks


def test_only_clusters_with_protected_vms_are_judged():
    """A host elsewhere needs none; an appliance by itself makes its cluster a protected one."""
    elsewhere = host(moref="host-31", name="esx-11", cluster="domain-c9", cluster_name="Plain")
    hosts = {"vc-main": (host(), second_host(), elsewhere), "vc-other": ()}
    assert by_v(all_vcenter_hosts=hosts).outcome is P
    there = {"vc-main": (vm(host="host-31"),), "vc-other": ()}
    appliance = computer(kind="appliance", agent_status="active", appliance_status="inactive")
    both = {"dsm": (appliance, computer())}  # the manager tells of protected VMs elsewhere
    judgement = by_v(
        all_vcenter_hosts=hosts,
        all_vcenter_vms=there,
        dsm_computers=(appliance,),
        all_dsm_computers=both,
    )
    assert [subject for subject, _, _ in told(judgement)] == ["esx-11 (host-31)"]


def test_without_protected_vms_there_is_nothing_to_judge():
    """Where every machine has its own agent, guest introspection is not asked for."""
    assert health(dsm_computers=(agent(),)).outcome is NA
    bare = by_v(dsm_computers=(agent(),), appliances=(), appliance_agents=())
    assert bare.outcome is NA


@pytest.mark.parametrize(
    "nsx",
    [(NSXV, nsxv_facts()), (NSXT, nsxt_facts(nsxt_deployment()))],
    ids=["NSX-V", "NSX-T"],
)
def test_a_manager_that_tells_of_no_protected_vm_beside_an_appliance_is_undetermined(nsx):
    """Where NSX has the appliance deployed, an account that sees no VM of it may be too weak."""
    text, facts = nsx
    judgement = health(text, dsm_computers=(agent(),), **facts)
    assert judgement.outcome is U
    assert "Trend Micro Deep Security" in judgement.reason
    assert "no manager tells of a VM that an appliance protects" in judgement.reason


def test_a_vm_in_combined_mode_makes_its_cluster_a_protected_one():
    """An agent beside the appliance does not make guest introspection needless."""
    both = computer(agent_status="active", agent_version="11.0.0.582")
    assert by_v(dsm_computers=(both,)).examined == 2
    assert by_v(dsm_computers=(both,), appliances=()).blocks


def test_two_names_of_one_vcenter_are_undetermined():
    """Two vCenters of one instance uuid are one: which of them has the VM nobody can say."""
    judgement = by_v(all_vcenter_about={"vc-main": about(), "vc-other": about()})
    assert judgement.outcome is U
    assert "vc-main and vc-other are the same vCenter" in judgement.reason


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


@pytest.mark.parametrize(
    "name", ["all_nsxt_deployments", "all_nsxt_compute_managers", "all_nsxt_transport_nodes"]
)
def test_an_unread_nsx_t_is_undetermined(name):
    """What NSX-T did not tell is not taken for nothing."""
    judgement = by_t(nsxt_deployment(), **{name: {"nsxt": Unread("refused")}})
    assert judgement.outcome is U
    assert judgement.reason == "refused"


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
    prepared = (transport_node(), transport_node(id="node-9", compute_manager="cm-2"))
    twins = {**TWINS, "managers": managers, "text": BOTH_VCENTERS}
    both = by_t(nsxt_deployment(), there, nodes=prepared, **twins)
    assert both.outcome is P
    assert both.examined == 2
    bare = by_t(nsxt_deployment(), there, nodes=prepared[:1], **twins)
    assert told(bare) == [(TWIN, "it is no transport node of NSX-T", "one that is up")]


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
