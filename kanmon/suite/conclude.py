"""The end of a run: from what was asked, read and judged to its evidence and its verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kanmon.comparing.runs import record as comparison_record
from kanmon.evidence import approved, manifest, rejudged
from kanmon.evidence import results as evidence
from kanmon.evidence.saved import SavedRun
from kanmon.gate import attesting
from kanmon.gate.accepted import Told
from kanmon.gate.causes import causes
from kanmon.gate.judgement import Judged
from kanmon.gate.life import life
from kanmon.gate.verdict import JUDGED, Gate, coverage, decide
from kanmon.gate.waivers import State
from kanmon.knowledge import Citation, Table, load, tables
from kanmon.planning import record as plan_record
from kanmon.redaction import cleaned
from kanmon.steps import ENDS, NEEDED, STEPS
from kanmon.suite.arguments import attestations_so_far, attested_at, waivers_so_far
from kanmon.suite.run import Run
from kanmon.suite.whole import whole
from kanmon.text import Text

LOOSE = "nobody can tell whether its facts are those that were read; read the estate again"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a run comes to.

    Attributes:
        gate: its verdict, with the exit status.
        record: its evidence, ``results.json``.
    """

    gate: Gate
    record: dict[str, Any]


def conclude(run: Run, finished: datetime) -> Conclusion:
    """The verdict and the evidence of a run whose checks have ended; nothing is dialled or written.

    Args:
        run: with its facts and its judgements.
        finished: now, aware.

    Raises:
        ValueError: nothing was read.
    """
    if run.facts is None:
        raise ValueError("a run is concluded once its facts are read")
    judgements = [one.judgement for one in run.judged]
    ends, partial = _ends_not_judged(run), [*_left_out(run), *_other_code(run)]
    unread = _unread(run)
    unseen = [*unread, *partial, *ends]
    gate = decide(run.collected, judgements, unseen)
    changed = run.compared()
    who = manifest.operator(run.root)
    waived, attested = _waivers(run), _attestations(run)
    cards = {one.card.id: one.card for one in run.judged}
    holds = life(gate, run.phase, run.environment.change, attested_at(run), cards, waived, attested)
    record = {
        **evidence.about(
            run.environment,
            gate,
            run.software,
            step=run.step,
            phase=run.phase,
            simulated=run.simulated,
            read=run.now,
            started=run.started,
            finished=finished,
        ),
        "runner": who.sudo or who.user,
        "valid_until": evidence.life_record(holds, run.environment) if holds else None,
        "partial": partial,
        "unjudged": ends,
        "judged_again": run.judged_again,
        "plan": plan_record.record(run.plan) if run.plan else None,
        "baseline": comparison_record(run.baseline, changed) if run.baseline and changed else None,
        "allowed_signers": run.waivers.allowed_signers if run.waivers else None,
        "waivers": [evidence.waiver_record(one) for one in waived],
        "attestations": [evidence.attestation_record(one) for one in attested],
        "knowledge": _knowledge(run.judged, set(run.overlay.tables) if run.overlay else set()),
        "causes": [asdict(one) for one in causes(unread, run.judged)],
        "coverage": asdict(coverage(run.collected, judgements)),
        **evidence.looked_at(run.environment, run.facts, run.judged),
    }
    again = rejudged.compare(run.home, run.knowledge_before, record) if run.judged_again else None
    told = approved.record(run.approved, _as_saved(run), record) if run.approved else None
    whole_record = cleaned({**record, "rejudged": again, "approved": told}, evidence.OWN_WORDS)
    return Conclusion(gate, {**whole_record, "messages": evidence.messages(whole_record)})


def _as_saved(run: Run) -> SavedRun:
    """What the run is about, as an earlier one kept it."""
    assert run.facts  # noqa: S101 - asked only once they are read
    return SavedRun(
        run.environment,
        run.step,
        run.phase,
        run.now,
        run.facts,
        overlay=run.overlay,
        knowledge=run.knowledge_before or rejudged.tables_now(),
    )


def _waivers(run: Run) -> tuple[Told, ...]:
    """The same at the end of a run, also where checks/ cannot be read: such a run is never GO."""
    try:
        return waivers_so_far(run)
    except Exception:  # noqa: BLE001 - the collection tells which module it is
        each = run.waivers.each if run.waivers else ()
        return tuple(Told(one, State.NOT_JUDGED, 0) for one in each)


def _attestations(run: Run) -> tuple[attesting.Told, ...]:
    """Likewise."""
    try:
        return attestations_so_far(run)
    except Exception:  # noqa: BLE001 - the collection tells which module it is
        each, state = run.environment.attestation, attesting.State.NOT_JUDGED
        return tuple(attesting.Told(one, state, 0) for one in each)


def _unread(run: Run) -> dict[str, dict[str, str]]:
    """By target and part, what was not read and nobody answers for."""
    assert run.facts  # noqa: S101 - asked only once they are read
    slugs = [target.slug for target in run.environment.targets]
    found = {}
    for slug in slugs:
        answered = evidence.attested_parts(run.judged, run.facts, slug)
        found[slug] = {n: why for n, why in run.facts.unread(slug).items() if n not in answered}
    return {slug: parts for slug, parts in found.items() if parts}


def _left_out(run: Run) -> list[str]:
    """The checks of this step and phase that the run did not come to, by id and target.

    Facts that no manifest names count as one: they may have been changed since they were read.
    """
    loose = [f"{run.loose} had no {manifest.FILE}: {LOOSE}"] if run.loose else []
    came_to = {(one.card.id, one.target) for one in run.judged}
    try:
        missing = {(claim.check.card.id, claim.slug) for claim in whole(run)} - came_to
    except Exception as error:  # noqa: BLE001 - a file of checks that cannot be imported
        return [*loose, f"checks/ cannot be read: {type(error).__name__}: {error}"]
    return loose + sorted(f"{id_} ({slug})" if slug else id_ for id_, slug in missing)


def _other_code(run: Run) -> list[str]:
    """What judged beside kanmon as it was released: changed files, plugins that nobody knows.

    Who develops kanmon judges simulated estates with changed files: the evidence says so.
    """
    changed = () if run.simulated else run.software.changed
    return [
        *(Text("{file}: it is not as it was released; restore it", file=one) for one in changed),
        *(
            Text("plugin {name}: kanmon does not know it; leave it out", name=one)
            for one in run.software.strangers
        ),
    ]


def _ends_not_judged(run: Run) -> list[str]:
    """Amid and after a step: the claims about how far it came that this run did not judge."""
    if run.phase == "pre":
        return []
    steps = [run.step] if run.step else [step for step in STEPS if _concerns(run, step)]
    judged = {one.card.id for one in run.judged if one.judgement.outcome in JUDGED}
    return sorted({id_ for step in steps for id_ in ENDS[step]} - judged)


def _concerns(run: Run, step: str) -> bool:
    return all(run.environment.of_kind(kind) for kind in NEEDED[step])


def _knowledge(judged: list[Judged], own: set[str]) -> list[dict[str, Any]]:
    """Every table that the run's checks name, or that the operator has rows of his own in."""
    named = set(own)
    cited: set[Citation] = set()
    for one in judged:
        named |= {ref.removeprefix("table:") for ref in one.card.refs if ref.startswith("table:")}
        cited |= {*one.judgement.rests_on, *(f.source for f in one.judgement.findings if f.source)}
    named |= {citation.table for citation in cited}
    loaded = (load(model) for model in tables() if model.table in named)
    return [_table(table, [one for one in cited if one.table == table.name]) for table in loaded]


def _table(table: Table[Any], cited: list[Citation]) -> dict[str, Any]:
    """A table, with the rows that the run rested on and that need a second look."""
    own = table.overlay and {
        "review_by": table.overlay.review_by.isoformat(),
        "rows": [row.key for row in table.overlay.rows],
        "rows_used": sorted({one.row for one in cited if one.overlay}),
    }
    return {
        "table": table.name,
        "title": table.title,
        "retrieved": min(row.citation.retrieved for row in table.rows).isoformat(),
        "review_by": table.review_by.isoformat(),
        "unverified_rows_used": sorted({o.row for o in cited if o.confidence == "unverified"}),
        "overlay": own,
    }
