"""DSM-CPU-001, DSM-MEM-002, DSM-DISK-001, DSM-OS-001, DSM-TIME-001: what the nodes' shells tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.database.state import Clock
from kanmon.facts.linux.host import Filesystem
from tests.facts_by_hand import (
    DSM,
    GIB,
    LINUX,
    NOW,
    ONE_LINUX,
    ONE_NODE,
    agent,
    environment,
    linux_host,
    manager_files,
    manager_node,
    node_clock,
    unit,
)
from tests.judging import judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
TARGET = "20.0.0-877"
GONE = Unread("dsm-2-host: connection refused")
IDS = ("DSM-CPU-001", "DSM-MEM-002", "DSM-DISK-001", "DSM-OS-001")


def judge(
    check_id, *, hosts=None, nodes=None, agents=1, target=TARGET, text=DSM + LINUX, clock=None
):
    """A check on these hosts and what their shells told, in the order of the environment."""
    given = environment(text, **({"deep_security": target} if target else {}))
    slugs = [one.slug for one in given.linux]
    facts = {
        "dsm_computers": tuple(agent(id=number) for number in range(agents)),
        "manager_hosts": dict(zip(slugs, hosts or [linux_host()] * 2, strict=False)),
        "manager_nodes": dict(zip(slugs, nodes or [manager_node()] * 2, strict=False)),
        "all_database_clock": {"dsm-db": clock or database_clock()},
    }
    wanted = {
        "DSM-CPU-001": ("dsm_computers", "manager_hosts"),
        "DSM-MEM-002": ("dsm_computers", "manager_hosts", "manager_nodes"),
        "DSM-DISK-001": ("dsm_computers", "manager_nodes"),
        "DSM-OS-001": ("manager_hosts",),
        "DSM-TIME-001": ("manager_nodes", "all_database_clock"),
    }[check_id]
    chosen = {name: facts[name] for name in wanted}
    return judged(check_id, dsm=given.dsm[0], environment=given, **chosen)


def database_clock(ahead=0.0, minutes=540):
    """The database server's clock, some seconds ahead."""
    return Clock(NOW + timedelta(seconds=ahead), minutes, "", NOW)


def with_heap(heap):
    """A host on which this heap is set."""
    return linux_host(manager=manager_files(heap=heap))


@pytest.mark.parametrize("check_id", IDS)
def test_a_good_node_passes(check_id):
    """Both nodes of the estate made by hand are as the target asks."""
    judgement = judge(check_id)
    assert judgement.outcome is P
    assert judgement.examined == 2
    assert judgement.rests_on


@pytest.mark.parametrize("check_id", IDS)
def test_a_node_that_was_not_read_is_undetermined(check_id):
    """A host without an answer, and a node without a host, are never taken for good ones."""
    judgement = judge(check_id, hosts=[linux_host(), GONE], nodes=[manager_node(), GONE])
    assert judgement.outcome is U
    assert missed(judgement) == [("dsm-2", GONE.reason)]
    windows = judge(check_id, text=DSM)
    assert windows.outcome is U
    assert [subject for subject, _ in missed(windows)] == ["dsm-1", "dsm-2"]
    assert "it names none" in missed(windows)[0][1]


@pytest.mark.parametrize("check_id", ["DSM-CPU-001", "DSM-MEM-002", "DSM-OS-001"])
def test_another_machine_does_not_stand_for_a_node(check_id):
    """One without a manager is not the node, however large it is."""
    other = linux_host(hostname="web", manager=manager_files(installed=False))
    (told_of,) = missed(judge(check_id, hosts=[linux_host(), other]))
    assert told_of == ("dsm-2", "web has no folder of a manager: is it the machine of this node?")


@pytest.mark.parametrize("check_id", IDS)
def test_without_a_target_or_a_row_nothing_is_judged(check_id):
    """No target, and a target of which no table speaks, say nothing of what a node needs."""
    assert judge(check_id, target="").outcome is U
    assert judge(check_id, target="21.0.0-100").outcome is U


@pytest.mark.parametrize("check_id", ["DSM-CPU-001", "DSM-MEM-002", "DSM-DISK-001"])
def test_beyond_the_last_band_nothing_is_known(check_id):
    """The table ends at 20000 agents."""
    assert judge(check_id, agents=20_001).outcome is U


@pytest.mark.parametrize(
    ("agents", "cores", "outcome"),
    [(499, 2, P), (499, 1, F), (500, 4, P), (500, 3, F), (5000, 8, P), (5000, 7, F)],
)
def test_cores(agents, cores, outcome):
    """The band of the number of agents says how many cores; one fewer warns, one alone blocks."""
    judgement = judge("DSM-CPU-001", hosts=[linux_host(cores=cores), linux_host()], agents=agents)
    assert judgement.outcome is outcome
    if outcome is F:
        assert judgement.weight is (Severity.BLOCKER if cores == 1 else Severity.WARNING)
        assert told(judgement)[0][:2] == ("dsm-1 on dsm1", f"{cores} cores")


@pytest.mark.parametrize(
    ("is_set", "runs", "outcome"),
    [
        (8 * GIB, (8 * GIB,), P),
        (8 * GIB - 1, (8 * GIB,), F),
        (8 * GIB, (8 * GIB - 1,), F),
        (8 * GIB, (GIB // 4, 8 * GIB), P),  # another Java of the manager, such as dsm_c
        (8 * GIB, (None, 8 * GIB), P),
        (8 * GIB, (None,), U),  # set, but not yet in effect
        (8 * GIB, (), U),  # a service that is active has a Java: the account does not see it
        (None, (8 * GIB,), U),
        (None, (), U),
        (None, (4 * GIB,), F),
        (Unread("denied"), (8 * GIB,), U),
        (8 * GIB, Unread("ps: no"), U),
    ],
)
def test_heap_as_set_and_as_running(is_set, runs, outcome):
    """Both must be enough; what nobody can tell is undetermined."""
    nodes = [manager_node(heaps=runs), manager_node()]
    judgement = judge("DSM-MEM-002", hosts=[with_heap(is_set), linux_host()], nodes=nodes)
    assert judgement.outcome is outcome
    if runs == ():
        assert "no running Java" in judgement.notes[0].text


def test_a_stopped_manager_is_judged_by_what_is_set():
    """Where the service is stopped there is no Java to be seen, and nothing is hidden."""
    host = replace(with_heap(8 * GIB), services=(unit("dsm_s", state="inactive"),))
    judgement = judge("DSM-MEM-002", hosts=[host, linux_host()], nodes=[manager_node(heaps=())] * 2)
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == ["dsm-2 on dsm1"]
    alone = judge("DSM-MEM-002", hosts=[host] * 2, nodes=[manager_node(heaps=())] * 2)
    assert alone.outcome is P
    assert "no running Java" in alone.notes[0].text


def test_what_is_told_of_a_heap():
    """The finding says which heap is too small, and for how many agents."""
    nodes = [manager_node(heaps=(4 * GIB,)), manager_node()]
    judgement = judge("DSM-MEM-002", nodes=nodes)
    assert told(judgement) == [
        ("dsm-1 on dsm1", "4.0 GiB is what runs", "8 GiB for 1 agents"),
    ]
    assert judgement.findings[0].source.row == "20.0 from 0"
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("is_set", "runs", "weight"),
    [
        (8 * GIB, 4 * GIB, Severity.WARNING),
        (8 * GIB, 4 * GIB - 1, Severity.BLOCKER),
        (4 * GIB, 8 * GIB, Severity.WARNING),
        (2 * GIB, 8 * GIB, Severity.BLOCKER),
    ],
)
def test_a_heap_below_the_floor_blocks(is_set, runs, weight):
    """Less than the vendor recommends warns; what was too little for 11.0 blocks."""
    nodes = [manager_node(heaps=(runs,)), manager_node()]
    judgement = judge("DSM-MEM-002", hosts=[with_heap(is_set), linux_host()], nodes=nodes)
    assert judgement.weight is weight


@pytest.mark.parametrize(
    ("size", "free", "outcome"),
    [
        (200 * 10**9, 1536 * 2**20, P),
        (200 * 10**9 - 1, 1536 * 2**20, F),
        (200 * 10**9, 1536 * 2**20 - 1, F),
    ],
)
def test_disk_at_the_limits(size, free, outcome):
    """Recommended size and unverified minimum: below either it warns."""
    nodes = [manager_node(disk=Filesystem("/opt", size, free)), manager_node()]
    judgement = judge("DSM-DISK-001", nodes=nodes)
    assert judgement.outcome is outcome
    assert judgement.weight in (None, Severity.WARNING)
    assert not judgement.findings or judgement.findings[0].subject == "dsm-1, /opt/dsm on /opt"


@pytest.mark.parametrize(("free", "blocks"), [(512 * 2**20, False), (512 * 2**20 - 1, True)])
def test_a_full_disk_blocks(free, blocks):
    """Below the floor the unverified figure is no excuse, and the finding says whose rule it is."""
    nodes = [manager_node(disk=Filesystem("/opt", 200 * 10**9, free)), manager_node()]
    judgement = judge("DSM-DISK-001", nodes=nodes)
    assert judgement.blocks is blocks
    (finding,) = judgement.findings
    assert finding.source.confidence == ("engineering" if blocks else "unverified")
    assert finding.expected.startswith("1.5 GiB free")
    assert ("below 0.5 GiB no step starts" in finding.expected) is blocks


def test_a_disk_that_was_not_read_is_undetermined():
    """No manager in /opt/dsm, or a df that fails, is no free disk."""
    nodes = [manager_node(disk=Unread("df: no")), manager_node()]
    assert missed(judge("DSM-DISK-001", nodes=nodes)) == [("dsm-1", "df: no")]


@pytest.mark.parametrize(
    ("os_id", "version", "target", "outcome"),
    [
        ("rhel", "7.9", TARGET, P),
        ("rhel", "8", TARGET, P),
        ("rhel", "9.2", "20.0.0-1003", P),
        ("rhel", "6.10", TARGET, F),
        ("rhel", "10.0", TARGET, U),
        ("centos", "7", TARGET, U),
        ("rhel", "9.2", "20.0", U),  # the builds of the line differ
    ],
)
def test_systems(os_id, version, target, outcome):
    """The table says what it knows; of what it does not know nobody can say."""
    hosts = [linux_host(os_id=os_id, os_version=version), linux_host()]
    judgement = judge("DSM-OS-001", hosts=hosts, target=target)
    assert judgement.outcome is outcome
    assert judgement.blocks is (outcome is F)  # RHEL 6, which its own vendor retired
    if outcome is U:
        assert len(judgement.unknown) == 1


def test_what_is_recalled_of_a_system_is_noted():
    """A pass that rests on a recalled row says so, once for all nodes."""
    (note,) = judge("DSM-OS-001").notes
    assert note.subject == "dsm-1 on dsm1, dsm-2 on dsm1"
    assert "recalled" in note.text


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [(0, P), (57, P), (59, U), (61, U), (63, F), (-57, P), (-59, U), (-61, U), (-63, F)],
)
def test_clocks_of_nodes(ahead, outcome):
    """Clocks are held against each other within what the questions took: 2 s each."""
    nodes = [manager_node(), manager_node(clock=node_clock(ahead))]
    judgement = judge("DSM-TIME-001", nodes=nodes, clock=database_clock(min(0, ahead) / 2))
    between = [one for one in judgement.findings if one.subject == "dsm-2"]
    assert (F if between else P if not _unsure(judgement) else U) is outcome


def _unsure(judgement):
    return [one for one in judgement.unknown if one.subject == "dsm-2"]


@pytest.mark.parametrize(
    ("ahead", "outcome"), [(0, P), (28, P), (30, U), (60, U), (62, F), (-58, P), (-100, F)]
)
def test_clock_of_the_database(ahead, outcome):
    """The database's clock was read at some time in the 30 s that its answer may take."""
    judgement = judge("DSM-TIME-001", clock=database_clock(ahead))
    assert judgement.outcome is outcome
    assert judgement.examined == 3
    if outcome is F:
        assert {one.subject for one in judgement.findings} == {"dsm-db"}
        assert judgement.blocks


def test_time_zones():
    """Another offset than the first node's fails; another name for the same offset is noted."""
    utc = manager_node(clock=node_clock(offset_minutes=0, zone="UTC"))
    judgement = judge("DSM-TIME-001", nodes=[manager_node(), utc])
    assert told(judgement) == [("dsm-2", "UTC+00:00", "UTC+09:00 as dsm-1")]
    far = judge("DSM-TIME-001", clock=database_clock(minutes=-210))
    assert told(far) == [("dsm-db", "UTC-03:30", "UTC+09:00 as dsm-1")]
    seoul = manager_node(clock=node_clock(zone="Asia/Seoul"))
    named = judge("DSM-TIME-001", nodes=[manager_node(), seoul])
    assert named.outcome is P
    assert "dsm-1 Asia/Tokyo, dsm-2 Asia/Seoul" in named.notes[0].text


@pytest.mark.parametrize(
    "unread",
    [
        {"nodes": [manager_node(), GONE]},
        {"nodes": [manager_node(), manager_node(clock=Unread("date: no"))]},
        {"clock": Unread("dsm-db: denied")},
        {"text": DSM},
    ],
)
def test_a_clock_that_was_not_read_is_undetermined(unread):
    """Nodes that agree say nothing of a database that did not answer, and the other way round."""
    assert judge("DSM-TIME-001", **unread).outcome is U


def test_a_single_node_is_held_against_the_database():
    """One node has a database whose clock must be its own."""
    text = ONE_NODE + ONE_LINUX
    assert judge("DSM-TIME-001", text=text).outcome is P
    assert judge("DSM-TIME-001", text=text, clock=database_clock(300)).outcome is F
