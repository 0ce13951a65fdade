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
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from kanmon.knowledge.interop import UpgradeCells
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
PRODUCTS = {"vcenter": "vCenter", "esx": "ESXi", "esxi": "ESXi", "nsx": "NSX"}
"""By the matrix's name, in small letters: what the table of cells calls it."""


def offered(file: Path) -> Iterator[Offered | KnowledgeError]:
    """The cells that the matrix has a word on, each as a row of its own.

    Raises:
        KnowledgeError: the file has another form, or is of a product without a table of hops.
    """
    matrix = _matrix(file)
    name = matrix.name.casefold().removeprefix("vmware ").split()[0]
    if name not in PRODUCTS:
        raise KnowledgeError(
            f"{file}, name: expected one of {', '.join(PRODUCTS)}, got {matrix.name!r}"
        )
    title = Provenance(f"Interoperability matrix, upgrades of {matrix.name}")
    for before in matrix.before:
        for cell in before.releases:
            if cell.status is None:
                continue
            where = f"from {before.version} to {cell.version}"
            try:
                values = _values(PRODUCTS[name], before, cell)
            except VersionError as error:
                yield KnowledgeError(f"{where}: {error}")
                continue
            yield Offered(UpgradeCells, values, title, where, note=cell.footnotes or "")


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


def _values(product: str, before: _From, cell: _Cell) -> dict[str, Any]:
    """A cell as its table writes it."""
    word = "to"
    if cell.status == NOT_SUPPORTED:
        word = "back_in_time" if before.released > cell.released else "not_to"
    old, new = (_named(product, one.version) for one in (before, cell))
    return {"product": product, "before": old, word: [new]}


def _named(product: str, version: str) -> str:
    if product == "NSX":
        return ".".join(map(str, Nsx.parse(f"NSX-T {version}").numbers))
    return str(VSphere.parse(version))
