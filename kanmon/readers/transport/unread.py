"""A question of several: what one of them does not bring is missed alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread

T = TypeVar("T")


def or_unread(read: Callable[[], T], *through: type[CouldNotRead]) -> T | Unread:
    """What a question brings, or why it brings nothing: others of its kind are asked all the same.

    Args:
        read: asks it.
        through: errors that are of all of them.

    Raises:
        TargetLost: the target is out of reach; likewise whatever ``through`` names.
    """
    try:
        return read()
    except CouldNotRead as error:
        if isinstance(error, (TargetLost, *through)):
            raise
        return Unread(error.message)
