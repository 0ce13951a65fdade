"""Small estates and small tables at random, the same ones for the same seed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import product
from math import prod
from random import Random
from typing import Any

from kanmon.knowledge.compatibility import At, Rules
from kanmon.knowledge.interop import (
    ApplianceNsx,
    DateRule,
    DeepSecurityHop,
    DeepSecurityPair,
    EsxiVCenter,
    NsxHop,
    NsxVSphere,
    ToolsFloor,
    VSphereHop,
)
from kanmon.knowledge.rows import Origin, Row, Source
from kanmon.planning.estate import Component, Estate
from kanmon.versions import DeepSecurity, Nsx, Tools, VSphere

SOURCES = {"s": Source(title="drawn", url="drawn", retrieved=dt.date(2026, 1, 1))}
LARGEST = 6000
"""States of an estate, all components together, above which another one is drawn."""

RELEASES = ("6.5", "6.7", "7.0", "7.0 U1")
NSX = ("NSX-V 6.4.5", "NSX-V 6.4.8", "NSX-T 3.0.0", "NSX-T 3.1.2")
LINES = ("11.0", "12.0", "20.0")
BUILDS = ("11.0.510", "12.0.300", "20.0.877")
TOOLS = ("10.2.1", "10.3.10", "11.0.0")


def row(model: type[Row], **values: Any) -> Any:
    """A row of a table, from plain values."""
    return model.model_validate(
        {"source": "s", "confidence": "field", **values}, context=Origin(SOURCES)
    )


OPEN: tuple[Any, ...] = (
    row(EsxiVCenter, esxi="any", vcenter="any", supported=True),
    row(NsxVSphere, nsx="any", vcenter="any", esxi="any", supported=True),
    row(ApplianceNsx, appliance="any", nsx="any", esxi="any", supported=True),
    *(
        row(
            DeepSecurityPair,
            product=product_,
            version="any",
            partner=partner,
            partner_version="any",
            supported=True,
        )
        for product_ in ("agent", "relay", "appliance")
        for partner in ("manager", "relay")
    ),
    *(
        row(VSphereHop, product=product_, before="any", after="any", allowed=True)
        for product_ in ("vCenter", "ESXi")
    ),
    row(NsxHop, before="any", after="any", allowed=True),
    *(
        row(DeepSecurityHop, product=product_, before="any", after="any", allowed=True)
        for product_ in ("manager", "relay", "agent", "appliance")
    ),
    *(row(ToolsFloor, nsx=f"NSX-T {line}", minimum="7.0.0") for line in ("3.0", "3.1", "3.2")),
)
"""Rows that say yes to everything; what stands before them decides first."""


class Drawn:
    """Tables and an estate drawn from a seed.

    Attributes:
        estate: at most ``LARGEST`` states of it can be reached.
        rules: what the tables say.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - nothing secret
        tables = self._tables()
        self.rules = Rules(lambda model: tables.get(model, ()))
        self.estate = self._estate()
        while _size(self.estate) > LARGEST:
            self.estate = self._estate()

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _tables(self) -> dict[type[Row], list[Any]]:
        fits: list[tuple[type[Row], list[dict[str, Any]]]] = [
            (EsxiVCenter, _pairs(esxi=RELEASES, vcenter=RELEASES)),
            (NsxVSphere, [*_pairs(nsx=NSX, vcenter=RELEASES), *_pairs(nsx=NSX, esxi=RELEASES)]),
            (ApplianceNsx, _pairs(appliance=LINES, nsx=NSX, esxi=RELEASES)),
            (DeepSecurityPair, list(_together())),
        ]
        hops: list[tuple[type[Row], list[dict[str, Any]]]] = [
            (VSphereHop, _pairs(product=("vCenter", "ESXi"), before=RELEASES, after=RELEASES)),
            (NsxHop, _pairs(before=NSX, after=NSX)),
            (
                DeepSecurityHop,
                _pairs(
                    product=("manager", "relay", "agent", "appliance"), before=LINES, after=LINES
                ),
            ),
        ]
        kind = self._random.choice((1.0, 0.99, 0.95, 0.8))  # of the tables: how often they say yes
        tables: dict[type[Row], list[Any]] = {}
        for says, told in (("supported", fits), ("allowed", hops)):
            for model, spans in told:
                rows = [self._row(model, says, one, kind) for one in spans]
                tables[model] = [one for one in rows if one]
        if self._maybe(0.7):  # in front of all others: no hop over a line
            far = [(RELEASES[0], RELEASES[2]), (RELEASES[0], RELEASES[3])]
            tables[VSphereHop][:0] = [
                row(VSphereHop, product=product, before=before, after=after, allowed=False)
                for product in ("vCenter", "ESXi")
                for before, after in far
            ]
        tables[DateRule] = [
            row(DateRule, product=product, refuses=self._maybe(0.5), confidence=self._trust())
            for product in ("vCenter", "ESXi")
            if self._maybe(0.8)
        ]
        tables[ToolsFloor] = [
            row(ToolsFloor, nsx=nsx, minimum=self._random.choice(TOOLS), confidence=self._trust())
            for nsx in ("NSX-T 3.0", "NSX-T 3.1")
            if self._maybe(0.8)
        ]
        return tables

    def _row(self, model: type[Row], says: str, spans: dict[str, Any], kind: float) -> Any:
        if self._maybe((1 - kind) / 2):
            return None
        return row(model, **spans, **{says: self._maybe(kind)}, confidence=self._trust())

    def _trust(self) -> str:
        return self._random.choice(("documented", "field", "procedure", "unverified"))

    def _estate(self) -> Estate:
        self._today: dict[Component, tuple[At, ...]] = {}
        self._goal: dict[Component, At] = {}
        self._stops: dict[Component, tuple[At, ...]] = {}
        vcenters = [f"vc-{number}" for number in range(self._random.choice((1, 1, 2, 2, 3)))]
        for slug in vcenters:
            self._vcenter(slug)
        protects = {}
        for slug in [f"dsm-{number}" for number in range(self._random.choice((0, 1, 1, 2, 2)))]:
            self._manager(slug)
            protects[slug] = frozenset(one for one in vcenters if self._maybe(0.7))
        return Estate(self._today, self._goal, protects, self._stops)

    def _vcenter(self, slug: str) -> None:
        days = [self._day() for _ in RELEASES]
        releases = [At(VSphere.parse(text), day) for text, day in zip(RELEASES, days, strict=True)]
        for kind, most in (("vcenter", 1), ("esxi", 2)):
            component, count = Component(kind, slug), self._random.randint(1, most)
            if kind == "vcenter" or self._maybe(0.9):
                self._today[component] = tuple(
                    sorted(self._random.sample(releases[:3], count), key=str)
                )
            elif self._maybe(0.5):
                self._today[component] = ()  # a vCenter without a host
            if self._maybe(0.9):
                self._goal[component] = self._random.choice(releases[1:] + releases[2:])
                stops = self._random.sample(releases[1:], self._random.choice((0, 1, 1, 2)))
                self._stops[component] = tuple(sorted(stops, key=str))
        if self._maybe(0.6):
            self._nsx(slug)

    def _nsx(self, slug: str) -> None:
        releases = [At(Nsx.parse(text)) for text in NSX]
        old, mid, early, new = releases
        starts = [(old,), (old,), (mid,), (early,), (new,), (old, early), (old, new), (early, new)]
        component, tools = Component("nsx", slug), Component("tools", slug)
        self._today[component] = self._random.choice(starts)
        if self._maybe(0.9):
            self._goal[component] = self._random.choice((new, new, new, early, mid))
            self._stops[component] = tuple(one for one in releases if self._maybe(0.3))
        if self._maybe(0.4):
            self._today[tools] = (At(Tools.parse("10.2.1")),)
            self._stops[tools] = (At(Tools.parse("10.3.10")),)

    def _manager(self, slug: str) -> None:
        builds = [At(DeepSecurity.parse(text)) for text in BUILDS]
        goal = self._random.choice(builds[1:])
        for kind, chance, most in (
            ("manager", 0.9, 1),
            ("relay", 0.4, 1),
            ("agent", 0.4, 2),
            ("appliance", 0.8, 1),
        ):
            if self._maybe(chance):
                count = self._random.randint(1, most)
                component = Component(kind, slug)
                self._today[component] = tuple(sorted(self._random.sample(builds, count), key=str))
                if self._maybe(0.9):
                    self._goal[component] = goal

    def _day(self) -> dt.date | None:
        day = dt.date(2020, 1, 1) + dt.timedelta(days=self._random.randint(0, 5))
        return day if self._maybe(0.9) else None


def _pairs(**spans: tuple[str, ...]) -> list[dict[str, Any]]:
    return [dict(zip(spans, values, strict=True)) for values in product(*spans.values())]


def _together() -> Iterator[dict[str, Any]]:
    for product_, partner in (
        ("agent", "manager"),
        ("relay", "manager"),
        ("appliance", "manager"),
        ("agent", "relay"),
    ):
        for version, other in product(LINES, LINES):
            yield {
                "product": product_,
                "version": version,
                "partner": partner,
                "partner_version": other,
            }


def _size(estate: Estate) -> int:
    """How many states there can be: each component at today's versions, its stops and its goal."""
    return prod(
        1
        + (component in estate.goal) * (1 + (component.kind == "nsx"))
        + len(estate.waypoints.get(component, ()))
        for component in estate.today
    )
