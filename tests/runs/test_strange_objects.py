"""A run in which several objects are answered strangely: they are unknown, nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import fields, is_dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest

from kanmon.check import Outcome
from kanmon.facts import Apart
from kanmon.facts.collected import Key
from kanmon.suite.asked import Options, asked
from kanmon.suite.ended import judged
from kanmon.suite.names import judged_by
from lab.dsm import details
from lab.nsxt.state import State
from lab.world.world import load
from tests.running import HOME, Ended, claimed, judge, world

STRANGE = "odd-agent (computer "
ALARM = {"feature": "manager_health", "severity": "LOW", "node": "nsx-1"}


def _dumped(kind: str) -> list[dict[str, Any]]:
    models = getattr(load("demo"), kind)
    return [one.model_dump(mode="json", exclude_none=True, exclude_unset=True) for one in models]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo with an agent without a type, an alarm without a severity and a VM out of reach."""
    home = tmp_path_factory.mktemp("strange")
    machines = _dumped("machine")
    app = next(one for one in machines if one["name"] == "win-app")
    first = machines[0]
    changes = {
        "machine": [
            *machines,
            {**app, "name": "odd-agent", "count": 1},
            {"name": "lost", "vcenter": first["vcenter"], "connection": "orphaned"},
        ],
        "nsxt": [
            {**_dumped("nsxt")[0], "alarms": [{**ALARM, "event_type": f"e{n}"} for n in (1, 2)]}
        ],
    }
    told, alarms = details.detail, State.alarms

    def without_a_type(row: Any) -> str:
        detail = told(row)
        if row["hostName"] != "odd-agent":
            return detail
        return detail.replace("<hostType>", "<other>").replace("</hostType>", "</other>")

    def without_a_severity(self: State) -> list[dict[str, Any]]:
        one, *others = alarms(self)
        del one["severity"]
        return [one, *others]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lab.dsm.node.detail", without_a_type)
        patch.setattr(State, "alarms", without_a_severity)
        return judge(home / "r", "--env", world(home, **changes))


def unknown(ended: Ended) -> set[tuple[str, str]]:
    """By check the subjects of everything that could not be judged."""
    return {
        (one["id"], item["subject"]) for one in ended.results["checks"] for item in one["unknown"]
    }


def test_nothing_but_the_strange_objects_is_unknown(ended: Ended) -> None:
    """No part is unread, no check crashed, every other object was judged."""
    assert all(target["read"] for target in ended.results["targets"])
    subjects = {subject.split(" (")[0] for _, subject in unknown(ended)}
    assert subjects == {"odd-agent", "alarm alarm-1: e1", "lost"}


def test_a_strange_computer_is_unknown_wherever_computers_are_judged(ended: Ended) -> None:
    """It is in no list of good ones; what it left out is said."""
    told = {check for check, subject in unknown(ended) if subject.startswith(STRANGE)}
    assert {"DSA-STATE-001", "DSA-HEALTH-001", "DSR-STATE-001", "WIN-ROOT-001"} <= told
    (state,) = (one for one in ended.results["checks"] if one["id"] == "DSA-STATE-001")
    (odd,) = state["unknown"]
    assert "hostType" in odd["reason"]
    assert state["examined"] > 5


def test_a_strange_alarm_is_unknown_beside_the_others(ended: Ended) -> None:
    """Only what judges alarms of NSX-T says so."""
    told = {check for check, subject in unknown(ended) if subject.startswith("alarm ")}
    assert told == {"NSXT-STATE-001", "GI-ALARM-001"}


def test_a_vm_out_of_reach_is_a_finding(ended: Ended) -> None:
    """A warning, since nothing of the upgrade hangs on it; that it has no Tools nobody says."""
    found = [
        (one["id"], finding["found"], finding["severity"])
        for one in ended.results["checks"]
        for finding in one["findings"]
        if finding["subject"].startswith("lost ")
    ]
    assert found == [("VC-VM-001", "vCenter calls the VM orphaned", "warning")]


WHOLE = {
    *("packages", "backups", "holders", "storage", "connectors"),
    *("compute_managers", "registrations", "roles"),
}
"""Parts that are whole or unread: what is missing from them is a finding."""


def _lists(fact: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The lists of records in a fact, by the field that holds one; "" for a fact that is one."""
    if isinstance(fact, tuple):
        yield "", fact
    elif is_dataclass(fact):
        yield from ((f.name, value) for f in fields(fact) if (value := getattr(fact, f.name)))


def _each_lost(parts: Mapping[Key, Any]) -> Iterator[tuple[Key, Any]]:
    """The fact of each part without one record after the other, a few of each list."""
    for key, fact in parts.items():
        for field, listed in _lists(fact) if key[1] not in WHOLE else ():
            if not isinstance(listed, tuple) or len(listed) < 2 or not is_dataclass(listed[0]):
                continue
            for place in {0, 1, len(listed) - 1}:
                left = (*listed[:place], *listed[place + 1 :])
                yield key, changed(fact, **{field: left}) if field else left


def test_no_claim_finds_more_beside_an_object_that_was_not_read(tmp_path: Path) -> None:
    """No claim breaks down, calls missing what may be there, or looks away."""
    healthy = judge(tmp_path / "r", "--env", world(tmp_path))
    options = Options(
        root=HOME, directory=HOME, report_dir=str(tmp_path / "x"), facts=str(healthy.directory)
    )
    with ExitStack() as stack:
        run = asked(options, stack)
        assert run
        whole, claims = run.facts, claimed(run)
        assert whole
        before = {id(claim): set(judged(run, claim).judgement.findings) for claim in claims}
        looked = set()
        for key, left in _each_lost(whole.parts):
            if key[0].startswith("vc-"):
                continue
            apart = {key: (Apart("odd", "it is broken"),)}
            run.facts, run.plan = (
                changed(whole, parts={**whole.parts, key: left}, apart=apart),
                None,
            )
            for claim in claims:
                if key in judged_by(run, claim.slug, claim.check.parameters):
                    looked.add(key[1])
                    now = judged(run, claim).judgement
                    told = (key, claim.check.card.id, now.reason)
                    assert "crashed" not in now.reason, told
                    assert now.outcome in (Outcome.UNDETERMINED, Outcome.FAIL), told
                    assert set(now.findings) <= before[id(claim)], told
    assert {"computers", "deployments", "agents", "machines"} <= looked
