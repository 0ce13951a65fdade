"""The NSX-T reader against replies written from the vendor's descriptions, whole and broken."""

from __future__ import annotations

import copy
import json

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxt.inventory import GuestTools, Instance, TransportNode
from kanmon.readers.nsxt import client as nsxt_client
from lab.transport.server import Answer
from tests.readers.nsx import Sample, running
from tests.readers.nsxt_replies import CM, LISTS, NODE, OPTIONAL, PART, REPLIES, SERVICE, TOOLS
from tests.readers.test_nsxt import read


@pytest.fixture
def sample():
    """Start a server with the vendor's replies, some of them replaced."""
    with running() as (pki, start):

        def sample(replaced):
            replies = {path: json.dumps(reply) for path, reply in REPLIES.items()}
            return start(Sample(pki, {**replies, **replaced}))

        yield sample


def changed(path, change):
    """The reply of a path after a change of its first object (or of itself)."""
    reply = copy.deepcopy(REPLIES[path])
    change(reply["results"][0] if "results" in reply else reply)
    return {path: json.dumps(reply)}


def test_the_vendors_forms_are_understood(sample):
    """Replies in the vendor's own words give the facts that they state."""
    server = sample({})
    manager = read(server, "manager")
    assert manager.control_status == "NO_CONTROLLERS"
    assert manager.members == (("nsx.example.jp", "UP"),)
    (vcenter,) = read(server, "compute_managers")
    assert (vcenter.name, vcenter.errors) == (CM, ("no route", "thumbprint"))
    assert read(server, "transport_nodes") == (
        TransportNode(NODE, "tn-esx02", "host-73", CM, "HostNode", "in_progress", "DEGRADED"),
        TransportNode("edge", "edge", None, None, "EdgeNode", "success", "UP"),
    )
    assert read(server, "guest_tools") == (
        GuestTools(
            vm_uuid="a46b3633-22b3-49f9-87bd-b888b1bd0656",
            vm_moref="vm-1",
            name="a46b3633-22b3-49f9-87bd-b888b1bd0656",
            tools_version="",
            file_agent_version="10.3.5.0",
            network_agent_version="1.9.1",
            svm_connectivity=None,
            vm_type="REGULAR",
        ),
    )


def test_only_endpoint_protection_is_listed_and_a_stale_report_is_marked(sample):
    """Other partner services are left out; a health report that is old says so beside its UP."""
    (deployment,) = read(sample({}), "deployments")
    assert (deployment.service, deployment.cluster_moref) == ("epp", "domain-c7")
    assert deployment.instances == (
        Instance("one", "host-73", "IN_SERVICE", "UP", "UP", "no OVF", stale=True),
    )


def test_a_service_vm_is_found_by_the_inventory_where_the_instance_names_no_host(sample):
    """The VM's host_id leads to the moref; without any lead the host is not said."""
    runtimes = f"{SERVICE}/service-instances/one/instance-runtimes"
    no_host = changed(f"{SERVICE}/service-instances", lambda one: one.pop("deployed_to"))
    vm = changed(runtimes, lambda runtime: runtime.update(service_vm_id="svm"))
    vms = [{"external_id": "other", "host_id": "edge"}, {"external_id": "svm", "host_id": NODE}]
    inventory = {"results": vms, "result_count": 2}
    path = "/api/v1/fabric/virtual-machines"
    (found,) = read(sample({**no_host, **vm, path: json.dumps(inventory)}), "deployments")
    assert found.instances[0].host_moref == "host-73"
    (found,) = read(sample(no_host), "deployments")
    assert found.instances[0].host_moref is None


def test_an_instance_without_service_vm_is_not_available(sample):
    """An instance for which NSX lists no runtime is there, as one that is not available."""
    path = f"{SERVICE}/service-instances/one/instance-runtimes"
    empty = {path: json.dumps({"results": [], "result_count": 0})}
    (deployment,) = read(sample(empty), "deployments")
    assert [one.runtime_status for one in deployment.instances] == ["NOT_AVAILABLE"]


def test_a_deployment_on_an_unknown_cluster_is_not_read(sample):
    """A deployment whose cluster is not among the compute collections is "could not read"."""
    empty = {"/api/v1/fabric/compute-collections": '{"results": [], "result_count": 0}'}
    with pytest.raises(CouldNotRead, match="domain-c7"):
        read(sample(empty), "deployments")


@pytest.mark.parametrize("path", PART)
@pytest.mark.parametrize(
    "reply",
    [
        "",
        "[]",
        "null",
        "<html><body>Log in</body></html>",
        Answer(302, b"", headers={"Location": "/login.jsp"}),
        Answer(500, b'{"error_code": 98, "error_message": "General error"}'),
    ],
)
def test_a_reply_of_another_kind_is_not_read(sample, path, reply):
    """A login page, another shape or an error is never taken for an empty list."""
    with pytest.raises(CouldNotRead):
        read(sample({path: reply}), PART[path])


@pytest.mark.parametrize("path", [path for path in PART if path not in OPTIONAL])
def test_an_empty_object_is_not_read(sample, path):
    """An object without any field is not a list without objects."""
    with pytest.raises(CouldNotRead):
        read(sample({path: "{}"}), PART[path])


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "reply",
    [
        '{"results": {}, "result_count": 0}',
        '{"results": ["a"], "result_count": 1}',
        '{"results": [], "result_count": 1}',
        '{"results": [], "result_count": "0"}',
        '{"results": [], "result_count": 0, "cursor": "next"}',
        '{"results": [], "result_count": 0, "cursor": 7}',
    ],
)
def test_a_list_that_is_not_whole_is_not_read(sample, path, reply):
    """A list of another shape, or shorter than it says, is "could not read"."""
    with pytest.raises(CouldNotRead):
        read(sample({path: reply}), PART[path])


def tools(*names):
    vm = REPLIES[TOOLS]["results"][0]
    return [{**vm, "display_name": name} for name in names]


def pages(*listed):
    """Pages by cursor: the first without one, then "1", "2" and so on."""
    return lambda asked: json.dumps(listed[int(asked.query.get("cursor", ["0"])[0])])


def test_pages_are_followed_to_the_end(sample):
    """A last page that is empty ends a list as well as one that is not."""
    first = {"results": tools("a", "b"), "result_count": 3, "cursor": "1"}
    second = {"results": tools("c"), "cursor": "2"}
    found = read(sample({TOOLS: pages(first, second, {"results": []})}), "guest_tools")
    assert [vm.name for vm in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "listed",
    [
        [{"results": tools("a"), "result_count": 3, "cursor": "1"}, {"results": tools("b")}],
        [
            {"results": tools("a"), "result_count": 2, "cursor": "1"},
            {"results": tools("b"), "cursor": "1"},
        ],
        [
            {"results": tools("a"), "result_count": 2, "cursor": "1"},
            {"results": [], "cursor": "2"},
            {"results": tools("b")},
        ],
        [{"results": tools("a"), "result_count": 2, "cursor": "1"}, {"result_count": 2}],
    ],
    ids=["a page is missing", "a cursor comes twice", "an empty page", "a page without results"],
)
def test_pages_that_do_not_add_up_are_not_read(sample, listed):
    """Pages that are missing, come twice or lead nowhere make the list "could not read"."""
    with pytest.raises(CouldNotRead):
        read(sample({TOOLS: pages(*listed)}), "guest_tools")


def test_a_busy_manager_is_asked_again(sample, monkeypatch):
    """After 429, too many requests, the same question is asked once more."""
    monkeypatch.setattr(nsxt_client, "BACK_OFF", (0, 0))
    answers = [Answer(429), json.dumps(REPLIES[TOOLS])]
    server = sample({TOOLS: lambda _: answers.pop(0)})
    assert len(read(server, "guest_tools")) == 1
    assert server.requests.count(f"GET {TOOLS}") == 2


def test_a_manager_that_stays_busy_is_not_asked_for_ever(sample, monkeypatch):
    """A manager that goes on answering 429 is "could not read" after a few attempts."""
    monkeypatch.setattr(nsxt_client, "BACK_OFF", (0, 0))
    server = sample({TOOLS: Answer(429)})
    with pytest.raises(CouldNotRead, match=r"429.*try again later"):
        read(server, "guest_tools")
    assert server.requests.count(f"GET {TOOLS}") == 3


@pytest.mark.parametrize("path", PART)
def test_a_reply_that_is_cut_is_not_read(sample, path):
    """JSON that ends early is "could not read", even where its length was announced so."""
    with pytest.raises(CouldNotRead):
        read(sample({path: json.dumps(REPLIES[path])[:-2]}), PART[path])


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/api/v1/fabric/compute-managers", "id"),
        ("/api/v1/fabric/compute-managers", "server"),
        (f"/api/v1/fabric/compute-managers/{CM}/status", "connection_status"),
        (f"/api/v1/fabric/compute-managers/{CM}/status", "registration_status"),
        ("/api/v1/cluster/status", "mgmt_cluster_status"),
        ("/api/v1/cluster/status", "control_cluster_status"),
        ("/api/v1/cluster/status", "detailed_cluster_status"),
        ("/api/v1/fabric/discovered-nodes", "external_id"),
        ("/api/v1/fabric/discovered-nodes", "cm_local_id"),
        ("/api/v1/fabric/discovered-nodes", "origin_id"),
        ("/api/v1/transport-nodes", "id"),
        ("/api/v1/transport-nodes", "node_deployment_info"),
        (f"/api/v1/transport-nodes/{NODE}/state", "state"),
        (f"/api/v1/transport-nodes/{NODE}/status", "status"),
        ("/api/v1/fabric/compute-collections", "external_id"),
        ("/api/v1/fabric/compute-collections", "cm_local_id"),
        ("/api/v1/serviceinsertion/services", "functionalities"),
        (f"{SERVICE}/service-deployments", "id"),
        (f"{SERVICE}/service-deployments", "service_deployment_config"),
        (f"{SERVICE}/service-deployments/dep/status", "deployment_status"),
        (f"{SERVICE}/service-instances", "id"),
        (f"{SERVICE}/service-instances/one/instance-runtimes", "runtime_status"),
        (TOOLS, "external_id"),
        (TOOLS, "host_local_id"),
        (TOOLS, "vm_type"),
    ],
)
@pytest.mark.parametrize("value", ["missing", "", 7])
def test_a_reply_that_lacks_a_field_is_not_read(sample, path, key, value):
    """A field that is missing, empty or of another type is never an empty value."""
    if value == "missing":
        replaced = changed(path, lambda one: one.pop(key))
    else:
        replaced = changed(path, lambda one: one.update({key: value}))
    with pytest.raises(CouldNotRead):
        read(sample(replaced), PART[path])
