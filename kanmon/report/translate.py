"""The languages of reports: English in the code, others from gettext catalogues.

``kanmon/locale/ja.po`` and ``ja/page.po`` hold the reports' own words, the other files of ``ja/``
what checks say. Checks fill places in their texts before anyone translates them: a text of theirs
with "{}" in it is a message, which is known again by the words around its places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("en", *sorted(path.stem for path in LOCALE.glob("*.po")))
PAGE = "page"
"""The file of a language whose texts the report fills itself: no messages."""
_PLACE = re.compile(r"\{\}")

Translator = Callable[[str], str]


def fold(text: str) -> str:
    """A text on one line: where an English text breaks is no part of it."""
    return " ".join(text.split())


@cache
def translator(language: str) -> Translator:
    """What turns an English text into a language; a text that has no translation stays English.

    Args:
        language: one of ``LANGUAGES``.
    """
    return str if language == "en" else Texts(language)


def entries(language: str) -> Iterator[tuple[Path, str, str]]:
    """File, English and translated text of every entry of a language's catalogues.

    One that a translator has marked as fuzzy is none.
    """
    from babel.messages import pofile  # noqa: PLC0415 - a run in English does without

    for path in (LOCALE / f"{language}.po", *sorted((LOCALE / language).glob("*.po"))):
        with path.open("rb") as source:
            catalogue = pofile.read_po(source, locale=language)
        for entry in catalogue:
            if entry.id and entry.string and not entry.fuzzy:
                yield path, str(entry.id), str(entry.string)


@dataclass(frozen=True, slots=True)
class _Message:
    """A text with places, as checks fill it.

    Attributes:
        words: the longest run of its own words: where it is absent the pattern need not be tried.
    """

    words: str
    pattern: re.Pattern[str]
    translated: str


@dataclass(frozen=True, slots=True)
class _Value:
    """What stands in a place: a name as it is, or a text of its own, "{:text}"."""

    value: str
    tr: Translator

    def __format__(self, spec: str) -> str:
        return self.tr(self.value) if spec == "text" else self.value


class Texts:
    """The texts of a language by the English ones.

    Args:
        language: one of ``LANGUAGES`` that has catalogues.
    """

    def __init__(self, language: str) -> None:
        self._texts: dict[str, str] = {}
        self._messages: list[_Message] = []
        for path, english, translated in entries(language):
            self._texts[fold(english) or english] = translated
            if "{}" in english and path.parent != LOCALE and path.stem != PAGE:
                self._messages.append(_message(english, translated))
        self._messages.sort(key=lambda one: -len(one.pattern.pattern))

    def __call__(self, text: str) -> str:
        """The text in this language, or as it is."""
        known = self._texts.get(fold(text) or text) if text else None
        return known or self._filled(text) or text

    def _filled(self, text: str) -> str | None:
        """The translation of a message whose places are filled: the one with the most words."""
        for message in self._messages:
            if message.words in text and (found := message.pattern.fullmatch(text)):
                return message.translated.format(*(_Value(one, self) for one in found.groups()))
        return None


def _message(english: str, translated: str) -> _Message:
    words = _PLACE.split(english)
    pattern = re.compile("(.+?)".join(map(re.escape, words)), re.DOTALL)
    return _Message(max(words, key=len), pattern, translated)
