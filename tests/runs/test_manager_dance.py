"""The manager's upgrade, node by node: what a run says at each of its moments.

A run before it, one between the nodes and one after it; each is right about an estate that is where
it should be, and about one in which a node is in the wrong state.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from lab.world.world import load
from tests.running import Ended, approve, estate, judge, world

MOMENTS = {
    "manager-before": ("pre", "GO: the change may start", "rest, soap"),
    "manager-between": ("mid", "GO: the next node may follow", "api, rest, soap"),
    "manager-after": ("post", "GO: the step ended well", "api, rest, soap"),
}
"""The phase of each moment, the run's last words, and what the manager offers then."""
OLD, NEW = "11.0.510", "20.0.877"
FIRST = {"slug": "dsm-1"}
SECOND = {"slug": "dsm-2"}
STOPPED = {"slug": "dsm-2", "version": OLD, "running": False}


def judged(tmp_path: Path, environment: Path | str, phase: str, *more: str) -> Ended:
    """A run of the manager's step."""
    asked = ("--env", str(environment), "--step", "manager", "--phase", phase)
    return judge(tmp_path / phase, *asked, *more)


def found(ended: Ended) -> set[tuple[str, str]]:
    """Every finding as the claim and the name of its object."""
    return {
        (check["id"], re.split(r"[ :]", finding["subject"])[0])
        for check in ended.results["checks"]
        for finding in check["findings"]
        if check["severity"] == "blocker"
    }


def managed(*nodes: dict[str, object], version: str = NEW) -> list[dict[str, object]]:
    """The estate's manager in another state."""
    return [{"slug": "dsm", "version": version, "nodes": list(nodes), "database": "dsm-db"}]


def test_the_estate_is_taken_through_the_upgrade(tmp_path: Path) -> None:
    """One estate moves on while it runs, under one environment file, and each run is GO."""
    first, *_ = MOMENTS
    file = tmp_path / "estate.toml"
    baseline: tuple[str, ...] = ()
    with estate(file, first) as running:
        approve(file, judged(tmp_path, file, "pre"))
        for name, (phase, last_words, offered) in MOMENTS.items():
            if name != first:
                running.move_on(load(name))
            ended = judged(tmp_path, file, phase, *baseline)
            baseline = baseline or ("--baseline", str(ended.directory))
            assert ended.status == 0, ended.output
            assert last_words in ended.output
            assert not found(ended)
            since = ended.results["baseline"] or {"changes": []}
            assert all(one["expected"] for one in since["changes"]), ended.output
            (web,) = (c for c in ended.results["checks"] if c["id"] == "DSM-WEB-001")
            assert f"({offered} offered)" in web["reason"]


@pytest.mark.parametrize(
    ("phase", "nodes", "expected"),
    [
        pytest.param(
            "mid",
            [FIRST, {**STOPPED, "running": True}],
            {("DSM-NODE-001", "dsm-2"), ("DSM-NODE-002", "dsm-2")},
            id="mid, second one running",
        ),
        pytest.param(
            "mid",
            [{**FIRST, "version": OLD}, STOPPED],
            {("DSM-VER-002", "dsm-1"), ("DSM-VER-002", "dsm")},
            id="mid, first one not upgraded",
        ),
        pytest.param(
            "mid",
            [{**FIRST, "running": False}, STOPPED],
            {("DSM-NODE-001", "dsm-1")},
            id="mid, first one stopped",
        ),
        pytest.param(
            "post",
            [FIRST, {**SECOND, "version": OLD}],
            {("DSM-VER-002", "dsm-2")},
            id="post, second one still old",
        ),
        pytest.param(
            "post",
            [FIRST, {**SECOND, "running": False}],
            {("DSM-NODE-001", "dsm-2"), ("DSM-WEB-001", "dsm-2")},
            id="post, second one dead",
        ),
        pytest.param(
            "pre",
            [FIRST, STOPPED],
            {("DSM-NODE-001", "dsm-2"), ("DSM-WEB-001", "dsm-2")},
            id="pre, second one dead",
        ),
    ],
)
def test_a_node_in_the_wrong_state_is_a_no_go(
    tmp_path: Path,
    phase: str,
    nodes: list[dict[str, object]],
    expected: set[tuple[str, str]],
) -> None:
    """The run is NO-GO and names the node that is where it should not be, and no other."""
    manager = managed(*nodes, version=OLD if phase == "pre" else NEW)
    ended = judged(tmp_path, world(tmp_path, dsm=manager), phase)
    assert ended.status == 1, ended.output
    assert ended.results["verdict"] == "NO-GO"
    assert found(ended) == expected


def test_a_service_behind_a_closed_port_is_found(tmp_path: Path) -> None:
    """A node that does not listen, and whose service starts just now, is not stopped."""
    hosts = [
        {"slug": f"{node}-host", "node": node, "services": {"dsm_s": state, "ds_agent": "active"}}
        for node, state in (("dsm-1", "active"), ("dsm-2", "activating"))
    ]
    ended = judged(tmp_path, world(tmp_path, "manager-between", linux=hosts), "mid")
    assert ended.status == 1, ended.output
    assert found(ended) == {("DSM-NODE-002", "dsm-2")}
    assert "dsm_s on dsm-2-host.example.jp is activating" in ended.output


def test_the_clusters_own_ping_hides_what_the_run_names(tmp_path: Path) -> None:
    """With the second node dead the cluster's ping is answered 200, and the run names the node."""
    world(tmp_path, dsm=managed(FIRST, {**SECOND, "running": False}))
    file = tmp_path / "running.toml"
    with estate(file, str(tmp_path / "changed.toml")) as running:
        ping = requests.get(
            f"https://127.0.0.1:{running.port('dsm-1')}/rest/status/manager/ping",
            verify=str(running.pki.ca),
            timeout=10,
        )
        ended = judged(tmp_path, file, "post")
    assert ping.status_code == 200
    assert ended.status == 1
    assert ("DSM-NODE-001", "dsm-2") in found(ended)
    assert "dsm-2 (127.0.0.1:" in ended.output
