"""The manager's reader against simulated managers of both generations, over real sockets."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.readers.dsm import api as dsm_api
from kanmon.readers.dsm import reader as dsm
from kanmon.readers.dsm import soap as dsm_soap
from kanmon.readers.dsm.status import Side, in_contact, in_doubt, side
from lab.dsm import server as lab_dsm
from tests.readers.managers import LINUX, MACHINES, VERSIONS, make_world, starting


@pytest.fixture
def run():
    with starting() as start:
        yield start


def by_name(computers):
    return {computer.host_name: computer for computer in computers}


# What is read


@pytest.mark.parametrize(
    ("generation", "interfaces"), [(11, ("rest", "soap")), (20, ("api", "rest", "soap"))]
)
def test_manager_tells_version_and_interfaces(run, generation, interfaces):
    """Interfaces are those that answer; that 11.0 has no /api is no failure."""
    manager = run(make_world(generation)).read("manager")
    assert (manager.version, manager.interfaces) == (VERSIONS[generation], interfaces)


@pytest.mark.parametrize("generation", [11, 20])
def test_computers_are_read_alike_from_both_generations(run, generation):
    """Every machine is there with its kind, versions, contact, relay flag and modules."""
    running = run(make_world(generation))
    computers = by_name(running.read("computers"))
    assert list(computers) == ["relay-01", "relay-02", "win", "gone", "vdi", "dsva", "bare"]
    kinds = {name: computer.kind for name, computer in computers.items()}
    assert kinds == {**dict.fromkeys(computers, "machine"), "dsva": "appliance"}
    relays = {name for name, computer in computers.items() if computer.relay}
    assert relays == {"relay-01", "relay-02"}
    online = {name: computer.online for name, computer in computers.items()}
    assert online == {**dict.fromkeys(computers, True), "gone": False, "bare": None}
    win = computers["win"]
    machine = next(m for m in running.world.machines if m.name == "win")
    assert (win.id, win.agent_version, win.platform) == (3, "11.0.0.1617", machine.os)
    assert (win.vm_uuid, win.last_ip) == (machine.uuid, running.world.addresses["win"])
    assert (win.agent_status, win.agent_messages) == ("active", ("Managed (Online)",))
    assert win.policy_id == 1
    assert win.module_on("antiMalware")
    assert not win.module_on("firewall")
    assert not computers["gone"].module_on("antiMalware")
    assert "Offline" in computers["gone"].agent_messages[0]


@pytest.mark.parametrize("generation", [11, 20])
def test_agentless_and_unmanaged_computers_have_no_agent(run, generation):
    """An appliance's guest is agentless, an unmanaged machine is neither."""
    computers = by_name(run(make_world(generation)).read("computers"))
    assert computers["vdi"].agentless
    assert not computers["vdi"].has_agent
    assert computers["vdi"].appliance_messages == ("Managed (Online)",)
    assert not computers["bare"].agentless
    assert not computers["bare"].has_agent
    assert computers["bare"].vm_uuid is None
    assert computers["bare"].last_contact is None
    assert computers["dsva"].has_agent


@pytest.mark.parametrize("generation", [11, 20])
def test_last_contact_is_a_moment_in_utc(run, generation):
    """A computer in contact was heard just now, one that is offline days ago."""
    computers = by_name(run(make_world(generation)).read("computers"))
    now = datetime.now(UTC)
    assert timedelta() <= now - computers["win"].last_contact < timedelta(hours=1)
    assert now - computers["gone"].last_contact > timedelta(days=2)
    assert computers["win"].last_contact.tzinfo is UTC


@pytest.mark.parametrize("generation", [11, 20])
def test_one_that_is_called_online_may_be_silent(run, generation):
    """How long ago it was heard of is read, and that it never was."""
    machines = [
        {"name": name, "os": LINUX, "protection": "agent", "silent_days": days}
        for name, days in (("long", 60), ("never", inf))
    ]
    computers = by_name(run(make_world(generation, machines)).read("computers"))
    assert computers["long"].online
    assert datetime.now(UTC) - computers["long"].last_contact > timedelta(days=59)
    assert (computers["never"].online, computers["never"].last_contact) == (True, None)


def test_of_two_sides_the_silent_one_counts(run):
    """The agent of a VM that an appliance protects too may answer for both: it does not."""
    running = run()
    row = next(r for r in running.nodes[0].manager.computers if r["hostName"] == "vdi")
    row["computerStatus"] |= {"agentStatus": "active", "agentStatusMessages": ["Managed (Online)"]}
    row["lastAgentCommunication"] = row["lastApplianceCommunication"] + 60_000
    row["lastApplianceCommunication"] = 1_000
    assert by_name(running.read("computers"))["vdi"].last_contact.year == 1970


@pytest.mark.parametrize("generation", [11, 20])
def test_an_engine_that_is_offline_leaves_its_machine_online(run, generation):
    """It is in contact and in error; from 20.0 its module tells it too."""
    machines = [
        {"name": "ill", "os": LINUX, "protection": "agent", "troubles": {"antiMalware": "error"}}
    ]
    (ill,) = run(make_world(generation, machines)).read("computers")
    assert (ill.online, ill.agent_status) == (True, "error")
    assert ill.agent_messages == ("Anti-Malware Engine Offline",)
    healths = {one.health for one in ill.modules if one.name == "antiMalware"}
    assert healths == {"error" if generation == 20 else None}


def test_the_vcenter_of_a_vm_is_known_from_20_only(run):
    """20.0 tells the vCenter's uuid, SOAP has no field for it."""
    running = run()
    vcenter = running.world.find_vcenter("vc").instance_uuid
    assert by_name(running.read("computers"))["win"].vcenter_uuid == vcenter
    assert by_name(run(make_world(11)).read("computers"))["win"].vcenter_uuid is None


@pytest.mark.parametrize(
    ("status", "message", "doubtful"),
    [
        ("active", "Managed (Online)", False),
        ("error", "Managed (Offline)", False),  # it is told
        ("error", "Multiple Errors", True),
        ("error", "Search engine offline; agent not responding", True),
        ("error", "Anti-Malware Engine Offline", False),
        ("error", "Log Inspection Engine Offline", False),
        ("warning", "Upgrading Agent", False),
        ("error", "Activation Required", False),
        ("warning", "Interfaces Out of Sync", True),
        ("warning", "", True),
        ("inactive", "Unmanaged (Unknown)", False),
    ],
)
def test_doubt_is_where_no_word_tells(status, message, doubtful):
    """A text that says neither way is in doubt: nobody may call it online, or offline."""
    assert in_doubt(Side(status, (message,)), AGENTLESS) is doubtful


@pytest.mark.parametrize(
    "text",
    [
        "Managed (Offline), Anti-Malware Engine Offline",
        "Offline, Anti-Malware Engine Offline",
        "Reactivation Required",
        "Communications problem",
    ],
)
@pytest.mark.parametrize("status", ["active", "error"])
def test_an_offline_engine_does_not_hide_an_offline_agent(status, text):
    """Whatever stands beside it, a text that says that contact is lost counts."""
    assert in_contact(Side(status, (text,))) is False


def test_status_is_asked_for_every_vm(run):
    """Any VM may be protected by an appliance, even by one that the account does not see."""
    without = [machine for machine in MACHINES if not machine.get("appliance")]
    computers = run(make_world(11, without)).read("computers")
    assert [one.host_name for one in computers if one.agentless] == ["vdi"]


@pytest.mark.parametrize(
    ("state", "text", "expected"),
    [
        ("ACTIVATED", "Managed (Online)", "active"),
        ("ACTIVATED", "Multiple Errors", "warning"),
        ("OFFLINE", "Managed (Offline)", "error"),
        ("UNKNOWN", "Multiple Errors", "error"),
        ("ERROR", "管理対象 (オフライン)", "error"),
        ("UNKNOWN", "Unmanaged (Unknown)", "inactive"),
        ("NONE", "", "inactive"),
    ],
)
def test_a_side_is_unmanaged_only_where_it_is_known_to_be(state, text, expected):
    """A word that nobody knows is of a side that manages and has trouble."""
    assert dsm_soap._protected(state, text) == expected


# Paging


def test_paging_goes_on_until_a_page_is_empty(run, monkeypatch):
    """Nothing is lost, even when the manager puts fewer on a page than it is asked for."""
    monkeypatch.setattr(dsm_api, "PAGE", 4)
    machines = [{"name": "m", "count": 10, "os": LINUX, "protection": "agent"}]
    running = run(make_world(machines=machines))
    running.nodes[0].manager.page_limit = 3
    assert [computer.id for computer in running.read("computers")] == list(range(1, 11))


def test_a_manager_that_repeats_a_page_is_not_believed(run):
    """A number that does not rise ends the reading instead of going on for ever."""
    running = run()
    rows = running.nodes[0].manager.computers
    rows[2]["ID"] = rows[1]["ID"]
    with pytest.raises(CouldNotRead, match="which is not after it"):
        running.read("computers")


def test_too_many_requests_are_repeated(run, monkeypatch):
    """A manager that limits the rate is asked again, but not for ever."""
    monkeypatch.setattr(dsm_api, "PAUSES", (0, 0))
    running = run()
    with running.connect(running.key) as session:
        running.nodes[0].manager.throttled = 2
        assert len(dsm.computers(session)) == 7
        running.nodes[0].manager.throttled = 3
        with pytest.raises(CouldNotRead, match=r"429.*limits the rate"):
            dsm.computers(session)


def test_no_relay_at_all_means_that_the_flag_is_not_known(run):
    """Where no computer is named a relay, none is called "not a relay"."""
    running = run(make_world(machines=[{"name": "m", "os": LINUX, "protection": "agent"}]))
    assert running.read("computers")[0].relay is None


# Login


def test_every_session_is_ended(run):
    """After the reading no session is left, after a failure neither."""
    for generation in (11, 20):
        running = run(make_world(generation))
        with running.connect():
            assert running.nodes[0].manager.sessions
        assert not running.nodes[0].manager.sessions
        with pytest.raises(RuntimeError), running.connect():
            raise RuntimeError
        assert not running.nodes[0].manager.sessions


def test_no_login_carries_the_session_of_another(run, monkeypatch):
    """The cookies of /api and /rest have one name, so a login is sent without any."""
    running, carried = run(), {}
    answer = lab_dsm.AnsweringNode.respond

    def respond(node, asked):
        carried[asked.path] = "cookie" in asked.headers
        return answer(node, asked)

    monkeypatch.setattr(lab_dsm.AnsweringNode, "respond", respond)
    running.read("computers")
    assert carried["/api/sessions"] is carried["/rest/authentication/login/primary"] is False
    assert carried["/api/computers/search"] is carried["/rest/authentication/logout"] is True


def test_an_api_key_is_enough_for_20(run):
    """With a key only, no session is opened and everything is read."""
    running = run()
    assert len(running.read("computers", running.key)) == 7
    assert running.read("manager", running.key).version == "20.0.877"
    assert not [line for line in running.asked if "login" in line or "sessions" in line]


def test_an_api_key_alone_is_of_no_use_for_11(run):
    """The advice says what 11.0 needs, and names the credential."""
    running = run(make_world(11))
    with pytest.raises(TargetLost, match=r"11\.0 needs a username and a password.*'dsm-ro'"):
        running.read("manager", running.key)


@pytest.mark.parametrize("generation", [11, 20])
def test_with_both_each_interface_gets_what_fits(run, generation):
    """A key beside a password is used by 20.0's /api and ignored by 11.0."""
    running = run(make_world(generation))
    both = dataclasses.replace(running.login, api_key=running.key.api_key)
    assert len(running.read("computers", both)) == 7
    assert "POST /api/sessions" not in running.asked


@pytest.mark.parametrize("generation", [11, 20])
def test_a_wrong_password_is_tried_once_and_not_told(run, generation):
    """The target is lost, the advice names the credential, the secret appears nowhere."""
    running = run(make_world(generation))
    wrong = Login(username="kanmon-ro", password=SecretStr("not-the-Passw0rd"))
    with pytest.raises(TargetLost, match="credential 'dsm-ro'") as error:
        running.read("manager", wrong)
    assert "not-the-Passw0rd" not in str(error.value)
    logins = [line for line in running.asked if line.endswith(("/login/primary", "/api/sessions"))]
    assert len(logins) == 1


def test_a_wrong_key_is_not_told(run):
    """A refused key loses the target, and the key appears nowhere."""
    running = run()
    with pytest.raises(TargetLost, match=r"401.*api_key of credential 'dsm-ro'") as error:
        running.read("manager", Login(api_key=SecretStr("1:wrong-key")))
    assert "wrong-key" not in str(error.value)


def test_soap_alone_is_logged_in_to(run, monkeypatch):
    """Where /rest is not offered, SOAP's own session is used and ended."""
    running = run(make_world(11))
    monkeypatch.setattr(lab_dsm.AnsweringNode, "_rest", lambda *_: lab_dsm._refusal(404, "no"))
    with running.connect() as session:
        assert session.interfaces == ("soap",)
        assert len(dsm.computers(session)) == 7
    assert not running.nodes[0].manager.sessions
    with pytest.raises(TargetLost, match=r"ManagerAuthenticationException.*'dsm-ro'"):
        running.read("computers", Login(username="x", password=SecretStr("not-the-Passw0rd")))


@pytest.mark.parametrize("status", [200, 302])
def test_a_sign_in_page_instead_of_api_means_not_offered(run, monkeypatch, status):
    """11.0 may answer /api with its sign-in page or a redirect to it."""
    page = lab_dsm.Answer(
        status, lab_dsm.SIGN_IN, "text/html;charset=UTF-8", {"Location": "/SignIn.screen"}
    )
    monkeypatch.setattr("lab.dsm.api.respond", lambda *_: page)
    assert run().read("manager").interfaces == ("rest", "soap")


# Contact and kind, on plain facts

AGENTLESS = Side("inactive", ())


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        ("active", "Managed (Online)", True),
        ("warning", "Managed (Online)", True),
        ("warning", "Upgrade Recommended", True),
        ("error", "Anti-Malware Engine Offline", True),
        ("error", "Managed (Offline)", False),
        ("error", "Multiple Errors", False),  # it may hide that contact is lost
        ("error", "Web Reputation Engine Offline", True),
        ("error", "Intrusion Prevention Engine Offline", True),
        ("error", "Firewall Engine Offline", True),
        ("warning", "Upgrading Agent", True),
        ("error", "Activation Required", False),
        ("error", "Managed (Deactivation Required)", False),
        ("error", "Communication Problem", False),
        ("error", "", False),
        ("warning", "Offline", False),
        ("active", "Managed (Offline)", False),
        ("error", "管理対象 (オフライン)", False),
        ("error", "Managed (VM Stopped)", False),
        ("inactive", "Unmanaged (Offline)", None),
        ("inactive", "Unmanaged (Unknown)", None),
        ("not-supported", "Unprepared", None),
    ],
)
def test_contact_is_told_by_the_message(status, message, expected):
    """Warning and error alone do not mean offline, and an offline engine is no offline agent."""
    assert in_contact(Side(status, (message,)), AGENTLESS) is expected


def test_contact_is_lost_with_either_side():
    """Where agent and appliance both protect, one that is away is enough."""
    away = Side("error", ("Offline",))
    assert in_contact(Side("active", ("Managed (Online)",)), away) is False
    assert in_contact(AGENTLESS, Side("active", ("Managed (Online)",))) is True


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        ("inactive", "Managed (Offline)", ("error", False)),
        ("inactive", "Offline", ("error", False)),
        ("inactive", "管理対象 (オフライン)", ("error", False)),
        ("inactive", "Managed (Unknown)", ("error", False)),
        ("inactive", "Unmanaged (Offline)", ("inactive", None)),
        ("inactive", "管理対象外 (不明)", ("inactive", None)),
        ("inactive", "No Agent", ("inactive", None)),
        ("not-supported", "Offline", ("not-supported", None)),
        ("active", "Managed (Online)", ("active", True)),
    ],
)
def test_who_is_managed_does_not_drop_out_by_its_status(status, message, expected):
    """No text says which status an offline agent gets: its own words say that it is managed."""
    told = side(status, (message,))
    assert (told.status, in_contact(told, AGENTLESS)) == expected


@pytest.mark.parametrize("generation", [11, 20])
def test_an_inactive_agent_that_is_managed_is_offline(run, generation):
    """Neither "inactive" nor a grey light hides an agent that the manager calls offline."""
    running = run(make_world(generation, [{"name": "m", "os": LINUX, "protection": "agent"}]))
    manager = running.nodes[0].manager
    row = manager.computers[0]
    row["computerStatus"]["agentStatus"] = "inactive"
    row["computerStatus"]["agentStatusMessages"] = ["Managed (Offline)"]
    manager.details = re.sub(
        "(<hostLight[^>]*>)GREEN(.*<overallStatus[^>]*>)[^<]*",
        r"\1GREY\2Managed (Offline)",
        manager.details,
        flags=re.DOTALL,
    )
    (computer,) = running.read("computers")
    assert (computer.online, computer.has_agent, computer.agent_status) == (False, True, "error")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), ("false", False), ("", False), ("on", None)],
)
def test_a_relay_by_the_word_of_11(run, monkeypatch, value, expected):
    """Whatever its case; a word that nobody knows says neither."""
    told = f"<settingKey>KEY</settingKey><settingValue>{value}</settingValue>"
    monkeypatch.setattr("lab.dsm.soap.relay", lambda _: told)
    running = run(make_world(11, [{"name": "m", "os": LINUX, "protection": "agent"}]))
    assert [one.relay for one in running.read("computers")] == [expected]


def test_an_esx_host_is_told_by_its_summary():
    """A record with an ESXSummary is a host; anti-malware need not be told of."""
    row = {
        "ID": 9,
        "hostName": "esx-01",
        "platform": "VMware ESXi 6.5.0",
        "agentVersion": "",
        "computerStatus": {"agentStatus": "not-supported", "applianceStatus": "not-supported"},
        "ESXSummary": {"processors": "2"},
    }
    host = dsm_api.computer(row, frozenset())
    assert (host.kind, host.online, host.relay, host.modules) == ("esx", None, False, ())
