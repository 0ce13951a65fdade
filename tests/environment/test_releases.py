"""Targets that no table knows are refused when the file is read, with what is near."""

from __future__ import annotations

from pathlib import Path

import pytest

from kanmon.environment.releases import refuse_unknown
from kanmon.errors import UsageError
from tests.facts_by_hand import DSM, NSXT, VC_MAIN, environment

FILE = Path("estate.toml")


def refused(*texts: str, **upgrade: str) -> str:
    """What is said of an environment whose targets cannot be; nothing where they can."""
    try:
        refuse_unknown(environment(VC_MAIN, NSXT, DSM, *texts, **upgrade), FILE)
    except UsageError as error:
        return str(error)
    return ""


def test_known_targets_pass():
    """The procedure's own, a build of Deep Security that no row names, and a line of it.

    Of NSX also what the vendor's matrix alone names.
    """
    for wanted, nsx in (
        ("20.0.0-877", "NSX-T 3.1.2"),
        ("20.0.0-878", "NSX-T 3.1.3.7"),
        ("20.0", "NSX 4.1.1.1"),
    ):
        targets = {"vcenter": "7.0 U2", "esxi": "7.0 U2", "nsx": nsx}
        assert refused(deep_security=wanted, **targets) == ""


@pytest.mark.parametrize(
    ("key", "text", "near"),
    [
        ("vcenter", "99.9", "did you mean"),
        ("vcenter", "6.7 U9", "6.7 U3"),
        ("esxi", "6.5 U9", "6.5 U3"),
        ("nsx", "NSX-T 3.1.99", "NSX-T 3.1"),
        ("deep_security", "99.9", "20.0"),
    ],
)
def test_an_unknown_target_is_refused(key, text, near):
    """File, key, what was given, what is near, and the row that would make it known."""
    told = refused(**{key: text})
    assert told.startswith("estate.toml cannot be used:")
    for part in (f"upgrade.{key}:", repr(text), near, "of your overlay: {"):
        assert part in told


def test_a_declared_step_is_checked_too():
    """Where a step leads is a target as well."""
    order = '[[plan]]\nstep = "vsphere-bridge"\nvcenter = "6.7 U9"\n'
    assert "plan.0.vcenter:" in refused(order)


def test_an_own_row_makes_a_release_known(tmp_path):
    """What came out after the tables is a target once the overlay names it."""
    (tmp_path / "esxi_releases.toml").write_text(
        'title = "ours"\nreview_by = 2030-01-01\nconfidence = "documented"\nsource = "case"\n'
        'rows = [{ build = 99999999, release = "ESXi 6.7 U9", version = "6.7 U9" }]\n'
        '[sources.case]\ntitle = "case"\nurl = "https://example.jp/1"\nretrieved = 2026-11-01\n',
        encoding="utf-8",
    )
    own = f'[knowledge]\noverlay = "{tmp_path.as_posix()}"\n'
    assert refused(own, esxi="6.7 U9") == ""
