"""The languages of reports: English in the code, others from gettext catalogues."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("en", *sorted(path.stem for path in LOCALE.glob("*.po")))

Translator = Callable[[str], str]


@cache
def translator(language: str) -> Translator:
    """What turns an English text into a language; a text that has no translation stays English.

    Args:
        language: one of ``LANGUAGES``.
    """
    if language == "en":
        return str
    from babel.messages import mofile, pofile  # noqa: PLC0415 - a run in English does without

    with (LOCALE / f"{language}.po").open("rb") as source:
        catalogue = pofile.read_po(source, locale=language)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled).gettext
