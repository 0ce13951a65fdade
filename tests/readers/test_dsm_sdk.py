"""The simulated 20.0 manager, read by the vendor's own client, and what our reader makes of it.

Lab and reader are both ours and could share a mistake; Trend Micro's client shares none.
"""

import importlib
from dataclasses import replace

import pytest

from kanmon.readers import dsm, dsm_api
from tests.readers.managers import LINUX, MACHINES, Running, make_world
from tests.servers import lacking

PAGE = 4
EXPAND = list(dsm_api.EXPAND)
MODULES = {
    "antiMalware": "anti_malware",
    "webReputation": "web_reputation",
    "activityMonitoring": "activity_monitoring",
    "firewall": "firewall",
    "intrusionPrevention": "intrusion_prevention",
    "integrityMonitoring": "integrity_monitoring",
    "logInspection": "log_inspection",
    "applicationControl": "application_control",
}
"""The modules by our name and by the client's."""


def need(module):
    """The vendor's client; without it a test is left out, but in CI (CI=true) it fails."""
    try:
        return importlib.import_module(module)
    except ImportError:
        lacking(f"needs {module}, which is not installed: pip install deep-security-api==20.0.463")


@pytest.fixture
def sdk():
    return need("deepsecurity")


@pytest.fixture
def running():
    machines = [*MACHINES, {"name": "bulk", "count": 5, "os": LINUX, "protection": "agent"}]
    manager = Running(make_world(20, machines))
    yield manager
    manager.stop()


@pytest.fixture
def client(sdk, running):
    """The vendor's client, logged in with the right key and verifying the certificate."""
    node = running.target.nodes[0]
    configuration = sdk.Configuration()
    configuration.host = f"https://{node.where}/api"
    configuration.verify_ssl = True
    configuration.ssl_ca_cert = node.ca
    configuration.api_key["api-secret-key"] = running.key.api_key.get_secret_value()
    made = sdk.ApiClient(configuration)
    yield made
    made.rest_client.pool_manager.clear()
    made.pool.close()
    made.pool.join()


def search(sdk, client):
    """Every computer by the vendor's paging recipe, and the number of pages that had any."""
    api, last, found, pages = sdk.ComputersApi(client), 0, [], 0
    while True:
        criterion = sdk.SearchCriteria(id_test="greater-than", id_value=last)
        body = sdk.SearchFilter(max_items=PAGE, sort_by_object_id=True, search_criteria=[criterion])
        page = api.search_computers("v1", search_filter=body, expand=EXPAND, overrides=False)
        if not page.computers:
            return found, pages
        found += page.computers
        pages += 1
        last = found[-1].id


def test_the_vendors_client_reads_the_computers_as_we_do(sdk, client, running, monkeypatch):
    """Over several pages both read the same computers, field by field."""
    monkeypatch.setattr(dsm_api, "PAGE", PAGE)
    theirs, pages = search(sdk, client)
    ours = running.read("computers", running.key)
    assert pages == 3
    assert [_theirs(computer) for computer in theirs] == [_ours(computer) for computer in ours]
    assert len(ours) == 12


def test_the_vendors_client_tells_the_relays_as_we_do(sdk, client, running):
    """The settings in effect say the same as the overrides, which are all that we ask for."""
    api = sdk.ComputersApi(client)
    listed = api.search_computers("v1", expand=["computerSettings"], overrides=False).computers
    relays = {
        computer.id
        for computer in listed
        if computer.computer_settings.platform_setting_relay_state.value == "true"
    }
    ours = {computer.id for computer in running.read("computers", running.key) if computer.relay}
    assert ours == relays == {1, 2}


def test_the_vendors_client_checks_its_key(sdk, client):
    """The key's self-check, by which our reader logs in, is what the client takes it for."""
    assert sdk.APIKeysApi(client).describe_current_api_key("v1").active is True


def test_the_vendors_client_is_refused_with_a_wrong_key(sdk, client):
    """The refusal is one that the client understands."""
    client.configuration.api_key["api-secret-key"] = "1:wrong"
    with pytest.raises(sdk.rest.ApiException) as refusal:
        sdk.ComputersApi(client).search_computers("v1")
    assert refusal.value.status == 401
    assert "Invalid API Key" in refusal.value.body


def test_the_vendors_client_gets_every_object_that_we_use(sdk, client, running):
    """What our reader asks of /api the vendor's client asks too, and understands the answer."""
    both = replace(running.login, api_key=running.key.api_key)
    for part in dsm.PARTS:
        running.read(part, both)
    ours = {line for line in running.asked if " /api/" in line}
    for node in running.nodes:
        node.requests.clear()
    answers = [
        sdk.APIKeysApi(client).describe_current_api_key("v1"),
        sdk.ComputersApi(client).search_computers("v1", expand=EXPAND).computers[0],
    ]
    assert ours == set(running.asked)
    assert [type(answer) for answer in answers] == [sdk.ApiKeyCurrent, sdk.Computer]


def _theirs(computer):
    status, vm = computer.computer_status, computer.vmware_vm_virtual_machine_summary
    newest = max(computer.last_agent_communication or 0, computer.last_appliance_communication or 0)
    return (
        computer.id,
        computer.host_name,
        computer.last_ip_used,
        computer.platform,
        computer.policy_id or None,
        computer.agent_version,
        (status.agent_status, tuple(status.agent_status_messages)),
        (status.appliance_status, tuple(status.appliance_status_messages)),
        newest,
        (vm.bios_uuid, vm.v_center_uuid) if vm else (None, None),
        "virtual appliance" in computer.platform.lower(),
        [_their_module(getattr(computer, name)) for name in MODULES.values()],
    )


def _their_module(module):
    status = module.module_status
    return module.state != "off", status.agent_status, status.appliance_status


def _ours(computer):
    modules = {module.name: module for module in computer.modules}
    shown = [modules[name] for name in MODULES]
    contact = computer.last_contact
    return (
        computer.id,
        computer.host_name,
        computer.last_ip,
        computer.platform,
        computer.policy_id,
        computer.agent_version,
        (computer.agent_status, computer.agent_messages),
        (computer.appliance_status, computer.appliance_messages),
        round(contact.timestamp() * 1000) if contact else 0,
        (computer.vm_uuid, computer.vcenter_uuid),
        computer.kind == "appliance",
        [(module.on, module.agent_status, module.appliance_status) for module in shown],
    )
