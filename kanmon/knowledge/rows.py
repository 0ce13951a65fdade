"""What a row of each table holds. Versions are texts here: `kanmon.versions` compares them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

Text = Annotated[str, StringConstraints(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]  # TOML knows lists only
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[int, Field(gt=0)]
Confidence = Literal["documented", "field", "unverified", "procedure", "engineering"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Source(_Model):
    """Where rows come from: what the text is called, where it stands, when it was read."""

    title: Text
    url: Text
    retrieved: dt.date


@dataclass(frozen=True, slots=True)
class Citation:
    """What a finding quotes: the row that it rests on, and where the row comes from.

    Attributes:
        table: name of the table.
        row: key of the row.
        confidence: "documented" (the vendor says so), "field" (practitioners do), "unverified" (no
            text says so), "procedure" (the upgrade procedure asks for it) or "engineering" (a rule
            of this project, whose reason is the note).
        note: what the reader of the row must know; may be empty.
        overlay: the row is the operator's own, not the project's.
    """

    table: str
    row: str
    title: str
    url: str
    retrieved: dt.date
    confidence: Confidence
    note: str
    overlay: bool = False


def citation_record(citation: Citation) -> dict[str, Any]:
    """A row of a table as a finding quotes it."""
    return {**asdict(citation), "retrieved": citation.retrieved.isoformat()}


@dataclass(frozen=True, slots=True)
class Origin:
    """What the rows of one file share.

    Attributes:
        sources: by the key that a row names its source with.
        overlay: the file is the operator's own.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    overlay: bool = False


class Row(_Model):
    """A row of a table.

    Attributes:
        source: key of one of the table's sources.
    """

    table: ClassVar[str]

    source: Text
    confidence: Confidence
    note: str = ""
    _citation: Citation = PrivateAttr()

    @property
    def key(self) -> str:
        """The row's permanent name, unique in its table."""
        raise NotImplementedError

    @property
    def citation(self) -> Citation:
        """What a finding quotes."""
        return self._citation

    @model_validator(mode="after")
    def _gives_its_reason(self) -> Self:
        if self.confidence == "engineering" and not self.note:
            raise ValueError("a row of confidence 'engineering' says why in its note")
        return self

    @model_validator(mode="after")
    def _cites(self, info: ValidationInfo) -> Self:
        origin: Origin = info.context or Origin()
        source = origin.sources.get(self.source)
        if source is None:
            raise ValueError(f"source {self.source!r} is none of: {', '.join(origin.sources)}")
        self._citation = Citation(
            table=self.table,
            row=self.key,
            title=source.title,
            url=source.url,
            retrieved=source.retrieved,
            confidence=self.confidence,
            note=self.note,
            overlay=origin.overlay,
        )
        return self
