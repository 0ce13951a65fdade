"""Fields of a JSON answer: each is what was expected, or ``CouldNotRead`` says what it is."""

from __future__ import annotations

from typing import Any

from kanmon.errors import CouldNotRead
from kanmon.text import Text

Json = dict[str, Any]
_NAMES = ("display_name", "displayName", "name", "hostName", "host", "username")
_NUMBERS = ("id", "ID", "external_id")


def called(listed: Json) -> str:
    """What an object is called of which not everything can be read: its name and its number."""
    name = next((str(listed[key]) for key in _NAMES if listed.get(key)), "unset")
    number = next((str(listed[key]) for key in _NUMBERS if listed.get(key)), None)
    return f"{name} ({number})" if number and number != name else name


def text(parent: Json, *keys: str) -> str:
    """The first of the keys that is set and not empty."""
    found = next((value for key in keys if (value := optional_text(parent, key))), None)
    if found is None:
        raise _unexpected(parent, keys[0], Text("a text"))
    return found


def optional_text(parent: Json, key: str) -> str | None:
    """A text, None where the field is not set."""
    found = parent.get(key)
    if found is not None and not isinstance(found, str):
        raise _unexpected(parent, key, Text("a text"))
    return found


def optional_flag(parent: Json, key: str) -> bool | None:
    """True or false, None where the field is not set."""
    found = parent.get(key)
    if found is not None and not isinstance(found, bool):
        raise _unexpected(parent, key, Text("true or false"))
    return found


def flag(parent: Json, key: str) -> bool:
    """True or false; the field must be set."""
    found = optional_flag(parent, key)
    if found is None:
        raise _unexpected(parent, key, Text("true or false"))
    return found


def count(parent: Json, key: str, *, optional: bool = False) -> int:
    """A whole number, 0 or more; an optional one is 0 where the field is not set."""
    found = parent.get(key)
    if found is None and optional:
        return 0
    if type(found) is not int or found < 0:
        raise _unexpected(parent, key, Text("a whole number, 0 or more"))
    return found


def child(parent: Json, key: str, *, optional: bool = False) -> Json:
    """An object; an optional one is empty where the field is not set."""
    found = parent.get(key)
    if found is None and optional:
        return {}
    if not isinstance(found, dict):
        raise _unexpected(parent, key, Text("an object"))
    return found


def children(parent: Json, key: str, *, optional: bool = False) -> list[Json]:
    """A list of objects; an optional one is empty where the field is not set."""
    found = parent.get(key)
    if found is None and optional:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _unexpected(parent, key, Text("a list of objects"))
    return found


def texts(parent: Json, key: str) -> tuple[str, ...]:
    """A list of texts."""
    found = parent.get(key)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _unexpected(parent, key, Text("a list of texts"))
    return tuple(found)


def _unexpected(parent: Json, key: str, expected: str) -> CouldNotRead:
    owner = parent.get("resource_type") or Text("the answer")
    got = Text("nothing") if parent.get(key) in (None, "") else type(parent[key]).__name__
    return CouldNotRead(
        Text("find {key} in {owner}", key=repr(key), owner=owner),
        Text("{got}, expected {expected}", got=got, expected=expected),
    )
