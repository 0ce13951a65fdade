"""The manager's reader against simulated managers of both generations, over real sockets."""

import dataclasses
import socket
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from kanmon.credentials import Login
from kanmon.environment import Dsm, DsmNode
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.readers import Request, dsm, dsm_api, dsm_nodes
from kanmon.readers.dsm_soap import Soap
from kanmon.readers.dsm_status import Side, in_contact
from kanmon.readers.http import Https
from lab import dsm as lab_dsm
from lab import world as worlds
from lab.estate import api_key
from lab.pki import Pki

LINUX = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
VERSIONS = {11: "11.0.510", 20: "20.0.877"}
MACHINES = [
    {
        "name": "relay",
        "count": 2,
        "vcenter": "vc",
        "os": LINUX,
        "protection": "agent",
        "relay": True,
    },
    {"name": "win", "vcenter": "vc", "protection": "agent"},
    {"name": "gone", "protection": "agent", "online": False, "anti_malware": False},
    {"name": "vdi", "vcenter": "vc", "protection": "appliance"},
    {
        "name": "dsva",
        "vcenter": "vc",
        "os": "Deep Security Virtual Appliance",
        "protection": "agent",
    },
    {"name": "bare"},
]


def make_world(
    generation=20, machines=MACHINES, nodes=("dsm-1", "dsm-2"), faults=(), **node_values
):
    return worlds.make(
        "test",
        {
            "title": "a test's estate",
            "vcenter": [
                {
                    "slug": "vc",
                    "version": "6.5.0",
                    "build": "1",
                    "clusters": [
                        {
                            "name": "c",
                            "number": 7,
                            "hosts": [{"name": "h", "number": 1, "version": "6.5.0", "build": "1"}],
                        }
                    ],
                }
            ],
            "dsm": [
                {
                    "slug": "dsm",
                    "version": VERSIONS[generation],
                    "database": "db",
                    "nodes": [{"slug": slug, **node_values.get(slug, {})} for slug in nodes],
                }
            ],
            "machine": [
                {"dsm": "dsm", **m, "appliance": "Appliance" in m.get("os", "")} for m in machines
            ],
            "misbehaviour": [
                {"target": target, "how": how, "seconds": 0.2} for target, how in faults
            ],
        },
    )


class Running:
    """A simulated manager that runs, and what an operator would write about it."""

    def __init__(self, world, **trust):
        self.world = world
        self.pki = Pki()
        self.nodes = lab_dsm.servers(world, self.pki)
        for node in self.nodes:
            node.start()
        trust = trust or {"ca": str(self.pki.trusted.path)}
        self.target = Dsm(
            slug="dsm",
            credential="dsm-ro",
            database="db",
            nodes=[
                DsmNode(slug=n.slug, address="127.0.0.1", port=n.port, timeout=2.0, **trust)
                for n in self.nodes
            ],
        )
        self.login = Login(username=world.username, password=SecretStr(world.password))

    @property
    def key(self):
        """A credential that has nothing but the API key."""
        return Login(api_key=SecretStr(api_key(self.world)))

    @property
    def asked(self):
        """What all nodes were asked."""
        return [line for node in self.nodes for line in node.requests]

    def connect(self, login=None):
        """The reader's session."""
        return dsm.connect(Request(self.target, login or self.login, related=lambda *_: None))

    def read(self, part, login=None):
        """One part, in a session of its own."""
        with self.connect(login) as session:
            return dsm.PARTS[part](session)

    def stop(self):
        """End every server."""
        for node in self.nodes:
            node.stop()
        self.pki.close()


@pytest.fixture
def run():
    started = []

    def start(world=None, **trust):
        started.append(Running(world or make_world(), **trust))
        return started[-1]

    yield start
    for running in started:
        running.stop()


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


def test_the_vcenter_of_a_vm_is_known_from_20_only(run):
    """20.0 tells the vCenter's uuid, SOAP has no field for it."""
    running = run()
    vcenter = running.world.find_vcenter("vc").instance_uuid
    assert by_name(running.read("computers"))["win"].vcenter_uuid == vcenter
    assert by_name(run(make_world(11)).read("computers"))["win"].vcenter_uuid is None


def test_status_is_asked_for_vms_only_where_an_appliance_may_protect_them(run):
    """Without an appliance one request for all hosts is enough; with one, each VM is asked."""
    plain = run(make_world(11, [m for m in MACHINES if m["name"] in ("relay", "win", "bare")]))
    assert len(plain.read("computers")) == 4
    calls = [line for line in plain.asked if line == "POST /webservice/Manager"]
    assert len(calls) == 1 + 2 + 3  # interface probe, two lists, the relay flag of three agents
    full = run(make_world(11))
    assert len(full.read("computers")) == 7
    assert len([line for line in full.asked if "webservice" in line]) == 3 + 5 + 4


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
    monkeypatch.setattr(lab_dsm.Node, "_rest", lambda *_: lab_dsm._refusal(404, "no"))
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
    monkeypatch.setattr("lab.dsm_api.respond", lambda *_: page)
    assert run().read("manager").interfaces == ("rest", "soap")


# Nodes


def test_the_first_node_that_answers_is_used(run):
    """A node that is down is no failure as long as another one answers."""
    running = run(make_world(11, **{"dsm-1": {"running": False}}))
    assert len(running.read("computers")) == 7
    assert not running.nodes[0].requests


def test_no_node_at_all_loses_the_target(run):
    """The error names every node and what it said."""
    faults = [("dsm-1", "refused"), ("dsm-2", "silent")]
    running = run(make_world(faults=faults))
    with pytest.raises(TargetLost, match=r"dsm-1 \(.*refused; dsm-2 \(.*no answer within"):
        running.read("manager")


def test_every_node_is_dialled_on_its_own(run):
    """A dead node stands beside the living one, with what it said."""
    running = run(make_world(11, **{"dsm-2": {"running": False}}))
    first, second = dsm.PROBES["nodes"](running.target)
    assert (first.slug, first.state, first.ping_status, first.console_status) == (
        "dsm-1",
        "online",
        200,
        200,
    )
    assert first.console_valid
    assert first.version == "11.0.510"
    assert first.endpoint == running.target.nodes[0].where
    assert (second.slug, second.state, second.ping_status) == ("dsm-2", "refused", None)
    assert not second.console_valid
    assert second.version is None


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("refused", "refused"),
        ("silent", "silent"),
        ("cut off", "failing"),
        ("wrong certificate", "failing"),
    ],
)
def test_a_node_in_trouble_is_a_fact(run, fault, state):
    """No trouble of one node hides the other, and each has its own state."""
    running = run(make_world(faults=[("dsm-1", fault)]))
    first, second = dsm.PROBES["nodes"](running.target)
    assert (first.state, second.state) == (state, "online")
    assert first.detail


def test_nodes_may_differ_in_version(run):
    """Between the two nodes' upgrades each says its own version."""
    running = run(make_world(20, **{"dsm-2": {"version": "11.0.510"}}))
    versions = [node.version for node in dsm.PROBES["nodes"](running.target)]
    assert versions == ["20.0.877", "11.0.510"]


def test_a_ping_that_is_not_answered_with_200_is_failing(run, monkeypatch):
    """The console alone does not make a node online; the detail says what to look at."""
    monkeypatch.setattr(lab_dsm.Node, "_rest", lambda *_: lab_dsm._refusal(404, "no"))
    node = dsm.PROBES["nodes"](run().target)[0]
    assert (node.state, node.ping_status, node.console_valid) == ("failing", 404, True)
    assert "Status Monitoring API" in node.detail


@pytest.mark.parametrize(
    "page",
    [
        b"<html><title>Deep Security</title>It is starting, please wait</html>",
        b"<html><form><input type='password'></form>Some other product</html>",
    ],
)
def test_another_page_is_not_the_console(run, monkeypatch, page):
    """A page without a sign-in form, or of another product, is not taken for the console."""
    monkeypatch.setattr(lab_dsm, "SIGN_IN", page)
    node = dsm.PROBES["nodes"](run().target)[0]
    assert (node.console_status, node.console_valid) == (200, False)


def test_a_half_console_is_not_valid(run):
    """A page that ends early is no valid page."""
    node = dsm.PROBES["nodes"](run(make_world(faults=[("dsm", "half a page")])).target)[0]
    assert not node.console_valid
    assert node.console_status is None


def test_a_name_that_leads_nowhere_is_a_fact(run):
    """The probe does not fail over an address that cannot be dialled."""
    target = run().target
    lost = target.nodes[0].model_copy(update={"address": "no-such-host.invalid"})
    node = dsm.PROBES["nodes"](target.model_copy(update={"nodes": [lost]}))[0]
    assert node.state == "silent"
    assert node.detail


# Certificates


def test_certificates_of_the_nodes_that_answer(run):
    """A node that is down has no certificate; the others' are verified."""
    running = run(make_world(**{"dsm-1": {"running": False}}))
    (certificate,) = dsm.PROBES["certificates"](running.target)
    assert certificate.endpoint == running.target.nodes[1].where
    assert certificate.problem is None


def test_a_certificate_of_a_stranger_is_told(run):
    """It is read all the same, with the reason why it is not trusted; nothing else is."""
    running = run(make_world(faults=[("dsm", "wrong certificate")]))
    assert all(c.problem for c in dsm.PROBES["certificates"](running.target))
    with pytest.raises(TargetLost, match=r"certificate verify failed|self-signed|unable to get"):
        running.read("manager")


def test_no_certificate_at_all_loses_the_target(run):
    """The error names both nodes."""
    running = run(make_world(faults=[("dsm", "refused")]))
    with pytest.raises(TargetLost, match=r"127\.0\.0\.1:\d+.*; .*127\.0\.0\.1:\d+"):
        dsm.PROBES["certificates"](running.target)


def test_a_pinned_fingerprint_is_compared(run):
    """The right leaf is trusted without a CA, any other is not."""
    running = run()
    right = [c.sha256 for c in dsm.PROBES["certificates"](running.target)]
    nodes = [
        node.model_copy(update={"ca": None, "fingerprint": pin})
        for node, pin in zip(running.target.nodes, right, strict=True)
    ]
    running.target = running.target.model_copy(update={"nodes": nodes})
    assert running.read("manager").version == "20.0.877"
    assert [c.problem for c in dsm.PROBES["certificates"](running.target)] == [None, None]
    nodes = [node.model_copy(update={"fingerprint": "0" * 64}) for node in nodes]
    running.target = running.target.model_copy(update={"nodes": nodes})
    with pytest.raises(TargetLost, match=r"(?i)fingerprint"):
        running.read("manager")
    assert not any(line.startswith("POST") for line in running.asked[-2:])


# What must not look like "all fine"


@pytest.mark.parametrize("generation", [11, 20])
def test_an_empty_list_is_no_answer(run, generation):
    """A role without rights gets an empty list, which must not read as "no computers"."""
    running = run(make_world(generation, faults=[("dsm", "weak rights")]))
    with pytest.raises(CouldNotRead, match=r"an empty list.*right to view"):
        running.read("computers")


@pytest.mark.parametrize("generation", [11, 20])
def test_a_session_that_expires_is_told(run, generation):
    """Computers that could not be read to the end are not read."""
    running = run(make_world(generation, faults=[("dsm", "expired session")]))
    with pytest.raises(CouldNotRead, match="run again"):
        running.read("computers")


@pytest.mark.parametrize("fault", ["cut off", "half a page"])
@pytest.mark.parametrize("generation", [11, 20])
def test_broken_answers_lose_the_target(run, generation, fault):
    """What breaks off is never taken for an answer."""
    running = run(make_world(generation, faults=[("dsm", fault)]))
    with pytest.raises(TargetLost, match=r"dsm-1 .*; dsm-2 "):
        running.read("computers")


def test_a_slow_manager_is_read_all_the_same(run):
    """Slower than usual is not silent."""
    assert run(make_world(faults=[("dsm", "slow")])).read("manager").version == "20.0.877"


def test_hosts_without_details_are_missed(run):
    """The list of all hosts and the list of their details must agree."""
    running = run(make_world(11))
    manager = running.nodes[0].manager
    manager.details = manager.details.partition("<hostDetailRetrieveReturn>" + "<ID>7<")[0]
    with pytest.raises(CouldNotRead, match=r"1 are missing, e.g. number 7"):
        running.read("computers")


@pytest.mark.parametrize(
    "name", ["hostType", "hostLight", "overallStatus", "virtualUuid", "overallAntiMalwareStatus"]
)
def test_a_field_that_soap_leaves_out_is_no_empty_value(run, name):
    """A missing element is an error that names it and the computer."""
    running = run(make_world(11, [{"name": "m", "os": LINUX, "protection": "agent"}]))
    manager = running.nodes[0].manager
    manager.details = manager.details.replace(f"<{name}", "<other").replace(f"</{name}", "</other")
    with pytest.raises(CouldNotRead, match=f"{name} of computer 1"):
        running.read("computers")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("computerStatus", None),
        ("agentVersion", None),
        ("antiMalware", None),
        ("hostName", 5),
        ("vmwareVMVirtualMachineSummary", []),
        ("lastAgentCommunication", "yesterday"),
        ("computerStatus", {"agentStatus": "blooming", "applianceStatus": "inactive"}),
    ],
)
def test_a_field_of_api_that_is_not_as_expected_is_no_empty_value(run, name, value):
    """A missing or misshapen field is an error."""
    running = run()
    running.nodes[0].manager.computers[0][name] = value
    with pytest.raises(CouldNotRead, match=f"{name}|agentStatus"):
        running.read("computers")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"computers": {}}', b"{}", b'{"computers": [1]}']
)
def test_an_answer_that_is_no_list_of_computers_is_no_answer(run, monkeypatch, body):
    """HTML, or JSON of another shape, is an error."""
    running = run()
    with running.connect(running.key) as session:
        monkeypatch.setattr("lab.dsm_api.respond", lambda *_: lab_dsm.Answer(200, body))
        with pytest.raises(CouldNotRead, match="JSON"):
            dsm.computers(session)


@pytest.mark.parametrize("body", [b"", b"<a>", b"<a/>"])
def test_an_answer_that_is_no_soap_is_no_answer(run, monkeypatch, body):
    """Empty, cut or foreign XML is an error."""
    running = run(make_world(11))
    with running.connect() as session:
        monkeypatch.setattr(
            "lab.dsm_soap.respond", lambda *_: lab_dsm.Answer(200, body, "text/xml")
        )
        with pytest.raises(CouldNotRead, match=r"XML|no hostRetrieveAllResponse"):
            dsm.computers(session)


def test_soap_switched_off_is_advised_on(run, monkeypatch):
    """11.0 without SOAP tells of no computers; the advice says where to switch it on."""
    monkeypatch.setattr("lab.dsm_soap.respond", lambda *_: lab_dsm.Answer(404))
    with pytest.raises(CouldNotRead, match="SOAP Web Service API"):
        run(make_world(11)).read("computers")


def test_a_version_that_is_none_is_no_version(run):
    """A page where the version should be is an error, and None for the node."""
    running = run()
    for node in running.nodes:
        node.version = "<html>"
    with pytest.raises(CouldNotRead, match="no version"):
        running.read("manager")
    assert dsm.PROBES["nodes"](running.target)[0].version is None


# Read-only


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/computers"),
        ("POST", "/api/computers/1"),
        ("DELETE", "/api/computers/1"),
        ("POST", "/api/computers/search/x"),
        ("POST", "/api/apikeys"),
        ("DELETE", "/api/apikeys/1"),
        ("POST", "/rest/relay-groups"),
        ("PUT", "/rest/managerInfo/version"),
        ("GET", "/webservice/Manager"),
    ],
)
def test_only_what_reads_is_sent(run, method, path):
    """Whatever is not on the allow-list is refused before anything is sent."""
    running = run()
    https = Https(running.target.nodes[0], dsm.ALLOWED)
    with pytest.raises(NotAllowed):
        https.send(method, path)
    https.close()
    assert not running.asked


@pytest.mark.parametrize("operation", ["hostSettingSet", "hostDelete", "hostAgentDeactivate", ""])
def test_only_soap_operations_that_read_are_sent(run, operation):
    """SOAP has one path for all, so the operation itself is looked at."""
    running = run()
    https = Https(running.target.nodes[0], dsm.ALLOWED)
    with pytest.raises(NotAllowed):
        Soap(https, "sid").call(operation, {"id": "1"})
    https.close()
    assert not running.asked


def test_the_nodes_probe_may_ask_less(run):
    """Without login only named paths are read."""
    running = run()
    https = Https(running.target.nodes[0], dsm_nodes.READING)
    with pytest.raises(NotAllowed):
        https.send("POST", "/rest/authentication/login/primary")
    https.close()


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


def test_no_listener_is_left_behind(run):
    """What the tests start on loopback ends with them."""
    running = run()
    port = running.nodes[0].port
    running.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)
