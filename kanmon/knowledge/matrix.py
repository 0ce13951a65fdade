"""The vendor's interoperability matrix of upgrades, as JSON: from each release to the others.

The form is that of the extract which the vendor publishes with its own checks (vcfcheck): a
product's ``upgradeProducts``, each with the ``releases`` that it may go to.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from kanmon.knowledge.interop import NsxHop, VSphereHop
from kanmon.knowledge.offered import Offered, Provenance
from kanmon.knowledge.table import KnowledgeError
from kanmon.versions import Nsx, VersionError, VSphere

_EARLY = re.compile(r"(?P<line>[1-9]\.[0-9])\.0(?P<letter>[a-z])")
"""Of the first release of a line the matrix writes three numbers before the letter."""


def _release(text: str) -> str:
    return _EARLY.sub(r"\g<line>\g<letter>", text)


def _day(milliseconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).date()


Release = Annotated[str, BeforeValidator(_release)]
Day = Annotated[dt.date, BeforeValidator(_day)]


class _Cell(BaseModel):
    """What is said of going to a release; a status of None is no word at all."""

    version: Release
    released: Day = Field(alias="gaDate")
    status: int | None = Field(ge=1, le=3)
    footnotes: str | None = None


class _From(BaseModel):
    """A release that is left."""

    version: Release
    released: Day = Field(alias="gaDate")
    releases: list[_Cell]


class _Matrix(BaseModel):
    """One product of the matrix."""

    name: str
    before: list[_From] = Field(alias="upgradeProducts", min_length=1)


NOT_SUPPORTED = 2


class _Product(NamedTuple):
    """A product that kanmon keeps a table of hops for."""

    model: type[VSphereHop | NsxHop]
    name: str


PRODUCTS = {
    "vcenter": _Product(VSphereHop, "vCenter"),
    "esx": _Product(VSphereHop, "ESXi"),
    "esxi": _Product(VSphereHop, "ESXi"),
    "nsx": _Product(NsxHop, "NSX-T"),
}


def offered(file: Path) -> Iterator[Offered | KnowledgeError]:
    """The hops that the matrix has a word on, but those that only go back in time.

    That a hop goes back in time follows from the days of its releases. Within a line of vSphere no
    table of hops is asked, so none is offered.

    Raises:
        KnowledgeError: the file has another form, or is of a product without a table of hops.
    """
    matrix = _matrix(file)
    name = matrix.name.casefold().removeprefix("vmware ").split()[0]
    if name not in PRODUCTS:
        raise KnowledgeError(
            f"{file}, name: expected one of {', '.join(PRODUCTS)}, got {matrix.name!r}"
        )
    product = PRODUCTS[name]
    for before in matrix.before:
        for cell in before.releases:
            allowed = cell.status != NOT_SUPPORTED
            if cell.status is None or (not allowed and before.released > cell.released):
                continue
            where = f"from {before.version} to {cell.version}"
            try:
                values = _values(product, before.version, cell.version)
            except VersionError as error:
                yield KnowledgeError(f"{where}: {error}")
                continue
            if values:
                yield Offered(
                    product.model,
                    {**values, "allowed": allowed},
                    Provenance(f"Interoperability matrix, upgrades of {matrix.name}"),
                    where,
                    note=cell.footnotes or "",
                )


def _matrix(file: Path) -> _Matrix:
    try:
        return _Matrix.model_validate(json.loads(file.read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "whole file"
        raise KnowledgeError(
            f"{file}, {where}: {first['msg']}; expected the upgrade matrix of one product, with "
            "name and upgradeProducts"
        ) from None
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        raise KnowledgeError(f"{file} cannot be read as JSON: {error}") from None


def _values(product: _Product, before: str, after: str) -> dict[str, Any]:
    """The two ends of a hop as its table writes them; none where the table is not asked."""
    if product.model is NsxHop:
        ends = (Nsx.parse(f"{product.name} {before}"), Nsx.parse(f"{product.name} {after}"))
        return {"before": str(ends[0]), "after": str(ends[1])}
    old, new = VSphere.parse(before), VSphere.parse(after)
    if old.line == new.line:
        return {}
    return {"product": product.name, "before": str(old), "after": str(new)}
