"""Manager nodes, each on its own: which is used, what each says, whom it trusts."""

import pytest

from kanmon.errors import TargetLost
from kanmon.readers.dsm import reader as dsm
from lab.dsm import server as lab_dsm
from tests.readers.managers import make_world, starting


@pytest.fixture
def run():
    with starting() as start:
        yield start


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
    monkeypatch.setattr(lab_dsm.AnsweringNode, "_rest", lambda *_: lab_dsm._refusal(404, "no"))
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
