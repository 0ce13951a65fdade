"""XML as a simulated NSX-V manager writes it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from lab.transport.server import Answer

LARGEST_PAGE = 1024


def leaf(tag: str, text: str) -> ET.Element:
    """An element with a text."""
    element = ET.Element(tag)
    element.text = text
    return element


def node(tag: str, *children: ET.Element) -> ET.Element:
    """An element with elements."""
    element = ET.Element(tag)
    element.extend(children)
    return element


def record(tag: str, **leaves: str) -> ET.Element:
    """An element with texts, by their names."""
    return node(tag, *(leaf(name, text) for name, text in leaves.items()))


def xml(root: ET.Element, status: int = 200) -> Answer:
    """An answer with this document."""
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Answer(status, body, "application/xml;charset=UTF-8")


def error(status: int, code: int, details: str) -> Answer:
    """An error as NSX-V words it."""
    return xml(
        record("error", details=details, errorCode=str(code), moduleName="core-services"), status
    )


def unknown(moref: str) -> Answer:
    """The error for an object that the manager does not have."""
    text = f"The requested object : {moref} could not be found."
    return error(404, 202, f"{text} Object identifiers are case sensitive.")


def paged(root: str, listed: list[ET.Element], query: Mapping[str, list[str]]) -> Answer:
    """One page of a list, in the order and of the size that the query asks for."""
    descending = query.get("sortOrderAscending") == ["false"]
    ordered = list(reversed(listed)) if descending else listed
    start = int(query.get("startIndex", ["0"])[0])
    size = min(int(query.get("pageSize", ["256"])[0]), LARGEST_PAGE)
    info = record(
        "pagingInfo", pageSize=str(size), startIndex=str(start), totalCount=str(len(listed))
    )
    return xml(node(root, node("dataPage", info, *ordered[start : start + size])))
