"""The code that judged: what is changed, what is of the operator, and who else takes part."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.test_runs_before import DEMO
from tests.runs.released import LATE, Release, whole

pytestmark = pytest.mark.e2e


def test_plain_run(release: Release, tmp_path: Path) -> None:
    """The run that all others here are made of ends with 0, and its evidence says the same."""
    ended = release.run(tmp_path)
    assert ended.status == 0, ended.output
    assert whole(ended)
    told = ended.results["software"]
    assert (told["compared_with"], told["changed"], told["own"]) == ("git HEAD", [], [])
    assert told["strangers"] == []
    assert any(one.startswith("pytest-html ") for one in told["plugins"])


FEWER = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    del items[3:]
"""
PASSES = """
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""
OTHER_FACTS = """
import pytest

@pytest.fixture(autouse=True)
def quiet():
    pass
"""

STRANGERS = {"late": LATE, "fewer": FEWER, "passes": PASSES, "other facts": OTHER_FACTS}


@pytest.mark.parametrize("what", STRANGERS)
@pytest.mark.parametrize("place", ["checks/conftest.py", "evil.py"])
def test_stranger(place: str, what: str, release: Release, tmp_path: Path) -> None:
    """Who takes part in a run and is not known keeps it from GO by name, whatever he sets."""
    (release.home / place).write_text(STRANGERS[what])
    loads = ("-p", "evil") if place == "evil.py" else ()
    ended = release.run(tmp_path, *loads)
    assert ended.status == 6, ended.output
    name = "evil" if loads else "checks/conftest.py"
    assert f"not whole: plugin {name}: kanmon does not know it" in ended.output
    assert ended.results["software"]["strangers"] == [name]


def _append(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "checks/test_manager.py": _append,
    "kanmon/gate/verdict.py": _append,
    "kanmon/knowledge/tables/tools_nsx.toml": _append,
    "fixtures/facts.py": _append,
    "conftest.py": _append,
    "checks/test_rollback.py": Path.unlink,
}


@pytest.mark.parametrize("file", CHANGES)
def test_changed_file(file: str, release: Release, tmp_path: Path) -> None:
    """A shipped file that is not as it was released keeps a real estate from GO, by name."""
    CHANGES[file](release.home / file)
    ended = release.run(tmp_path)
    assert ended.status == 6, ended.output
    assert f"not whole: {file}: it is not as it was released" in ended.output
    assert ended.results["software"]["changed"] == [file]
    assert file in ended.page
    assert ended.results["suite"]["commit"].endswith("-dirty")


def test_a_simulated_estate_is_judged_by_changed_files(release: Release, tmp_path: Path) -> None:
    """Who develops kanmon tries it on simulated estates: the run is whole, and says what judged."""
    _append(release.home / "kanmon" / "text.py")
    filed = tmp_path / DEMO.name
    shutil.copytree(DEMO, filed)
    ended = release.run(tmp_path / "r", "--facts", str(filed))
    assert ended.results["partial"] == []
    assert ended.results["software"]["changed"] == ["kanmon/text.py"]
    assert "by changed files of kanmon: kanmon/text.py" in ended.output


OWN = '''"""A check of the house's own."""

from kanmon.check import ALL, Attestable, Judge, Severity, check


@check(
    "OWN-PLAN-001",
    severity=Severity.ADVICE,
    attestable=Attestable.DOCUMENT,
    steps=ALL,
    phases=("pre", "mid", "post"),
    remediation="Tell the house.",
    refs=("https://www.example.jp/",),
)
def test_the_house_is_told(judge: Judge) -> None:
    """The house is told.

    Nothing breaks.
    """
    judge(examined=1, of="houses")
'''


def test_own_check(release: Release, tmp_path: Path) -> None:
    """A check of the operator's own is welcome: it is judged, and the evidence names its file."""
    (release.home / "checks" / "test_own.py").write_text(OWN, encoding="utf-8")
    ended = release.run(tmp_path)
    assert ended.status == 0, ended.output
    assert whole(ended)
    assert ended.outcomes("OWN-PLAN-001") == {None: "pass"}
    assert ended.results["software"]["own"] == ["checks/test_own.py"]
