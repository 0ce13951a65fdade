"""One object that cannot be read: its own claims are open, everything else is judged as before."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest

from kanmon.check import Outcome
from kanmon.environment.change import Attestation
from kanmon.evidence.saved import load as load_run
from kanmon.evidence.saved import save
from kanmon.facts import Apart
from kanmon.facts.collected import Key
from kanmon.suite.asked import Options, asked
from kanmon.suite.ended import judged
from kanmon.suite.names import judged_by
from lab.estate import Estate
from lab.vcenter.server import VCenterServer
from lab.world.world import WORLDS, make
from tests.evidence.test_before import seal
from tests.readers.vcenters import replace
from tests.running import HOME, Ended, claimed, judge, kanmon

ALARM = {"name": "Datastore usage", "entity": "esx-11.example.jp", "status": "yellow"}
SECOND = {
    "name": "Second",
    "number": 10,
    "hosts": [
        {"name": f"esx-2{n}.example.jp", "number": 40 + n, "version": "6.5.0", "build": "8294253"}
        for n in (1, 2)
    ],
}


def blank(moref: str, *paths: str) -> Callable[[VCenterServer], None]:
    """An object without these properties."""
    nothing = {path.replace(".", "__"): None for path in paths}
    return lambda server: replace(server, moref, **nothing)


def without_config(server: VCenterServer) -> None:
    """A VM that is being created."""
    (one,) = (e for e in server._entities if e.reference._GetMoId() == "vm-1002")
    blank("vm-1002", *(path for path in one.properties if path.startswith("config.")))(server)


def without_drs_default(server: VCenterServer) -> None:
    (one,) = (e for e in server._entities if e.reference._GetMoId() == "domain-c10")
    config = copy.deepcopy(one.properties["configurationEx"])
    config.drsConfig.defaultVmBehavior = None
    replace(server, "domain-c10", configurationEx=config)


def lacking(field: str, within: str) -> Callable[[VCenterServer], None]:
    """The first of a list without something that its type calls required."""
    element = rf"<{field}( [^>]*)?>[^<]*</{field}>"
    first = re.compile(rf"(<name>{within}</name><val.*?){element}", re.DOTALL)

    def cut(server: VCenterServer) -> None:
        usual = server._page
        server._page = lambda contents, *more: usual(  # type: ignore[method-assign]
            [first.sub(r"\1", one, count=1) for one in contents], *more
        )

    return cut


COMPARED = {
    "vm-1002": {"vcenter.vms"},
    "host-41": {"vcenter.hosts"},
    "alarm ": {"vcenter.alarms"},
}
"""What of it is compared with the run before."""
FAULTS: dict[str, tuple[Callable[[VCenterServer], None], tuple[str, ...]]] = {
    "a VM without config": (without_config, ("vm-1002",)),
    "a VM without UUID": (blank("vm-1002", "config.uuid"), ("vm-1002",)),
    "a host without product": (
        blank("host-41", "summary.config.product.version", "summary.config.product.build"),
        ("host-41",),
    ),
    "a cluster without DRS default": (without_drs_default, ("domain-c10", "host-41", "host-42")),
    "a licence without edition": (lacking("editionKey", "licenses"), ("the licence ...",)),
    "an alarm with unset fields": (lacking("time", "triggeredAlarmState"), ("alarm ",)),
    "a datastore without summary": (
        blank("datastore-local-41", "summary.type", "summary.freeSpace", "summary.accessible"),
        ("datastore-local-41",),
    ),
    "a switch without product info": (
        blank("dvs-50", "summary.productInfo.version"),
        ("dvs-plain", "dvs-50"),
    ),
}
"""What is wrong with vc-plain, and what of it the claims that stay open name."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Estate, Path, Ended]]:
    """The demo's estate with a second cluster and two alarms, and a run while it is well."""
    values = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
    plain = values["vcenter"][1]
    plain["clusters"].append(SECOND)
    plain["alarms"] = [ALARM, {**ALARM, "name": "Host memory usage"}]
    with Estate(make("one-object", values)) as estate:
        file = tmp_path_factory.mktemp("one") / "estate.toml"
        file.write_text(estate.environment(), encoding="utf-8")
        file.with_suffix(".waivers.toml").write_text(estate.waivers(), encoding="utf-8")
        yield estate, file, judge(file.parent / "healthy", "--env", str(file))


@pytest.fixture(scope="module")
def healthy(running: tuple[Estate, Path, Ended]) -> Ended:
    return running[2]


@contextmanager
def broken(server: VCenterServer, fault: Callable[[VCenterServer], None]) -> Iterator[None]:
    """The server with a fault, for a time."""
    entities, usual = list(server._entities), server._page
    fault(server)
    try:
        yield
    finally:
        server._entities[:] = entities
        server._page = usual  # type: ignore[method-assign]


@pytest.fixture(scope="module", params=FAULTS)
def lost(
    request: pytest.FixtureRequest, running: tuple[Estate, Path, Ended]
) -> tuple[Ended, tuple[str, ...]]:
    """A run beside one fault, and what of it may be named."""
    estate, file, _ = running
    fault, named = FAULTS[request.param]
    server: Any = estate.servers["vc-plain"]
    with broken(server, fault):
        reports = file.parent / request.param.replace(" ", "-")
        return judge(reports, "--env", str(file)), named


def told(ended: Ended, what: str) -> dict[tuple[str, str | None], set[tuple[str, str]]]:
    """What is found or unknown, by claim."""
    text = {"findings": "found", "unknown": "reason"}[what]
    return {
        (one["id"], one["target"]): {(each["subject"], each[text]) for each in one[what]}
        for one in ended.results["checks"]
    }


def test_only_what_names_the_object_is_open(
    lost: tuple[Ended, tuple[str, ...]], healthy: Ended
) -> None:
    """Some claims are open, each because of that object, and by its name; no check broke down."""
    ended, named = lost
    before, now = told(healthy, "unknown"), told(ended, "unknown")
    more = {(claim, *one) for claim in now for one in now[claim] - before[claim]}
    assert more
    assert not [one for one in more if not any(name in f"{one[1]}: {one[2]}" for name in named)]
    assert not [one for one in ended.results["checks"] if "crashed" in one["reason"]]


def test_every_other_finding_is_as_it_was(
    lost: tuple[Ended, tuple[str, ...]], healthy: Ended
) -> None:
    """None is new, and none is gone but one of that object."""
    ended, named = lost
    before, now = told(healthy, "findings"), told(ended, "findings")
    assert now.keys() == before.keys()
    for claim in now:
        assert now[claim] <= before[claim]
        gone = before[claim] - now[claim]
        assert not [one for one in gone if not any(name in str(one) for name in named)]


def test_judged_again_it_is_the_same(lost: tuple[Ended, tuple[str, ...]], tmp_path: Path) -> None:
    """What was kept of the run says the same of the object."""
    ended, _ = lost
    again = judge(tmp_path / "r", "--facts", str(ended.directory))
    assert told(again, "unknown") == told(ended, "unknown")
    assert told(again, "findings") == told(ended, "findings")


def test_a_person_may_answer_for_it(
    lost: tuple[Ended, tuple[str, ...]], healthy: Ended, tmp_path: Path
) -> None:
    """``kanmon attest`` asks for what is open of the object; once it is answered nothing is."""
    ended, _ = lost
    open_ = tomllib.loads(kanmon("attest", str(ended.directory)).stdout)["attestation"]
    saved = load_run(ended.directory)
    word = {"says": "seen", "by": "Taro Yamada", "at": saved.now}
    given = [Attestation.model_validate({**one, **word}) for one in open_]
    estate = saved.environment.model_copy(
        update={"attestation": [*saved.environment.attestation, *given]}
    )
    save(tmp_path / "saved" / "facts", changed(saved, environment=estate))
    seal(tmp_path / "saved")
    answered = judge(tmp_path / "r", "--facts", str(tmp_path / "saved"))
    before, now = told(healthy, "unknown"), told(answered, "unknown")
    assert {claim: now[claim] - before[claim] for claim in now if now[claim] - before[claim]} == {}


def test_beside_the_run_before_it_has_not_vanished(
    lost: tuple[Ended, tuple[str, ...]], healthy: Ended, tmp_path: Path
) -> None:
    """It is not compared, and said so where it is compared otherwise; nothing vanished."""
    ended, named = lost
    after = judge(
        tmp_path / "r", "--facts", str(ended.directory), "--baseline", str(healthy.directory)
    )
    baseline = after.results["baseline"]
    assert not [one for one in baseline["changes"] if one["change"] == "vanished"]
    missed = {one["part"] for one in baseline["not_compared"] if named[0] in one["reason"]}
    assert missed == COMPARED.get(named[0], set())


def test_no_claim_passes_over_an_object_that_was_not_read(healthy: Ended, tmp_path: Path) -> None:
    """Each object of each part in turn: no claim breaks down, finds more, passes or looks away."""
    facts = str(healthy.directory)
    options = Options(root=HOME, directory=HOME, report_dir=str(tmp_path), facts=facts)
    with ExitStack() as stack:
        run = asked(options, stack)
        assert run
        whole, claims = run.facts, claimed(run)
        assert whole
        before = {id(claim): judged(run, claim).judgement for claim in claims}
        looked = 0
        for key, lost, left in _each_lost(whole.parts):
            parts = {**whole.parts, key: left}
            facts_left = changed(whole, parts=parts, apart={key: (lost,)})
            run = changed(run, facts=facts_left, plan=None, _planned=None)
            for claim in claims:
                if key in judged_by(run, claim.slug, claim.check.parameters):
                    looked += 1
                    now = judged(run, claim).judgement
                    told = (key, claim.check.card.id, claim.slug, now.reason)
                    assert "crashed" not in now.reason, told
                    assert now.outcome in (Outcome.UNDETERMINED, Outcome.FAIL), told
                    assert lost.subject in str((now.unknown, now.reason)), told
                    assert set(now.findings) <= set(before[id(claim)].findings), told
        assert looked > 50


def _each_lost(parts: Mapping[Key, Any]) -> Iterator[tuple[Key, Apart, tuple[Any, ...]]]:
    """Each object that a finding would name, and its part without it."""
    for key, objects in parts.items():
        for place, one in enumerate(objects if isinstance(objects, tuple) else ()):
            if hasattr(one, "label"):
                lost = Apart(one.label, "it is broken")
                yield key, lost, (*objects[:place], *objects[place + 1 :])
