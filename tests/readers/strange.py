"""Healthy answers of the lab from which one thing of one object is taken away."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import fields, replace
from xml.etree import ElementTree as ET

from kanmon.errors import CouldNotRead
from kanmon.readers.apart import gathering

SECOND = 1
"""Whose thing is taken away: the second of each list."""


def read(parts, part, session, of):
    """The records of a part, and the labels of what was set apart."""
    with gathering() as faults:
        fact = parts[part](session)
    assert all(isinstance(error, CouldNotRead) for _, error in faults), faults
    return (getattr(fact, of) if of else fact), [subject for subject, _ in faults]


@contextmanager
def answering(servers, path, change):
    """Let servers change what they answer at a path; a change that returns None leaves it."""

    def changed(told):
        def respond(asked):
            answer = told(asked)
            body = change(answer.body) if re.fullmatch(path, asked.path) else None
            return answer if body is None else replace(answer, body=body)

        return respond

    for server in servers:
        server.respond = changed(server.respond)
    try:
        yield
    finally:
        for server in servers:
            del server.respond


def _steps(value, here=()):
    """The way to each field in an object, by keys and indices; to none of the members of a list."""
    for key, below in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            yield (*here, key)
        if isinstance(below, (dict, list)):
            yield from _steps(below, (*here, key))


def _json_row(body, within):
    """The second of the list at some keys, the whole answer where there is none; None: no such."""
    found = body
    for key in within:
        found = found.get(key) if isinstance(found, dict) else None
    if not within:
        return found
    return found[SECOND] if isinstance(found, list) and len(found) > SECOND else None


def json_changes(seen, within):
    """A change for each thing that is in the second object of the answers that were seen."""
    rows = [row for body in seen if (row := _json_row(json.loads(body), within)) is not None]
    assert rows, f"no second object in {within}"
    for way in dict.fromkeys(way for row in rows for way in _steps(row)):
        yield way, lambda body, way=way: _without(body, within, way)


def _without(body, within, way):
    told = json.loads(body)
    row = _json_row(told, within)
    try:
        for key in way[:-1]:
            row = row[key]
        del row[way[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return json.dumps(told).encode()


def xml_changes(seen, tag):
    """A change for each element with a text in the second object of a name."""
    found = [ET.fromstring(body).findall(f".//{tag}") for body in seen]
    rows = [listed[SECOND] for listed in found if len(listed) > SECOND]
    assert rows, f"no second {tag}"
    for number, element in enumerate(list(rows[0].iter())[1:]):
        if len(element):
            continue
        way = (number, element.tag.rpartition("}")[2])
        yield way, lambda body, number=number: _without_element(body, tag, number)


def _without_element(body, tag, number):
    root = ET.fromstring(body)
    listed = root.findall(f".//{tag}")
    if len(listed) <= SECOND:
        return None
    below = list(listed[SECOND].iter())[1:]
    if number >= len(below):
        return None
    above = {child: parent for parent in listed[SECOND].iter() for child in parent}
    above[below[number]].remove(below[number])
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


def seen_at(servers, path, action):
    """The bodies that were answered at a path during an action, and what that returned."""
    bodies = []
    with answering(servers, path, bodies.append):
        made = action()
    return bodies, made


def hurt(whole, left, apart, way):
    """Hold that one object at most is another or gone, and that what is gone was told.

    Args:
        whole: the records of the healthy answers.
        left: those of the changed ones.
        apart: labels of what was set apart.
        way: what was taken away.
    """
    gone = [one for one in whole if one not in left]
    other = [one for one in left if one not in whole]
    assert len(gone) <= 1, (way, gone)
    assert len(other) <= 1, (way, other)
    assert other or apart or not gone, (way, gone)
    if other and gone:
        # Of a host its vCenter's number and the vCenter are told by one field.
        assert len(_differing(gone[0], other[0])) <= 2, (way, _differing(gone[0], other[0]))


def _differing(one, other):
    if not hasattr(one, "__dataclass_fields__"):
        return [one]
    return [f.name for f in fields(one) if getattr(one, f.name) != getattr(other, f.name)]
