"""What the roles of a Deep Security Manager let the accounts see that kanmon reads with."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class Role:
    """The role of one account.

    Attributes:
        account: e.g. "API key kanmon" or "user kanmon-ro".
        all_computers: every computer, now and later; else only those that the role selects.
        other_computers: the computers that the role does not select may be viewed all the same.
        unrelated: events and alerts that are about no computer may be viewed.
        all_policies: as for computers.
        other_policies: as for computers.
    """

    account: str
    name: str
    all_computers: bool
    other_computers: bool
    unrelated: bool
    all_policies: bool
    other_policies: bool


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of the accounts: of the API key, of the user, or of both.

    Attributes:
        untold: why no interface tells of them; empty where one does.
    """

    untold: Message
    items: tuple[Role, ...]
