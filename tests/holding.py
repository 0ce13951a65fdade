"""A plugin of pytest that holds a file of the run, as Excel does on Windows."""

from __future__ import annotations

import os

import pytest

from kanmon.plugin.options import RUN


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put a directory in the place of the file that KANMON_TEST_HELD names."""
    (config.stash[RUN].directory / os.environ["KANMON_TEST_HELD"]).mkdir()
