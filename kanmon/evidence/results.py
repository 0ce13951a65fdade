"""``results.json``: the evidence of a run. Every report is a rendering of it.

The contract is ``docs/results.schema.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from kanmon import __version__
from kanmon.check import Finding
from kanmon.environment.change import Attestation
from kanmon.environment.file import Environment
from kanmon.environment.targets import Target
from kanmon.evidence.inventory import estate
from kanmon.evidence.software import Software
from kanmon.facts import IDENTITY, KINDS, Unread
from kanmon.facts.collected import Facts
from kanmon.gate import attesting
from kanmon.gate.accepted import AnyWaiver, Told
from kanmon.gate.judgement import Judged, Judgement, finding_severity
from kanmon.gate.life import Life
from kanmon.gate.run_waivers import RunWaiver
from kanmon.gate.verdict import Gate
from kanmon.knowledge import citation_record
from kanmon.text import Text

SCHEMA = "kanmon/results/2"
"""Since 2, ``messages`` tell the sentences apart into template and values, and a verdict may be
CONDITIONAL; in 1 such a run was GO, or with ``strict`` NO-GO."""
OWN_WORDS = frozenset(
    {
        *("schema", "environment", "step", "steps", "phase", "phases", "verdict"),
        *("check", "title", "severity", "outcome", "attestable", "remediation"),
        *("owner", "kind", "component", "parts", "state", "word"),
        *("table", "confidence", "references", "unverified_rows_used"),
    }
)
"""Keys whose values no target tells: a secret that happens to be one of them stays there."""


def about(
    environment: Environment,
    gate: Gate,
    software: Software,
    *,
    step: str | None,
    phase: str,
    simulated: bool,
    read: datetime,
    started: datetime,
    finished: datetime,
) -> dict[str, Any]:
    """What a run was about and how it ended, as plain values: the head of the evidence."""
    change = environment.change.model_dump(mode="json") if environment.change else None
    return {
        "schema": SCHEMA,
        "suite": {"version": __version__, "commit": software.commit},
        "software": software_record(software),
        "environment": environment.name,
        "simulated": simulated,
        "change": change,
        "upgrade": environment.upgrade.model_dump(mode="json"),
        "tolerances": environment.tolerances.changed,
        "step": step,
        "phase": phase,
        "verdict": gate.word,
        "read": read.isoformat(timespec="seconds"),
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
    }


def software_record(software: Software) -> dict[str, Any]:
    """The code that judged, without its commit, which stands beside the version."""
    return {
        "compared_with": software.compared_with,
        "changed": list(software.changed),
        "own": list(software.own),
        "plugins": list(software.plugins),
        "strangers": list(software.strangers),
    }


def looked_at(environment: Environment, facts: Facts, judged: Sequence[Judged]) -> dict[str, Any]:
    """What was read and how each check ended, as plain values."""
    return {
        "targets": [
            target_record(target, facts, attested_parts(judged, facts, target.slug))
            for target in environment.targets
        ],
        "estate": estate(environment, facts),
        "checks": [check_record(one) for one in judged],
    }


def messages(record: Any) -> list[dict[str, Any]]:
    """Template and values of every sentence in the evidence that has any, by its English text.

    Reports tell a sentence in their own language by them; the evidence says it in English.

    Args:
        record: the evidence, or a part of it.
    """
    found: dict[str, Text] = {}
    _sentences(record, found)
    return [found[text].record() for text in sorted(found)]


def _sentences(value: Any, found: dict[str, Text]) -> None:
    if isinstance(value, Text):
        if value.places:
            found.setdefault(str(value), value)
    elif isinstance(value, dict):
        for each in value.values():
            _sentences(each, found)
    elif isinstance(value, list | tuple):
        for each in value:
            _sentences(each, found)


def attested_parts(judged: Sequence[Judged], facts: Facts, slug: str) -> frozenset[str]:
    """The parts of a target that were not read, and that a person answers for.

    What a machine that is off did not tell is answered for where its node is looked at.
    """
    answered = {one.reason for j in judged if j.target == slug for one in j.judgement.attested}
    for one in (answer for j in judged for answer in j.judgement.attested):
        answered |= set(Text.of(one.reason).values("unread"))
    unread = facts.unread(slug)
    return frozenset(part for part, reason in unread.items() if reason in answered)


def life_record(life: Life, environment: Environment) -> dict[str, str]:
    """Until when a verdict holds, in the zone of the change window."""
    change = environment.change
    until = life.until.astimezone(change.window.end.tzinfo if change else UTC)
    return {"at": until.isoformat(timespec="seconds"), "why": life.why}


def attestation_record(one: attesting.Told) -> dict[str, Any]:
    """An attestation, and what became of it in this run."""
    attestation = one.attestation
    return {
        "check": attestation.check,
        "target": attestation.target,
        "subjects": attestation.subjects,
        "answers": attestation.answers,
        **attested_by(attestation),
        "state": str(one.state),
        "matched": one.matched,
    }


def attested_by(attestation: Attestation) -> dict[str, Any]:
    """An attestation as what it answers for quotes it."""
    seen = attestation.at or attestation.on
    assert seen is not None  # noqa: S101 - the model has one of both
    return {"by": attestation.by, "seen": seen.isoformat(), "says": attestation.says}


def waiver_record(one: Told) -> dict[str, Any]:
    """A waiver, and what became of it in this run."""
    return {
        "check": one.waiver.check,
        "subject": one.waiver.subject,
        "target": one.waiver.target,
        **waived_by(one.waiver),
        "run": one.waiver.run if isinstance(one.waiver, RunWaiver) else None,
        "signer": one.waiver.signer if isinstance(one.waiver, RunWaiver) else None,
        "state": str(one.state),
        "matched": one.matched,
    }


def target_record(target: Target, facts: Facts, attested: frozenset[str]) -> dict[str, Any]:
    """One target: what it is, and whether it could be read or a person answers for it."""
    parts = facts.of(target.slug)
    missing = {**_machines_unread(target, parts), **facts.unread(target.slug)}
    unread = {part: reason for part, reason in missing.items() if part not in attested}
    version, build = _release(target.kind, parts.get(IDENTITY[target.kind]))
    return {
        "name": target.slug,
        "kind": target.kind,
        "address": target.where,
        "product": target.title,
        "version": version,
        "build": build,
        "read": bool(parts) and not unread,
        "reason": _why_not(parts, unread),
        "parts": sorted(parts),
        "unread": unread,
        "attested": {part: missing[part] for part in sorted(attested & missing.keys())},
        "seconds": round(facts.seconds.get(target.slug, 0.0), 3),
    }


def _machines_unread(target: Target, parts: dict[str, Any]) -> dict[str, str]:
    """A fleet is read as far as its machines are: the first reason stands for the others."""
    machines = parts.get("machines", ())
    if target.kind != "windows" or isinstance(machines, Unread):
        return {}
    reasons = [one.answer.reason for one in machines if isinstance(one.answer, Unread)]
    if not reasons:
        return {}
    told = Text(
        "{unread} of {count} machines, the first: {reason}",
        unread=len(reasons),
        count=len(machines),
        reason=reasons[0],
    )
    return {"machines": told}


def _why_not(parts: dict[str, Any], unread: dict[str, str]) -> str | None:
    if not parts:
        return Text("no check of this run needs it")
    return next(iter(unread.values()), None)


def _release(kind: str, identity: Any) -> tuple[str | None, str | None]:
    """Version and build, as far as the identity of the target was read."""
    if identity is None or isinstance(identity, Unread):
        return None, None
    return KINDS[kind].release(identity)


def check_record(one: Judged) -> dict[str, Any]:
    """One check: its card, its outcome, every object it names."""
    judgement = one.judgement
    return {
        "id": one.card.id,
        "title": one.card.title,
        "why": one.card.why,
        "severity": str(judgement.gravest),
        "target": one.target,
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
        "examined": judgement.examined,
        "findings": [_finding(f, waiver, judgement) for f, waiver in judgement.each],
        "unknown": [{"subject": one.subject, "reason": one.reason} for one in judgement.unknown],
        "attested": [
            {"subject": o.subject, "reason": o.reason, **attested_by(o.attestation)}
            for o in judgement.attested
        ],
        "notes": [asdict(note) for note in judgement.notes],
        "attestable": str(one.card.attestable),
        "questions": [asdict(question) for question in attesting.questions(judgement, one.card)],
        "rests_on": [citation_record(citation) for citation in judgement.rests_on],
        "waiver": _single_waiver(judgement),
        "remediation": one.card.remediation,
        "references": list(one.card.refs),
        "steps": list(one.card.steps),
        "phases": list(one.card.phases),
        "seconds": round(one.seconds, 3),
    }


def _single_waiver(judgement: Judgement) -> dict[str, Any] | None:
    """What the whole check is waived by, where that is one waiver."""
    given = judgement.waivers
    one = given[0] if given else None
    return waived_by(one) if one and all(other is one for other in given) else None


def waived_by(waiver: AnyWaiver) -> dict[str, Any]:
    """A waiver as a finding quotes it."""
    return {
        "ticket": waiver.ticket,
        "approver": waiver.approver,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
    }


def _finding(finding: Finding, waiver: AnyWaiver | None, judgement: Judgement) -> dict[str, Any]:
    return {
        "subject": finding.subject,
        "found": finding.found,
        "expected": finding.expected,
        "severity": str(finding_severity(finding, judgement.severity)),
        "source": citation_record(finding.source) if finding.source else None,
        "waiver": waived_by(waiver) if waiver else None,
    }
