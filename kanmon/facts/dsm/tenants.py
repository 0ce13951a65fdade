"""The tenants of a multi-tenant Deep Security Manager."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, which has a database of its own.

    Attributes:
        state: the manager's word, e.g. "active".
        database_server: the manager's number of the server on which its database is.
    """

    id: int
    name: str
    state: str
    database_server: int

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} (tenant {self.id})"


@dataclass(frozen=True, slots=True)
class Tenants:
    """The tenants as far as the manager tells them.

    Attributes:
        untold: why it does not, empty where it does; then none means that it has none.
    """

    untold: Message
    items: tuple[Tenant, ...]
