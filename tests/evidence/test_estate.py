"""The numbers of the estate at a glance, on plain facts."""

from __future__ import annotations

import pytest

from kanmon.evidence.inventory import estate
from kanmon.facts import Unread
from kanmon.facts.collected import Facts
from tests.facts_by_hand import DSM, VC_MAIN, agent, computer, environment, host, second_host, vm

OF = environment(VC_MAIN, DSM)


def counted(slug: str, **parts: object) -> dict[str, list[dict[str, object]]]:
    """The numbers of an estate of which these parts of one target were read."""
    return estate(OF, Facts({(slug, name): part for name, part in parts.items()}))


def test_agents_by_version_and_status() -> None:
    """Those that are alike are counted together, the most frequent first; no agent, no count."""
    old = {"agent_version": "10.0.0.1"}
    computers = (
        agent(**old),
        agent(online=True),
        agent(online=True),
        agent(online=False),
        agent(online=None),
        agent(doubtful=True),
        computer(agent_version="", agent_status="inactive"),
    )
    found = counted("dsm", computers=computers)["agents"]
    told = [(one["version"], one["status"], one["count"]) for one in found]
    now = agent().agent_version
    assert told[0] == (now, "online", 2)
    rest = {(now, status, 1) for status in ("offline", "unmanaged", "doubtful")}
    assert set(told[1:]) == {("10.0.0.1", "online", 1), *rest}


@pytest.mark.parametrize(
    ("number", "release"),
    [(10346, "10.3.10"), (0, "none"), (None, "not told"), (2147483647, "not managed by vSphere")],
)
def test_guests_by_tools(number: int | None, release: str) -> None:
    """A number that stands for no release is told in words."""
    found = counted("vc-main", vms=(vm(tools_version=number),))["guests"]
    assert found == [{"target": "vc-main", "tools": release, "count": 1}]


def test_only_running_guests_count() -> None:
    """What is off, and a template, runs no Tools."""
    vms = (vm(power_state="poweredOff"), vm(template=True))
    assert counted("vc-main", vms=vms)["guests"] == []


def test_hosts_by_build() -> None:
    """Every host, by version and build."""
    hosts = (host(), second_host(), host(moref="host-23", build="1"))
    told = counted("vc-main", hosts=hosts)["hosts"]
    assert [(one["build"], one["count"]) for one in told] == [(host().build, 2), ("1", 1)]


def test_what_was_not_read_is_not_counted() -> None:
    """A part without an answer gives no number, not the number none of anything else."""
    nothing = {"agents": [], "guests": [], "hosts": []}
    assert counted("vc-main", hosts=Unread("down"), vms=Unread("down")) == nothing
    assert counted("dsm", computers=Unread("down")) == nothing
