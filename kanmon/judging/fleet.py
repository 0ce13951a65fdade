"""The Windows machines that a claim is about: those that managers know and fleets have read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kanmon.check import Note, Unknown, known
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.windows import Machine, Windows
from kanmon.judging.scope import LeftOut
from kanmon.text import Text

OTHER_SYSTEMS = (
    *("red hat", "linux", "suse", "ubuntu", "debian", "centos", "rocky", "alma", "oracle"),
    *("solaris", "aix", "macos", "mac os", "virtual appliance"),
)

NOBODY_LOOKED = Text("no windows table of the environment covers it: nobody looked at it")


def with_agent(computer: Computer) -> bool:
    """Windows with an agent."""
    return computer.has_agent and not computer.agentless and _may_be_windows(computer)


def with_anti_malware(computer: Computer) -> bool:
    """Windows whose own agent scans for malware."""
    scans = computer.module_on("antiMalware") and not computer.agentless
    return scans and _may_be_windows(computer)


def _may_be_windows(computer: Computer) -> bool:
    """Windows, or no system that is known to be another: what has no platform may be Windows."""
    platform = computer.platform.lower()
    other = computer.kind != "machine" or any(name in platform for name in OTHER_SYSTEMS)
    return "windows" in platform or not other


@dataclass(frozen=True, slots=True)
class Covered:
    """A machine that answered.

    Attributes:
        computer: as its manager lists it; None where the environment names a machine that no
            manager, or more than one computer, bears the name of.
    """

    machine: Machine
    answer: Windows
    computer: Computer | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The Windows machines of the estate; each field is something a check may ask for."""

    environment: Environment
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread]
    all_windows_machines: dict[str, tuple[Machine, ...] | Unread]
    left_out: LeftOut

    def covered(self, concerned: Callable[[Computer], bool]) -> tuple[list[Covered], list[Unknown]]:
        """The machines that run an agent and answered; and those that did not, or were never asked.

        A machine that a manager knows and no fleet of the environment covers must not drop out. A
        fleet that comes from a manager covers computers by their number; a machine that is named
        covers the one computer of that name. What a board left out of the step is in neither list.

        Args:
            concerned: whether a claim is about a computer.

        Raises:
            Undetermined: a manager or a fleet could not be read.
        """
        listed = self._listed()
        dialled = self._dialled()
        known_as = {
            (m.address, dsm, m.computer_id) for dsm, m in dialled if m.computer_id is not None
        }
        shared = {a for a, count in Counter(a for a, _, _ in known_as).items() if count > 1}
        numbers = {(dsm, machine.computer_id) for dsm, machine in dialled}
        told = {(dsm, m.computer_id) for dsm, m in dialled if not isinstance(m.answer, Unread)}
        bearers = _bearers(one for one in listed.values() if concerned(one))
        answered: list[Covered] = []
        unknown: list[Unknown] = []
        for dsm, machine in dialled:
            if isinstance(machine.answer, Unread):
                if machine.computer_id is None or (dsm, machine.computer_id) not in told:
                    unknown.append(Unknown(named(machine), machine.answer.reason))
            elif machine.address in shared:
                subject = f"{named(machine)} ({dsm} {machine.computer_id})"
                unknown.append(Unknown(subject, Text("several computers have its address")))
            else:
                by_number = listed.get((dsm or "", machine.computer_id or 0))
                computer = by_number or bearers.get(machine.name.lower())
                if by_number is None or concerned(by_number):
                    answered.append(Covered(machine, machine.answer, computer))
        names = {one.name.lower() for fleet in self.environment.windows for one in fleet.machines}
        asked = {key: one for key, one in listed.items() if concerned(one) and key not in numbers}
        return answered, [*unknown, *_not_looked_at(asked, names & bearers.keys())]

    @property
    def notes(self) -> list[Note]:
        """Whose waivers left machines out."""
        return self.left_out.notes()

    def _listed(self) -> dict[tuple[str, int], Computer]:
        """The computers of every manager, by it and their number."""
        return {
            (slug, one.id): one
            for slug, part in self.all_dsm_computers.items()
            for one in known(part)
            if not self.left_out.names(slug, one.id)
        }

    def _dialled(self) -> list[tuple[str | None, Machine]]:
        """The machines that were asked, each with the manager that its fleet comes from."""
        gone = {
            name
            for slug, part in self.all_dsm_computers.items()
            for one in known(part)
            if self.left_out.names(slug, one.id)
            for name in _names(one)
        }
        # A rebuilt machine may bear the name of the record that was left out: it is in the step.
        gone -= {name for one in self._listed().values() for name in _names(one)}
        return [
            (fleet.from_dsm, machine)
            for fleet in self.environment.windows
            for machine in known(self.all_windows_machines[fleet.slug])
            if not machine.agentless
            and not self.left_out.names(fleet.from_dsm or "", machine.computer_id or 0)
            and not (fleet.from_dsm is None and machine.name.lower() in gone)
        ]


def _not_looked_at(
    computers: Mapping[tuple[str, int], Computer], names: set[str]
) -> Iterator[Unknown]:
    """Computers that no machine is by its number, nor by a name that is its alone."""
    for (slug, number), one in computers.items():
        if not _names(one) & names:
            yield Unknown(f"{one.host_name} ({slug} {number})", NOBODY_LOOKED)


def _bearers(computers: Iterable[Computer]) -> dict[str, Computer]:
    """Computers by a name that none of the others bears."""
    borne = [(name, one) for one in computers for name in _names(one)]
    counts = Counter(name for name, _ in borne)
    return {name: one for name, one in borne if counts[name] == 1}


def _names(computer: Computer) -> set[str]:
    return {computer.host_name.lower(), computer.display_name.lower()}


def named(machine: Machine) -> str:
    """What an operator can search for."""
    return f"{machine.name} ({machine.address})"
