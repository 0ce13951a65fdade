"""The vendor's matrix of upgrade paths: a cell decides, rows and dates where there is none."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At, Rules, Word
from kanmon.knowledge.interop import DateRule, NsxHop, UpgradeCells, VSphereHop
from kanmon.knowledge.releases import EsxiRelease, VCenterRelease
from kanmon.knowledge.rows import Origin, Source
from kanmon.versions import Nsx, VSphere

YES, NO, SILENCE = Word.YES, Word.NO, Word.SILENCE
ORIGIN = Origin(
    {"own": Source(title="a text", url="https://a.example.jp/1", retrieved=dt.date(2026, 1, 1))}
)
EARLY, LATE = At(VSphere.parse("8.0 U1"), dt.date(2024, 1, 1)), dt.date(2025, 1, 1)
SHIPPED = Rules()
RELEASES = {
    "vcenter": {VSphere.parse(r.version): r.date for r in load(VCenterRelease).rows},
    "esxi": {VSphere.parse(r.version): r.date for r in load(EsxiRelease).rows},
}


def at(kind, text):
    """A release with its day, as the shipped tables give it."""
    if kind == "nsx":
        return At(Nsx.parse(text))
    version = VSphere.parse(text)
    return At(version, RELEASES[kind].get(version))


def cells(**fields):
    """A row of the matrix, from a text of nobody."""
    given = {"source": "own", "confidence": "documented", "product": "vCenter", **fields}
    return UpgradeCells.model_validate(given, context=ORIGIN)


def rules(*rows):
    """Rules of these rows alone."""
    return Rules(lambda model: [row for row in rows if isinstance(row, model)])


@pytest.mark.parametrize("kind", ["vcenter", "esxi"])
@pytest.mark.parametrize(
    ("before", "after", "hop", "in_time"),
    [
        ("8.0 U3h", "9.0.1.0", YES, NO),
        ("8.0 U3h", "9.0.2.0", YES, YES),
        ("8.0 U3i", "9.0.2.0", YES, NO),
        ("8.0 U3i", "9.0.2.0100", NO, YES),
        ("8.0 U3i", "9.1", YES, YES),
        ("8.0 U3j", "9.1.0.0200", NO, YES),
        ("8.0 U3j", "9.1.1.0", YES, YES),
        ("8.0 U2f", "8.0 U3k", YES, YES),
        ("8.0 U2f", "8.0 U3j", YES, NO),
    ],
)
def test_what_the_matrix_says(kind, before, after, hop, in_time):
    """The newest 8.0 reaches few releases of 9, and 8.0 U2f goes to an older one."""
    old, new = at(kind, before), at(kind, after)
    assert SHIPPED.hop(kind, old, new).word is hop
    assert SHIPPED.in_time(kind, old, new).word is in_time


def test_vcenter_8_0_u1d_goes_to_the_older_u2():
    """By the dates it would go back in time; the matrix lists it as supported, and says so."""
    old, new = at("vcenter", "8.0 U1d"), at("vcenter", "8.0 U2")
    assert old.released > new.released
    answer = SHIPPED.in_time("vcenter", old, new)
    assert answer.word is YES
    assert answer.citation.row == "vCenter 8.0 U1d to 8.0 U2"
    assert "older by its date" in answer.citation.note


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("4.2.1.3.0.24533884", "NSX 4.2.3.1", YES),
        ("NSX 4.2.4.0", "NSX 9.1.1.0", YES),
        ("NSX 4.2.4.0", "NSX 9.0.2.0", NO),
        ("NSX 4.1.2.3", "NSX 9.1.0.0", NO),
        ("NSX 4.2.1.4", "NSX 4.2.2.0", NO),
        ("NSX 4.0.0.1", "NSX 9.0.0.0", NO),
        ("NSX 4.2.0.0", "NSX 4.2.1", YES),
        ("NSX 4.2.1.4", "NSX 4.2.2", SILENCE),
        ("NSX 4.2.3.0", "NSX 4.2.1.0", SILENCE),
    ],
)
def test_hops_of_nsx(before, after, word):
    """A build is of its release; what names a release in part is answered by cells that agree."""
    assert SHIPPED.hop("nsx", at("nsx", before), at("nsx", after)).word is word


def test_a_cell_comes_before_rows_and_dates():
    """Yes or no: what the matrix names is asked of nothing else."""
    row = cells(before="8.0 U1", to=["8.0 U2"], not_to=["9.0"])
    spans = {"product": "vCenter", "before": "any", "after": "any", "source": "own"}
    hop = VSphereHop.model_validate(
        {**spans, "allowed": True, "confidence": "documented"}, context=ORIGIN
    )
    rule = DateRule.model_validate(
        {"product": "vCenter", "refuses": True, "source": "own", "confidence": "documented"},
        context=ORIGIN,
    )
    asked = rules(row, hop, rule)
    before = At(EARLY.version, LATE)
    older = [At(VSphere.parse(text), EARLY.released) for text in ("8.0 U2", "9.0", "9.1")]
    assert [asked.in_time("vcenter", before, after).word for after in older] == [YES, NO, NO]
    assert [asked.hop("vcenter", before, after).word for after in older] == [YES, NO, YES]


def test_a_cell_of_another_product_says_nothing():
    """What holds of vCenter does not hold of its hosts."""
    asked = rules(cells(before="8.0 U1", not_to=["9.0"]))
    old, new = EARLY, At(VSphere.parse("9.0"), LATE)
    assert asked.hop("vcenter", old, new).word is NO
    assert asked.hop("esxi", old, new).word is SILENCE


def test_the_first_row_that_names_a_hop_decides():
    """An operator's own row stands first, and leaves the other hops of the release alone."""
    own, shipped = cells(before="8.0 U1", to=["9.0"]), cells(before="8.0 U1", not_to=["9.0", "9.1"])
    asked = rules(own, shipped)
    after = [At(VSphere.parse(text)) for text in ("9.0", "9.1")]
    assert [asked.hop("vcenter", EARLY, one).word for one in after] == [YES, NO]
    assert own.key != shipped.key


def test_what_is_taken_for_a_yes_is_one_cell():
    """A plan that asks what a rule costs sets aside this hop, not all of its release."""
    asked = rules(cells(before="8.0 U1", not_to=["9.0", "9.1"]))
    after = [At(VSphere.parse(text)) for text in ("9.0", "9.1")]
    refusal = asked.hop("vcenter", EARLY, after[0])
    kinder = asked.granting(refusal.citation)
    assert [kinder.hop("vcenter", EARLY, one).word for one in after] == [YES, NO]


def test_a_footnote_stays_with_its_cell():
    """What is said beside one release is not said of another; of the rest the row's note is."""
    row = cells(
        before="8.0 U1", to=["8.0 U2", "9.0"], footnotes={"by images": ["9.0"]}, note="of 2026-09"
    )
    asked = rules(row)
    notes = [
        asked.hop("vcenter", EARLY, At(VSphere.parse(text))).citation.note
        for text in ("8.0 U2", "9.0")
    ]
    assert notes == ["of 2026-09", "by images"]


@pytest.mark.parametrize(
    "fields",
    [
        {"before": "8.0 U1"},
        {"before": "8.0 U1", "to": ["9.0"], "not_to": ["9.0"]},
        {"before": "8.0 U1", "to": ["9"]},
        {"before": "8.0.1", "to": ["9.0"]},
        {"before": "8.0 U1", "to": ["9.0"], "footnotes": {"by images": ["9.1"]}},
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(fields):
    """No release, one twice, none of its product, a footnote to nothing."""
    with pytest.raises(ValidationError):
        cells(**fields)


def test_the_matrix_is_whole():
    """Every hop of the extract is here but those whose cell it leaves empty."""
    rows = load(UpgradeCells).rows
    told = {
        product: [r for r in rows if r.product == product] for product in ("vCenter", "ESXi", "NSX")
    }
    assert {
        product: sum(len(r.to) + len(r.back_in_time) + len(r.not_to) for r in of)
        for product, of in told.items()
    } == {"vCenter": 665, "ESXi": 561, "NSX": 656}
    known = {"vCenter": RELEASES["vcenter"], "ESXi": RELEASES["esxi"]}
    for product, releases in known.items():
        for row in told[product]:
            named = (row.before, *row.to, *row.back_in_time, *row.not_to)
            assert all(VSphere.parse(text) in releases for text in named), row.key


def test_no_hop_of_nsx_is_without_a_row():
    """Where neither a cell nor a row speaks, an upgrade of NSX is no hop."""
    row = NsxHop.model_validate(
        {
            "before": "NSX-T 3.1",
            "after": "NSX-T 3.2",
            "allowed": True,
            "source": "own",
            "confidence": "documented",
        },
        context=ORIGIN,
    )
    asked = rules(row)
    assert asked.hop("nsx", at("nsx", "NSX-T 3.1.3.0"), at("nsx", "NSX-T 3.2.0.1")).word is YES
    assert asked.hop("nsx", at("nsx", "NSX 4.1.2.1"), at("nsx", "NSX 4.2.1.0")).word is SILENCE
