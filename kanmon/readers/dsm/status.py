"""Whether a computer is in contact with its manager, told from status and messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

STATUSES = ("inactive", "active", "warning", "error", "not-supported")
UNMANAGED = ("inactive", "not-supported")

# The manager's texts are in the language of the account, English or Japanese. An engine that is
# offline says nothing of the contact, so its words are taken out before the others are looked for.
# What the words mean: https://cloudone.trendmicro.com/docs/workload-security/agent-status/
# (2026-12-01). "Activation Required", "Deactivation Required": an agent that this manager has not
# activated cannot be spoken to. "Multiple Errors" says nothing of the contact: in doubt.
_ENGINE = re.compile(
    r"((web reputation|intrusion prevention|integrity monitoring|log inspection|"
    r"application control|activity monitoring|device control|\S+) )?engine (is )?offline|"
    r"エンジンが?オフライン",
    re.IGNORECASE,
)
_HERE = (
    *("online", "オンライン", "upgrade recommended", "upgrading agent"),
    *("multiple warnings", "reboot required"),
)
_AWAY = (
    *("offline", "オフライン", "unable to communicate", "communication", "通信"),
    *("activation required", "reactivation", "no agent", "vm stopped", "vm paused"),
)
_MANAGED = re.compile(r"managed\b|管理対象(?!外)|(offline|オフライン)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that can protect a computer: its agent or its appliance.

    Attributes:
        status: one of STATUSES.
        messages: the manager's texts, e.g. ("Managed (Online)",).
    """

    status: str
    messages: tuple[str, ...]


def side(status: str, messages: tuple[str, ...]) -> Side:
    """A side as the manager tells it: one whose text says that it is managed is not inactive.

    Which status an offline agent gets is not documented. As one that nobody manages it would drop
    out of everything that is judged.
    """
    managed = status == "inactive" and any(_MANAGED.match(one.strip()) for one in messages)
    return Side("error" if managed else status, messages)


def in_contact(*sides: Side) -> bool | None:
    """Whether every side that manages the computer is in contact; None when none manages it.

    Only what says so counts: an active side, or a text that is known to be of a computer in contact
    ("Upgrade Recommended", "Multiple Warnings" and an engine that is offline are). Which status an
    offline agent gets is not documented, and "Multiple Errors" may hide it: see ``in_doubt``.
    """
    managing = [side for side in sides if side.status not in UNMANAGED]
    if not managing:
        return None
    return all(_told(side) is True for side in managing)


def in_doubt(*sides: Side) -> bool:
    """Whether no text says that contact is lost, and some side does not say that it is there."""
    told = [_told(side) for side in sides if side.status not in UNMANAGED]
    return None in told and False not in told


@lru_cache(4096)  # thousands of computers say the same few things
def _told(side: Side) -> bool | None:
    """What a side says of its contact; None where it says neither."""
    text = " ".join(side.messages)
    rest = _ENGINE.sub("", text).lower()
    if any(word in rest for word in _AWAY):
        return False
    only_the_engine = bool(text) and not rest.strip(" ,;.")
    here = side.status == "active" or only_the_engine or any(word in rest for word in _HERE)
    return True if here else None
