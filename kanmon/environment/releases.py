"""Whether the releases that an environment names as targets are known: a typing error ends nowhere.

The tables are the project's with the operator's own rows, so a row of an overlay makes a release
known.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kanmon.environment.file import Environment
from kanmon.errors import UsageError
from kanmon.knowledge import Overlay, R, shipped
from kanmon.knowledge.interop import NsxVSphere, UpgradeCells
from kanmon.knowledge.releases import (
    DeepSecurityRelease,
    EsxiRelease,
    LifeCycle,
    NsxRelease,
    Release,
    VCenterRelease,
)
from kanmon.versions import DeepSecurity, Nsx, VSphere

NEAR = 3
"""Releases that an error names as meant perhaps."""
WHOLE = 3
"""Numbers from which on a version of NSX is a release and no line."""
MODELS: dict[str, type[Release]] = {"vcenter": VCenterRelease, "esxi": EsxiRelease}


def refuse_unknown(environment: Environment, path: Path) -> None:
    """Refuse targets that no table knows.

    Raises:
        UsageError: one or more; all are named, with what is near and the row that makes it known.
    """
    problems = list(_problems(environment, environment.read_overlay()))
    if problems:
        raise UsageError("\n  ".join([f"{path} cannot be used:", *problems]))


def _problems(environment: Environment, overlay: Overlay | None) -> Iterator[str]:
    upgrade = environment.upgrade
    places: list[tuple[str, Any]] = [("upgrade", upgrade)]
    places += [(f"plan.{number}", one) for number, one in enumerate(environment.plan)]
    for where, one in places:
        for kind in MODELS:
            if text := getattr(one, kind):
                yield from _vsphere(f"{where}.{kind}", kind, text, overlay)
    if upgrade.nsx:
        yield from _nsx(upgrade.nsx, overlay)
    for key in ("deep_security", "agent", "appliance"):
        if text := getattr(upgrade, key):
            yield from _deep_security(f"upgrade.{key}", text, overlay)


def _rows(model: type[R], overlay: Overlay | None) -> tuple[R, ...]:
    table, own = shipped(model), overlay.tables.get(model.table) if overlay else None
    return table.under(own).rows if own else table.rows


def _vsphere(key: str, kind: str, text: str, overlay: Overlay | None) -> Iterator[str]:
    wanted, model = VSphere.parse(text), MODELS[kind]
    known = sorted({VSphere.parse(row.version) for row in _rows(model, overlay)})
    if wanted in known:
        return
    of_line = [one for one in known if one.line == wanted.line]
    of_level = [one for one in of_line if one.update == wanted.update]
    row = f'{{ build = ..., release = "...", version = "{wanted}", date = ..., source = "..." }}'
    yield _told(key, text, model.table, of_level or of_line or known, row)


def _nsx(text: str, overlay: Overlay | None) -> Iterator[str]:
    wanted = Nsx.parse(text)
    known = {Nsx.parse(f"{row.product} {row.version}") for row in _rows(NsxRelease, overlay)}
    known |= {
        row.nsx.exactly
        for row in _rows(NsxVSphere, overlay)
        if row.nsx.exactly and len(row.nsx.exactly.numbers) >= WHOLE
    }
    known |= _in_cells(overlay)
    if any(one.covers(wanted) for one in known):
        return
    alike = sorted(
        (one for one in known if one.product == wanted.product), key=lambda one: one.numbers
    )
    within = [one for one in alike if wanted.covers(one)]
    of_line = [one for one in alike if one.numbers[:2] == wanted.numbers[:2]]
    version = ".".join(map(str, wanted.numbers))
    row = (
        f'{{ product = "{wanted.product}", build = ..., release = "...", version = "{version}", '
        'source = "..." }'
    )
    yield _told("upgrade.nsx", text, NsxRelease.table, within or of_line or alike, row)


def _in_cells(overlay: Overlay | None) -> set[Nsx]:
    """The releases of NSX that the vendor's matrix names, some of which no list of builds does."""
    rows = [row for row in _rows(UpgradeCells, overlay) if row.product == "NSX"]
    named = {text for row in rows for text in (row.before, *row.to, *row.back_in_time, *row.not_to)}
    return {Nsx.parse(f"NSX-T {text}") for text in named}


def _deep_security(key: str, text: str, overlay: Overlay | None) -> Iterator[str]:
    """Its builds are ordered by their numbers, so that the line has to be known and no more."""
    wanted = DeepSecurity.parse(text).line
    known = {DeepSecurity.parse(row.version).line for row in _rows(DeepSecurityRelease, overlay)}
    known |= {
        DeepSecurity.parse(row.release).line
        for row in _rows(LifeCycle, overlay)
        if row.product == "Deep Security"
    }
    if wanted not in known:
        row = '{ product = "manager", version = "' + text + '", source = "..." }'
        yield _told(key, text, DeepSecurityRelease.table, sorted(known), row)


def _told(key: str, text: str, table: str, near: list[Any], row: str) -> str:
    meant = ", ".join(map(str, near[-NEAR:]))
    return (
        f"{key}: no row of {table} names {text!r}: did you mean {meant}? A release that came out "
        f"since is known by a row in {table}.toml of your overlay: {row}"
    )
