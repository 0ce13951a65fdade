"""What a world file says of a vCenter's own upkeep: alarms, tasks, licences."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Alarm(_Model):
    """A triggered alarm of a host, VM or folder, by its name, for some hours."""

    name: str
    entity: str
    status: str = "red"
    acknowledged: bool = False
    hours: float = 1


class Task(_Model):
    """A recent task; ``name`` as "VirtualMachine.migrate"."""

    name: str
    entity: str | None = None
    state: str = "running"
    hours: float = 0.1


class Licence(_Model):
    """A licence; ``days`` until it ends, None for one that does not."""

    key: str
    name: str
    edition: str
    version: str | None = None
    days: int | None = None

    def suits(self, prefix: str) -> bool:
        """Whether it is of an edition that begins so, or an evaluation, which suits everything."""
        return self.edition == "eval" or self.edition.startswith(prefix)


LICENCES = [
    Licence(key=f"LAB{n}0-00000-00000-00000-00{n}{e}0", name=name, edition=edition, version=version)
    for n, version in ((6, "6.0"), (7, "7.0"))
    for e, name, edition in (
        (1, f"VMware vCenter Server {n} Standard", "vc.standard.instance"),
        (2, f"VMware vSphere {n} Enterprise Plus", "esx.enterprisePlus.cpuPackage"),
    )
]
"""Of the release in use, which is assigned, and of the next."""
