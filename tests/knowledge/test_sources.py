"""Sources of the tables: whoever doubts a row opens its page, not the front door of a vendor."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from kanmon.knowledge import load, tables

PENDING = {
    "agent_footprint",
    "appliance_nsx",
    "certificate_events",
    "databases",
    "deep_security_days",
    "deep_security_releases",
    "floors",
    "manager_disk",
    "manager_os",
    "os_appliance",
    "ports",
    "precheck_words",
    "sqlserver_engines",
    "sqlserver_releases",
    "sqlserver_tls12",
    "tenant_states",
}
"""Tables of Deep Security and of databases that still have such sources."""


@pytest.mark.parametrize(
    "model", [model for model in tables() if model.table not in PENDING], ids=lambda m: m.table
)
def test_a_source_is_a_page(model):
    """The address of a source leads further than to a host."""
    cited = {row.citation.url for row in load(model).rows}
    assert [url for url in cited if not urlsplit(url).path.strip("/")] == []
