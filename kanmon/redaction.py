"""What is kept out of everything that kanmon writes: facts, results, reports, the terminal.

Secrets are found in two ways: those that this run itself uses are known and are masked wherever
they stand; those of others are told by their form. ``docs/integrity.md`` lists the forms.
"""

from __future__ import annotations

import base64
import dataclasses
import html
import json
import operator
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import quote, quote_plus

from kanmon.environment.credentials import MASK, Login
from kanmon.text import Text

Value = TypeVar("Value")

SHORTEST = 4
"""A known secret with fewer characters is no more than a letter of ordinary words."""
LONG = 8
"""One with fewer is masked as a whole word only: it may be part of a name."""

_REACH = 4096
"""Characters that a quoted secret may have: what a target tells must not keep kanmon busy."""

_VALUE = (
    r"(?!(?:env|file|keyring):|\*\*\*(?:[\s,;&|\"'<>)}\]]|$))"
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
_met: set[str] = set()
_known: list[re.Pattern[str]] = []
_remembering = threading.Lock()
"""Targets are read at the same time: what one meets must not be lost to what another does."""


def remember(*secrets: str) -> None:
    """Never write these from now on, in whatever form they come back: of a session, of a login."""
    new = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    with _remembering:
        if new <= _met:
            return
        _met.update(new)
        words = sorted(_met, key=len, reverse=True)
        _known[:] = [re.compile("|".join(map(_wherever, words)))]


@contextmanager
def afresh() -> Iterator[None]:
    """What one run met within is known within alone, and nothing else is: a run knows its own."""
    before = set(_met), list(_known)
    _met.clear()
    _known.clear()
    try:
        yield
    finally:
        met, known = before
        _met.clear()
        _met.update(met)
        _known[:] = known


def _wherever(secret: str) -> str:
    """What finds a known secret: anywhere, a short one as a whole word."""
    found = re.escape(secret)
    return found if len(secret) >= LONG else rf"(?<!\w){found}(?!\w)"


def remember_login(login: Login) -> None:
    """Never write the secrets of a login, nor what basic authentication makes of them."""
    pairs = (f"{login.username}:{secret}" for secret in login.secrets())
    remember(*login.secrets(), *(base64.b64encode(pair.encode()).decode() for pair in pairs))


def clean(text: str) -> str:
    """The text without secrets; a text that was cleaned stays as it is.

    Half a surrogate pair, which JSON can hold and no file can, becomes U+FFFD.
    """
    return text.masked(clean) if isinstance(text, Text) else _clean(text)


def _clean(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for known in _known:
        text = known.sub(MASK, text)
    again, low = text, text.lower()
    if _ANY_HINT.search(low) or len(text) >= _CODE:
        for form in _FORMS:
            if any(hint in low for hint in form.hints):
                again = form.pattern.sub(form.mask, again)
    return again if again == text else _clean(again)


def excerpt(text: str, length: int = 200) -> str:
    """The beginning of an answer on one line; it is cleaned first, or half a secret would stay."""
    return clean(" ".join(clean(text).split()))[:length]


def cleaned(value: Value) -> Value:
    """A value, all texts in it without secrets: records, tuples, lists, mappings."""
    return cast("Value", _cleaned(value, {}, set()))


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


def _cleaned(value: Any, seen: dict[str, str], whole: set[int]) -> Any:
    """A value without secrets.

    Args:
        value: of any kind.
        seen: texts, and what became of them.
        whole: ids of records that hold no secret; a large estate shares most of its small ones.
    """
    kind = type(value)
    if kind is str:
        if value not in seen:
            seen[value] = clean(value)
        return value if seen[value] == value else seen[value]
    if kind in _PLAIN:
        return value
    if kind is Text:
        return clean(value)
    if kind in (tuple, list, frozenset):
        parts = [part if id(part) in whole else _cleaned(part, seen, whole) for part in value]
        same = all(map(operator.is_, parts, value))
        return value if same else kind(parts)
    if kind is dict:
        return {
            _cleaned(key, seen, whole): _cleaned(part, seen, whole) for key, part in value.items()
        }
    return _record(value, seen, whole) if dataclasses.is_dataclass(kind) else value


def _record(value: Any, seen: dict[str, str], whole: set[int]) -> Any:
    """A record without secrets; the same one where it holds none."""
    kind: type = type(value)
    changed = {}
    for name in _fields(kind):
        had = getattr(value, name)
        if type(had) in _PLAIN or (type(had) is str and seen.get(had) == had):
            continue  # most of a large estate, without a call for each
        if (has := _cleaned(had, seen, whole)) is not had:
            changed[name] = has
    if changed:
        return dataclasses.replace(value, **changed)
    whole.add(id(value))  # what is cleaned holds it, so no other record gets this id
    return value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a record that it was made with."""
    return tuple(one.name for one in dataclasses.fields(kind) if one.init)


def _forms(secret: str) -> set[str]:
    """How a secret is written where it comes back: in JSON, XML, a URL, Python's quotes, base64."""
    plain = {secret, " ".join(secret.split())}
    return plain | {
        *(json.dumps(one, ensure_ascii=ascii_)[1:-1] for one in plain for ascii_ in (True, False)),
        *(html.escape(one, quote=quoted) for one in plain for quoted in (True, False)),
        repr(secret)[1:-1],
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
    }
