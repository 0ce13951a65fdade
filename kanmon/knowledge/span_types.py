"""How a table's field holds a span of versions: as a text that `kanmon.spans` reads."""

from typing import Annotated

from pydantic import PlainValidator

from kanmon.spans import Span
from kanmon.versions import DeepSecurity, Nsx, Tools, VersionError, VSphere


def _span(family: type) -> PlainValidator:
    """Reads a span of a family's versions; a number is refused: 6.10 would read as 6.1."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("expected versions in quotes")  # noqa: TRY004 - pydantic's way
        try:
            return Span.parse(value, family.parse)  # type: ignore[attr-defined] # every family reads
        except VersionError as error:
            raise ValueError(str(error)) from None

    return PlainValidator(read)


VSphereSpan = Annotated[Span[VSphere], _span(VSphere)]
NsxSpan = Annotated[Span[Nsx], _span(Nsx)]
DeepSecuritySpan = Annotated[Span[DeepSecurity], _span(DeepSecurity)]
ToolsSpan = Annotated[Span[Tools], _span(Tools)]
