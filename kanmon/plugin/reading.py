"""Read everything that the selected checks need, once, before the first of them."""

from __future__ import annotations

import pytest

from kanmon.errors import UsageError
from kanmon.facts.collected import Facts
from kanmon.plugin.options import RUN
from kanmon.plugin.selection import parameters, slug_of
from kanmon.suite.estate import read_estate
from kanmon.suite.keep import keep_facts
from kanmon.suite.run import Run
from kanmon.suite.whole import wanted


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Read, and save what was read, before the first check."""
    run = session.config.stash.get(RUN, None)
    if run is None or session.config.option.collectonly or not session.items:
        return
    if session.testsfailed and not session.config.option.continue_on_collection_errors:
        return  # pytest stops here, and says which file of checks cannot be imported
    if not session.testsfailed:
        session.config.option.tbstyle = "no"  # the last words name what failed, once
    if run.facts is None:
        try:
            run.facts = _read(run, session.items)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    keep_facts(run)


def _read(run: Run, items: list[pytest.Item]) -> Facts:
    keys = wanted(run, [(slug_of(item), parameters(item)) for item in items])
    from kanmon.plugin.progress import shown  # noqa: PLC0415 - collecting shows none

    with shown(run) as (tell, warn):
        return read_estate(run, keys, tell, warn)
