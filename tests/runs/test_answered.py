"""Nothing unseen is stuck: what a check did not see a person may tell, or its card says why not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kanmon.check import Attestable, Card
from kanmon.environment.change import Attestation
from kanmon.errors import CouldNotRead
from kanmon.evidence.saved import SavedRun, load, save
from kanmon.facts import Unread
from kanmon.suite.checks import checks
from tests.running import HOME, Ended, judge, kanmon, world
from tests.runs.test_nsxt_faults import NSXT

CARDS: Mapping[str, Card] = {one.card.id: one.card for one in checks(HOME)}
NOTHING_UNSEEN = {
    "GATE-ATTEST-001": "reads the environment file",
    "GATE-WAIVER-001": "reads the environment file and the waivers",
    "PLAN-DATA-001": "reads kanmon's own tables",
}
"""Checks that need no target, so that there is nothing that they could not see: why."""
NODES = {
    "linux": [{"slug": "dsm-1-host", "node": "dsm-1", "memory": 20}],
    "manager_host": [{"slug": "dsm-2-host", "node": "dsm-2"}],
}
MOMENTS = [
    *(("manager", phase) for phase in ("pre", "mid", "post")),
    *((step, "post") for step in ("agent", "appliance", "vsphere-bridge", "nsxt-build")),
    *((step, "pre") for step in ("vsphere-target", "nsx-migration")),
    (None, "pre"),
]
"""Steps and phases at which each check is judged once at least."""


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    """Facts of an estate of every product, each answer of no known form, read in its window.

    One node of its manager runs on Linux, the other one on Windows.
    """
    home = tmp_path_factory.mktemp("unseen")
    ended = judge(home / "r", "--env", world(home, nsxt=[NSXT], attestation=[], **NODES))
    assert ended.directory, ended.output
    saved = load(ended.directory)
    answer = Unread(CouldNotRead("read it", "an answer of no known form").message)
    blind = replace(saved.facts, parts=dict.fromkeys(saved.facts.parts, answer))
    change = saved.environment.change
    assert change
    return replace(saved, facts=blind, now=change.window.start + timedelta(hours=1))


@pytest.fixture(scope="module")
def rounds(unseen: SavedRun, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Ended, Ended]]:
    """At each moment that estate as it is judged, and once all that is asked was answered."""
    return [
        _asked_and_answered(replace(unseen, step=step, phase=phase), tmp_path_factory.mktemp("at"))
        for step, phase in MOMENTS
    ]


def _asked_and_answered(saved: SavedRun, home: Path) -> tuple[Ended, Ended]:
    asked = _judged(saved, home / "asked")
    printed = kanmon("attest", str(asked.directory)).stdout
    word = {"says": "seen on its console", "by": "Taro Yamada"}
    given = [
        Attestation.model_validate({**one, **word, "at": saved.now})
        for one in tomllib.loads(printed).get("attestation", [])
    ]
    return asked, _judged(_with(saved, given), home / "answered")


def _with(saved: SavedRun, given: Sequence[Attestation]) -> SavedRun:
    estate = saved.environment.model_copy(update={"attestation": list(given)})
    return replace(saved, environment=estate)


def _judged(saved: SavedRun, home: Path) -> Ended:
    save(home / "saved" / "facts", saved)
    ended = judge(home / "r", "--facts", str(home / "saved"))
    assert ended.directory, ended.output
    return ended


def _of(check: str, ended: Ended) -> list[dict[str, Any]]:
    return [one for one in ended.results["checks"] if one["id"] == check]


@pytest.mark.parametrize("check", sorted(CARDS.keys() - NOTHING_UNSEEN.keys()))
def test_a_word_opens_what_was_not_seen(check: str, rounds: list[tuple[Ended, Ended]]) -> None:
    """Blind it is undetermined; answered as ``kanmon attest`` asks, attested, unless barred."""
    undetermined = [
        (before["target"], answered)
        for asked, answered in rounds
        for before in _of(check, asked)
        if before["outcome"] == "undetermined"
    ]
    assert undetermined, f"{check} was undetermined at none of {MOMENTS}"
    outcomes = {
        after["outcome"]
        for target, answered in undetermined
        for after in _of(check, answered)
        if after["target"] == target
    }
    barred = CARDS[check].attestable is Attestable.NEVER
    assert outcomes == ({"undetermined"} if barred else {"attested"})
    assert bool(CARDS[check].why_not) is barred
