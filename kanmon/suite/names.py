"""The names of what a check may ask for; the table of facts (``kanmon.facts.PARTS``) makes them.

``vcenter`` is the target under judgement; ``vcenter_hosts`` is a fact of that target;
``all_vcenter_hosts`` is that fact of every target of the kind, by slug, ``Unread`` included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kanmon.environment.targets import KINDS
from kanmon.facts import PARTS
from kanmon.facts.collected import Key
from kanmon.planning import of
from kanmon.suite.made import MADE, plain
from kanmon.suite.run import Run

ENDPOINT = "endpoint"
"""The parameter that stands for any target which presents a certificate."""
BASES: Mapping[str, tuple[str, ...]] = {kind: (kind,) for kind in KINDS} | {
    ENDPOINT: tuple(kind for kind in KINDS if "certificates" in PARTS[kind])
}
"""The parameters that a check can be judged for one after the other, and the kinds behind each."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a parameter needs to have been read.

    Attributes:
        part: name of the fact.
        base: the parameter that says of which target it is; None for every target of the kind.
        kind: of the targets, where it is of every one.
    """

    part: str
    base: str | None = None
    kind: str = ""


def _needs() -> dict[str, Need]:
    named = [(kind, part) for kind, parts in PARTS.items() for part in parts]
    return {
        "certificates": Need("certificates", base=ENDPOINT),
        **{f"{kind}_{part}": Need(part, base=kind) for kind, part in named},
        **{f"all_{kind}_{part}": Need(part, kind=kind) for kind, part in named},
    }


NEEDS: Mapping[str, Need] = _needs()
"""By parameter."""


def judged_by(run: Run, slug: str | None, names: Iterable[str]) -> set[Key]:
    """The facts whose objects a check judges.

    The plan, and what was compared, say themselves what of them nobody saw.

    Args:
        run: names the targets.
        slug: of the target under judgement; None where there is none.
        names: of the parameters of the check.
    """
    wanted = {part for name in names for part in plain(name)}
    return {key for name in wanted & NEEDS.keys() for key in keys(run, slug, name)}


_WHAT_THE_PLAN_NEEDS = ("planned", "rules", "comparison")


def keys(run: Run, slug: str | None, name: str) -> set[Key]:
    """The facts that must be read for a parameter of a check.

    Args:
        run: names the targets.
        slug: of the target under judgement; None where there is none.
        name: of the parameter.
    """
    if name in MADE:
        return {key for part in plain(name) for key in keys(run, slug, part)}
    estate = run.environment
    if name in _WHAT_THE_PLAN_NEEDS:
        return {(t.slug, part) for t in estate.targets for part in of.FACTS.get(t.kind, ())}
    need = NEEDS.get(name)
    if need is None:
        return set()
    if need.base is None:
        return {(target.slug, need.part) for target in estate.of_kind(need.kind)}
    return {(slug, need.part)} if slug else set()
