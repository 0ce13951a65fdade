"""What rows about the network hold: who has to reach whom, and where."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from kanmon.knowledge.rows import Row, Text

PortNumber = Annotated[int, Field(gt=0, lt=65536)]


class Port(Row):
    """A connection that Deep Security needs.

    Attributes:
        origin: who opens it.
        destination: who listens.
        port: None where it is as the operator set it, or where none is documented.
        mandatory: without it something that every installation uses breaks.
        when: what it needs to matter, or to be mandatory; None for always.
    """

    table: ClassVar[str] = "ports"

    origin: Text
    destination: Text
    port: PortNumber | None = None
    protocol: Literal["TCP", "UDP"]
    purpose: Text
    mandatory: bool
    when: Text | None = None

    @property
    def key(self) -> str:
        """Both ends, port and protocol."""
        return f"{self.origin} to {self.destination} {self.port or 'port as set'}/{self.protocol}"

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if not self.mandatory and self.when is None:
            raise ValueError("expected when, since it is not mandatory")
        return self


TABLES: tuple[type[Row], ...] = (Port,)
