"""The simulated 20.0 manager, read by the vendor's own client, and what our reader makes of it.

Lab and reader are both ours and could share a mistake; Trend Micro's client shares none.
"""

import importlib
from dataclasses import replace

import pytest

from kanmon.facts.dsm.role import Role
from kanmon.readers.dsm import api as dsm_api
from kanmon.readers.dsm import reader as dsm
from kanmon.readers.dsm import system as dsm_system
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
    running.read("packages", running.key)  # without a password SOAP does not tell them
    relays = [row.id for row in running.read("computers", running.key) if row.relay]
    ours = {line for line in running.asked if " /api/" in line}
    for node in running.nodes:
        node.requests.clear()
    answers = [
        sdk.APIKeysApi(client).describe_current_api_key("v1"),
        sdk.ComputersApi(client).search_computers("v1", expand=EXPAND).computers[0],
    ]
    _read_the_rest(sdk, client, relays)
    assert ours == set(running.asked)
    assert [type(answer) for answer in answers] == [sdk.ApiKeyCurrent, sdk.Computer]


def _read_the_rest(sdk, client, relays):
    """Ask for what else the reader reads: the role, tasks, packages, the updates of both relays."""
    for user in sdk.AdministratorsApi(client).list_administrators("v1").administrators[1:]:
        sdk.AdministratorRolesApi(client).describe_administrator_role(user.role_id, "v1")
    sdk.PoliciesApi(client).list_policies("v1", overrides=True)
    sdk.ScheduledTasksApi(client).list_scheduled_tasks("v1")
    sdk.VCenterConnectorsApi(client).list_v_center_connectors("v1")
    sdk.TenantsApi(client).list_tenants("v1")
    profiles = sdk.AgentVersionControlProfilesApi(client).list_agent_version_control_profiles("v1")
    for profile in profiles.agent_version_control_profiles:
        sdk.AgentVersionControlsApi(client).list_agent_version_controls(profile.id, "v1")
    for name in dsm_system.SETTINGS:
        sdk.SystemSettingsApi(client).describe_system_setting(name, "v1")
    for relay in relays:
        sdk.ComputersApi(client).describe_computer(relay, "v1", expand=["securityUpdates"])


def test_the_vendors_client_reads_tasks_as_we_do(sdk, client, running):
    """Name, state, next run and recurrence."""
    theirs = sdk.ScheduledTasksApi(client).list_scheduled_tasks("v1").scheduled_tasks
    ours = running.read("schedule", running.key).tasks
    told = [
        (t.name, t.type, t.enabled, t.next_run_time, t.schedule_details.recurrence_type == "none")
        for t in theirs
    ]
    assert [
        (t.name, t.type, t.enabled, round(t.next_run.timestamp(), -2), t.once) for t in ours
    ] == [(name, kind, on, round(due / 1000, -2), once) for name, kind, on, due, once in told]
    assert len(ours) == 2


def test_the_vendors_client_reads_connectors_as_we_do(sdk, client, running):
    """Where each leads to."""
    theirs = sdk.VCenterConnectorsApi(client).list_v_center_connectors("v1").vcenterconnectors
    ours = running.read("connectors", running.key).items
    assert [(one.id, one.v_center.host, one.nsx_manager.host) for one in theirs] == [
        (one.id, one.vcenter, one.nsx) for one in ours
    ]
    assert len(ours) == 1


def test_the_vendors_client_reads_packages_as_we_do(sdk, client, running):
    """By platform; the client knows every platform and word that the simulated manager says."""
    (profile,) = (
        sdk.AgentVersionControlProfilesApi(client)
        .list_agent_version_control_profiles("v1")
        .agent_version_control_profiles
    )
    theirs = sdk.AgentVersionControlsApi(client).list_agent_version_controls(profile.id, "v1")
    told = {
        (control.platform, control.architecture, available.version)
        for control in theirs.agent_version_controls
        for available in control.available_versions
    }
    ours = running.read("packages", running.key).items
    assert {(one.platform, one.architecture, one.version) for one in ours} == told
    assert len(told) == 9


def test_the_vendors_client_reads_roles_as_we_do(sdk, client, running):
    """What the role of the key and of the user selects, by the client's own names of the rights."""
    key = sdk.APIKeysApi(client).describe_current_api_key("v1")
    _, user = sdk.AdministratorsApi(client).list_administrators("v1").administrators
    assert user.role_id == key.role_id
    role = sdk.AdministratorRolesApi(client).describe_administrator_role(key.role_id, "v1")
    rights = role.rights.platform_rights
    seen = (
        role.name,
        role.all_computers,
        rights.computer_rights.can_view_other_computers,
        rights.computer_rights.can_view_not_related_to_computers,
        role.all_policies,
        rights.policy_rights.can_view_other_policies,
    )
    assert seen == ("Auditor", True, True, True, True, True)
    both = replace(running.login, api_key=running.key.api_key)
    assert running.read("roles", both).items == (
        Role(f"API key {key.key_name}", *seen),
        Role(f"user {user.username}", *seen),
    )


def test_the_vendors_client_reads_switches_and_updates_as_we_do(sdk, client, running):
    """The settings by their names, and the state of a relay's updates."""
    api = sdk.SystemSettingsApi(client)
    theirs = [api.describe_system_setting(name, "v1").value for name in dsm_system.SETTINGS]
    ours = running.read("switches", running.key).told
    assert [str(one.on).lower() for one in ours] == theirs
    (first, _) = running.read("relay_updates", running.key)
    shown = sdk.ComputersApi(client).describe_computer(
        first.computer, "v1", expand=["securityUpdates"]
    )
    updates = shown.security_updates
    assert first.current
    assert (updates.update_status.status, updates.anti_malware[0].latest) == ("active", True)


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


def test_the_vendors_client_lists_the_policies_that_we_read(sdk, client, running):
    """Numbers and names are the same by their client and by our reader."""
    listed = sdk.PoliciesApi(client).list_policies("v1", overrides=True).policies
    assert listed
    read = running.read("policies")
    assert [(one.id, one.name) for one in read] == [(one.id, one.name) for one in listed]
