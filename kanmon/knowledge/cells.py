"""The cells of the vendor's matrix of upgrades: what it says of one release and another one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kanmon.knowledge.interop import UpgradeCells
from kanmon.versions import Nsx, Version, VSphere


class Cell(NamedTuple):
    """What the vendor's matrix says of a hop from one release to another.

    Attributes:
        after: the release that is gone to, as the row writes it.
        back_in_time: it is not allowed since the target came out before the source.
    """

    row: UpgradeCells
    after: str
    allowed: bool
    back_in_time: bool

    @property
    def key(self) -> str:
        """The hop."""
        return f"{self.row.product} {self.row.before} to {self.after}"

    @property
    def footnote(self) -> str:
        """What the matrix says beside it."""
        return self.row.footnote(self.after)


Release = VSphere | tuple[int, ...]
Cells = dict[tuple[Release, Release], Cell]
_OF_A_RELEASE = 4
"""As many numbers name a release of NSX; those that a manager reports after them are its build."""


def _release(version: Version) -> Release:
    """The release, as the matrix counts them, that a version is of."""
    return version.numbers[:_OF_A_RELEASE] if isinstance(version, Nsx) else version  # type: ignore[return-value] # nothing else has cells


def cells_of(rows: Iterable[UpgradeCells], product: str) -> Cells:
    """The cells of a product by their two releases; of rows that name both the first counts."""
    cells: Cells = {}
    for row in rows:
        if row.product != product:
            continue
        before = _release(row.release(row.before))
        for after in (*row.to, *row.back_in_time, *row.not_to):
            cell = Cell(row, after, after in row.to, after in row.back_in_time)
            cells.setdefault((before, _release(row.release(after))), cell)
    return cells


def _inside(cells: Cells, before: Release, after: Release) -> list[Cell]:
    """The cells of the releases that lie in two of NSX which say less than a whole one."""
    if isinstance(before, VSphere) or isinstance(after, VSphere):
        return []
    return [
        cell
        for (old, new), cell in cells.items()
        if old[: len(before)] == before and new[: len(after)] == after  # type: ignore[index] # NSX's
    ]


def between(cells: Cells, old: Version, new: Version) -> Cell | None:
    """What the matrix says of a hop; None where it has no cell.

    Of a version that several releases lie in, all their cells have to say the same.
    """
    if not cells:
        return None
    hop = _release(old), _release(new)
    found = [cells[hop]] if hop in cells else _inside(cells, *hop)
    words = {(cell.allowed, cell.back_in_time) for cell in found}
    return found[0] if len(words) == 1 else None
