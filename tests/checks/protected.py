"""GI-HOST-001 on facts made by hand: a cluster of two hosts that an appliance protects."""

from __future__ import annotations

from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    appliance_agent,
    compute_manager,
    computer,
    environment,
    extension,
    host,
    nsxv_agent,
    nsxv_appliance,
    nsxv_deployment,
    second_host,
    transport_node,
    vm,
)
from tests.judging import judged

ONE = "esx-01.example.jp (host-21)"
TWO = "esx-02.example.jp (host-22)"

DEPLOYMENTS = (nsxv_deployment(),)
APPLIANCES = (nsxv_appliance(),)
MANAGERS = (compute_manager(),)
AGENTS = (nsxv_agent(), nsxv_agent(host="host-22", agent_name="second"))
APPLIANCE_AGENTS = (appliance_agent(), appliance_agent(host="host-22", agent_name="second"))
NODES = (transport_node(), transport_node(id="node-2", host_moref="host-22"))


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
        "all_nsxt_transport_nodes": {},
        "all_nsxt_deployments": {},
    }
    estate = environment(VC_MAIN, VC_OTHER, DSM, *texts)
    whole = {**facts, "dsm": estate.dsm[0], "environment": estate, **changes}
    whole.setdefault("all_dsm_computers", {"dsm": whole["dsm_computers"]})
    return judged("GI-HOST-001", **whole)


def nsxv_facts(
    deployments=DEPLOYMENTS,
    agents=AGENTS,
    appliances=APPLIANCES,
    appliance_agents=APPLIANCE_AGENTS,
):
    """What NSX-V says of guest introspection and, apart from it, of the appliance."""
    return {
        "all_nsxv_deployments": {"nsxv-main": (*deployments, *appliances)},
        "all_nsxv_agents": {"nsxv-main": (*agents, *appliance_agents)},
        "all_vcenter_extensions": {"vc-main": (extension(),), "vc-other": ()},
    }


def nsxt_facts(*deployments, managers=MANAGERS, nodes=NODES):
    """What NSX-T says of these deployments."""
    return {
        "all_nsxt_deployments": {"nsxt": deployments},
        "all_nsxt_compute_managers": {"nsxt": managers},
        "all_nsxt_transport_nodes": {"nsxt": nodes},
    }


V_PARTS = ("deployments", "agents", "appliances", "appliance_agents")


def by_v(**changes):
    """The check where NSX-V protects; what is not given is in good health."""
    parts = {key: changes.pop(key) for key in V_PARTS if key in changes}
    return health(NSXV, **{**nsxv_facts(**parts), **changes})


def by_t(*deployments, text=NSXT, **changes):
    """The check where NSX-T protects; its nodes, where not given, are in good health."""
    parts = {key: changes.pop(key) for key in ("managers", "nodes") if key in changes}
    return health(text, **{**nsxt_facts(*deployments, **parts), **changes})


def by_both(v, t):
    """The check where a cluster has guest introspection of NSX-V and of NSX-T."""
    return health(NSXV, NSXT, **v, **t)
