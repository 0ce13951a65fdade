"""Exit status 0 is earned: no way around the gate ends in it without a whole judged run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kanmon.plugin import PLUGINS
from tests.running import HOME, kanmon
from tests.runs.released import LATE, Release, whole

pytestmark = pytest.mark.e2e

OPTIONS = {
    "-x": ("-x",),
    "-k": ("-k", "not promised_version"),
    "-m": ("-m", "not check"),
    "--deselect": ("--deselect", "checks/test_manager.py"),
    "--ignore": ("--ignore", "checks/test_manager.py"),
    "--ignore-glob": ("--ignore-glob", "*/test_m*"),
    "--lf": ("-p", "cacheprovider", "-o", "cache_dir={cache}", "--lf"),
    "--stepwise": ("-p", "cacheprovider", "-o", "cache_dir={cache}", "--stepwise"),
    "--cache-show": ("-p", "cacheprovider", "-o", "cache_dir={cache}", "--cache-show"),
    "--noconftest": ("--noconftest",),
    "-c": ("-c", "{other}/pytest.ini"),
    "--rootdir": ("--rootdir", "{other}"),
    "--confcutdir": ("--confcutdir", "checks"),
    "-o python_files": ("-o", "python_files=test_[!mgu]*.py"),
    "-o python_functions": ("-o", "python_functions=test_[!n]*"),
    "-n": ("-n", "2"),
    "--dist": ("--dist", "load", "--tx", "popen"),
    "--check": ("--check", "DSM-ROLE-001"),
    "--setup-plan": ("--setup-plan",),
    "--setup-only": ("--setup-only",),
    "--html into nothing": ("--html", "/dev/null"),
    "--html into a full disk": ("--html", "/dev/full"),
    "no evidence": ("-p", "tests.holding"),
    "no report": ("-p", "no:html"),
    "no conftest": ("-p", "no:{home}/conftest.py"),
    "no runner": ("-p", "no:runner"),
    "no Python": ("-p", "no:python"),
    **{f"no {name}": ("-p", f"no:{name}") for name in PLUGINS},
}


@pytest.mark.parametrize("way", OPTIONS)
def test_option(way: str, release: Release, tmp_path: Path) -> None:
    """No option of pytest's makes less of a run and leaves its 0."""
    cache, other = tmp_path / "cache", tmp_path / "other"
    (cache / "v" / "cache").mkdir(parents=True)
    (cache / "v" / "cache" / "lastfailed").write_text(
        json.dumps({"checks/test_manager.py::test_console_and_api_answer[dsm]": True})
    )
    (other / "checks").mkdir(parents=True)
    (other / "pytest.ini").write_text("[pytest]\npython_functions = test_plan*\n")
    given = [one.format(cache=cache, other=other, home=release.home) for one in OPTIONS[way]]
    variables = {"KANMON_TEST_HELD": "results.json", "PYTHONPATH": f"{release.home}:{HOME}"}
    ended = release.run(tmp_path / "r", *given, **variables)
    assert ended.status != 0 or whole(ended), ended.output
    assert ended.status != 0 or way in MAY_BE_WHOLE, ended.output


MAY_BE_WHOLE = ("-x", "--stepwise", "--confcutdir")
"""Options that leave nothing out where nothing fails."""

VARIABLES = {
    "PYTEST_ADDOPTS": {"PYTEST_ADDOPTS": "-k 'not promised_version'"},
    "PYTEST_PLUGINS": {"PYTEST_PLUGINS": "late"},
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
}


@pytest.mark.parametrize("way", VARIABLES)
def test_variable(way: str, release: Release, tmp_path: Path) -> None:
    """Nor does what lies in the shell."""
    (tmp_path / "late.py").write_text(LATE)
    path = {"PYTHONPATH": f"{release.home}:{tmp_path}"}
    ended = release.run(tmp_path / "r", **{**path, **VARIABLES[way]})
    assert ended.status not in (0, 5), ended.output


def test_optimised(release: Release, tmp_path: Path) -> None:
    """Python without assertions judges the same."""
    ended = release.run(tmp_path, PYTHONOPTIMIZE="1")
    assert ended.status == 0, ended.output
    assert whole(ended)


GONE = """
import os

def pytest_collection_finish():
    os._exit(0)
"""


def test_a_process_that_goes_away(release: Release, tmp_path: Path) -> None:
    """What ends the process itself may say 0: no evidence stands behind it."""
    (release.home / "evil.py").write_text(GONE)
    ended = release.run(tmp_path / "r", "-p", "evil")
    assert ended.status == 0, "which is what nobody inside can keep"
    assert ended.directory
    assert kanmon("verify", "--verdict", str(ended.directory)).returncode == 1


LOOKS = ("--help", "--markers", "--fixtures", "--fixtures-per-test", "--collect-only")


@pytest.mark.parametrize("look", LOOKS)
def test_only_looked(look: str, release: Release, tmp_path: Path) -> None:
    """What pytest only shows is no verdict, and its last line says so; no report is left."""
    ended = release.run(tmp_path, look)
    assert ended.status == 0, ended.output
    assert ended.output.splitlines()[-1] == f"nothing was judged: {look} only looks"
    assert ended.directory is None
