"""How much a lack weighs: by a vendor's figure, and below the floor that is our own."""

from __future__ import annotations

from dataclasses import replace

from kanmon.check import Finding
from kanmon.knowledge.floors import Need
from kanmon.knowledge.lookup import floor
from kanmon.text import Text

MIB = 1024**2


def weighed(short: Finding, amount: int, of: Need) -> Finding:
    """What is short of a vendor's figure: as it is, or of full weight where it is below the floor.

    Args:
        short: with the vendor's figure, its source and the weight that this has.
        amount: cores, or bytes.
        of: what there is too little of.
    """
    row = floor(of)
    if amount >= row.least * (MIB if row.unit == "MiB" else 1):
        return short
    least = f"{row.least / 1024:g} GiB" if row.unit == "MiB" else str(row.least)
    expected = Text(
        "{expected}; below {least} no step starts", expected=short.expected, least=least
    )
    return replace(short, expected=expected, source=row.citation, severity=None)
