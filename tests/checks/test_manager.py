"""DSM-NODE-001, DSM-WEB-001, DSM-VER-001 and DSM-MEM-001: the manager and its nodes."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.gate.verdict import Gate, decide
from tests.checks.estates import appliance
from tests.facts_by_hand import (
    DSM,
    GIB,
    LINUX,
    ONE_LINUX,
    ONE_NODE,
    agent,
    computer,
    dead_node,
    environment,
    linux_host,
    manager,
    manager_files,
    moment,
    node,
    unit,
)
from tests.judging import judged, missed, told

TARGET = "20.0.0-877"
ONE = "dsm-1 (dsm1.example.jp:4119)"
TWO = "dsm-2 (dsm2.example.jp:4119)"
ONE_AGENT = (agent(),)


def nodes_run(*nodes, phase="pre", text=DSM):
    """DSM-NODE-001 on these nodes."""
    dsm = environment(text).dsm[0]
    return judged("DSM-NODE-001", dsm=dsm, dsm_nodes=nodes, moment=moment(phase=phase))


def console(*nodes, phase="pre"):
    """DSM-WEB-001 on these nodes."""
    facts = {"dsm": environment(DSM).dsm[0], "dsm_nodes": nodes, "dsm_manager": manager()}
    return judged("DSM-WEB-001", **facts, moment=moment(phase=phase))


def path_of(*nodes, source="11.0.510", **upgrade):
    """DSM-VER-001 on these nodes."""
    given = environment(DSM, **(upgrade or {"deep_security": TARGET}))
    facts = {"dsm": given.dsm[0], "dsm_nodes": nodes, "environment": given}
    return judged("DSM-VER-001", **facts, dsm_manager=manager(version=source))


def path(source, target=TARGET):
    """DSM-VER-001 on two nodes of one version."""
    both = (node(1, version=source), node(2, version=source))
    return path_of(*both, source=source, deep_security=target)


def memory(*hosts, computers=ONE_AGENT, text=DSM + LINUX, target=TARGET, installation="upgrade"):
    """DSM-MEM-001 on the hosts of the nodes, in their order."""
    wanted = {"deep_security": target} if target else {}
    given = environment(text, **wanted, installation=installation)
    read = dict(zip([one.slug for one in given.linux], hosts, strict=True))
    facts = {"dsm": given.dsm[0], "dsm_computers": computers, "manager_hosts": read}
    return judged("DSM-MEM-001", **facts, environment=given)


def without_agent(**changes):
    """A node's host on which no agent is installed."""
    return linux_host(
        services=(unit("dsm_s"), unit("ds_agent", loaded=False, state="inactive")), **changes
    )


STATES = {
    "online": node,
    "refused": dead_node,
    "silent": lambda number: dead_node(number, "silent", "no answer within 30 s"),
    "failing": lambda number: node(
        number, state="failing", ping_status=503, detail="ping HTTP 503"
    ),
}
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("phase", "first", "second", "outcome"),
    [
        ("pre", "online", "online", P),
        ("pre", "online", "refused", F),
        ("pre", "online", "failing", F),
        ("pre", "online", "silent", U),
        ("pre", "refused", "online", F),
        ("pre", "failing", "online", F),
        ("pre", "silent", "online", U),
        ("pre", "silent", "refused", F),
        ("mid", "online", "refused", P),
        ("mid", "online", "online", F),
        ("mid", "online", "failing", F),
        ("mid", "online", "silent", U),
        ("mid", "refused", "refused", F),
        ("mid", "refused", "online", F),
        ("mid", "failing", "refused", F),
        ("mid", "silent", "refused", U),
        ("post", "online", "online", P),
        ("post", "online", "refused", F),
        ("post", "online", "failing", F),
        ("post", "online", "silent", U),
        ("post", "refused", "online", F),
    ],
)
def test_nodes_in_every_state(phase, first, second, outcome):
    """Before and after the change every node is online; between the nodes only the first one is."""
    judgement = nodes_run(STATES[first](1), STATES[second](2), phase=phase)
    assert judgement.outcome is outcome
    assert judgement.examined == 2


def test_what_is_told_of_nodes():
    """A finding names the node, what it does, and what the phase asks of it; a failure blocks."""
    before = nodes_run(node(1), dead_node(2))
    assert told(before) == [(TWO, "refused: connection refused", "online")]
    assert before.blocks
    amid = nodes_run(dead_node(1), node(2), phase="mid")
    assert told(amid) == [
        (ONE, "refused: connection refused", "online"),
        (TWO, "online: ping HTTP 200; console HTTP 200; version HTTP 200", "stopped"),
    ]
    silent = nodes_run(STATES["silent"](1), node(2))
    assert missed(silent) == [(ONE, "no answer within 30 s")]


def test_a_single_node_is_online_in_every_phase():
    """A manager of one node has no second one to be stopped."""
    for phase in ("pre", "mid", "post"):
        assert nodes_run(node(1), phase=phase, text=ONE_NODE).outcome is P
        assert nodes_run(dead_node(1), phase=phase, text=ONE_NODE).outcome is F


def test_nodes_are_found_by_slug_not_by_place():
    """The order of the answers says nothing: the environment names the first node."""
    assert nodes_run(dead_node(2), node(1), phase="mid").outcome is P
    assert nodes_run(node(2), dead_node(1), phase="mid").outcome is F


def test_a_console_on_every_running_node_passes():
    """Every node shows the sign-in page; in mid the second one is not asked."""
    assert console(node(1), node(2)).outcome is P
    amid = console(node(1), dead_node(2), phase="mid")
    assert amid.outcome is P
    assert amid.examined == 1
    assert console(node(1), dead_node(2), phase="post").outcome is F


def test_a_console_that_is_not_the_managers_fails():
    """A page that is not the sign-in page fails, and so does a node without an answer."""
    other = node(1, console_valid=False, console_status=502, detail="console HTTP 502")
    judgement = console(other, dead_node(2))
    assert told(judgement) == [
        (ONE, "HTTP 502: console HTTP 502", "the manager's sign-in page"),
        (TWO, "HTTP none: connection refused", "the manager's sign-in page"),
    ]
    assert judgement.weight is Severity.BLOCKER


def test_a_console_without_answer_in_time_is_undetermined():
    """A silent node may be behind a firewall: nobody can say what its console shows."""
    judgement = console(node(1), STATES["silent"](2))
    assert judgement.outcome is U
    assert missed(judgement) == [(TWO, "no answer within 30 s")]


@pytest.mark.parametrize("answers", [(), (node(1),), (node(2),)])
@pytest.mark.parametrize("judge", [nodes_run, console, path_of])
def test_a_node_of_which_no_fact_is_held_is_not_left_out(judge, answers):
    """A node that the environment names and the facts do not hold is never taken for a good one."""
    judgement = judge(*answers)
    assert judgement.outcome is U
    assert judgement.reason.startswith("dsm: nothing is known of dsm-")


@pytest.mark.parametrize(
    ("source", "outcome", "weight"),
    [
        ("10.3.300", F, Severity.BLOCKER),
        ("9.6.4000", F, Severity.BLOCKER),
        ("11.0.510", P, None),
        ("11.1.150", F, Severity.WARNING),  # the vendor does not name it: it never blocks
        ("11.3.200", F, Severity.WARNING),
        ("12.0.300", P, None),
        ("12.5.500", P, None),
        ("20.0.100", P, None),  # an update inside the line
        ("20.0.877", P, None),
        ("20.0.900", F, Severity.BLOCKER),  # newer than the target
        ("10.0.3000", F, Severity.BLOCKER),
    ],
)
def test_which_release_may_go_to_20(source, outcome, weight):
    """11.0 and 12 go straight to 20.0, older ones do not, and what lies between nobody says."""
    judgement = path(source)
    assert judgement.outcome is outcome
    assert judgement.weight is weight


def test_a_release_that_is_too_old_fails():
    """The finding names the release and the target, and rests on the table."""
    judgement = path("10.3.300")
    assert told(judgement) == [
        ("dsm", "10.3.0-300", "a release that can be upgraded to 20.0.0-877"),
    ]
    assert judgement.findings[0].source.row == "manager below 11.0 to 20.0"
    assert [one.row for one in judgement.rests_on] == ["manager below 11.0 to 20.0"]
    assert judgement.examined == 3
    assert told(path("20.0.900")) == [
        ("dsm", "20.0.0-900", "not newer than 20.0.0-877"),
    ]


def test_nodes_of_two_versions_fail():
    """A node of another version fails, and is named."""
    judgement = path_of(node(1), node(2, version="11.0.500"))
    assert judgement.outcome is F
    assert told(judgement) == [(TWO, "11.0.500", "11.0.510 as the others")]
    assert judgement.weight is Severity.BLOCKER


def test_a_node_that_does_not_tell_its_version_is_undetermined():
    """A dead node's version is not taken to be that of the others."""
    judgement = path_of(node(1), dead_node(2))
    assert judgement.outcome is U
    assert missed(judgement) == [(TWO, "it does not tell its version: connection refused")]


def test_paths_that_no_row_covers_are_undetermined():
    """A source or a target beyond the table is no pass, and a downgrade is none either."""
    for source, target in (("11.0.510", "21.0.0-100"), ("20.0.877", "11.0.0-510")):
        judgement = path(source, target)
        assert judgement.outcome is U
        assert missed(judgement)[0][0] == "dsm"


def test_a_path_without_target_is_undetermined():
    """An environment that does not say where the manager is to end gives nothing to judge."""
    judgement = path_of(node(1), node(2), installation="upgrade")
    assert judgement.outcome is U
    assert "upgrade.deep_security" in judgement.reason


def test_a_line_as_the_target_is_judged():
    """A target that is a whole line, as the environment allows it, is judged by line."""
    assert path("11.0.510", "20.0").outcome is P
    assert path("20.0.100", "20.0").outcome is P


def bytes_shown(nominal_gib, more=0):
    """MemTotal of a machine at the very limit of what Linux may keep of this memory, and more."""
    exact = nominal_gib * GIB * 95
    return -(-exact // 100) + more


@pytest.mark.parametrize(("shown", "outcome"), [(0, P), (-1, F)])
def test_memory_at_the_limit(shown, outcome):
    """At 16 GiB less the reserve a node without a relay is good; one byte below it is not."""
    limit = bytes_shown(16, shown)
    judgement = memory(without_agent(memory=limit), without_agent())
    assert judgement.outcome is outcome
    assert judgement.examined == 2
    rested = ["manager_sizing", "relay_footprint", "memory_reserve"]
    assert [one.table for one in judgement.rests_on] == rested


@pytest.mark.parametrize(("shown", "outcome"), [(0, P), (-1, F)])
def test_memory_with_a_relay_at_the_limit(shown, outcome):
    """A node that carries a relay needs 2 GiB more, by a row that never blocks."""
    judgement = memory(linux_host(), linux_host(memory=bytes_shown(18, shown)))
    assert judgement.outcome is outcome
    if outcome is F:
        assert told(judgement) == [
            (
                "dsm-2 on dsm1",
                "17.1 GiB",
                "18 GiB: 16 GiB for the manager of 1 agents and 2 GiB for the relay on it",
            )
        ]
        assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("relay", "outcome"), [(False, P), (None, F), (True, F)], ids=["no relay", "untold", "a relay"]
)
def test_a_node_that_is_no_relay_needs_nothing_for_one(relay, outcome):
    """An agent alone makes no relay, where the manager says that it is none."""
    itself = computer(host_name="DSM1", relay=relay, agent_version="11.0.0.1")
    host = linux_host(memory=bytes_shown(16))
    judgement = memory(host, host, computers=(*ONE_AGENT, itself))
    assert judgement.outcome is outcome


def test_too_little_memory_fails():
    """Too little for the manager alone blocks, whatever a relay would need."""
    judgement = memory(linux_host(memory=8 * GIB), linux_host())
    assert told(judgement) == [
        ("dsm-1 on dsm1", "8.0 GiB", "16 GiB for the manager of 1 agents"),
    ]
    assert judgement.findings[0].source.row == "20.0 from 0"
    assert judgement.blocks


@pytest.mark.parametrize(
    ("agents", "gib", "outcome"),
    [
        (9_999, 16, P),
        (10_000, 16, F),
        (10_000, 24, P),
        (20_000, 24, P),
        (20_001, 512, U),
    ],
)
def test_the_number_of_agents_decides(agents, gib, outcome):
    """The band is that of the number of agents; beyond the last one nothing is known."""
    many = tuple(agent(id=number) for number in range(agents))
    enough = without_agent(memory=gib * GIB)
    assert memory(enough, enough, computers=many).outcome is outcome


def test_hosts_are_no_agents():
    """Neither ESXi hosts count nor what is listed and not managed; agentless VMs do."""
    few = [agent(id=number) for number in range(9_999)]
    enough = without_agent(memory=16 * GIB)
    listed = computer(appliance_status="inactive", appliance_messages=(), online=None)
    for other, outcome in (
        (agent(id=1, kind="esx"), P),
        (listed, P),
        (computer(), F),
        (appliance(agent_status="inactive"), F),
        (agent(agent_version=""), F),
    ):
        assert memory(enough, enough, computers=(*few, other)).outcome is outcome


def test_a_host_that_was_not_read_is_undetermined():
    """A node whose host gives no answer has memory that nobody knows."""
    judgement = memory(linux_host(), Unread("dsm-2-host: connection refused"))
    assert judgement.outcome is U
    assert missed(judgement) == [("dsm-2", "dsm-2-host: connection refused")]


def test_another_machine_does_not_stand_for_a_node():
    """A wrong address may lead to a machine with memory enough, on which no manager is."""
    other = linux_host(hostname="web", manager=manager_files(installed=False))
    judgement = memory(linux_host(), other)
    assert missed(judgement) == [
        ("dsm-2", "web has no folder of a manager: is it the machine of this node?")
    ]
    new = memory(linux_host(), other, installation="new")
    assert new.outcome is P


def test_a_node_without_a_host_is_undetermined():
    """A node for which the environment names no host is not left out."""
    judgement = memory(text=DSM)
    assert judgement.outcome is U
    assert missed(judgement) == [
        (
            slug,
            f"the environment must name one manager_host with node = '{slug}', it names none",
        )
        for slug in ("dsm-1", "dsm-2")
    ]


def test_no_target_is_undetermined():
    """What a node needs follows from the target: none, or one without a row, says nothing."""
    assert memory(linux_host(), linux_host(), target="").outcome is U
    assert memory(linux_host(), linux_host(), target="12.0.0-300").outcome is U


def test_a_stopped_relay_counts():
    """An agent on the node that is installed and does not run now takes its memory again."""
    for state in ("failed", "inactive", "activating"):
        stopped = linux_host(
            memory=16 * GIB, services=(unit("dsm_s"), unit("ds_agent", state=state))
        )
        assert memory(stopped, linux_host()).outcome is F


def test_two_hosts_for_one_node_do_not_hide_each_other():
    """Where the environment names two hosts for a node, the good one must not cover the bad one."""
    twice = DSM + LINUX.replace('node = "dsm-2"', 'node = "dsm-1"')
    judgement = memory(linux_host(memory=8 * GIB), linux_host(), text=twice.replace(DSM, ONE_NODE))
    assert judgement.outcome is U
    assert missed(judgement)[0][1].endswith("it names dsm-1-host, dsm-2-host")


def test_a_warning_does_not_hide_a_node_that_nobody_could_look_at():
    """Too little memory for a relay on one node, and no host for the other: never a GO."""
    judgement = memory(linux_host(memory=16 * GIB), text=DSM + ONE_LINUX)
    assert judgement.weight is Severity.WARNING
    assert missed(judgement)
    assert decide(1, [judgement], ()) is not Gate.GO
