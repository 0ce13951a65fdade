"""Which checks a run holds, of which targets, by what its step and its phase say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kanmon.check import Card, Severity
from kanmon.comparing import keys as compared_keys
from kanmon.environment.targets import Target
from kanmon.errors import UsageError
from kanmon.facts.collected import Key
from kanmon.readers.concurrent import complete
from kanmon.suite import checks
from kanmon.suite.checks import Check
from kanmon.suite.names import BASES, NEEDS, keys
from kanmon.suite.run import Run


@dataclass(frozen=True, slots=True)
class Claim:
    """A check of one target.

    Attributes:
        slug: of the target; None for a check of the whole estate, or where there is no target.
    """

    check: Check
    slug: str | None


def whole(run: Run) -> list[Claim]:
    """Every claim that the run's step and phase has, whatever was selected.

    It is told from the files of ``checks/``, not from what pytest collected, so nothing that pytest
    or a plugin leaves out goes unnoticed.
    """
    return [
        Claim(check, slug)
        for check in checks.checks(run.root)
        if belongs(run, check.card)
        for slug in _slugs(run, check)
    ]


def belongs(run: Run, card: Card) -> bool:
    """Whether a check is of the run's step and phase."""
    return run.phase in card.phases and (run.step is None or run.step in card.steps)


def _slugs(run: Run, check: Check) -> list[str | None]:
    needs = [NEEDS[name].base for name in check.parameters if name in NEEDS]
    base = next((name for name in (*check.parameters, *needs) if name in BASES), None)
    slugs = [target.slug for target in targets(run, base)] if base else []
    return [*slugs] or [None]


def targets(run: Run, base: str) -> list[Target]:
    """What a check that asks for this parameter is judged for, one after the other."""
    return [target for kind in BASES[base] for target in run.environment.of_kind(kind)]


def chosen(run: Run, card: Card, slug: str | None) -> bool:
    """Whether a claim is among those that the operator asked for."""
    return (not run.ids or card.id in run.ids) and (not run.slugs or slug in run.slugs)


def comes_last(parameters: Iterable[str]) -> bool:
    """Whether a check judges what became of the others."""
    return not {"waivers", "attestations"}.isdisjoint(parameters)


def wanted(run: Run, asked: Iterable[tuple[str | None, Iterable[str]]]) -> frozenset[Key]:
    """The facts that claims ask for, and those that are to be compared.

    Args:
        run: names the targets.
        asked: slug and parameters of each claim.
    """
    each = [(slug, name) for slug, names in asked for name in names]
    found = {key for slug, name in each for key in keys(run, slug, name)}
    # A whole run before a step is what a later one is compared with.
    is_compared = run.phase == "pre" and not (run.ids or run.slugs)
    if is_compared or any(name == "comparison" for _, name in each):
        found |= compared_keys(run.environment)
    return complete(run.environment, found)


def refuse_unknown(run: Run) -> None:
    """What an operator says of checks and targets is of those that exist.

    Raises:
        UsageError: there is no such check or target, or a severity is lowered.
    """
    _known("--target", run.slugs, (target.slug for target in run.environment.targets))
    named = list(_named(run))
    if not named and not run.ids:
        return
    try:
        cards = {check.card.id: check.card for check in checks.checks(run.root)}
    except ImportError:  # the collection tells which module it is, and such a run is never GO
        return
    _known("--check", run.ids, cards)
    for where, id_ in named:
        if id_ not in cards:
            known = ", ".join(sorted(cards))
            raise UsageError(f"{where} {id_}: there is no such check; there are: {known}")
    for id_, name in run.environment.severity.items():
        if Severity.named(name) < cards[id_].severity:
            raise UsageError(
                f"[severity] {id_} = {name!r}: it is a {cards[id_].severity}, and cannot be lowered"
            )


def _named(run: Run) -> Iterator[tuple[str, str]]:
    yield from (("[severity]", id_) for id_ in run.environment.severity)


def _known(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    names = sorted(set(known))
    if unknown := sorted(set(given) - set(names)):
        raise UsageError(
            f"{option} {', '.join(unknown)}: there is no such thing; there are: {', '.join(names)}"
        )
