"""Every common spelling of a secret that somebody repeats: one pattern finds them all.

What is covered was taken from the encoders of .NET, Java, JavaScript, Python and SQL Server:
percent-encoding, JSON, XML and HTML, quotes of shells and of SQL, base64 at any offset.
"""

from __future__ import annotations

import base64
import html.entities
import re
from collections.abc import Iterator

from kanmon.environment.credentials import LONG

SHORTEST = 3
"""A known secret with fewer characters is no more than a letter of ordinary words."""
_CORE = 8
"""Characters of base64 that tell a secret from chance."""
_AMP = r"&(?:amp;){0,4}"
"""An ampersand of an entity, also one that was escaped again."""
_PADDING = r"(?:=|%3[dD]|\\u003[dD]){0,2}"
_NAMES: dict[str, list[str]] = {}
for _name, _code in html.entities.name2codepoint.items():
    _NAMES.setdefault(chr(_code), []).append(_name)
_NAMES["'"] = ["apos"]


def pattern(secret: str) -> str:
    """What finds a secret anywhere; a short one as a whole word only."""
    plain = _written(secret.strip() or secret)
    if len(secret) < LONG:
        exact = "|".join(_written(text) + _PADDING for text in _exact(secret))
        return rf"(?<!\w)(?:{plain}|{exact})(?!\w)"
    return "|".join((plain, *(_written(core) + rf"[\w+/-]?{_PADDING}" for core in _cores(secret))))


def _written(secret: str) -> str:
    """The secret with each character in any of its spellings; spaces may be more or fewer."""
    return "".join(_spelled(part) for part in re.findall(r"\s+|.", secret, re.DOTALL))


def _spelled(part: str) -> str:
    """One character, or a run of white space; letters and digits have one spelling."""
    if part.isascii() and part.isalnum():
        return part
    each = dict.fromkeys((" ", *part) if part.isspace() else (part,))
    spellings = (spelling for char in each for spelling in _spellings(char))
    return f"(?:{'|'.join(dict.fromkeys(spellings))}){'+' if part.isspace() else ''}"


def _spellings(char: str) -> Iterator[str]:
    if char in "'\"":
        yield rf"\\{{0,8}}{char}{{1,2}}"
    elif char == "\\":
        yield r"\\{1,8}"
    elif char == " ":
        yield from (r"\s", r"\+")
    else:
        yield rf"\\{{0,8}}{re.escape(char)}"
    short = {"\n": "n", "\t": "t", "\r": "r"}.get(char)
    if short:
        yield rf"\\{{1,8}}{short}"
    units = char.encode("utf-16-be", "surrogatepass")
    yield "".join(rf"\\{{1,8}}u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2))
    if ord(char) < 256:  # noqa: PLR2004 - what one byte holds
        yield rf"\\{{1,8}}x(?i:{ord(char):02x})"
    yield f"%u(?i:{units.hex()})"
    for encoding in ("utf-8", "latin-1"):
        octets = char.encode(encoding, "ignore")
        if octets:
            yield "".join(f"%(?:25){{0,4}}(?i:{octet:02x})" for octet in octets)
    named = "".join(f"|{name}" for name in _NAMES.get(char, ()))
    yield f"{_AMP}(?:#0*{ord(char)}|#[xX]0*(?i:{ord(char):x}){named});"


def _octets(secret: str) -> Iterator[bytes]:
    """The secret as it is encoded before base64 is made of it."""
    each = (secret.encode(code, "ignore") for code in ("utf-8", "latin-1", "utf-16-le"))
    yield from dict.fromkeys(each)


def _exact(secret: str) -> Iterator[str]:
    """Base64 of the secret alone, without padding."""
    for octets in _octets(secret):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(octets).decode().rstrip("=")


def _cores(secret: str) -> Iterator[str]:
    """What base64 of any text that holds the secret holds, at each of the three offsets."""
    found: dict[str, None] = {}
    for octets in _octets(secret):
        for offset in range(3):
            first, end = -(-8 * offset // 6), 8 * (offset + len(octets)) // 6
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                core = encode(bytes(offset) + octets).decode()[first:end]
                if len(core) >= _CORE:
                    found[core] = None
    yield from found
