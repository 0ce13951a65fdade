"""A program that is not installed leaves its tests out, and is named once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import HOME

LACKING = """
import pytest
from tests.servers import need

@pytest.fixture
def server():
    need("no-such-server", "nor-this-one")

def test_one(server): ...
def test_another(server): ...
def test_within(): need("no-such-server", "nor-this-one")
"""


@pytest.mark.parametrize(
    ("ci", "status", "told"),
    [
        ("", 0, "   3: needs no-such-server or nor-this-one, which is not installed\n"),
        ("true", 1, "1 failed, 2 errors"),
    ],
)
def test_a_missing_program_is_told(ci: str, status: int, told: str, tmp_path: Path) -> None:
    """Tests without their program are left out and counted in one line; in CI they fail."""
    (tmp_path / "test_lacking.py").write_text(LACKING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", ".", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOME), "CI": ci},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert told in done.stdout
