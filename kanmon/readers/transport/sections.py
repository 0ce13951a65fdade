"""Answers of one combined command: many small questions, one connection, one process on the target.

The command prints a line ``kanmon:NAME:STATUS`` after each question, ``kanmon:begin:0`` before the
first and ``kanmon:end:0`` after the last, so half an answer is never taken for a whole one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kanmon.errors import CouldNotRead
from kanmon.redaction import excerpt
from kanmon.text import Text

_MARKER = re.compile(r"^kanmon:([a-z0-9_-]+):(-?\d+)[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """What one question printed, error text included, and its exit status."""

    status: int
    text: str

    @property
    def lines(self) -> list[str]:
        """The lines that are not blank, without the space around them."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


def split(output: str, names: Iterable[str], tried: str, advice: str) -> dict[str, Section]:
    """The sections of a whole answer, by name.

    Args:
        output: what the combined command printed.
        names: every section, in the order in which the command asks.
        tried: what was done, for the error.
        advice: what to do when the command did not run at all.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    expected = ["begin", *names, "end"]
    markers = list(_MARKER.finditer(output))
    found = [marker[1] for marker in markers]
    if not found:
        said = excerpt(output) or Text("nothing")
        raise CouldNotRead(tried, Text("not an answer to the command: {said}", said=said), advice)
    if found != expected:
        got = Text(
            "the answer is not whole: {count} of {total} parts, last {found}",
            count=len(found),
            total=len(expected),
            found=repr(found[-1]),
        )
        raise CouldNotRead(tried, got, Text("run it again"))
    return {
        marker[1]: Section(int(marker[2]), output[before.end() : marker.start()])
        for before, marker in itertools.pairwise(markers)
    }
