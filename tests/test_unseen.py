"""A part that was not read keeps a run from GO, whatever its checks say of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.world import load
from tests.running import HOME, Ended, run, world

LOOKS_AWAY = '''
from kanmon.check import Severity, check

@check("TST-UNSEEN-001", severity=Severity.BLOCKER, steps=("vsphere-bridge",), phases=("pre",),
       remediation="r", refs=("r",))
def test_looks_away(vcenter, all_vcenter_backups, verdict):
    """It passes without a look at what was not read.

    x"""
    verdict(examined=1, of="things", attested={attested})
'''


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run that was not let into the appliance of vc-main, and so read no backups of it."""
    home = tmp_path_factory.mktemp("denied")
    vcenters = [one.model_dump(mode="json") for one in load("demo").vcenter]
    vcenters[0]["appliance"]["denied"] = True
    env = world(home, vcenter=vcenters, attestation=[])
    return run(home / "reports", "--env", env, "--check", "VC-BKP-001")


@pytest.mark.parametrize(
    ("attested", "status", "unread"),
    [
        ("[]", 6, ["vc-main"]),
        ('["jobs"]', 6, ["vc-main"]),  # another part
        ('["backups"] if vcenter.slug == "vc-plain" else []', 6, ["vc-main"]),  # of another target
        ('["backups"]', 0, []),
    ],
)
def test_what_was_not_read_is_not_green(
    attested: str, status: int, unread: list[str], denied: Ended, tmp_path: Path
) -> None:
    """Only a person who answers for that very part of that very target makes up for it."""
    (tmp_path / "conftest.py").write_text((HOME / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "checks").mkdir()
    text = LOOKS_AWAY.replace("{attested}", attested)
    (tmp_path / "checks" / "test_away.py").write_text(text)
    ended = run(tmp_path / "reports", "--facts", str(denied.directory), cwd=tmp_path)
    assert ended.outcomes("TST-UNSEEN-001") == {"vc-main": "pass", "vc-plain": "pass"}
    assert ended.status == status, ended.output
    assert [one["name"] for one in ended.results["targets"] if one["unread"]] == unread
