"""Programs that others wrote and that tests run against."""

from __future__ import annotations

import os
import shutil

import pytest


def need(*programs: str) -> str:
    """Path of the first program that is installed; several names for one program are alternatives.

    Without it a test is left out and says which program it misses; in CI (CI=true) it fails.
    """
    for program in programs:
        if found := shutil.which(program):
            return found
    message = f"needs {' or '.join(programs)}, which is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
