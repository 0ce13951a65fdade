"""What is kept out of everything that kanmon writes: facts, results, reports, the terminal.

Secrets are found in two ways: those that this run itself uses are known and are masked wherever
they stand; those of others are told by their form. ``docs/integrity.md`` lists the forms.
"""

from __future__ import annotations

import base64
import dataclasses
import operator
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from kanmon.environment.credentials import MASK, Login
from kanmon.redaction.spellings import SHORTEST, pattern
from kanmon.text import Text

Value = TypeVar("Value")

_REACH = 4096
"""Characters that a quoted secret may have: what a target tells must not keep kanmon busy."""

_VALUE = (
    r"(?!(?:env|file|keyring):|\*\*\*(?:[\s,;&|\"'<>)}\]]|$)|line \d)"
    rf"""(?:\\+"[^"]{{0,{_REACH}}}"|"(?:\\.|[^"\\]){{0,{_REACH}}}"|'(?:\\.|[^'\\]){{0,{_REACH}}}'"""
    rf"""|\{{[^}}]{{0,{_REACH}}}\}}|[^\s,;&|"'<>]+|["'][^\s,;&|<>]+)"""
)
"""What follows a name: in quotes, in braces as ODBC has it, or a word; a reference is no secret."""
_KEYS = (
    r"passw(?:or)?d|passphrase|passcode|pwd|secret|token|credentials?|community[-_. ]?string"
    r"|(?:api|private|account|access|licen[cs]e|session)[-_. ]?key|activation[-_. ]?code"
    r"|session[-_. ]?id|jsessionid|soap_session"
)
"""What secrets are called; more may stand before or behind it, as in ``dbPassword``."""
_MORE = r"[\w.$-]{0,60}"
_IS = r"\\*['\"]?\s{0,40}[:=]\s{0,40}"
_KEY_BLOCK = (
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"
)
_USER_INFO = (
    r"(\b[a-z][a-z0-9+.-]{0,20}://)"
    r"(?:[^\s/'\"<>]{1,300}|[^\s/@:'\"<>]{0,100}:(?!\d+(?:[/?#]|$))[^\s'\"<>]{1,300})@"
)
_AUTHORIZATION = rf"\b((?:proxy-)?authorization{_IS}['\"]?(?:\w{{1,20}} )?)[^\s,'\"]+"
_COOKIE = (
    rf"\b((?:set-)?cookie{_IS}['\"]?)"
    r"[\w.-]{1,80}=[^\s;,']+(?:;\s{0,9}[\w.-]{1,80}=[^\s;,'\"]+)*"
)
_BEARER = r"\b(Basic|Bearer) (?=\S{0,400}[\d=])[\w+/=.~-]{16,}"
_OPTION = rf"((?:^|\s)[-/]{{1,2}}(?:{_KEYS}|pw)[\s:=]\s{{0,40}}){_VALUE}"
_SHORT = rf"(\b(?:pass|community|sig|signature)=){_VALUE}"
_ACTIVATION_CODE = r"\b(?-i:[A-Z]{2}-[0-9A-Z]{4}(?:-[0-9A-Z]{5}){4}-([0-9A-Z]{5}))\b"
_ELEMENT = rf"(<[\w:.-]{{0,60}}(?:{_KEYS})[\w.-]{{0,60}}(?:\s[^<>]{{0,300}})?>)[^<]+(?=</)"
_HINTS = (
    *("passw", "passp", "passc", "pwd", "secret", "token", "credential"),
    *("community", "key", "code", "session"),
)
"""One of them is in whatever ``_KEYS`` finds."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Form:
    """How secrets look; it is looked for only where one of the hints, in lower case, is."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    mask: str


_FORMS = tuple(
    _Form(hints, re.compile(pattern, re.IGNORECASE | re.DOTALL), mask)
    for hints, pattern, mask in (
        (("-----begin",), _KEY_BLOCK, MASK),
        (("eyj",), r"\beyJ[\w-]{8,4096}\.[\w-]{1,4096}\.[\w-]*", MASK),
        (("://",), _USER_INFO, rf"\1{MASK}@"),
        (("authorization",), _AUTHORIZATION, rf"\1{MASK}"),
        (("basic ", "bearer "), _BEARER, rf"\1 {MASK}"),
        (("cookie",), _COOKIE, rf"\1{MASK}"),
        (_HINTS, _ELEMENT, rf"\1{MASK}"),
        (_HINTS, rf"((?:{_KEYS}){_MORE}{_IS}){_VALUE}", rf"\1{MASK}"),
        ((*_HINTS, "pw"), _OPTION, rf"\1{MASK}"),
        (("pass=", "community=", "sig"), _SHORT, rf"\1{MASK}"),
        (("sid", "rid"), rf"(\b[rs]id{_IS}['\"]?)[\w.-]{{16,}}", rf"\1{MASK}"),
        (("-",), _ACTIVATION_CODE, rf"{MASK}-\1"),
        (("-",), r"\b(?-i:(?:[0-9A-Z]{5}-){4}([0-9A-Z]{5}))\b", rf"{MASK}-\1"),
    )
)
_CODE = len("XXXXX-XXXXX-XXXXX-XXXXX-XXXXX")
"""Characters of the shortest code that only its form tells; a name has hyphens too."""
_ANY_HINT = re.compile(
    "|".join({re.escape(hint) for form in _FORMS for hint in form.hints if hint != "-"})
)
_PLAIN = frozenset({int, float, bool, type(None), datetime})
"""Types whose values hold no text; most of what is read is of one of them."""
_known: dict[str, re.Pattern[str]] = {}
"""What finds each secret that was met, the longest first: another may be a part of it."""
_remembering = threading.Lock()
"""Targets are read at the same time: what one meets must not be lost to what another does."""


def remember(*secrets: str) -> None:
    """Never write these from now on, in whatever form they come back: of a session, of a login."""
    new = {one: re.compile(pattern(one)) for one in secrets if len(one) >= SHORTEST}
    with _remembering:
        both = _known | new
        _known.clear()
        _known.update({one: both[one] for one in sorted(both, key=len, reverse=True)})


@contextmanager
def afresh() -> Iterator[None]:
    """What one run met within is known within alone, and nothing else is: a run knows its own."""
    before = dict(_known)
    _known.clear()
    try:
        yield
    finally:
        _known.clear()
        _known.update(before)


def remember_login(login: Login) -> None:
    """Never write the secrets of a login, nor what basic authentication makes of them."""
    pairs = (f"{login.username}:{secret}" for secret in login.secrets())
    remember(*login.secrets(), *(base64.b64encode(pair.encode()).decode() for pair in pairs))


def clean(text: str) -> str:
    """The text without secrets; a text that was cleaned stays as it is.

    Half a surrogate pair, which JSON can hold and no file can, becomes U+FFFD.
    """
    return text.masked(clean, _without_forms) if isinstance(text, Text) else _clean(text)


def _clean(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for known in tuple(_known.values()):
        text = known.sub(MASK, text)
    again = _without_forms(text)
    return again if again == text else _clean(again)


def _without_forms(text: str) -> str:
    """A text without what its form tells to be a secret."""
    low = text.lower()
    if _ANY_HINT.search(low) or len(text) >= _CODE:
        for form in _FORMS:
            if any(hint in low for hint in form.hints):
                text = form.pattern.sub(form.mask, text)
    return text


def excerpt(text: str, length: int = 200) -> str:
    """The beginning of an answer on one line; it is cleaned first, or half a secret would stay."""
    return clean(" ".join(clean(text).split()))[:length]


def cleaned(value: Value, own: frozenset[str] = frozenset()) -> Value:
    """A value, all texts in it without secrets: records, tuples, lists, mappings.

    Args:
        value: of any kind.
        own: of evidence, the keys whose values are words of ours, such as an outcome; they stay,
            and so does every key.
    """
    return cast("Value", _Cleaning(own).of(value))


def pairs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Names with their values, where a secret may be told by its name."""
    return {
        name: clean(f"{name}={value}").partition("=")[2] if isinstance(value, str) else value
        for name, value in cleaned(dict(values)).items()
    }


def command(arguments: Iterable[str]) -> list[str]:
    """A command line without secrets, also where name and value are words of their own."""
    told: list[str] = []
    secret_follows = False
    for word in arguments:
        told.append(MASK if secret_follows else clean(word))
        secret_follows = (
            re.fullmatch(rf"-*{_MORE}(?:{_KEYS}){_MORE}", word, re.IGNORECASE) is not None
        )
    return told


@dataclasses.dataclass(frozen=True, slots=True)
class _Cleaning:
    """One pass over a value.

    Attributes:
        own: keys whose values stay.
        seen: texts, and what became of them.
        whole: ids of records that hold no secret; a large estate shares most of its small ones.
    """

    own: frozenset[str]
    seen: dict[str, str] = dataclasses.field(default_factory=dict)
    whole: set[int] = dataclasses.field(default_factory=set)

    def of(self, value: Any) -> Any:
        """A value without secrets; the same one where it holds none."""
        kind = type(value)
        if kind is str:
            if value not in self.seen:
                self.seen[value] = clean(value)
            return value if self.seen[value] == value else self.seen[value]
        if kind in _PLAIN:
            return value
        if kind is Text:
            return clean(value)
        if kind in (tuple, list, frozenset):
            parts = [part if id(part) in self.whole else self.of(part) for part in value]
            same = all(map(operator.is_, parts, value))
            return value if same else kind(parts)
        if kind is dict:
            return dict(self._item(key, part) for key, part in value.items())
        return self._record(value) if dataclasses.is_dataclass(kind) else value

    def _item(self, key: Any, part: Any) -> tuple[Any, Any]:
        return (
            key if self.own else self.of(key),
            part if key in self.own else self.of(part),
        )

    def _record(self, value: Any) -> Any:
        kind: type = type(value)
        changed = {}
        for name in _fields(kind):
            had = getattr(value, name)
            if type(had) in _PLAIN or (type(had) is str and self.seen.get(had) == had):
                continue  # most of a large estate, without a call for each
            if (has := self.of(had)) is not had:
                changed[name] = has
        if changed:
            return dataclasses.replace(value, **changed)
        self.whole.add(id(value))  # what is cleaned holds it, so no other record gets this id
        return value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a record that it was made with."""
    return tuple(one.name for one in dataclasses.fields(kind) if one.init)
