"""The estate as the plan sees it: components, where they stand, and where they are to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from kanmon.knowledge.compatibility import At

VSPHERE_COMPONENTS = ("vcenter", "esxi", "nsx", "tools")


MANAGER_COMPONENTS = ("manager", "relay", "agent")


class Component(NamedTuple):
    """A component: its kind, and the slug of the vCenter or of the manager that it belongs to.

    The kinds are those of ``kanmon.compatibility.NAMES``.
    """

    kind: str
    owner: str


Value = tuple[At, ...]
"""Every version at which a component stands, the oldest first; empty where there is none of it."""


State = Mapping[Component, Value]


@dataclass(frozen=True)
class Estate:
    """Where an estate stands and where it is to end.

    Attributes:
        goal: by component; one that is not named stays as it is.
        protects: by manager, the vCenters that its appliances are in.
        waypoints: by component, releases at which it could stop on its way, the oldest first.
    """

    today: State
    goal: Mapping[Component, At]
    protects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    waypoints: Mapping[Component, Sequence[At]] = field(default_factory=dict)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """VCenters and managers, in the order of the environment file."""
        return tuple(dict.fromkeys(component.owner for component in self.today))

    def components(self, owner: str) -> tuple[Component, ...]:
        """The components of a vCenter or of a manager, the appliances left out."""
        kinds = (*VSPHERE_COMPONENTS, *MANAGER_COMPONENTS)
        return tuple(p for kind in kinds if (p := Component(kind, owner)) in self.today)

    @property
    def all_components(self) -> tuple[Component, ...]:
        """Every component, by vCenter and manager."""
        every = ((*self.components(owner), Component("appliance", owner)) for owner in self.owners)
        return tuple(
            component for components in every for component in components if component in self.today
        )

    @cached_property
    def appliances(self) -> Mapping[str, tuple[Component, ...]]:
        """The appliances that each vCenter and each manager has to do with."""
        found: dict[str, tuple[Component, ...]] = {}
        for component, value in self.today.items():
            if component.kind == "appliance" and value:
                for owner in (component.owner, *sorted(self.protects.get(component.owner, ()))):
                    found[owner] = (*found.get(owner, ()), component)
        return found

    def arrived(self, component: Component, value: Value) -> bool:
        """Whether a component is where it is to end."""
        goal = self.goal.get(component)
        return goal is None or all(is_at(at, goal) for at in value)


def comparable(one: At, other: At) -> bool:
    """Whether both are versions of one product."""
    return one.version.comparable(other.version)  # type: ignore[arg-type] # of one family


def is_at(at: At, goal: At) -> bool:
    """Whether a version is the goal or beyond it."""
    return comparable(at, goal) and at.reaches(goal)


def is_beyond(at: At, goal: At) -> bool:
    """Whether a version is newer than the goal, which does not lie in it."""
    return is_at(at, goal) and not goal.version.covers(at.version)  # type: ignore[arg-type] # comparable


def versions(state: State, kind: str, owner: str) -> list[Any]:
    """The versions at which an owner's component of a kind stands, each of the kind's family."""
    return [at.version for at in state.get(Component(kind, owner), ())]
