"""The Linux machines that a claim is about: those that kanmon asked, and those that nobody did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kanmon.check import Note, Unknown, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Linux
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.linux.agent import AgentHost
from kanmon.facts.linux.host import Host
from kanmon.judging.packages import KERNEL
from kanmon.judging.scope import LeftOut
from kanmon.text import Text

OTHER_SYSTEMS = ("windows", "solaris", "aix", "macos", "mac os", "virtual appliance")
NOT_ASKED = Text("no linux table of the environment covers it: nobody looked at it")
SYSTEMS = {
    "rhel": "RHEL",
    "centos": "CentOS",
    "debian": "Debian",
    "ubuntu": "Ubuntu",
    "almalinux": "AlmaLinux",
    "rocky": "Rocky Linux",
    "sles": "SLES",
    "ol": "Oracle Linux",
    "miraclelinux": "Miracle Linux",
}
"""Names of the tables, by ID of /etc/os-release."""
_ARCHITECTURE = re.compile(r"\.(x86_64|i[3-6]86|aarch64)$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A machine with an agent that answered.

    Attributes:
        slug: of its target.
        computer: as a manager lists it; None where none, or more than one, bears its name.
    """

    slug: str
    host: Host
    agent: AgentHost
    computer: Computer | None

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return f"{self.host.hostname} ({self.slug})"

    @property
    def system(self) -> str:
        """The system as the tables name it, e.g. "RHEL 7"."""
        name = SYSTEMS.get(self.host.os_id, self.host.os_id)
        return f"{name} {self.host.os_version.partition('.')[0]}"


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A computer that a manager lists and no target is."""

    dsm: str
    computer: Computer

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return f"{self.computer.host_name} ({self.dsm} {self.computer.id})"

    @property
    def open(self) -> Unknown:
        """What nobody looked at."""
        return Unknown(self.subject, NOT_ASKED)

    @property
    def system(self) -> str:
        """The system as its manager tells it, without its kernel."""
        return KERNEL.sub("", self.computer.platform).strip()

    @property
    def kernel(self) -> str | None:
        """The kernel that its manager tells."""
        found = KERNEL.search(self.computer.platform)
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class LinuxMachines:
    """All of them.

    Attributes:
        unread: targets that did not answer.
        notes: whose waivers left machines out.
    """

    asked: list[Asked]
    not_asked: list[NotAsked]
    unread: list[Unknown]
    notes: list[Note]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.asked) + len(self.not_asked) + len(self.unread)


def linux_machines(
    environment: Environment,
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_linux_host: dict[str, Host | Unread],
    all_linux_agent: dict[str, AgentHost | Unread],
    left_out: LeftOut,
) -> LinuxMachines:
    """The Linux machines that run an agent: by a manager's word, or by the agent's own unit.

    A target is the one computer that bears its host name or its address. The parameters are what a
    check may ask for, so that it may ask for the machines. What a board left out of the step is
    not among them.

    Raises:
        Undetermined: a manager could not be read.
    """
    listed = [
        NotAsked(slug, one)
        for slug, part in all_dsm_computers.items()
        for one in known(part)
        if _may_be_linux(one)
    ]
    bearers = _bearers(listed)
    found = LinuxMachines([], [], [], left_out.notes())
    covered: list[NotAsked] = []
    for target in environment.linux:
        host, agent = all_linux_host[target.slug], all_linux_agent[target.slug]
        borne = _borne(target, host, bearers)
        covered += borne
        if any(left_out.names(one.dsm, one.computer.id) for one in borne):
            continue
        if isinstance(host, Unread):
            found.unread.append(Unknown(target.slug, host.reason))
        elif borne or any(unit.name == "ds_agent" and unit.loaded for unit in host.services):
            if isinstance(agent, Unread):
                found.unread.append(Unknown(target.slug, agent.reason))
            else:
                computer = borne[0].computer if borne else None
                found.asked.append(Asked(target.slug, host, agent, computer))
    found.not_asked.extend(
        one for one in listed if one not in covered and not left_out.names(one.dsm, one.computer.id)
    )
    return found


def _may_be_linux(computer: Computer) -> bool:
    """A machine with an agent of no system that is known to be another."""
    platform = computer.platform.lower()
    agent = computer.kind == "machine" and computer.has_agent and not computer.agentless
    return agent and not any(name in platform for name in OTHER_SYSTEMS)


def _bearers(listed: Iterable[NotAsked]) -> dict[str, NotAsked]:
    """Computers by a name or an address that none of the others bears."""
    borne = [(name, one) for one in listed for name in _names(one.computer)]
    counts = Counter(name for name, _ in borne)
    return {name: one for name, one in borne if counts[name] == 1}


def _names(computer: Computer) -> set[str]:
    told = (computer.host_name, computer.display_name, computer.last_ip)
    return {name.lower() for name in told if name}


def _borne(target: Linux, host: Host | Unread, bearers: Mapping[str, NotAsked]) -> list[NotAsked]:
    """The computer that a target is; none where its names lead to two."""
    names = [target.address] if isinstance(host, Unread) else [host.hostname, target.address]
    found = [bearers[name.lower()] for name in names if name.lower() in bearers]
    return found[:1] if all(one == found[0] for one in found) else []


def ahead(machine: Asked) -> Mapping[str, str] | Unread:
    """The kernels that a machine runs or may boot next, and how each comes to run."""
    after = machine.agent.default_kernel
    installed = machine.agent.kernels
    running = {machine.host.kernel: Text("runs")}
    if not isinstance(after, Unread):
        return {after: Text("the next restart boots it"), **running}
    if not isinstance(installed, Unread):
        return dict.fromkeys(installed, Text("the next restart may boot it")) | running
    return Unread(
        Text("which kernel the next restart boots is not told: {reason}", reason=after.reason)
    )
