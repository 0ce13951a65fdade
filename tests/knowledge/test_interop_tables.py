"""The shipped tables of what fits and of what may hop: no row stands there in vain."""

from __future__ import annotations

from itertools import product

import pytest

from kanmon.knowledge import load
from kanmon.knowledge.interop import TABLES, DateRule, ToolsFloor, UpgradeCells
from kanmon.knowledge.releases import EsxiRelease, NsxRelease, VCenterRelease
from kanmon.knowledge.spans import Span
from kanmon.versions import DeepSecurity, Nsx, Tools, VSphere

ENDS = ("first", "below", "exactly")
RELEASES = {row.version for model in (VCenterRelease, EsxiRelease) for row in load(model).rows}
SAMPLES = {
    VSphere: ["5.0", "5.5", "6.0", *sorted(RELEASES)],
    Nsx: [
        *(f"{row.product} {row.version}" for row in load(NsxRelease).rows),
        *(f"NSX-T {text}" for text in ("2.4.0", "2.5.0", "3.0.0", "3.0.1", "3.1.1", "3.2.0.1")),
        *(f"NSX-T {text}" for text in ("3.1.3.5.0.1", "3.1.3.7.0.1", "2.0.0")),
        "NSX-V 6.3.0",
    ],
    DeepSecurity: [
        "8.0.0-5",
        "9.6.0-5",
        "10.0.0-5",
        "11.0.0-510",
        "11.2.0-5",
        "12.0.0-300",
        "12.0.0-682",
        "12.5.0-834",
        "20.0.0-877",
        "20.1.0-5",
    ],
    Tools: ["9.4.0", "9.10.0", "10.1.0", "10.3.10", "11.2.5", "13.0.0"],
}
SPANNED = [model for model in TABLES if model not in (DateRule, ToolsFloor, UpgradeCells)]


def spans(row):
    """The spans of a row, by field."""
    fields = {name: getattr(row, name) for name in type(row).model_fields}
    return {name: value for name, value in fields.items() if isinstance(value, Span)}


def words(row):
    """The products of a row, by field: a row is about these alone."""
    fields = ("product", "partner")
    return {name: getattr(row, name) for name in fields if name in type(row).model_fields}


def samples(rows, name):
    """Versions of the family that a field is of."""
    found = [getattr(spans(row).get(name, Span()), end) for row in rows for end in ENDS]
    family = next(type(bound) for bound in found if bound is not None)
    return [family.parse(text) for text in SAMPLES[family]]


def decides(rows, row):
    """Whether a row is the first that fits for something that there is.

    Of a row about two partners each is asked alone, as `kanmon.knowledge.compatibility` does.
    """
    asked = [("nsx", "vcenter"), ("nsx", "esxi")] if row.table == "nsx_vsphere" else [None]
    for names in asked:
        mine = {n: span for n, span in spans(row).items() if names is None or n in names}
        if names is not None and set(mine) != set(names):
            continue
        earlier = [
            one
            for one in rows[: rows.index(row)]
            if words(one) == words(row) and set(mine) <= set(spans(one))
        ]
        inside = [[v for v in samples(rows, n) if v in span] for n, span in mine.items()]
        for versions in product(*inside):
            there = dict(zip(mine, versions, strict=True))
            if not any(all(v in spans(one)[n] for n, v in there.items()) for one in earlier):
                return True
    return False


@pytest.mark.parametrize("model", SPANNED, ids=lambda model: model.table)
def test_no_row_stands_behind_one_that_takes_all(model):
    """Every row decides something: nobody would notice if it were wrong otherwise."""
    rows = load(model).rows
    odd = [row.key for row in rows if not decides(rows, row)]
    assert odd == []
