"""What a source offers to a table: one row, as yet outside of it, and where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from kanmon.knowledge.rows import Confidence, Origin, Row, Source
from kanmon.knowledge.table import KnowledgeError, told


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a source says that it comes from; a saved page or an export may leave it unsaid.

    Attributes:
        title: what it is called.
        url: where it stands, None where nothing tells.
        retrieved: when it was read, None where nothing tells.
    """

    title: str
    url: str | None = None
    retrieved: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A row that a source offers.

    Attributes:
        values: of the fields that the source speaks of, as the table's file would have them.
        where: file and line, as people find it.
    """

    model: type[Row]
    values: Mapping[str, Any]
    text: Provenance
    where: str
    confidence: Confidence = "documented"
    note: str = ""

    def row(self) -> Row:
        """The row as the table would hold it.

        Raises:
            KnowledgeError: the table could not hold it.
        """
        source = Source(
            title=self.text.title or self.where,
            url=self.text.url or self.where,
            retrieved=self.text.retrieved or dt.date.min,
        )
        own = {"source": "offered", "confidence": self.confidence, "note": self.note}
        try:
            return self.model.model_validate(
                {**self.values, **own}, context=Origin({"offered": source})
            )
        except ValidationError as error:
            raise KnowledgeError(f"{self.where}: {told(error, self.model)}") from None
