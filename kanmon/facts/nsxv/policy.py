"""Who NSX-V protects by guest introspection: policies, the groups they apply to, their machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """What a policy does by guest introspection (``endpointSecurityAction``).

    Attributes:
        name: as it was given, "" where it has none.
        kind: ``actionType``, e.g. "ANTI_VIRUS", None where NSX does not say.
        profile: id of the service profile, None where the action names none.
    """

    name: str
    kind: str | None
    enabled: bool
    profile: str | None


@dataclass(frozen=True, slots=True)
class SecurityPolicy:
    """A policy of Service Composer.

    Attributes:
        parent: id of the policy whose actions it inherits, None without one.
        groups: ids of the security groups that it applies to.
        actions: its own by guest introspection; those of other categories are left out.
    """

    id: str
    name: str
    parent: str | None
    groups: tuple[str, ...]
    actions: tuple[Action, ...]

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A group that such a policy applies to, with the machines that are in it today.

    Attributes:
        machines: (moref, name) of each VM.
    """

    id: str
    name: str
    machines: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class GiPolicies:
    """The policies that protect by guest introspection, and the groups that they apply to.

    Attributes:
        policies: each has an enabled action, its own or inherited.
    """

    policies: tuple[SecurityPolicy, ...]
    groups: tuple[SecurityGroup, ...]

    def of(self, policy: SecurityPolicy) -> list[SecurityGroup]:
        """The groups that one of the policies applies to."""
        return [group for group in self.groups if group.id in policy.groups]


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """A profile of a partner's service (``/si/serviceprofiles``).

    Attributes:
        service: name of the service.
        fail_open: value of its attribute failOpen, None where it was never set.
    """

    id: str
    name: str
    service: str
    fail_open: str | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.id})"


def protecting(policies: Sequence[SecurityPolicy]) -> Iterator[SecurityPolicy]:
    """Those with an enabled action of guest introspection, their own or that of an ancestor."""
    by_id = {policy.id: policy for policy in policies}
    for policy in policies:
        seen: set[str] = set()
        at: SecurityPolicy | None = policy
        while at and at.id not in seen:
            seen.add(at.id)
            if any(action.enabled for action in at.actions):
                yield policy
                break
            at = by_id.get(at.parent or "")
