"""A check that is itself wrong ends in no pass, and one without a card in no run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import HOME, Ended, judge, run, world

BROKEN = '''
import pytest
from kanmon.check import Attestable, Severity, check

def card(number):
    return check(f"TST-BROKEN-{number:03}", severity=Severity.BLOCKER, steps=("manager",),
                 attestable=Attestable.MOMENTARY, phases=("pre",), remediation="r", refs=("r",))

@card(1)
def test_crashes(dsm, judge):
    """It crashes.

    x"""
    raise KeyError("nobody")

@card(2)
def test_forgets(dsm, judge):
    """It ends without a judge.

    x"""

@card(3)
def test_skips(dsm, judge):
    """It skips itself.

    x"""
    pytest.skip("not today")

@pytest.mark.skip(reason="marked")
@card(4)
def test_marked(dsm, judge):
    """It is marked to be skipped.

    x"""
    judge(examined=1, of="things")

@pytest.mark.xfail
@card(5)
def test_expected_to_fail(dsm, judge):
    """It is expected to fail.

    x"""
    assert False

@card(6)
def test_crashes_after_its_verdict(dsm, judge):
    """It crashes after its judge.

    x"""
    judge(examined=1, of="things")
    raise RuntimeError("late")

@card(7)
def test_counts_wrong(dsm, judge):
    """It names more objects than it examined.

    x"""
    from kanmon.check import Finding
    judge(examined=1, of="things", problems=[Finding("a", "x", "y"), Finding("b", "x", "y")])

@pytest.fixture
def falls(dsm):
    yield
    raise OSError("teardown")

@card(8)
def test_falls_in_teardown(falls, judge):
    """Its fixture crashes afterwards.

    x"""
    judge(examined=1, of="things")
'''


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Checks that are wrong in every way, judged on the facts of a demo."""
    home = tmp_path_factory.mktemp("broken")
    unattested = world(home, attestation=[])
    before = judge(home / "before", "--env", unattested, "--check", "DSM-NODE-001")
    (home / "conftest.py").write_text((HOME / "conftest.py").read_text(encoding="utf-8"))
    (home / "pytest.ini").write_text("[pytest]\n")
    (home / "checks").mkdir()
    (home / "checks" / "test_broken.py").write_text(BROKEN)
    return run(home / "reports", "--facts", str(before.directory), cwd=home)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (1, "KeyError: 'nobody'"),
        (2, "the check ended unjudged"),
        (3, "Skipped: not today"),
        (4, "Skipped: marked"),
        (5, "AssertionError"),
        (6, "RuntimeError: late"),
        (7, "2 objects are at fault, but only 1 were examined"),
        (8, "OSError: teardown"),
    ],
)
def test_broken_check(number: int, reason: str, broken: Ended) -> None:
    """A check that crashes, forgets its judge, skips itself or miscounts is undetermined."""
    assert broken.status == 6, broken.output
    id_ = f"TST-BROKEN-{number:03}"
    assert broken.outcomes(id_) == {"dsm": "undetermined"}
    (told,) = (one["reason"] for one in broken.results["checks"] if one["id"] == id_)
    assert reason in told


@pytest.mark.e2e
def test_check_without_a_card(tmp_path: Path) -> None:
    """A check without @check stops the collection."""
    (tmp_path / "conftest.py").write_text((HOME / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_bare.py").write_text("def test_bare():\n    pass\n")
    ended = run(tmp_path / "reports", "--env", str(HOME / "envs" / "demo.toml"), cwd=tmp_path)
    assert ended.status == 4
    assert "every check needs @check" in ended.output
