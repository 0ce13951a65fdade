"""What a check's verdict comes to: outcome, severity and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kanmon.check import Card, Finding, Note, Outcome, Severity, Unknown
from kanmon.environment.change import Attestation
from kanmon.gate.accepted import AnyWaiver
from kanmon.knowledge import Citation
from kanmon.text import Text

SHOWN = 20
CONFIRM = Text("the rule is unverified: confirm with the vendor")
OWN = Text("kanmon's own rule, whose reason stands in its table")
OVERLAY = Text("from the operator's overlay")


@dataclass(frozen=True, slots=True)
class Answered:
    """What could not be judged, and the attestation of a named person in its place."""

    subject: str
    reason: str
    attestation: Attestation


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one check ended on one target.

    Attributes:
        severity: of the claim in this case; a finding's own can only be lower.
        reason: one sentence that says why the outcome is what it is.
        attested: what could not be judged, and who answers for it.
        waivers: what each finding is waived by, None where it stands; empty where all stand.
    """

    outcome: Outcome
    severity: Severity
    reason: str
    examined: int = 0
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    rests_on: tuple[Citation, ...] = ()
    notes: tuple[Note, ...] = ()
    attested: tuple[Answered, ...] = ()
    waivers: tuple[AnyWaiver | None, ...] = ()

    @property
    def each(self) -> tuple[tuple[Finding, AnyWaiver | None], ...]:
        """Every finding with what it is waived by."""
        waivers = self.waivers or (None,) * len(self.findings)
        return tuple(zip(self.findings, waivers, strict=True))

    @property
    def weight(self) -> Severity | None:
        """The highest severity among the findings that stand; None where the claim did not fail."""
        if self.outcome is not Outcome.FAIL:
            return None
        own = (finding_severity(one, self.severity) for one, waiver in self.each if not waiver)
        return max(own, default=self.severity)

    @property
    def gravest(self) -> Severity:
        """The severity that a report shows: of what stands, of what is waived, or the claim's."""
        if self.outcome is Outcome.WAIVED:
            return max(finding_severity(finding, self.severity) for finding in self.findings)
        return self.weight or self.severity

    @property
    def blocks(self) -> bool:
        """A finding of it keeps the change from starting."""
        return self.weight is Severity.BLOCKER


@dataclass(frozen=True, slots=True)
class Judged:
    """One check on one target, as it ended.

    Attributes:
        target: slug, or None for a check of the whole estate.
    """

    card: Card
    target: str | None
    judgement: Judgement
    seconds: float


def finding_severity(finding: Finding, claim: Severity) -> Severity:
    """The severity of one finding: what rests on an unverified row never blocks."""
    severity = min(claim, finding.severity or claim)
    if finding.source and finding.source.confidence == "unverified":
        return min(severity, Severity.WARNING)
    return severity


def judge(
    severity: Severity,
    *,
    examined: int,
    of: str,
    findings: Sequence[Finding] = (),
    unknown: Sequence[Unknown] = (),
    rests_on: Sequence[Citation] = (),
    notes: Sequence[Note] = (),
) -> Judgement:
    """The judgement that follows from what was examined and found.

    Raises:
        ValueError: more objects are at fault than were examined: the check is wrong.
    """
    at_fault = {finding.subject for finding in findings}
    missed = {one.subject for one in unknown}
    if len(at_fault | missed) > examined:
        raise ValueError(
            f"{len(at_fault | missed)} objects are at fault, but only {examined} were examined"
        )
    if findings:
        outcome, reason = (
            Outcome.FAIL,
            Text(
                "{faulty} of {examined} {of} do not comply",
                faulty=len(at_fault),
                examined=examined,
                of=of,
            ),
        )
        if missed:  # a sentence of its own: translations know it by its words
            reason = Text(
                "{faulty} of {examined} {of} do not comply, {unknown} cannot be judged",
                faulty=len(at_fault),
                examined=examined,
                of=of,
                unknown=len(missed),
            )
    elif unknown:
        outcome = Outcome.UNDETERMINED
        reason = Text(
            "{faulty} of {examined} {of} cannot be judged",
            faulty=len(missed),
            examined=examined,
            of=of,
        )
    elif not examined:
        outcome, reason = Outcome.NOT_APPLICABLE, _nothing(of, notes)
    else:
        outcome, reason = (
            Outcome.PASS,
            Text("{examined} of {examined} {of} comply", examined=examined, of=of),
        )
    return Judgement(
        outcome=outcome,
        severity=severity,
        reason=reason,
        examined=examined,
        findings=tuple(findings),
        unknown=tuple(unknown),
        rests_on=tuple(rests_on),
        notes=tuple(notes),
    )


def _nothing(of: str, notes: Sequence[Note]) -> Text:
    """That there is nothing to judge, with what is to be said of it, such as whose waiver."""
    if not notes:
        return Text("nothing to examine: there are no {of}", of=of)
    told = (Text("{subject}: {text}", subject=one.subject, text=one.text) for one in notes)
    return Text(
        "nothing to examine: there are no {of}; {notes}", of=of, notes=Text.joined("; ", told)
    )


def remarks(confidence: str, *, overlay: bool) -> list[str]:
    """What a reader must know of a rule beside its source."""
    said = {"unverified": [CONFIRM], "engineering": [OWN]}.get(confidence, [])
    return [*said, *([OVERLAY] if overlay else [])]


def explain(judgement: Judgement) -> str:
    """The judgement for a terminal: the reason, then the first objects."""
    lines = [judgement.reason]
    standing_first = sorted(judgement.each, key=lambda one: one[1] is not None)
    for finding, waiver in standing_first[:SHOWN]:
        source = finding.source
        known = [f"waived by {waiver.ticket} until {waiver.expires}"] if waiver else []
        known += remarks(source.confidence, overlay=source.overlay) if source else []
        note = f" ({'; '.join(known)})" if known else ""
        lines.append(f"{finding.subject}: found {finding.found}, expected {finding.expected}{note}")
    lines += [f"{missed.subject}: {missed.reason}" for missed in judgement.unknown[:SHOWN]]
    lines += [
        f"{one.subject or 'the claim'}: {one.reason}; attested by {one.attestation.by}: "
        f"{one.attestation.says}"
        for one in judgement.attested[:SHOWN]
    ]
    rest = sum(max(0, len(part) - SHOWN) for part in (judgement.findings, judgement.unknown))
    if rest:
        lines.append(f"and {rest} more, see results.json")
    return "\n  ".join(lines)
