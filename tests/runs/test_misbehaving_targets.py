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


def misbehaving(path: Path, how: str, *slugs: str) -> Ended:
    faults = [{"target": slug, "how": how, "seconds": 1.0} for slug in slugs]
    return judge(path / "reports", "--env", world(path, misbehaviour=faults, timeout=1.0))


def names_the_target(ended: Ended, slug: str) -> bool:
    """The page says of this target that something was not read, or a finding is about it."""
    target = next(t for t in ended.results["targets"] if t["name"] == slug)
    return bool(target["unread"]) and target["reason"].split(" ")[0] in ended.page


@pytest.mark.parametrize("slug", TARGETS)
def test_dead_target(slug: str, tmp_path: Path) -> None:
    """A target that is down makes the run INCOMPLETE or NO-GO, and the page says which and why."""
    ended = misbehaving(tmp_path, "refused", slug)
    assert ended.status in (1, 6), ended.output
    assert names_the_target(ended, slug) or ended.results["verdict"] == "NO-GO"
    assert "refused" in ended.page


@pytest.mark.parametrize("node", ["dsm-1", "dsm-2"])
def test_dead_manager_node(node: str, tmp_path: Path) -> None:
    """One dead node of two is named although the manager itself answers: NO-GO."""
    ended = misbehaving(tmp_path, "refused", node)
    check = next(c for c in ended.results["checks"] if c["id"] == "DSM-NODE-001")
    assert ended.status == 1, ended.output
    assert [finding["subject"].split(" ")[0] for finding in check["findings"]] == [node]


READ = [*HTTPS, "dsm-db", "dsm-1-host"]
"""A target of each kind that is read without another; of ``windows`` the manager tells machines."""
FAULTS = {
    "silent": READ,
    "cut off": READ,
    "half a page": READ,
    "wrong password": READ,
    "wrong certificate": READ[:-1],  # SSH has host keys
    "weak rights": HTTPS,
    "expired session": HTTPS,
}
"""By fault, the targets that have it, all in one run."""


@pytest.mark.parametrize("how", FAULTS)
def test_misbehaving_targets(how: str, tmp_path: Path) -> None:
    """Targets that hang, break off, refuse the login, are strangers, or show nothing: never GO.

    Each of them is told as not read, and why.
    """
    ended = misbehaving(tmp_path, how, *FAULTS[how])
    assert ended.status in (1, 6), ended.output
    assert [slug for slug in FAULTS[how] if not names_the_target(ended, slug)] == []
    assert PASSWORD not in ended.output + ended.page


@pytest.mark.parametrize("how", [how for how, slugs in FAULTS.items() if slugs != HTTPS])
def test_misbehaving_machines(how: str, tmp_path: Path) -> None:
    """The same of the Windows machines alone, whose manager answers."""
    ended = misbehaving(tmp_path, how, "windows")
    assert ended.status in (1, 6), ended.output
    assert names_the_target(ended, "windows")
    assert PASSWORD not in ended.output + ended.page
