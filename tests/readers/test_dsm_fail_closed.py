"""A manager in trouble never reads as "all fine", and nothing but reading is ever sent."""

import pytest

from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.readers.dsm import nodes as dsm_nodes
from kanmon.readers.dsm import reader as dsm
from kanmon.readers.dsm.soap import Soap
from kanmon.readers.transport.http import Https
from lab.dsm import server as lab_dsm
from tests.readers.managers import LINUX, make_world, starting


@pytest.fixture
def run():
    with starting() as start:
        yield start


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


@pytest.mark.parametrize(("protection", "managed"), [("CONTAINER", False), ("NONE", None)])
def test_a_protection_of_no_known_kind_is_not_none(run, monkeypatch, protection, managed):
    """A computer that something unknown manages is in doubt, never unmanaged."""
    told = lab_dsm.soap.status
    named = f">{protection}</"
    monkeypatch.setattr("lab.dsm.soap.status", lambda row: told(row).replace(">AGENT</", named))
    machines = [{"name": "m", "vcenter": "vc", "os": LINUX, "protection": "agent"}]
    (computer,) = run(make_world(11, machines)).read("computers")
    assert (computer.online, computer.doubtful) == (managed, managed is False)


def test_a_protection_of_no_known_kind_hides_no_agent(run, monkeypatch):
    """The agent that stands behind it in the list keeps its version, and is in doubt with it."""
    told = lab_dsm.soap.status
    strange = (
        "<protectionStatusTransports><item><protectionType>CONTAINER</protectionType>"
        "<state>ACTIVATED</state><status>Managed (Online)</status></item>"
    )
    opening = "<protectionStatusTransports>"
    monkeypatch.setattr("lab.dsm.soap.status", lambda row: told(row).replace(opening, strange))
    machines = [{"name": "m", "vcenter": "vc", "os": LINUX, "protection": "agent"}]
    (computer,) = run(make_world(11, machines)).read("computers")
    assert computer.agent_version == "11.0.0.1617"
    assert (computer.online, computer.doubtful) == (False, True)


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
        monkeypatch.setattr("lab.dsm.api.respond", lambda *_: lab_dsm.Answer(200, body))
        with pytest.raises(CouldNotRead, match="JSON"):
            dsm.computers(session)


@pytest.mark.parametrize("body", [b"", b"<a>", b"<a/>"])
def test_an_answer_that_is_no_soap_is_no_answer(run, monkeypatch, body):
    """Empty, cut or foreign XML is an error."""
    running = run(make_world(11))
    with running.connect() as session:
        monkeypatch.setattr(
            "lab.dsm.soap.respond", lambda *_: lab_dsm.Answer(200, body, "text/xml")
        )
        with pytest.raises(CouldNotRead, match=r"XML|no hostRetrieveAllResponse"):
            dsm.computers(session)


SWITCHED_OFF = {
    "not found": lab_dsm.Answer(404),
    "forbidden": lab_dsm.Answer(403, b"no"),
    "fault": lab_dsm.soap._fault("ManagerException", "The web service is disabled"),
}


@pytest.mark.parametrize("how", SWITCHED_OFF)
def test_soap_switched_off_is_advised_on(run, monkeypatch, how):
    """11.0 then tells of no computers, and where to switch SOAP on; 20.0 does without it."""
    monkeypatch.setattr("lab.dsm.soap.respond", lambda *_: SWITCHED_OFF[how])
    with pytest.raises(CouldNotRead, match="SOAP Web Service API"):
        run(make_world(11)).read("computers")
    running = run()
    assert running.read("manager").interfaces == ("api", "rest")
    assert len(running.read("computers")) == 7


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
        ("POST", "/api/vcenterconnectors/1/actions"),
        ("DELETE", "/api/vcenterconnectors/1"),
        ("POST", "/api/scheduledtasks/1"),
        ("POST", "/api/agentversioncontrolprofiles/1/agentversioncontrols"),
        ("POST", "/api/systemsettings/platformSettingWindowsUpgradeOnActivationEnabled"),
        ("GET", "/api/systemsettings/platformSettingDemoModeEnabled"),
        ("DELETE", "/rest/alerts"),
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


@pytest.mark.parametrize(
    "operation",
    [
        "hostSettingSet",
        "systemSettingSet",
        "softwareDelete",
        "hostDelete",
        "hostAgentDeactivate",
        "",
    ],
)
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
