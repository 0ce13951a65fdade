"""Sources of the tables: whoever doubts a row opens its page, not the front door of a vendor."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest

from kanmon.knowledge import load, tables
from kanmon.knowledge.interop import EsxiVCenter, NsxHop, NsxVSphere, UpgradeCells, VSphereHop
from kanmon.knowledge.releases import EsxiRelease, NsxRelease, ToolsRelease, VCenterRelease

FAST = (
    *(VCenterRelease, EsxiRelease, NsxRelease, ToolsRelease),
    *(UpgradeCells, VSphereHop, NsxHop, EsxiVCenter, NsxVSphere),
)
"""What was released, and what may go where."""


@pytest.mark.parametrize("model", tables(), ids=lambda m: m.table)
def test_a_source_is_a_page(model):
    """The address of a source leads further than to a host."""
    cited = {row.citation.url for row in load(model).rows}
    assert [url for url in cited if not urlsplit(url).path.strip("/")] == []


@pytest.mark.parametrize("model", FAST, ids=lambda m: m.table)
def test_what_moves_fast_is_reviewed_soon(model):
    """Three months after somebody read the newest of its sources a list of releases is stale."""
    table = load(model)
    newest = max(row.citation.retrieved for row in table.rows)
    assert table.review_by - newest <= dt.timedelta(days=100)
