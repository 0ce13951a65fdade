"""Text of an estate that has to stay text: names of VMs are what their owners typed."""

from __future__ import annotations

import re

NEVER_SHOWN = "\N{REPLACEMENT CHARACTER}"
_OBEYED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # what terminals obey, and XML forbids
    "\ud800-\udfff\ufffe\uffff"  # what is no character
    "\u202a-\u202e\u2066-\u2069]"  # what turns the direction of reading
)
_BREAKS = re.compile("[\t\n\u2028\u2029]")


def visible(text: str) -> str:
    """The text with every character that would be obeyed rather than shown replaced by U+FFFD.

    Line breaks and tabs stay; what comes back is valid in XML and can be encoded.
    """
    return _OBEYED.sub(NEVER_SHOWN, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """``visible``, on one line: no name adds a line of its own to a terminal or a list."""
    return _BREAKS.sub(" ", visible(text))


def cut(text: str, limit: int) -> str:
    """The text, or as many of its characters as fit before an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"
