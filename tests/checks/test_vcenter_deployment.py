"""VC-NAME-001 and VC-HA-001: the names of a vCenter, and its high availability."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import HaHealth, HaNode, HighAvailability, Naming
from kanmon.gate.judgement import Judgement
from tests.checks.estates import TARGETS, world
from tests.facts_by_hand import VC_MAIN, about, environment
from tests.judging import answered, judged, missed, told

NODE = "vc-main.example.jp"
WHERE = "vc-main.example.jp:443"
NAMES = Naming(NODE, NODE, (NODE, "192.0.2.7"), ("192.0.2.7",), (NODE,))
EXPECTED = f"{NODE}, the node name, letter by letter"
UNKNOWN = Unread("tried to resolve vc-main.example.jp; got: Name or service not known")


# VC-NAME-001


def named(target="7.0 U2", **changes) -> Judgement:
    """The check on a vCenter that is to go to a release."""
    estate = world(upgrade={**TARGETS, "vcenter": target}, step="vsphere-target")
    return judged(
        "VC-NAME-001",
        vcenter=estate.environment.vcenter[0],
        vcenter_naming=replace(NAMES, **changes),
        planned=estate.planned,
        moment=estate.moment,
    )


def test_names_that_agree_pass():
    """Host name, certificate and DNS are the node name; the rows that it rests on are quoted."""
    judgement = named()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 3)
    assert {one.table for one in judgement.rests_on} == {"vcenter_names"}


@pytest.mark.parametrize("target", ["7.0 U2", "8.0"])
def test_another_host_name_blocks(target):
    """The machine was renamed after it was deployed."""
    judgement = named(target, host_name="vc-new.example.jp")
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [("host name", "vc-new.example.jp", EXPECTED)]


@pytest.mark.parametrize(
    ("target", "weight"), [("7.0 U2", Severity.WARNING), ("8.0", Severity.BLOCKER)]
)
def test_a_host_name_in_another_case_stops_8_0(target, weight):
    """The strict comparison is that of 8.0; before it is a warning."""
    judgement = named(target, host_name="VC-MAIN.example.jp")
    assert judgement.weight is weight
    assert told(judgement) == [("host name", "VC-MAIN.example.jp", EXPECTED)]


def test_a_certificate_without_the_node_name_blocks():
    """It was issued for the address alone."""
    judgement = named(certificate=("192.0.2.7",))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [("certificate", "192.0.2.7", EXPECTED)]


def test_a_certificate_without_any_name_blocks():
    """It has no alternative names at all."""
    assert told(named(certificate=()))[0][1] == "no name at all"


def test_a_certificate_in_another_case_is_a_warning():
    """TLS takes it, and the tools of vCenter miss the name."""
    assert named(certificate=("VC-MAIN.example.jp",)).weight is Severity.WARNING


def test_an_address_that_leads_elsewhere_blocks():
    """The installer looks the name up from the address."""
    judgement = named(reverse=("old.example.jp", "older.example.jp"))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [("DNS", "old.example.jp, older.example.jp", EXPECTED)]


def test_dns_knows_no_case():
    """A name of the DNS in another case is the same name."""
    assert named(reverse=("VC-MAIN.EXAMPLE.JP",)).outcome is Outcome.PASS


def test_a_node_name_that_is_an_address_has_no_host_name_beside_it():
    """An appliance may be deployed by its address; the certificate has to name that."""
    address = "192.0.2.7"
    judgement = named(node_name=address, host_name="photon", reverse=("vc-main.example.jp",))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    assert [note.subject for note in judgement.notes] == ["node name"]


@pytest.mark.parametrize(
    ("part", "subject"), [("host_name", "host name"), ("certificate", "certificate")]
)
def test_what_was_not_read_is_unknown_for_itself(part, subject):
    """The other names are judged."""
    judgement = named(**{part: UNKNOWN})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(subject, UNKNOWN.reason)]
    assert answered("VC-NAME-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_what_this_machine_cannot_resolve_a_person_looks_up():
    """The DNS of kanmon's machine is not that of the installer."""
    judgement = named(addresses=UNKNOWN, reverse=UNKNOWN)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject == "DNS"
    assert reason.endswith("Name or service not known")
    assert answered("VC-NAME-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_without_the_node_name_nothing_is_compared():
    """The reason is that of the reader."""
    judgement = named(node_name=UNKNOWN)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.reason == UNKNOWN.reason


def test_a_vcenter_that_does_not_move_keeps_its_names():
    """Nothing is compared when nothing is upgraded."""
    estate = world(upgrade={"esxi": "7.0 U2"}, step="vsphere-target")
    judgement = judged(
        "VC-NAME-001",
        vcenter=estate.environment.vcenter[0],
        vcenter_naming=replace(NAMES, host_name="other"),
        planned=estate.planned,
        moment=estate.moment,
    )
    assert judgement.outcome is Outcome.NOT_APPLICABLE


# VC-HA-001

NODES = tuple(
    HaNode(role, "up", f"192.0.2.{number}")
    for number, role in enumerate(("active", "passive", "witness"), 1)
)
WHOLE = HaHealth("enabled", "healthy", NODES, ())


def available(fact, os_type="linux-x64") -> Judgement:
    """The check on a vCenter with this high availability."""
    return judged(
        "VC-HA-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_about=about(os_type=os_type),
        all_vcenter_availability={"vc-main": fact},
    )


def configured(**changes) -> HighAvailability:
    """A cluster of three nodes with changes."""
    return HighAvailability("configured", replace(WHOLE, **changes))


def test_high_availability_that_is_off_passes():
    """Most estates have none."""
    judgement = available(HighAvailability("notConfigured", None))
    assert (judgement.outcome, judgement.notes) == (Outcome.PASS, ())


def test_high_availability_that_is_whole_passes_and_is_noted():
    """The upgrade of such a cluster has its own way, which the board is told."""
    judgement = available(configured())
    assert judgement.outcome is Outcome.PASS
    assert "graphical interface" in judgement.notes[0].text


@pytest.mark.parametrize("word", ["prepared", "invalid"])
def test_a_cluster_that_is_half_set_up_blocks(word):
    """A network that was prepared, or a configuration that is none."""
    judgement = available(HighAvailability(word, None))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement)[0][:2] == (WHERE, f"the configuration of vCenter HA is {word}")


@pytest.mark.parametrize(
    ("mode", "state"),
    [("disabled", "healthy"), ("maintenance", "healthy"), ("enabled", "degraded")],
)
def test_a_cluster_that_is_not_enabled_and_healthy_blocks(mode, state):
    """Nothing is replicated, or not to every node."""
    judgement = available(configured(mode=mode, state=state, messages=("it lags",)))
    assert judgement.weight is Severity.BLOCKER
    found = f"vCenter HA is {mode}, {state}: it lags"
    assert told(judgement) == [(WHERE, found, "off, or enabled and healthy")]


def test_a_node_that_is_down_blocks_although_the_cluster_calls_itself_healthy():
    """Each node is looked at."""
    nodes = (NODES[0], NODES[1], replace(NODES[2], state="down"))
    judgement = available(configured(nodes=nodes))
    assert told(judgement) == [("witness (192.0.2.3)", "down", "up")]


def test_everything_that_is_wrong_with_it_is_told_at_once():
    """The cluster, each node that is down, and the one that is not there."""
    nodes = (NODES[0], replace(NODES[1], state="down"))
    judgement = available(configured(state="degraded", nodes=nodes))
    assert [subject for subject, _, _ in told(judgement)] == [WHERE, "passive (192.0.2.2)", WHERE]


def test_a_node_that_is_not_there_blocks():
    """All three are needed."""
    judgement = available(configured(nodes=NODES[:2]))
    assert [found for _, found, _ in told(judgement)] == [
        "vCenter HA has no node of the role witness"
    ]


@pytest.mark.parametrize(
    "fact",
    [
        UNKNOWN,
        HighAvailability("configured", UNKNOWN),
        HighAvailability("configured", None),
        HighAvailability("halfway", None),
        configured(mode="paused"),
        configured(state="strange"),
    ],
)
def test_what_nobody_knows_of_it_is_undetermined_and_attestable(fact):
    """A refused right, a word of no known form."""
    judgement = available(fact)
    assert judgement.outcome is Outcome.UNDETERMINED
    if judgement.unknown:
        assert answered("VC-HA-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_vcenter_on_windows_has_none():
    """It is of appliances alone, whatever could be read."""
    assert available(UNKNOWN, "win32-x64").outcome is Outcome.NOT_APPLICABLE
