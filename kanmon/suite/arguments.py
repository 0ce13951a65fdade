"""What a check gets for each of its parameters: targets, facts, and what is known of the run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from datetime import UTC
from typing import Any

from _pytest.outcomes import Skipped

from kanmon.check import Card, Finding, Outcome, Severity, known
from kanmon.comparing import Baseline, Side
from kanmon.environment.file import Environment
from kanmon.environment.targets import Target
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.collected import Key
from kanmon.facts.run import Moment
from kanmon.gate import attesting
from kanmon.gate.accepted import AnyWaiver, Told
from kanmon.gate.judgement import Judgement
from kanmon.gate.waiving import Before, told, waive
from kanmon.judging.scope import Accept
from kanmon.steps import STEPS
from kanmon.suite import checks
from kanmon.suite.made import MADE, make
from kanmon.suite.names import BASES, ENDPOINT, NEEDS
from kanmon.suite.run import Run
from kanmon.suite.whole import whole
from kanmon.text import Text

LAST = 2
"""Checks of a run at its end: of what people accept, and of what they answer for."""
NO_BASELINE = Text("no run before the step was named: give --baseline reports/<environment>/<run>")


class NotApplicable(Skipped):
    """The claim has no meaning here: the only kind of skip that is not undetermined."""

    msg: str


def environment(run: Run) -> Environment:
    """The environment file of the run."""
    return run.environment


def moment(run: Run) -> Moment:
    """Step, phase and time of the run."""
    change = run.environment.change
    last_until = max(run.now, change.window.end.astimezone(UTC)) if change else None
    return Moment(run.step, run.phase, run.now, last_until, run.simulated)


def baseline(run: Run) -> Baseline | Unread:
    """The run before the step; ``Unread`` where none was named."""
    if run.baseline is None:
        return Unread(NO_BASELINE)
    before = run.baseline.saved
    side = Side(before.environment, before.facts.parts, before.facts.apart)
    return Baseline(run.baseline.name, before.now, side, unseen(run))


def unseen(run: Run) -> Mapping[Key, Sequence[str]]:
    """By target and part, the subjects of single objects that could not be read."""
    apart = run.facts.apart if run.facts else {}
    return {key: tuple(one.subject for one in objects) for key, objects in apart.items()}


def comparison(run: Run) -> Any:
    """What changed since the run before the step.

    Raises:
        Undetermined: none was named.
    """
    found = run.compared()
    if found is None:
        raise Undetermined(NO_BASELINE)
    return found


def attested_at(run: Run) -> attesting.Moment:
    """When attestations are to hold in a run."""
    change = run.environment.change
    since = change.window.start if change and run.phase == "mid" else None
    return attesting.Moment(run.now, run.environment.tolerances, since)


def waivers(run: Run) -> tuple[Told, ...]:
    """What became of each waiver; a check that asks for it comes last.

    Raises:
        Undetermined: other checks have not ended.
    """
    _refuse_early(run, run.waivers.each if run.waivers else ())
    return waivers_so_far(run)


def waivers_so_far(run: Run) -> tuple[Told, ...]:
    """What became of each waiver by the checks that ended so far."""
    if run.waivers is None:
        return ()
    return told(run.waivers.each, _cards(run), _claims(run), run.judged, run.now)


def accept(run: Run) -> Accept:
    """What the board accepts of what a check finds of a target, whether that check ended or not."""
    cards = _cards(run)

    def accepted(
        check: str, slug: str, findings: Sequence[Finding]
    ) -> Sequence[tuple[Finding, AnyWaiver | None]]:
        failed = Judgement(Outcome.FAIL, Severity.BLOCKER, "", findings=tuple(findings))
        return (waived(run, cards[check], slug, failed) if check in cards else failed).each

    return accepted


def waived(run: Run, card: Card, slug: str | None, judgement: Judgement) -> Judgement:
    """A judgement with what the board accepts."""
    waivers = run.waivers.each if run.waivers else ()
    return waive(judgement, card, slug, waivers, run.now, _found_before(run))


def _found_before(run: Run) -> Collection[Before] | None:
    """What stood before the step, in a run after it; nothing where no run before is named."""
    if run.phase != "post":
        return None
    return run.baseline.findings if run.baseline else frozenset()


def attestations(run: Run) -> tuple[attesting.Told, ...]:
    """What became of each attestation; as with ``waivers``, a check that asks for it comes last.

    Raises:
        Undetermined: other checks have not ended.
    """
    each = run.environment.attestation
    _refuse_early(run, each)
    return attestations_so_far(run)


def attestations_so_far(run: Run) -> tuple[attesting.Told, ...]:
    """What became of each attestation by the checks that ended so far."""
    each = run.environment.attestation
    if not each:
        return ()
    return attesting.told(each, _cards(run), _claims(run), run.judged, attested_at(run))


def _cards(run: Run) -> dict[str, Card]:
    return {check.card.id: check.card for check in checks.checks(run.root)}


def _claims(run: Run) -> set[tuple[str, str | None]]:
    return {(claim.check.card.id, claim.slug) for claim in whole(run)}


def _refuse_early(run: Run, named: Sized) -> None:
    """Refuse to say what became of people's words before the checks have ended that they are of."""
    if named and len(run.judged) < run.collected - LAST:
        raise Undetermined(
            Text("other checks have not ended: what they need of people is not known")
        )


OF_THE_RUN: Mapping[str, Callable[[Run], Any]] = {
    "environment": environment,
    "moment": moment,
    "planned": Run.planned,
    "rules": lambda run: run.planned().rules,
    "baseline": baseline,
    "comparison": comparison,
    "unseen": unseen,
    "accept": accept,
    "waivers": waivers,
    "attestations": attestations,
}
"""By parameter: what is known of the run as a whole."""


def refuse_needless(run: Run, card: Card) -> None:
    """Ask nothing for a step that the whole way ahead has not.

    A manager that [upgrade] names no version for stays as it is, and so do its agents: what their
    steps need holds up no other. A run of a named step is judged by that step.

    Raises:
        NotApplicable: none of the check's steps is ahead.
    """
    if run.step is not None or run.phase != "pre" or set(card.steps) == set(STEPS):
        return
    ahead = run.ahead()
    if ahead and ahead.isdisjoint(card.steps):
        steps = ", ".join(step for step in STEPS if step in ahead)
        raise NotApplicable(Text("no step ahead asks for it: the plan has {steps}", steps=steps))


def argument(run: Run, slug: str | None, name: str) -> Any:
    """What a check gets for a parameter.

    Args:
        run: whose facts are read.
        slug: of the target under judgement; None where there is none.
        name: in ``BASES``, ``NEEDS``, ``OF_THE_RUN`` or ``MADE``.

    Raises:
        NotApplicable: the environment names no such target.
        Undetermined: a fact could not be read, or the environment does not say what is asked for.
        KeyError: there is no such parameter.
    """
    if name in OF_THE_RUN:
        return OF_THE_RUN[name](run)
    if name in BASES:
        return _target(run, slug, name)
    if name in MADE:
        return make(name, lambda part: argument(run, slug, part))
    need = NEEDS[name]
    if need.base is None:
        return {t.slug: _fact(run, t.slug, need.part) for t in run.environment.of_kind(need.kind)}
    return known(_fact(run, _target(run, slug, need.base).slug, need.part))


def _target(run: Run, slug: str | None, base: str) -> Target:
    if slug is None:
        named = "target with a certificate" if base == ENDPOINT else base
        raise NotApplicable(Text("the environment names no {named}", named=named))
    return run.environment.target(slug)


def _fact(run: Run, slug: str, part: str) -> Any:
    """A fact of the run, or ``Unread``."""
    facts = run.facts.parts if run.facts else {}
    return facts.get(
        (slug, part),
        Unread(Text("{slug}: the facts of this run hold no {part}", slug=slug, part=part)),
    )
