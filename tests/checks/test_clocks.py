"""NET-TIME-001: every clock beside that of the machine that read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.database.state import Clock as DatabaseClock
from kanmon.facts.dsm.manager import NodeClock
from kanmon.facts.vcenter.hosts import Clock, HostAnswer
from tests.facts_by_hand import (
    DSM,
    LINUX,
    NOW,
    NSXT,
    NSXV,
    ONE_LINUX,
    VC_MAIN,
    VC_OTHER,
    environment,
    manager_node,
    moment,
    node_clock,
    reading,
)
from tests.judging import answered, judged, missed, told

TIME = "NET-TIME-001"
YEARS = 3 * 365 * 86400.0
READER = "the machine that runs kanmon"
LOST = Unread("tried to read it; got: an answer without a time")
AGENT = LINUX.replace('node = "dsm-2"\n', "")
"""The second machine has an agent alone."""
ESTATE = VC_MAIN + NSXV + NSXT + DSM + LINUX


def hosts(*ahead, count=3):
    """What the hosts of a vCenter told, each so far ahead of it."""
    spans = ahead or (0.0,) * count
    return tuple(
        HostAnswer(f"host-{number}", f"esx-{number}.example.jp", answer)
        for number, answer in enumerate(
            (one if isinstance(one, Unread) else Clock(one - 0.1, one + 0.1) for one in spans), 21
        )
    )


def database(ahead=0.0):
    """A database server's clock, asked within a second."""
    return DatabaseClock(
        NOW + timedelta(seconds=ahead), 540, "", NOW + timedelta(seconds=1), sent=NOW
    )


def clocks(text=ESTATE, step="manager", tolerances=None, **changed):
    """The judgement of an estate whose clocks are right, but for those that are given."""
    estate = environment(text)
    machines = {one.slug: manager_node() for one in estate.linux}
    dsm = changed.pop("dsm", {})
    facts = {
        "all_vcenter_clock": {one.slug: reading() for one in estate.vcenter},
        "all_vcenter_clocks": {one.slug: hosts() for one in estate.vcenter},
        "all_nsxv_clock": {one.slug: reading() for one in estate.nsxv},
        "all_nsxt_clock": {one.slug: reading() for one in estate.nsxt},
        "all_dsm_clocks": {
            one.slug: tuple(
                NodeClock(node.slug, dsm.get(node.slug, reading())) for node in one.nodes
            )
            for one in estate.dsm
        },
        "all_database_clock": {one.slug: database() for one in estate.database},
        "manager_nodes": machines,
    }
    for part, values in changed.items():
        name = part if part in facts else f"all_{part}"
        facts[name] = {**facts[name], **values}
    if tolerances:
        limits = estate.tolerances.model_copy(update=tolerances)
        estate = estate.model_copy(update={"tolerances": limits})
    return judged(TIME, environment=estate, moment=moment(step=step), **facts)


def node(ahead):
    """A machine of a node whose clock is so far ahead."""
    return manager_node(clock=node_clock(ahead))


def test_an_estate_on_one_time_passes():
    """vCenter, three hosts, both NSX, two nodes and the database are counted, each once."""
    judgement = clocks()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 9)
    assert judgement.notes == ()


def test_without_a_clock_that_counts_it_does_not_apply():
    """Of a machine with an agent alone no step of vSphere depends."""
    alone = ONE_LINUX.replace('node = "dsm-1"\n', "")
    assert clocks(alone, step="vsphere-bridge").outcome is Outcome.NOT_APPLICABLE


def test_hosts_that_agree_with_a_wrong_vcenter_are_found():
    """A vCenter three years off, and its hosts with it, while nobody else is: each is named."""
    judgement = clocks(vcenter_clock={"vc-main": reading(YEARS)})
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [
        (
            "vc-main",
            f"1095 days ahead of {READER}, by vCenter's CurrentTime",
            "within 60 s of it",
        ),
        *(
            (
                f"esx-{number}.example.jp (host-{number})",
                f"1095 days ahead of {READER}, by the host's QueryDateTime",
                "within 60 s of it",
            )
            for number in (21, 22, 23)
        ),
    ]


def test_a_vcenter_alone_is_no_witness_against_the_reader():
    """Its hosts take their time from it: it is named, and not the machine that runs kanmon."""
    judgement = clocks(VC_MAIN, vcenter_clock={"vc-main": reading(-YEARS)})
    assert len(judgement.findings) == 4
    assert judgement.findings[0].subject == "vc-main"


@pytest.mark.parametrize(("step", "counted"), [("manager", 7), ("vsphere-bridge", 6)])
def test_hosts_that_are_apart_from_their_vcenter_are_left_to_another_check(step, counted):
    """ESX-TIME-001 names them in the same run, and those that do not answer."""
    judgement = clocks(step=step, vcenter_clocks={"vc-main": hosts(420.0, 0.0, LOST)})
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, counted)


def test_the_reader_that_stands_alone_is_named_once():
    """Where all others agree with each other the wrong clock is that of the machine that asks."""
    hour = 3600.0
    judgement = clocks(
        VC_MAIN + VC_OTHER,
        vcenter_clock={"vc-main": reading(hour), "vc-other": reading(hour + 20)},
    )
    assert told(judgement) == [
        (
            READER,
            f"all 8 clocks that were read agree, 60 min ahead of {READER}",
            "within 60 s of it",
        )
    ]


def test_others_that_are_off_in_different_ways_are_named_each():
    """An hour and two hours ahead agree on nothing."""
    judgement = clocks(
        VC_MAIN + VC_OTHER,
        vcenter_clock={"vc-main": reading(3600), "vc-other": reading(7300)},
        vcenter_clocks={"vc-main": (), "vc-other": ()},
    )
    assert [one.subject for one in judgement.findings] == ["vc-main", "vc-other"]


@pytest.mark.parametrize(
    ("part", "slug", "way"),
    [
        ("nsxv_clock", "nsxv-main", "the Date of its own web server"),
        ("nsxt_clock", "nsxt", "the Date of its own web server"),
    ],
)
def test_a_manager_of_nsx_is_told_by_its_web_server(part, slug, way):
    """No call is needed for it, and the finding says how its clock was read."""
    judgement = clocks(**{part: {slug: reading(-600)}})
    assert told(judgement) == [(slug, f"10 min behind {READER}, by {way}", "within 60 s of it")]


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [
        (0, Outcome.PASS),
        (59, Outcome.PASS),
        (60, Outcome.UNDETERMINED),
        (61, Outcome.UNDETERMINED),
        (62, Outcome.FAIL),
        (-59, Outcome.PASS),
        (-60, Outcome.UNDETERMINED),
        (-61, Outcome.UNDETERMINED),
        (-62, Outcome.FAIL),
    ],
)
def test_whole_seconds_and_the_round_trip_are_allowed_for(ahead, outcome):
    """The answer may have cut off a second and took one: between the bounds nobody can say."""
    assert clocks(nsxt_clock={"nsxt": reading(ahead)}).outcome is outcome


def test_a_slow_answer_is_undetermined_and_may_be_told_by_a_person():
    """Two minutes for an answer do not tell whether a clock is a minute off; a person can look."""
    slow = reading(60, answered=NOW + timedelta(seconds=120))
    judgement = clocks(nsxt_clock={"nsxt": slow})
    assert [subject for subject, _ in missed(judgement)] == ["nsxt"]
    assert "took too long to tell 60 s" in missed(judgement)[0][1]
    assert answered(TIME, judgement).outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    ("changed", "subject"),
    [
        ({"vcenter_clock": {"vc-main": LOST}}, "vc-main"),
        ({"nsxv_clock": {"nsxv-main": LOST}}, "nsxv-main"),
        ({"nsxt_clock": {"nsxt": LOST}}, "nsxt"),
        ({"dsm_clocks": {"dsm": LOST}}, "dsm"),
        ({"database_clock": {"dsm-db": LOST}}, "dsm-db"),
    ],
)
def test_a_clock_that_no_answer_told_is_unknown(changed, subject):
    """It is undetermined by itself, and a person may say what it shows."""
    judgement = clocks(VC_MAIN + NSXV + NSXT + DSM, **changed)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(subject, LOST.reason)]
    assert answered(TIME, judgement).outcome is Outcome.ATTESTED


def test_a_node_is_told_by_its_machine_or_by_its_web_server():
    """One that is read over SSH is told once; of another the web server says what it is."""
    wrong = {"dsm-1": reading(900), "dsm-2": reading(900)}
    assert clocks(dsm=wrong).outcome is Outcome.PASS
    unread = clocks(dsm=wrong, manager_nodes={"dsm-2-host": LOST})
    assert [one.subject for one in unread.findings] == ["dsm-2"]
    windows = clocks(VC_MAIN + DSM, dsm=wrong)
    assert [one.subject for one in windows.findings] == ["dsm-1", "dsm-2"]
    assert windows.findings[0].found.endswith("by the Date of its own web server")


def test_a_node_that_answers_in_no_way_is_unknown_once():
    """Neither its machine nor its web server told: one unknown."""
    judgement = clocks(dsm={"dsm-2": LOST}, manager_nodes={"dsm-2-host": LOST})
    assert missed(judgement) == [("dsm-2", LOST.reason)]


@pytest.mark.parametrize("step", ["manager", None])
def test_nodes_that_are_apart_are_left_to_their_own_blocker(step):
    """Where DSM-TIME-001 is judged a note says which of them is off, and nothing is signed."""
    judgement = clocks(step=step, manager_nodes={"dsm-2-host": node(600)})
    assert judgement.outcome is Outcome.PASS
    (note,) = judgement.notes
    assert note.subject == "dsm-2"
    assert note.text == f"10 min ahead of {READER}, by its shell; see DSM-TIME-001"


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("vsphere-bridge", {"manager_nodes": {"dsm-2-host": node(600)}}),
        (
            "manager",
            {
                "manager_nodes": {"dsm-1-host": node(600), "dsm-2-host": node(600)},
                "database_clock": {"dsm-db": database(600)},
            },
        ),
    ],
)
def test_nodes_are_named_where_no_other_check_does(step, changed):
    """In other steps, and where they agree with their database on a wrong time."""
    judgement = clocks(step=step, **changed)
    assert judgement.weight is Severity.WARNING
    assert "dsm-2" in [one.subject for one in judgement.findings]


@pytest.mark.parametrize(
    ("step", "outcome"),
    [("agent", Outcome.FAIL), (None, Outcome.FAIL), ("vsphere-bridge", Outcome.PASS)],
)
def test_a_machine_with_an_agent_alone_counts_where_agents_are_upgraded(step, outcome):
    """It holds up no other step, be it wrong or out of reach."""
    judgement = clocks(VC_MAIN + DSM + AGENT, step=step, manager_nodes={"dsm-2-host": node(-7200)})
    assert judgement.outcome is outcome
    unread = clocks(VC_MAIN + DSM + AGENT, step=step, manager_nodes={"dsm-2-host": LOST})
    assert (unread.outcome is Outcome.UNDETERMINED) is (outcome is Outcome.FAIL)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [("manager", Outcome.UNDETERMINED), (None, Outcome.UNDETERMINED), ("agent", Outcome.PASS)],
)
def test_a_database_counts_where_the_manager_is_upgraded(step, outcome):
    """One that takes TLS 1.0 alone is not logged in to, and that is mended in its own step."""
    judgement = clocks(step=step, database_clock={"dsm-db": LOST})
    assert judgement.outcome is outcome


def test_a_database_read_by_an_earlier_version_has_its_timeout_as_round_trip():
    """Such a run kept when the answer came, and not when it was asked."""
    old = DatabaseClock(NOW + timedelta(seconds=45), 540, "", NOW)
    judgement = clocks(database_clock={"dsm-db": old})
    assert [subject for subject, _ in missed(judgement)] == ["dsm-db"]


def test_the_tolerance_is_the_operators():
    """Three minutes are nothing to an estate that tolerates so much."""
    judgement = clocks(tolerances={"clock_seconds": 300.0}, nsxt_clock={"nsxt": reading(200)})
    assert judgement.outcome is Outcome.PASS
