"""How a table's field holds versions: a span as `spans` reads it, or a text that is one."""

from typing import Annotated

from pydantic import AfterValidator, PlainValidator

from kanmon.knowledge.rows import Text
from kanmon.knowledge.spans import Span
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VersionError, VSphere


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


def _version(family: type) -> AfterValidator:
    """Refuses a text that is no version of a family, and leaves one that is as it was written."""

    def understood(text: str) -> str:
        try:
            family.parse(text)  # type: ignore[attr-defined] # every family reads
        except VersionError as error:
            raise ValueError(str(error)) from None
        return text

    return AfterValidator(understood)


VSphereVersion = Annotated[Text, _version(VSphere)]
NsxVersion = Annotated[Text, _version(Nsx)]
DeepSecurityVersion = Annotated[Text, _version(DeepSecurity)]
ToolsVersion = Annotated[Text, _version(Tools)]
SqlServerVersion = Annotated[Text, _version(SqlServer)]
