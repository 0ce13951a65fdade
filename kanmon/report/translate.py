"""The languages of reports: English in the code, others from gettext catalogues.

A text is a template with named places, filled in the language of the report (``kanmon.text``).
``make messages`` brings ``kanmon/locale/<language>/LC_MESSAGES/kanmon.po`` in line with the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kanmon.text import Text

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("en", *sorted(path.name for path in LOCALE.iterdir() if path.is_dir()))

Translator = Callable[[str], str]


def fold(text: str) -> str:
    """A text on one line: where an English text breaks is no part of it."""
    return " ".join(text.split())


def translator(language: str, messages: Iterable[Mapping[str, Any]] = ()) -> Translator:
    """What turns an English text into a language; a text that has no translation stays English.

    Args:
        language: one of ``LANGUAGES``.
        messages: those of the evidence that is rendered, by which its sentences are known.
    """
    return str if language == "en" else Texts(_texts(language), messages)


def catalogue(language: str) -> Catalog:
    """The catalogue of a language, as translators edit it."""
    from babel.messages import pofile  # noqa: PLC0415 - a run in English does without

    with (LOCALE / language / "LC_MESSAGES" / "kanmon.po").open("rb") as source:
        return pofile.read_po(source, locale=language)


@cache
def _texts(language: str) -> dict[str, str]:
    """Translated by English text; one that a translator has marked as fuzzy is left out."""
    return {
        fold(str(one.id)) or str(one.id): str(one.string)
        for one in catalogue(language)
        if one.id and one.string and not one.fuzzy
    }


class Texts:
    """The texts of a language by the English ones.

    Args:
        texts: translated by English text or template.
        messages: as ``kanmon.evidence.messages`` wrote them.
    """

    def __init__(self, texts: Mapping[str, str], messages: Iterable[Mapping[str, Any]]) -> None:
        self._texts = texts
        self._messages = {one["text"]: Text.of(one) for one in messages}

    def __call__(self, text: str) -> str:
        """The text in this language, or as it is."""
        known = text if isinstance(text, Text) else self._messages.get(text, text)
        if isinstance(known, Text) and known.places:
            places = {n: self(v) if isinstance(v, Text) else v for n, v in known.places.items()}
            return self._told(known.template).format(**places)
        return self._told(known)

    def _told(self, text: str) -> str:
        return self._texts.get(fold(text) or text, text)
