"""What kanmon says to people: a template and its values, told in English until it is translated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


class Text(str):
    """A sentence of kanmon's: an English ``str`` that knows its template and what fills it.

    ``Text("{count} roots are missing", count=2)`` is the string "2 roots are missing". The
    templates are what ``pybabel extract`` finds and what translators translate.

    Args:
        template: English, with a named place for each value; without values braces are plain.
        places: numbers, names of objects, or texts; anything else is kept as the words it makes.
    """

    __slots__ = ("places", "template")

    template: str
    places: dict[str, Any]

    def __new__(cls, template: str, /, **places: Any) -> Self:  # noqa: D102 - the class says it
        self = super().__new__(cls, template.format(**places) if places else template)
        self.template = template
        self.places = {
            name: value if type(value) in (int, float, str, cls) else format(value)
            for name, value in places.items()
        }
        return self

    @classmethod
    def joined(cls, separator: str, texts: Iterable[str]) -> Self:
        """Texts one after the other, as ``str.join`` makes them, each still translatable."""
        each = list(texts)
        template = separator.join(f"{{p{number}}}" for number in range(len(each)))
        return cls(template, **{f"p{number}": one for number, one in enumerate(each)})

    @property
    def form(self) -> str:
        """The template, with those of the texts in its places filled in: what two findings share.

        Two texts of one form say the same of other objects or with other figures.
        """
        inner = {n: v.form for n, v in self.places.items() if isinstance(v, Text)}
        if not inner:
            return self.template
        form = self.template
        for name, told in inner.items():
            form = form.replace(f"{{{name}}}", told)
        return form

    def values(self, name: str) -> Iterator[Any]:
        """What stands in a place of this name, in the text and in those within it."""
        for place, value in self.places.items():
            if place == name:
                yield value
            if isinstance(value, Text):
                yield from value.values(name)

    def figures(self) -> dict[str, float]:
        """The numbers in its places, those of texts within it by the name of their place too."""
        found: dict[str, float] = {}
        for name, value in self.places.items():
            if isinstance(value, Text):
                found |= {f"{name}.{inner}": figure for inner, figure in value.figures().items()}
            elif isinstance(value, int | float):
                found[name] = float(value)
        return found

    def masked(self, mask: Callable[[str], str], mask_whole: Callable[[str], str]) -> Text:
        """The text with its values masked; where that misses something, no more than its words.

        The template is our own: a secret that is one of its words takes nothing from it.

        Args:
            mask: of what was told; numbers stay.
            mask_whole: of the whole sentence, which may show what no value shows.
        """
        places = {n: _masked(v, mask, mask_whole) for n, v in self.places.items()}
        masked = self if places == self.places else type(self)(self.template, **places)
        whole = mask_whole(str(masked))
        return masked if whole == masked else type(self)(whole)

    def record(self) -> dict[str, Any]:
        """As JSON has it: the English text and, where something fills it, template and values."""
        if not self.places:
            return {"text": str(self)}
        values = {n: v.record() if isinstance(v, Text) else v for n, v in self.places.items()}
        return {"text": str(self), "template": self.template, "values": values}

    @classmethod
    def of(cls, record: Any) -> Text:
        """A text as ``record`` wrote it, or a plain one.

        Raises:
            ValueError: it is no such record, or its values do not make its text.
        """
        if isinstance(record, str):
            return record if isinstance(record, Text) else cls(record)
        try:
            values = record.get("values", {}).items()
            places = {n: cls.of(v) if isinstance(v, dict) else v for n, v in values}
            made = cls(record.get("template", record["text"]), **places)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise ValueError("expected a text, or its template and values") from None
        if made != record["text"]:
            raise ValueError("the values of a text do not make it")
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """How a copy is made."""
        return (self.template,), self.places


def shortened(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    shown, more = ", ".join(names[:most]), len(names) - most
    return Text("{names} and {more} more", names=shown, more=more) if more > 0 else shown


class _Kept:
    """How a record that holds a text is written and read back: with template and values."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415 - whatever saves facts has it

        return core_schema.no_info_plain_validator_function(
            Text.of,
            serialization=core_schema.plain_serializer_function_ser_schema(_written),
        )


Message = Annotated[str, _Kept()]
"""A text in a record of facts."""


def _written(text: str) -> Any:
    return text.record() if isinstance(text, Text) and text.places else str(text)


def _masked(value: Any, mask: Callable[[str], str], mask_whole: Callable[[str], str]) -> Any:
    if isinstance(value, Text):
        return value.masked(mask, mask_whole)
    return mask(value) if isinstance(value, str) else value
