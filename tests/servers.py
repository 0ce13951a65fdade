"""Programs that others wrote and that tests run against."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def need(*programs: str) -> str:
    """Path of the first program that is installed; several names for one program are alternatives.

    Without it a test is left out and says which program it misses; in CI (CI=true) it fails.
    """
    found = next(filter(None, map(shutil.which, programs)), None)
    return found or lacking(f"needs {' or '.join(programs)}, which is not installed")


def lacking(message: str) -> NoReturn:
    """Leave a test out, and say why; in CI, where everything is to be there, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
