"""Knowledge of releases: nothing gathered is lost, and versions are versions."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from kanmon.knowledge import load
from kanmon.knowledge.interop import ToolsFloor
from kanmon.knowledge.lifetimes import lifetime
from kanmon.knowledge.machines import OsAgent
from kanmon.knowledge.releases import (
    DeepSecurityDay,
    DeepSecurityRelease,
    EsxiRelease,
    LifeCycle,
    NsxRelease,
    SqlServerRelease,
    ToolsRelease,
    VCenterRelease,
)
from kanmon.knowledge.requirements import ManagerSizing, RelayFloor, SqlServerTls12
from kanmon.knowledge.rows import Origin, Source
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VSphere

# What was gathered: rows of the vendor's lists by product, builds that they name, and so on. A
# build of vCenter that two editions share is one row.
SHARED_VCENTER_BUILDS = 206
SHARED_ESXI_BUILDS = 139
SHARED_NSX_V_BUILDS = 13
SHARED_NSX_T_BUILDS = 48
SHARED_TOOLS_NUMBERS = 66
SHARED_TOOLS_BUNDLES = 57
UNDATED_VCENTER = {18485166, 19300125}
UNDATED_NSX_V = {19066632, 19307994}


def test_every_gathered_release_is_here():
    """No build and no date was lost on the way."""
    products = Counter(row.product for row in load(NsxRelease).rows)
    assert len(load(VCenterRelease).rows) == SHARED_VCENTER_BUILDS
    assert len(load(EsxiRelease).rows) == SHARED_ESXI_BUILDS
    assert products == {"NSX-V": SHARED_NSX_V_BUILDS, "NSX-T": SHARED_NSX_T_BUILDS}
    undated = {
        model: {row.build for row in load(model).rows if row.date is None}
        for model in (VCenterRelease, EsxiRelease, NsxRelease)
    }
    old_nsx_t = {
        row.build
        for row in load(NsxRelease).rows
        if row.product == "NSX-T" and row.version.startswith("3.")
    }
    assert undated == {
        VCenterRelease: UNDATED_VCENTER,
        EsxiRelease: set(),
        NsxRelease: UNDATED_NSX_V | old_nsx_t,
    }


def test_every_gathered_release_of_tools_is_here():
    """64 rows of VMware's list are 44 numbers; 22 later ones of open-vm-tools bring 3 bundles."""
    rows = load(ToolsRelease).rows
    assert len(rows) == SHARED_TOOLS_NUMBERS
    assert sum(row.bundled_with.count("ESXi ") for row in rows) == SHARED_TOOLS_BUNDLES
    assert SHARED_TOOLS_BUNDLES + sum(not row.bundled_with for row in rows) == 64 + 22


@pytest.mark.parametrize("model", [VCenterRelease, EsxiRelease])
def test_vsphere_versions_are_versions(model):
    """Every version is written as kanmon writes it, and later updates came out later."""
    first: dict[VSphere, date] = {}
    for row in load(model).rows:
        version = VSphere.parse(row.version)
        assert str(version) == row.version
        assert row.release.count(version.line)
        if row.date and not version.letter:
            first[version] = min(row.date, first.get(version, row.date))
    for older, newer in pairwise(sorted(first)):
        assert older.line != newer.line or first[older] < first[newer]


@pytest.mark.parametrize(
    ("model", "build", "version", "released"),
    [
        (VCenterRelease, "8307201", "6.5 U2", date(2018, 5, 3)),
        (VCenterRelease, "14367737", "6.7 U3", date(2019, 8, 20)),
        (VCenterRelease, "14368073", "6.7 U3", date(2019, 8, 20)),
        (VCenterRelease, "13843469", "6.7 U2b", date(2019, 5, 30)),
        (VCenterRelease, "17694817", "7.0 U2", date(2021, 3, 9)),
        (EsxiRelease, "8294253", "6.5 U2", date(2018, 5, 3)),
        (EsxiRelease, "13006603", "6.7 U2", date(2019, 4, 11)),
        (EsxiRelease, "13635690", "6.5 U2", date(2019, 5, 14)),
        (EsxiRelease, "13981272", "6.7 U2", date(2019, 6, 20)),
        (EsxiRelease, "17630552", "7.0 U2", date(2021, 3, 9)),
        (EsxiRelease, "17700523", "6.7 U3", date(2021, 3, 18)),
    ],
)
def test_the_builds_of_the_procedure(model, build, version, released):
    """The builds that the procedure meets are what their vendor says they are."""
    row = load(model).get(build)
    assert (row.version, row.date) == (version, released)


def test_a_build_of_two_editions_says_so():
    """13843469 came out twice; the row keeps the later date and tells."""
    assert "2019-05-14" in load(VCenterRelease).get("13843469").note


def test_nsx_versions_are_versions():
    """Product and version together are a version of NSX, whose vendor says NSX alone since 4.0."""
    for row in load(NsxRelease).rows:
        product = "NSX" if row.product == "NSX-T" and row.version >= "4" else row.product
        assert str(Nsx.parse(f"{row.product} {row.version}")) == f"{product} {row.version}"
        assert row.version in row.release


def test_tools_numbers_stand_for_their_releases():
    """VMware's list and the arithmetic agree on every row, and floors are releases."""
    for row in load(ToolsRelease).rows:
        assert str(Tools.from_number(row.number)) == row.release
    for row in load(ToolsFloor).rows:
        assert str(Tools.parse(row.minimum)) == row.minimum
        assert str(Nsx.parse(row.nsx)) == row.nsx


def test_a_build_of_vcenter_says_where_it_shows():
    """Each row of the list says which number of its edition the build is; other lists do not."""
    rows = load(VCenterRelease).rows
    kinds = Counter(kind for row in rows for kind in (row.appliance, row.windows) if kind)
    # One row of the list speaks of both editions.
    assert kinds == {"about": 122, "VAMI": 34, "registry": 24, "about and VAMI": 56}
    silent = {row.version for row in rows if not (row.appliance or row.windows)}
    assert silent == {
        *("6.7 U3s", "6.7 U3t", "8.0 U1e", "8.0 U2e", "8.0 U2f", "8.0 U3k"),
        *("9.0.2.0100", "9.1.0.0300", "9.1.1.0"),
    }
    for row in rows:
        assert row.full_version is None or row.full_version.startswith(
            VSphere.parse(row.version).line
        )


def test_the_numbers_of_one_release_of_vcenter():
    """6.7 U3 has one number in about and another in its release notes, and both are known."""
    about, notes = (load(VCenterRelease).get(build) for build in ("14368073", "14367737"))
    assert (about.appliance, about.full_version) == ("about", "6.7.0.40000")
    assert (notes.appliance, notes.windows) == ("VAMI", "registry")


def test_a_bulletin_names_one_build_of_esxi():
    """66 rows of the list had one; where it only repeats the release it is left out."""
    bulletins = [row.patch_id for row in load(EsxiRelease).rows if row.patch_id]
    assert len(bulletins) == len(set(bulletins)) == 49
    assert load(EsxiRelease).get("13981272").patch_id == "ESXi670-201906002"


def test_builds_of_tools():
    """The list gives no build before 10.0.12; from then on each has its own, but for patches."""
    rows = load(ToolsRelease).rows
    builds = [row.build for row in rows]
    first = builds.index(4448496)
    assert builds[:first] == [None] * first
    assert all("a patch" in row.note for row in rows[first:] if row.build is None)
    given = [build for build in builds if build is not None]
    assert len(set(given)) == len(given)
    assert load(ToolsRelease).get("10346").build == 12406962


def test_builds_of_deep_security_are_builds():
    """No row stands for a whole line, and of dated builds a later one came out later."""
    rows = load(DeepSecurityRelease).rows
    assert Counter(row.product for row in rows) == {
        "manager": 47,
        "appliance": 1,
        "agent": 67,
    }
    dated: dict[DeepSecurity, date] = {}
    for row in rows:
        version = DeepSecurity.parse(row.version)
        assert str(version) == row.version
        assert version.build is not None
        if row.date:
            dated[version] = row.date
    assert [dated[version] for version in sorted(dated)] == sorted(dated.values())
    assert load(DeepSecurityRelease).get("agent 20.0.0-6658").date == date(2023, 3, 22)


def test_a_later_build_of_a_line_came_out_later():
    """Of each product and line the days rise with the builds, and agree with the known releases."""
    days: dict[tuple[str, DeepSecurity], dict[DeepSecurity, date]] = {}
    for row in load(DeepSecurityDay).rows:
        version = DeepSecurity.parse(row.version)
        assert str(version) == row.version
        assert version.build is not None
        days.setdefault((row.product, version.line), {})[version] = row.date
    for line in days.values():
        assert [line[version] for version in sorted(line)] == sorted(line.values())
    for row in load(DeepSecurityRelease).rows:
        day = load(DeepSecurityDay).get(row.key)
        assert row.date is None or day.date == row.date


def test_builds_that_requirements_name_are_known():
    """A lowest agent for a system, and a lowest relay, is a build that the releases name."""
    agents = {row.version for row in load(DeepSecurityRelease).rows if row.product == "agent"}
    bounds = [bound for row in load(OsAgent).rows for bound in (row.agent.first, row.agent.below)]
    named = {str(bound) for bound in bounds if bound and bound.build not in (None, 1)}
    relays = {row.minimum for row in load(RelayFloor).rows} - {"20.0"}
    assert len(named) == 33
    assert named | relays <= agents


def test_builds_at_which_tls_12_turns_have_a_name():
    """Where a row of the TLS table starts in the midst of a line, the releases say what starts."""
    known = {row.version for row in load(SqlServerRelease).rows}
    assert len(known) == 52
    assert all(str(SqlServer.parse(version)) == version for version in known)
    starts = {SqlServer.parse(row.first) for row in load(SqlServerTls12).rows}
    assert {str(start) for start in starts if start.build} <= known
    assert "15.0.4236.7" in known
    assert sum(version.startswith("17.0.") for version in known) == 13
    assert {"11.0.5522.0", "12.0.4050.0", "12.0.4100.1"} <= known


def test_builds_that_the_version_list_names_are_documented():
    """What the vendor's list leaves out, and what is newer than it, rests on what others keep."""
    rows = load(SqlServerRelease).rows
    others = {row.version for row in rows if row.confidence != "documented"}
    newest = {row.version for row in rows if row.note == "the newest in 2026-08"}
    assert others == {"11.0.5522.0", "12.0.4050.0"} | newest
    assert len(newest) == 6
    assert {row.confidence for row in rows} == {"documented", "field"}


def test_support_ends_after_it_began():
    """A release is supported after it came out, and a rule stands where there is no day."""
    rows = load(LifeCycle).rows
    assert len(rows) == 61
    for row in rows:
        assert row.released or row.support_ends or row.years or row.rule
        assert not (row.support_ends and row.rule)
        if row.released and row.support_ends:
            assert row.released < row.support_ends
    assert load(LifeCycle).get("NSX-V 6.4").support_ends == date(2022, 1, 16)


def test_support_ends_in_one_way():
    """A row gives the last day, the years that lead to it, or that it is over: one of them."""
    row = load(LifeCycle).get("Deep Security 20.0")
    sources = {row.source: Source(title="t", url="https://example.jp", retrieved=date(2026, 1, 1))}
    with pytest.raises(ValueError, match="expected one of support_ends, over and years"):
        LifeCycle.model_validate({**row.model_dump(), "over": True}, context=Origin(sources))


@pytest.mark.parametrize(
    ("kind", "version", "day", "over"),
    [
        ("nsx", Nsx.parse("NSX-T 3.1.2"), date(2022, 10, 30), False),
        ("nsx", Nsx.parse("NSX-T 3.1.2"), date(2022, 10, 31), True),
        ("nsx", Nsx.parse("NSX-T 2.5"), date(2026, 12, 5), None),  # released, and no end told
        ("nsx", Nsx.parse("NSX-T 4.1"), date(2026, 12, 5), None),
        ("esxi", VSphere.parse("7.0 U2a"), date(2025, 10, 3), True),
        ("tools", Tools.parse("10.3.10"), date(2024, 7, 1), True),
        ("manager", DeepSecurity.parse("11.0.510"), date(2026, 12, 5), True),
        ("manager", DeepSecurity.parse("20.0.877"), date(2028, 12, 31), False),
        ("manager", DeepSecurity.parse("20.0.877"), date(2029, 1, 1), None),
        ("appliance", DeepSecurity.parse("20.0.0-877"), date(2026, 1, 1), True),
        ("agent", DeepSecurity.parse("20.0"), date(2026, 1, 1), None),
        ("agent", DeepSecurity.parse("12.0.0-967"), date(2026, 1, 1), None),
    ],
)
def test_until_when_a_release_is_supported(kind, version, day, over):
    """By its line's last day, or by the years since its build came out; else nobody can say."""
    found = lifetime(kind, version)
    assert (found.over_on(day) if found else None) is over


@pytest.mark.parametrize(
    ("model", "field", "text"),
    [
        (VCenterRelease, "version", "6.7.0"),
        (EsxiRelease, "version", "7.0 u2"),
        (NsxRelease, "version", "6.4.x"),
        (ToolsRelease, "release", "10.3"),
        (DeepSecurityRelease, "version", "20.0.2"),
        (SqlServerRelease, "version", "15.0.4236"),
        (ToolsFloor, "minimum", "10.3.1O"),
        (ToolsFloor, "nsx", "3.1"),
        (ManagerSizing, "deep_security", "20"),
        (RelayFloor, "minimum", "11.0.0-"),
    ],
)
def test_a_version_that_is_none_is_refused_when_the_table_is_read(model, field, text):
    """A typo in a version is named with its field; it is not found in the middle of a run."""
    row = load(model).rows[0]
    values = {**row.model_dump(), field: text}
    sources = {row.source: Source(title="t", url="https://example.jp", retrieved=date(2026, 1, 1))}
    with pytest.raises(ValueError, match="got version"):
        model.model_validate(values, context=Origin(sources, overlay=False))
