"""Spans of versions: read without a guess, and what lies in them at every bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.knowledge.spans import Span
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VersionError, VSphere
from tests.test_versions import BUILDS, FAMILIES, LINES, NEAR_MISS, NSX, NSX_T, SQL, TOOLS, VSPHERE

WHOLE = {DeepSecurity: BUILDS, SqlServer: SQL, Tools: TOOLS, VSphere: VSPHERE, Nsx: NSX_T}
WORDS = st.lists(
    st.sampled_from(["from", "below", "any", "6.5", "6.7 U3", "NSX-T 3.1", "20.0", " ", ""]),
    max_size=6,
).map(" ".join)


def span(text, family=VSphere):
    return Span.parse(text, family.parse)


def inside(version, text, family=VSphere):
    """Whether a version lies in a span, both as texts."""
    return family.parse(version) in span(text, family)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("any", Span()),
        ("6.7 U3", Span(exactly=VSphere(6, 7, 3))),
        ("from 6.7", Span(first=VSphere(6, 7))),
        ("below 7.0", Span(below=VSphere(7, 0))),
        ("from 6.7 U2 below 7.0", Span(VSphere(6, 7, 2), VSphere(7, 0))),
    ],
)
def test_grammar(text, read):
    """The five forms, each written back as it was read."""
    assert span(text) == read
    assert str(read) == text


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_a_span_reads_back(family, data):
    """Whatever span there is, its text is read as the same span."""
    strategy = WHOLE[family]
    first, below = sorted(data.draw(st.tuples(strategy, strategy)))
    for one in (Span(), Span(first), Span(below=below), Span(exactly=first), Span(first, below)):
        if first != below or one != Span(first, below):
            assert span(str(one), family) == one


@given(version=st.one_of(LINES, NSX))
def test_a_span_of_a_line_reads_back(version):
    """Bounds may be less precise than a version."""
    for one in (Span(version), Span(below=version), Span(exactly=version)):
        assert span(str(one), type(version)) == one


@pytest.mark.parametrize("family", FAMILIES)
@given(text=st.text() | NEAR_MISS | WORDS)
def test_any_text_is_read_or_refused(family, text):
    """Any text is a span, whose own text reads back as it, or a VersionError."""
    try:
        read = span(text, family)
    except VersionError:
        return
    assert span(str(read), family) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "from",
        "below",
        "from ",
        "below ",
        "from below 7.0",
        "from 6.5 below",
        "from 6.5  below 7.0",
        " from 6.5",
        "from 6.5 ",
        "From 6.5",
        "below 7.0 from 6.5",
        "from 6.5 to 7.0",
        "6.5 below 7.0",
        "from 6.5 below 6.7 below 7.0",
        "any ",
        "Any",
        "from any",
        "6.5, 6.7",
        "below 7.0\n",
        "from 6.5\n",
    ],
)
def test_what_is_no_span(text):
    """Whatever is not exactly of the grammar is refused rather than read as something near."""
    with pytest.raises(VersionError):
        span(text)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        (VSphere, "from 7.0 below 7.0"),
        (VSphere, "from 7.0 U2 below 6.7"),
        (SqlServer, "from 13.0.5026.0 below 12.0.0.0"),
        (Tools, "from 10.3.10 below 10.3.9"),
        (DeepSecurity, "from 20.0 below 11.0"),
        (DeepSecurity, "from 20.0 below 20.0"),
        (DeepSecurity, "from 20.0.0-877 below 20.0"),
        (Nsx, "from NSX-T 3.1 below NSX-T 3.1"),
        (Nsx, "from NSX-T 3.1.2 below NSX-T 3.1"),
        (Nsx, "from NSX-V 6.4 below NSX-T 3.1"),
    ],
)
def test_nothing_lies_in_it(family, text):
    """A span whose end is not newer than its start, or of another product, is a mistake."""
    with pytest.raises(VersionError):
        span(text, family)


@pytest.mark.parametrize("text", ["from 20.0 below 20.0.0-877"])
def test_a_span_from_a_line_to_one_of_its_builds(text):
    """Nobody can say whether something lies in it: a line has no order against its builds."""
    with pytest.raises(VersionError):
        span(text, DeepSecurity)


@pytest.mark.parametrize(
    ("family", "older", "first", "between", "last", "below", "newer"),
    [
        (VSphere, "6.5 U3q", "6.7", "6.7 U3", "6.7 U99z", "7.0", "7.0a"),
        (VSphere, "6.7 U2", "6.7 U2a", "6.7 U2b", "6.7 U2c", "6.7 U3", "6.7 U3a"),
        (
            Nsx,
            "NSX-V 6.4.3",
            "NSX-V 6.4.4",
            "NSX-V 6.4.10",
            "NSX-V 6.4.99",
            "NSX-V 6.5.0",
            "NSX-V 6.5.1",
        ),
        (
            Nsx,
            "3.1.1.0.0.17000000",
            "NSX-T 3.1.2",
            "3.1.2.0.0.17883596",
            "3.2.9.0.0.19000000",
            "NSX-T 3.3",
            "NSX-T 4.0",
        ),
        (
            DeepSecurity,
            "10.3.9999",
            "11.0",
            "11.0.0-582",
            "19.9.9-999",
            "20.0",
            "20.1",
        ),
        (
            DeepSecurity,
            "12.0.0-681",
            "12.0.0-682",
            "12.5.0-1",
            "20.0.0-876",
            "20.0.0-877",
            "20.0.0-878",
        ),
        (Tools, "10.3.9", "10.3.10", "11.0.0", "11.3.4", "11.3.5", "11.3.6"),
        (
            SqlServer,
            "12.0.4218.9",
            "12.0.4219.0",
            "12.0.4437.0",
            "12.0.4999.9",
            "12.0.5000.0",
            "13.0.0.0",
        ),
    ],
)
def test_contains_at_every_bound(family, older, first, between, last, below, newer):
    """The start lies in it, the end does not, and what is next to either is on its own side."""
    whole = f"from {first} below {below}"
    assert [inside(one, whole, family) for one in (older, first, between, last, below, newer)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert [inside(one, f"from {first}", family) for one in (older, first, below, newer)] == [
        False,
        True,
        True,
        True,
    ]
    assert [inside(one, f"below {below}", family) for one in (older, last, below, newer)] == [
        True,
        True,
        False,
        False,
    ]
    assert all(inside(one, "any", family) for one in (older, first, between, below, newer))
    assert [inside(one, first, family) for one in (older, first, last, newer)] == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_contains_is_the_order(family, data):
    """A version lies in a span where it is not older than the start and is older than the end."""
    version, one, two = data.draw(st.tuples(*[WHOLE[family]] * 3))
    first, below = sorted((one, two))
    assert (version in Span(first)) == (version >= first)
    assert (version in Span(below=below)) == (version < below)
    assert (version in Span(first, below)) == (first <= version < below)
    assert (version in Span(exactly=first)) == (version == first)
    assert version in Span()


@pytest.mark.parametrize(
    ("version", "text", "family", "lies"),
    [
        ("20.0.0-877", "20.0", DeepSecurity, True),
        ("20.0.1-690", "20.0", DeepSecurity, True),
        ("20.1.0-5", "20.0", DeepSecurity, False),
        ("20.0", "20.0", DeepSecurity, True),
        ("20.0.0-877", "from 20.0", DeepSecurity, True),
        ("20.0.0-877", "below 20.0", DeepSecurity, False),
        ("3.1.2.0.0.17883596", "NSX-T 3.1", Nsx, True),
        ("3.1.2.0.0.17883596", "NSX-T 3.1.2", Nsx, True),
        ("3.1.0.0.0.17107167", "NSX-T 3.1.2", Nsx, False),
        ("NSX-T 3.10.0", "NSX-T 3.1", Nsx, False),
        ("3.1.2.0.0.17883596", "below NSX-T 3.1", Nsx, False),
        ("6.7 U3b", "6.7 U3", VSphere, False),
        ("6.7 U3", "6.7", VSphere, False),
    ],
)
def test_a_less_precise_version_covers_what_lies_in_it(version, text, family, lies):
    """A line and an NSX release hold their builds; a release of vSphere is itself alone."""
    assert inside(version, text, family) is lies


@pytest.mark.parametrize("text", ["NSX-T 3.1.2", "from NSX-T 2.5", "below NSX-T 3.3"])
@given(version=NSX)
def test_products_do_not_mix(text, version):
    """A span of NSX-T never holds an NSX-V, however high its number; any holds both."""
    old = Nsx("NSX-V", version.numbers)
    assert old not in span(text, Nsx)
    assert old in span("any", Nsx)
    assert Nsx.parse("NSX-T 3.1.2") not in span("from NSX-V 1.0", Nsx)
    assert Nsx.parse("NSX-T 3.1.2") not in span("below NSX-V 9.9", Nsx)


@pytest.mark.parametrize(
    ("version", "text", "family"),
    [
        ("20.0", "from 20.0.0-877", DeepSecurity),
        ("20.0", "below 20.0.0-877", DeepSecurity),
        ("20.0", "20.0.0-877", DeepSecurity),
        ("NSX-T 3.1", "NSX-T 3.1.2", Nsx),
        ("12.0", "from 12.0.0-682 below 20.0", DeepSecurity),
        ("NSX-T 3.1", "from NSX-T 3.1.2", Nsx),
        ("NSX-T 3.1", "below NSX-T 3.1.2", Nsx),
    ],
)
def test_a_line_at_a_bound_inside_it(version, text, family):
    """Where only the build could say, asking is an error and not an answer."""
    with pytest.raises(VersionError):
        inside(version, text, family)
