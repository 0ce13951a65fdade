"""The estate at a glance: small charts that are tables first, so that no figure is colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kanmon.report.page.markup import Html, section, tag
from kanmon.report.translate import Translator
from kanmon.report.words import Record

BARS = 12
"""Bars of one chart; what is rarer is counted together."""
WIDTH = 160
"""Pixels of the longest bar."""


def glance(record: Record, tr: Translator) -> Html:
    """Agents by status and version, guests by release of VMware Tools, hosts by build."""
    estate = record["estate"]
    agents = [(f"{one['version']} {tr(one['status'])}", one) for one in estate["agents"]]
    guests = [(tr(one["tools"]), one) for one in estate["guests"]]
    hosts = [(f"{one['version']} ({one['build']})", one) for one in estate["hosts"]]
    charts = (
        (tr("Agents by version and status"), agents),
        (tr("Running guests by VMware Tools"), guests),
        (tr("Hosts by build"), hosts),
    )
    made = [_chart(title, ones, tr) for title, ones in charts if ones]
    return section(
        tr("The estate at a glance"), tag("div", *made, class_="k-charts") if made else Html("")
    )


def _chart(title: str, ones: Sequence[tuple[str, dict[str, Any]]], tr: Translator) -> Html:
    shown, rest = list(ones[:BARS]), ones[BARS:]
    bars = [(label, one["target"], one["count"]) for label, one in shown]
    if rest:
        others = sum(one["count"] for _, one in rest)
        bars.append((tr("{} others").format(len(rest)), "", others))
    longest = max(count for *_, count in bars)
    rows = [
        tag(
            "tr",
            tag("th", label, scope="row"),
            tag("td", target),
            tag("td", str(count), class_="k-count"),
            tag("td", _bar(count, longest)),
        )
        for label, target, count in bars
    ]
    return tag("table", tag("caption", title), tag("tbody", *rows), class_="k-chart")


def _bar(count: int, longest: int) -> Html:
    """A bar as long as its share; the figure stands beside it."""
    width = max(2, round(WIDTH * count / longest))
    bar = tag("rect", width=str(width), height="12", rx="2")
    return tag("svg", bar, width=str(WIDTH), height="12", aria_hidden="true", focusable="false")
