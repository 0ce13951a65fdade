"""Whether a computer is in contact with its manager, told from status and messages."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = ("inactive", "active", "warning", "error", "not-supported")
UNMANAGED = ("inactive", "not-supported")

# The manager's texts are in the language of the account, English or Japanese.
_HERE = ("online", "オンライン", "upgrade recommended", "multiple warnings", "engine", "エンジン")
_AWAY = ("offline", "オフライン", "unable to communicate", "通信", "vm stopped", "vm paused")
_ENGINE = ("engine", "エンジン")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that can protect a computer: its agent or its appliance.

    Attributes:
        status: one of STATUSES.
        messages: the manager's texts, e.g. ("Managed (Online)",).
    """

    status: str
    messages: tuple[str, ...]


def in_contact(*sides: Side) -> bool | None:
    """Whether every side that manages the computer is in contact; None when none manages it.

    Only what says so counts: an active side, or a text that is known to be of a computer in contact
    ("Upgrade Recommended", "Multiple Warnings" and an engine that is offline are). Which status an
    offline agent gets is not documented, and "Multiple Errors" may hide it.
    """
    managing = [side for side in sides if side.status not in UNMANAGED]
    if not managing:
        return None
    return all(_is_here(side) for side in managing)


def _is_here(side: Side) -> bool:
    if any(_away(message) for message in side.messages):
        return False
    told = any(word in message.lower() for message in side.messages for word in _HERE)
    return side.status == "active" or told


def _away(message: str) -> bool:
    """Whether it says that contact is lost; "Anti-Malware Engine Offline" does not."""
    text = message.lower()
    return any(word in text for word in _AWAY) and not any(word in text for word in _ENGINE)
