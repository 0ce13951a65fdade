"""The pieces of a page. Every text that comes in is escaped here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import chain, repeat

WORD = 24
"""Characters of a cell that is not broken over lines."""


class Html(str):
    """Markup that is finished: its texts are escaped already."""

    __slots__ = ()


Content = str | Html


def safe(text: Content) -> str:
    """Finished markup as it is, and any other text escaped."""
    return text if isinstance(text, Html) else escape(text)


def tag(name: str, *inner: Content, **attributes: str | None) -> Html:
    """An element; ``class_`` is spelt "class", and an attribute that is None is left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{told}>{''.join(map(safe, inner))}</{name}>")


def join(parts: Iterable[Content], between: Content = "") -> Html:
    """Parts one after the other."""
    return Html(safe(between).join(map(safe, parts)))


def section(
    title: str, *body: Content, anchor: str | None = None, style: str | None = None
) -> Html:
    """A part of the page with its heading; empty where it has nothing to say."""
    if not any(body):
        return Html("")
    return tag("section", tag("h2", title), *body, id=anchor, class_=style)


def table(
    header: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    caption: str = "",
    told: Iterable[dict[str, str]] = (),
) -> Html:
    """A table that may be wider than the page; none without rows.

    Args:
        header: its columns.
        rows: their cells.
        caption: its name.
        told: attributes of each row, where rows have any.
    """
    attributes = chain(told, repeat({}))
    body = [
        tag("tr", *map(_cell, row), **more) for row, more in zip(rows, attributes, strict=False)
    ]
    if not body:
        return Html("")
    head = tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in header)))
    named = [tag("caption", caption)] if caption else []
    return tag("div", tag("table", *named, head, tag("tbody", *body)), class_="k-scroll")


def _cell(text: Content) -> Html:
    """A cell; a word or a figure is not broken, unless it is very long."""
    style = None
    if not isinstance(text, Html):
        long = any(len(word) > WORD for word in text.split())
        style = "k-long" if long else "k-short" if len(text) <= WORD else None
    return tag("td", text, class_=style)


def pairs(named: Iterable[tuple[str, Content]], style: str | None = None) -> Html:
    """Names with their values."""
    made = [tag("div", tag("dt", name), tag("dd", value)) for name, value in named]
    return tag("dl", *made, class_=style)


def items(lines: Iterable[Content]) -> Html:
    """A list; none without lines."""
    made = [tag("li", line) for line in lines]
    return tag("ul", *made) if made else Html("")


def link(address: str, text: str) -> Html:
    """A link to a page of the vendor; what is no web address stays a text."""
    if not address.startswith("https://") or " " in address:
        return join((text, address), ": ") if address else join((text,))
    named = "k-named" if text != address else None  # paper tells the address beside the name
    return tag("a", text, href=address, rel="noreferrer noopener", class_=named)
