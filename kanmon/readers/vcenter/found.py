"""An object of a vCenter's inventory, as it was answered."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pyVmomi.VmomiSupport import ManagedObject

from kanmon.errors import CouldNotRead
from kanmon.readers import apart
from kanmon.text import Text

_Value = TypeVar("_Value")
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class Found:
    """An object of the inventory with the properties that were asked for, by their paths.

    Attributes:
        where: the vCenter's address, for errors.
        object: reference; reading an attribute of it would be a round trip, and is not allowed.
        values: a path that the vCenter left unset is absent.
        faults: why paths were not answered; asking for one of them is an error.
    """

    where: str
    object: Any
    values: Mapping[str, Any]
    faults: Mapping[str, CouldNotRead] = field(default_factory=dict)

    @property
    def moref(self) -> str:
        """Managed object id, e.g. "host-21"."""
        return str(self.object._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref

    def take(self, path: str, kind: type[_Value]) -> _Value:
        """A property that every such object has.

        Raises:
            CouldNotRead: it is unset, or of another type.
        """
        value = self.find(path, kind)
        if value is None:
            raise CouldNotRead(
                Text("read {path} of {found}", path=path, found=self.label),
                Text("vCenter left it unset"),
            )
        return value

    def find(self, path: str, kind: type[_Value]) -> _Value | None:
        """A property that vCenter may leave unset.

        Raises:
            CouldNotRead: it was not answered, or is of another type.
        """
        if path in self.faults:
            raise self.faults[path]
        value = self.values.get(path)
        if value is None or isinstance(value, kind):
            return value
        raise CouldNotRead(
            Text("read {path} of {found}", path=path, found=self.label),
            Text("{value}, expected {type}", value=repr(value), type=kind.__name__),
        )

    def reference(self, path: str) -> str | None:
        """Managed object id of the object that a property points at, None where it is unset."""
        value = self.find(path, ManagedObject)
        return None if value is None else str(value._GetMoId())  # noqa: SLF001 - as above

    @property
    def called(self) -> str:
        """Its name, where that is no fact of its own; its id where it has none."""
        name = self.values.get("name")
        return name if name and isinstance(name, str) else self.moref

    @property
    def subject(self) -> str:
        """What findings call it."""
        name = self.values.get("name")
        return f"{name} ({self.moref})" if name else self.moref

    @property
    def label(self) -> Text:
        """What errors call it."""
        return Text("{name} at {where}", name=self.subject, where=self.where)


def each(objects: Iterable[Found], read: Callable[[Found], _Record]) -> tuple[_Record, ...]:
    """What every object comes to; one that cannot be read is set apart.

    Raises:
        CouldNotRead: none of them could be read.
    """
    return apart.each(objects, read, lambda one: one.subject)


def parent(host: Found) -> str | None:
    """The compute resource of a host; None where it is not told: who judges the host says so."""
    try:
        return host.reference("parent")
    except CouldNotRead:
        return None


class Gone(CouldNotRead):
    """An object that was asked for does not exist any more."""

    def __init__(self, tried: str, got: str, moref: str) -> None:
        super().__init__(tried, got)
        self.moref = moref


def required(data: Any, name: str, tried: str) -> str:
    """A text that every such data object has; pyvmomi leaves out what the answer leaves out.

    Raises:
        CouldNotRead: it is not there.
    """
    value = getattr(data, name, None)
    if not value or not isinstance(value, str):
        raise CouldNotRead(tried, Text("no {name}", name=name))
    return str(value)
