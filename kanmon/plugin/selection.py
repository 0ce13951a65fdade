"""Which checks a run holds, as pytest collects them; what does not exist is a usage error."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kanmon.check import card_of
from kanmon.environment.file import names
from kanmon.errors import UsageError
from kanmon.plugin.options import RUN, looks
from kanmon.suite.names import BASES
from kanmon.suite.whole import belongs, chosen, comes_last, refuse_unknown, targets


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Stands where the environment names no target that a check could judge."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each target of the kind that a check judges."""
    bases = sorted(BASES.keys() & set(metafunc.fixturenames))
    if not metafunc.definition.get_closest_marker("check") or not bases:
        return
    if len(bases) > 1:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid} judges {' and '.join(bases)}: one kind only"
        )
    run = metafunc.config.stash.get(RUN, None)
    if run is None:
        return
    params = [pytest.param(target, id=target.slug) for target in targets(run, bases[0])]
    nothing = [pytest.param(NoTarget(), id="none")]
    metafunc.parametrize(bases[0], params or nothing, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks that were asked for, and refuse what makes a run mean less than it says."""
    home = config.rootpath / "checks"
    bare = [item.nodeid for item in items if item.path.is_relative_to(home) and not card_of(item)]
    if bare:
        raise pytest.UsageError(f"every check needs @check(...): {', '.join(bare)}")
    checks = [item for item in items if card_of(item)]
    if foreign := [item.nodeid for item in checks if not item.path.is_relative_to(home)]:
        raise pytest.UsageError(
            f"{foreign[0]} is none of {home}, which says what a whole run is: leave out --rootdir "
            "and -c"
        )
    run = config.stash.get(RUN, None)
    if run is None:
        if checks and not looks(config):
            known = ", ".join(names(config.rootpath / "envs"))
            raise pytest.UsageError(
                f"say which estate to judge with --env NAME; there are: {known}"
            )
        return
    if len(checks) < len(items):
        raise pytest.UsageError("--env judges an estate: name checks/ and nothing beside it")
    try:
        refuse_unknown(run)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    kept = [
        item
        for item in checks
        if (card := card_of(item)) and belongs(run, card) and chosen(run, card, slug_of(item))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = sorted(kept, key=lambda item: comes_last(parameters(item)))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A module of checks that skips itself takes its claims out of the run without a word."""
    if report.skipped and "checks/" in report.nodeid:
        raise pytest.UsageError(f"{report.nodeid} skips itself: a check ends by its judge")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count what is left to judge after every selection."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        run.collected = len(session.items)


def parameters(item: pytest.Item) -> list[str]:
    """What a check asks for."""
    return list(getattr(item, "fixturenames", ()))


def slug_of(item: pytest.Item) -> str | None:
    """Slug of the target that an item judges; None for a check of the whole estate."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return None
    target = next(iter(callspec.params.values()))
    return None if isinstance(target, NoTarget) else str(target.slug)
