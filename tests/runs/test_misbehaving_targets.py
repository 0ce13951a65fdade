"""A target that is dead, that misbehaves or that shows too little never ends in GO."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.world.world import load
from tests.running import PASSWORD, Ended, judge, world

DEMO = load("demo")
TARGETS = [
    target.slug
    for kind in ("vcenter", "nsxv", "nsxt", "dsm", "database", "linux", "windows")
    for target in getattr(DEMO, kind)
]
HTTPS = ["vc-main", "nsxv-main", "nsxt-new", "dsm"]


def misbehaving(path: Path, slug: str, how: str) -> Ended:
    fault = {"target": slug, "how": how, "seconds": 1.0}
    return judge(path / "reports", "--env", world(path, misbehaviour=[fault], timeout=1.0))


def names_the_target(ended: Ended, slug: str) -> bool:
    """The page says of this target that something was not read, or a finding is about it."""
    target = next(t for t in ended.results["targets"] if t["name"] == slug)
    return bool(target["unread"]) and target["reason"].split(" ")[0] in ended.page


@pytest.mark.parametrize("slug", TARGETS)
def test_dead_target(slug: str, tmp_path: Path) -> None:
    """A target that is down makes the run INCOMPLETE or NO-GO, and the page says which and why."""
    ended = misbehaving(tmp_path, slug, "refused")
    assert ended.status in (1, 6), ended.output
    assert names_the_target(ended, slug) or ended.results["verdict"] == "NO-GO"
    assert "refused" in ended.page


@pytest.mark.parametrize("node", ["dsm-1", "dsm-2"])
def test_dead_manager_node(node: str, tmp_path: Path) -> None:
    """One dead node of two is named although the manager itself answers: NO-GO."""
    ended = misbehaving(tmp_path, node, "refused")
    check = next(c for c in ended.results["checks"] if c["id"] == "DSM-NODE-001")
    assert ended.status == 1, ended.output
    assert [finding["subject"].split(" ")[0] for finding in check["findings"]] == [node]


FAULTS = ["silent", "cut off", "half a page", "wrong password", "wrong certificate"]
MISBEHAVING = [
    (slug, how)
    for slug in [*HTTPS, "dsm-db", "dsm-1-host", "windows"]
    for how in FAULTS
    if (slug, how) != ("dsm-1-host", "wrong certificate")  # SSH has host keys
]


@pytest.mark.parametrize(("slug", "how"), MISBEHAVING)
def test_misbehaving_target(slug: str, how: str, tmp_path: Path) -> None:
    """A target that hangs, breaks off, refuses the login or is a stranger never ends in GO."""
    ended = misbehaving(tmp_path, slug, how)
    assert ended.status in (1, 6), ended.output
    assert slug in ended.page
    assert PASSWORD not in ended.output + ended.page


@pytest.mark.parametrize("how", ["weak rights", "expired session"])
@pytest.mark.parametrize("slug", HTTPS)
def test_weak_or_expired_login(slug: str, how: str, tmp_path: Path) -> None:
    """An account that sees nothing, or a session that ends, is no empty estate: never GO."""
    ended = misbehaving(tmp_path, slug, how)
    assert ended.status in (1, 6), ended.output
    assert names_the_target(ended, slug)
