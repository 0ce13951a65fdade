"""When Python looks for garbage: not while modules are loaded, all of which stay.

Of what a run loads nothing is ever garbage, and to look for it costs a fifth of the time that
collecting takes.
"""

from __future__ import annotations

import gc

import pytest

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look at nothing that is there by now, and at what comes as usual."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Nor at anything at the end: the process is about to go."""
    gc.freeze()
