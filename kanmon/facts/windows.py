"""What is read from Windows machines, a fleet at a time."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.common import ClockReading, Kind, Unread
from kanmon.text import Text

NO_CLOCK = Unread(Text("the run did not ask for its clock"))


@dataclass(frozen=True, slots=True)
class Service:
    """A service or driver as ``sc query`` tells it.

    Attributes:
        state: RUNNING, STOPPED, START_PENDING and so on; "ABSENT" when it is not installed.
    """

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Windows:
    """One machine's answer.

    Attributes:
        product: ProductName, e.g. "Windows Server 2016 Standard".
        build: CurrentBuild, e.g. "14393".
        ubr: update build revision, None where Windows has none (before 8.1).
        root: SHA-1 thumbprints, upper case, in LocalMachine Root (registry and group policy).
        auth_root: likewise in AuthRoot.
        disallowed: likewise in Disallowed.
        root_update_disabled: policy DisableRootAutoUpdate is 1; False when 0 or absent.
        root_update_url: RootDirURL where set, None otherwise.
        pending_reboot: the registry's reasons, e.g. ("Component Based Servicing",); empty when
            none.
        system_drive_free: bytes free on the system drive.
        clock: of the machine; unread in runs that did not ask for it.
    """

    product: str
    build: str
    ubr: int | None
    root: frozenset[str]
    auth_root: frozenset[str]
    disallowed: frozenset[str]
    root_update_disabled: bool
    root_update_url: str | None
    pending_reboot: tuple[str, ...]
    services: tuple[Service, ...]
    system_drive_free: int
    clock: ClockReading | Unread = NO_CLOCK

    def service(self, name: str) -> str:
        """State of a service or driver that was asked for.

        Raises:
            KeyError: it was not asked for.
        """
        return {s.name.lower(): s.state for s in self.services}[name.lower()]


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of the fleet.

    Attributes:
        name: host name, as the manager or the environment names it.
        address: what was dialled.
        computer_id: the manager's number for it, None when the environment names it.
        agentless: an appliance protects it, not an agent; None when the environment names it.
    """

    name: str
    address: str
    computer_id: int | None
    agentless: bool | None
    answer: Windows | Unread


def _answered(machines: tuple[Machine, ...]) -> tuple[str, None]:
    read = sum(not isinstance(machine.answer, Unread) for machine in machines)
    return f"{read} of {len(machines)} read", None


KIND = Kind(identity="machines", release=_answered, parts={"machines": tuple[Machine, ...]})
