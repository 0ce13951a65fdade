"""A checkout whose HEAD is kanmon as it is now, and a run that is GO judged again by it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kanmon.evidence.software import SHIPPED
from tests.running import HOME, Ended, estate, judge, kanmon, run

LATE = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.exitstatus = 0

@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    config.pluginmanager.get_plugin("session").exitstatus = 0
"""
"""A plugin that sets the exit status when everybody else is done."""


@dataclass(frozen=True)
class Release:
    """Kanmon where nothing is changed, whoever edits the files that it is made from.

    Attributes:
        home: directory of the checkout.
        facts: a run of a real estate that is GO.
    """

    home: Path
    facts: Path

    @classmethod
    def made(cls, place: Path) -> Release:
        """One in an empty directory."""
        home, file = place / "home", place / "estate.toml"
        with estate(file, "manager-between"):
            moment = ("--step", "manager", "--phase", "mid")
            facts = judge(place / "filed", "--env", str(file), *moment).directory
        assert facts
        for name in filter(lambda name: (HOME / name).is_dir(), SHIPPED):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(HOME / name, home / name, ignore=ignored)
        for name in ("conftest.py", "pyproject.toml", ".gitignore"):
            shutil.copy(HOME / name, home)
        release = cls(home, facts)
        release.git("init", "--quiet")
        release.git("add", ".")
        who = ("-c", "user.name=a", "-c", "user.email=a@example.jp")
        release.git(*who, "commit", "--quiet", "-m", "released")
        return release

    def git(self, *arguments: str) -> None:
        """A command of git in the checkout."""
        subprocess.run(["git", "-C", str(self.home), *arguments], check=True)

    def restore(self) -> None:
        """The files as they were released."""
        self.git("reset", "--quiet", "--hard")
        self.git("clean", "--quiet", "-fd")

    def run(self, reports: Path, *arguments: str, **variables: str) -> Ended:
        """The run judged again, with more options and variables."""
        path = {"PYTHONPATH": str(self.home), **variables}
        return run(reports, "--facts", str(self.facts), *arguments, cwd=self.home, **path)


def whole(ended: Ended) -> bool:
    """Whether a run is GO by its evidence, sealed, and left nothing out."""
    found = ended.directory and kanmon("verify", "--verdict", str(ended.directory))
    return bool(found) and not found.returncode and ended.results["partial"] == []
