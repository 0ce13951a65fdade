"""Look-ups: the row that decides, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.errors import Undetermined
from kanmon.knowledge import load, lookup
from kanmon.knowledge.releases import EsxiRelease, NsxRelease, VCenterRelease
from kanmon.knowledge.requirements import DatabaseTlsRule, SqlServerTls12
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools

VERSIONS = st.builds(
    DeepSecurity, st.integers(1, 30), st.integers(0, 6), st.integers(0, 2), st.integers(1, 9999)
)


def deep_security(text: str | None) -> DeepSecurity | None:
    return DeepSecurity.parse(text) if text else None


@pytest.mark.parametrize(
    ("build", "supported"),
    [
        ("12.0.2370.0", False),
        ("12.0.2271.0", True),
        ("12.0.2569.0", True),
        ("12.0.4100.1", False),
        ("12.0.4422.0", False),
        ("12.0.4219.0", True),
        ("12.0.4439.1", True),
        ("11.0.5548.0", False),
        ("11.0.5388.0", True),
        ("11.0.6020.0", False),
        ("11.0.6251.0", True),
        ("11.0.7001.0", True),
        ("10.50.6000.34", False),
        ("10.50.6560.0", True),
        # Both sides of every edge.
        ("9.00.5000.00", False),
        ("10.0.6000.29", False),
        ("10.0.6543.0", True),  # and crashes
        ("10.0.6546.9", True),
        ("10.0.6547.0", True),
        ("10.50.6537.0", True),  # and crashes
        ("10.50.6542.0", True),
        ("11.0.2100.60", False),
        ("11.0.3000.0", False),
        ("11.0.5351.9", False),
        ("11.0.5352.0", True),
        ("11.0.5521.9", True),
        ("11.0.5522.0", False),
        ("11.0.5531.9", False),
        ("11.0.5532.0", False),
        ("11.0.5644.1", False),
        ("11.0.5644.2", True),
        ("11.0.5678.0", True),
        ("11.0.6216.26", False),
        ("11.0.6216.27", True),
        ("11.0.6518.0", True),
        ("12.0.2000.8", False),
        ("12.0.2342.0", False),
        ("12.0.2564.0", True),
        ("12.0.4049.9", True),
        ("12.0.4050.0", False),
        ("12.0.4438.0", False),
        ("12.0.4416.1", False),
        ("12.0.4436.0", False),
        ("12.0.5000.0", True),
        ("12.0.6024.0", True),
        ("13.0.1601.5", True),
        ("14.0.1000.169", True),
        ("15.0.2000.5", True),
        ("16.0.1000.6", True),
    ],
)
def test_sql_server_builds_that_speak_tls_12(build, supported):
    """GDR and CU builds of one service pack interleave: no single minimum would do."""
    assert lookup.sqlserver_tls12(SqlServer.parse(build)).supported is supported


@pytest.mark.parametrize("build", ["8.0.2039.0", "10.25.0.0", "12.1.4100.1", "18.0.1000.7"])
def test_sql_server_builds_of_which_nothing_is_known(build):
    """What no interval holds has no row, neither good nor bad."""
    assert lookup.sqlserver_tls12(SqlServer.parse(build)) is None


def test_sql_server_2025_has_a_row_that_says_nothing():
    """Its builds are known; that they speak TLS 1.2 no text said that could be read."""
    row = lookup.sqlserver_tls12(SqlServer.parse("17.0.4045.5"))
    assert (row.line, row.supported, row.confidence) == ("2025", None, "unverified")


@pytest.mark.parametrize(
    ("number", "product", "builds"),
    [
        (2, "SQL Server", True),
        (3, "SQL Server", True),
        (4, "SQL Server Express", True),
        (5, "Azure SQL Database", False),
        (8, "Azure SQL Managed Instance", False),
        (9, "Azure SQL Edge", False),
    ],
)
def test_engine_editions(number, product, builds):
    """By the number of its edition a server is known, and whether its version is a build."""
    engine = lookup.sqlserver_engine(number)
    assert (engine.product, engine.builds) == (product, builds)


@pytest.mark.parametrize("number", [0, 7, 10, 99, None])
def test_engine_editions_that_nobody_knows(number):
    """A number without a row is no product."""
    assert lookup.sqlserver_engine(number) is None


@given(
    line=st.sampled_from([(9, 0), (10, 0), (10, 50), *((major, 0) for major in range(11, 18))]),
    build=st.integers(0, 99_999),
    revision=st.integers(0, 999),
)
def test_every_sql_server_build_has_exactly_one_row(line, build, revision):
    """No build of 2005 to 2025 is in two rows or in none."""
    asked = SqlServer(*line, build, revision)
    holding = [
        row
        for row in load(SqlServerTls12).rows
        if SqlServer.parse(row.first) <= asked < SqlServer.parse(row.below)
    ]
    assert holding == [lookup.sqlserver_tls12(asked)]


@pytest.mark.parametrize(
    ("agents", "size"),
    [
        (0, (2, 16, 8)),
        (499, (2, 16, 8)),
        (500, (4, 16, 8)),
        (999, (4, 16, 8)),
        (1000, (4, 16, 8)),
        (4999, (4, 16, 8)),
        (5000, (8, 16, 12)),
        (9999, (8, 16, 12)),
        (10000, (8, 24, 16)),
        (20000, (8, 24, 16)),
    ],
)
def test_sizing_of_20(agents, size):
    """A number that two of the vendor's bands share counts to the larger."""
    row = lookup.sizing(DeepSecurity.parse("20.0.0-877"), agents)
    assert (row.cores, row.memory_gib, row.heap_gib) == size


def test_sizing_of_11_is_smaller():
    """A node that was right for 11.0 is too small for 20.0."""
    assert lookup.sizing(DeepSecurity.parse("11.0.510"), 300).memory_gib == 8
    assert lookup.sizing(DeepSecurity.parse("20.0"), 300).memory_gib == 16


@pytest.mark.parametrize(("version", "agents"), [("20.0", 20001), ("12.0", 300), ("20.0", -1)])
def test_sizing_that_no_row_gives(version, agents):
    """More agents than the vendor's table knows, or another release: no row."""
    assert lookup.sizing(DeepSecurity.parse(version), agents) is None


@pytest.mark.parametrize(
    ("source", "target", "installation", "requirement"),
    [
        ("11.0.510", "20.0.0-877", "upgrade", "required"),
        ("9.6.1589", "20.0", "upgrade", "required"),
        (None, "20.0", "upgrade", "required"),
        (None, "20.0", "new", "required"),
        (None, "11.1.100", "new", "required"),
        (None, "11.0.510", "new", "recommended"),
        (None, "10.0.3259", "new", "recommended"),
        (None, "9.6.1589", "new", "not required"),
        ("9.6.1589", "11.1.100", "upgrade", "not required"),
        ("9.6.1589", "12.0.296", "upgrade", "not required"),
        ("10.0.3259", "12.0.296", "upgrade", "recommended"),
        ("9.6.1589", "11.0.510", "upgrade", "recommended"),
        ("9.6.1589", "10.0.3259", "upgrade", "recommended"),
        ("9.5.100", "9.6.1589", "upgrade", "not required"),
    ],
)
def test_the_four_rules_of_the_procedure(source, target, installation, requirement):
    """Whether TLS 1.2 is asked for turns on source, target and kind of installation."""
    row = lookup.tls_rule(deep_security(source), DeepSecurity.parse(target), installation)
    assert row.requirement == requirement


def test_an_unknown_source_is_no_old_one():
    """Where the rule turns on today's version and nobody knows it, there is no answer."""
    assert lookup.tls_rule(None, DeepSecurity.parse("12.0"), "upgrade") is None
    assert lookup.tls_rule(None, DeepSecurity.parse("11.0"), "upgrade") is not None


@given(source=VERSIONS, target=VERSIONS, installation=st.sampled_from(["new", "upgrade"]))
def test_there_is_always_a_tls_rule(source, target, installation):
    """Whatever is upgraded or installed, a rule fits."""
    today = source if installation == "upgrade" else None
    assert lookup.tls_rule(today, target, installation) in load(DatabaseTlsRule).rows


@pytest.mark.parametrize("product", ["manager", "agent", "relay", "appliance"])
@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("9.6.1589", False),
        ("10.0.3259", False),
        ("10.3.100", False),
        ("11.0.510", True),
        ("11.0.0-1617", True),
        ("11.1.100", False),
        ("11.3.200", False),
        ("12.0.0-967", True),
        ("12.5.0-834", True),
    ],
)
def test_paths_to_20(product, source, allowed):
    """11 LTS, 12 LTS and 12 FR may go to 20.0 in one hop."""
    target = DeepSecurity.parse("20.0.0-877")
    assert lookup.deep_security_hop(product, DeepSecurity.parse(source), target).allowed is allowed


@pytest.mark.parametrize(
    ("product", "source", "confidence"),
    [
        ("manager", "10.0.3259", "documented"),
        ("manager", "11.0.510", "documented"),
        ("manager", "11.2.225", "unverified"),
        ("appliance", "11.0.510", "documented"),
        ("appliance", "10.0.3259", "documented"),
        ("appliance", "11.2.225", "unverified"),
    ],
)
def test_how_far_a_path_can_be_trusted(product, source, confidence):
    """What the vendor's page does not name is never a reason to block."""
    row = lookup.deep_security_hop(product, DeepSecurity.parse(source), DeepSecurity.parse("20.0"))
    assert row.citation.confidence == confidence


@pytest.mark.parametrize(("source", "target"), [("11.0.510", "12.0"), ("20.0.877", "20.0.0-8438")])
def test_paths_of_which_nothing_is_known(source, target):
    """Another target, or an update inside the line, is no row."""
    old, new = DeepSecurity.parse(source), DeepSecurity.parse(target)
    assert lookup.deep_security_hop("manager", old, new) is None


@pytest.mark.parametrize(
    ("relay", "platform", "minimum"),
    [
        ("11.0.0-582", "linux", "11.0.0-1617"),
        ("12.0.0-1", "windows", "12.0.0-967"),
        ("12.5.0-1", "windows", "12.5.0-834"),
        ("12.5.0-1", "linux", "12.5.0-936"),
        ("20.0.0-877", "linux", "20.0"),
    ],
)
def test_relay_floors(relay, platform, minimum):
    """Each line has its floor, and 12.5 one per platform."""
    assert lookup.relay_floor(DeepSecurity.parse(relay), platform).minimum == minimum


def test_a_relay_line_without_a_floor():
    """Of 11.2 the vendor's page says nothing; 10.0 misses the oldest that it lists."""
    assert lookup.relay_floor(DeepSecurity.parse("11.2.225"), "linux") is None
    assert lookup.relay_floor(DeepSecurity.parse("10.0.3259"), "linux").minimum == "11.0.0-1617"


@pytest.mark.parametrize("build", [17694817, "17694817"])
def test_a_release_by_its_build(build):
    """Readers hold the build as a text, tables as a number."""
    assert lookup.release(VCenterRelease, build).version == "7.0 U2"


def test_a_build_is_looked_up_in_its_own_product():
    """A build of ESXi is none of vCenter, and a made-up one is none at all."""
    assert lookup.release(EsxiRelease, "17630552").version == "7.0 U2"
    assert lookup.release(VCenterRelease, "17630552") is None
    assert lookup.release(NsxRelease, "13282012").product == "NSX-V"
    assert lookup.release(EsxiRelease, "1") is None
    assert lookup.release(EsxiRelease, "") is None


@pytest.mark.parametrize(
    ("release", "confidence"),
    [
        ("9.9.31", "unverified"),
        ("9.10.0", "field"),
        ("10.1.9", "field"),
        ("10.1.10", None),
        ("10.3.0", "unverified"),
        ("10.3.5", "documented"),
        ("10.3.10", None),
        ("11.2.5", None),
    ],
)
def test_known_defects_of_tools(release, confidence):
    """10.3.5 is documented, 10.3.0 only recalled; 10.3.10 has no defect that always strikes."""
    row = lookup.tools_defect(Tools.parse(release).number)
    assert (row and row.confidence) == confidence


@pytest.mark.parametrize("number", [0, 2147483647])
def test_no_defect_of_what_is_no_release(number):
    """Tools that are not installed, or not managed by vSphere, have no release to have defects."""
    assert lookup.tools_defect(number) is None


@pytest.mark.parametrize("nsx", ["NSX-T 3.1", "NSX-T 3.1.2", "3.1.2.0.0.17883596"])
def test_tools_floor_of_an_nsx(nsx):
    """The floor of a line holds for every release in it, and is unverified."""
    row = lookup.tools_floor(Nsx.parse(nsx))
    assert (row.nsx, row.minimum, row.confidence) == ("NSX-T 3.1", "10.3.10", "unverified")


@pytest.mark.parametrize("nsx", ["NSX-V 6.4.5", "NSX-T 2.5.1", "NSX 9.0.0.0"])
def test_tools_floor_that_no_row_gives(nsx):
    """Other lines have no floor."""
    assert lookup.tools_floor(Nsx.parse(nsx)) is None


@pytest.mark.parametrize(
    ("product", "word", "meaning"),
    [
        ("NSX-V", "SUCCEEDED", "good"),
        ("NSX-V", "UP", "good"),
        ("NSX-V", "ENABLED", "good"),
        ("NSX-V", "GREEN", "good"),
        ("NSX-V", "WARNING", "warn"),
        ("NSX-V", "FAILED", "bad"),
        ("NSX-T", "DEPLOYMENT_SUCCESSFUL", "good"),
        ("NSX-T", "UNDEPLOYMENT_SUCCESSFUL", "bad"),
        ("NSX-T", "UPGRADE_IN_PROGRESS", "warn"),
        ("NSX-T", "IN_SERVICE", "good"),
        ("NSX-T", "OUT_OF_SERVICE", "bad"),
        ("NSX-T", "success", "good"),
    ],
)
def test_status_words(product, word, meaning):
    """Each product's words have a meaning."""
    assert lookup.status_word(product, word).meaning == meaning


@pytest.mark.parametrize("word", ["UNKNOWN", "", "up", "DEPLOYMENT_SUCCESSFUL ", "GREENISH"])
@pytest.mark.parametrize("product", ["NSX-V", "NSX-T"])
def test_words_without_a_meaning(product, word):
    """A word that nobody knows is not taken for a good one."""
    assert lookup.status_word(product, word) is None


def test_the_disk_of_an_agent_that_no_row_names_is_undetermined() -> None:
    """Without a figure nothing would be short of it, and every drive would pass."""
    assert [row.disk_gib for row in lookup.agent_disk("linux")] == [1]
    with pytest.raises(Undetermined, match="the disk of an agent on solaris"):
        lookup.agent_disk("solaris")
