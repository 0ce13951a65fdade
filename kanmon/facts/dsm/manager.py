"""What is read from a Deep Security Manager, 11.0 (SOAP, /rest) and 20.0 (/api, /rest) alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import ClockReading, Unread
from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class Manager:
    """The manager as its API tells it.

    Attributes:
        version: from ``/rest/managerInfo/version``, e.g. "11.0.510" or "20.0.877".
        interfaces: which of "api", "rest", "soap" it offers, in that order.
    """

    version: str
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One manager node, asked on its own address (a cluster-wide ping hides a dead one).

    Attributes:
        slug: of the environment file.
        endpoint: "address:port".
        state: "online" (its own ping answered 200), "refused" (nothing listens), "silent" (no
            answer in time, or no way to the address), "failing" (it listens but its ping or TLS did
            not succeed).
        ping_status: HTTP status of ``/rest/status/manager/current/ping``, None without an answer.
        console_status: HTTP status of the console's sign-in page, None without an answer.
        console_valid: the page is the manager's own sign-in page.
        version: what this node says its version is, None when it did not say.
        detail: what came back, in one line.
    """

    slug: str
    endpoint: str
    state: str
    ping_status: int | None
    console_status: int | None
    console_valid: bool
    version: str | None
    detail: Message


@dataclass(frozen=True, slots=True)
class NodeClock:
    """The clock of a manager node's machine, as the node's own web server shows it.

    Attributes:
        slug: of the environment file.
    """

    slug: str
    reading: ClockReading | Unread


@dataclass(frozen=True, slots=True)
class AgentPort:
    """What a manager node shows to its agents, on the port of their heartbeat.

    Attributes:
        slug: of the node.
        endpoint: "address:port".
        hashes: how each certificate that it shows is signed, its own first, e.g. "sha1"; the name
            of the signature where that has no hash of its own.
    """

    slug: str
    endpoint: str
    hashes: tuple[str, ...] | Unread

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.slug} ({self.endpoint})"


_HEALTH: tuple[str | None, ...] = ("active", "warning", "error", "inactive", "not-supported")


@dataclass(frozen=True, slots=True)
class Module:
    """A protection module of a computer.

    Attributes:
        name: e.g. "antiMalware".
        on: the module is switched on.
        agent_status: inactive, active, warning, error, not-supported; None when not reported.
        appliance_status: likewise.
    """

    name: str
    on: bool
    agent_status: str | None
    appliance_status: str | None

    @property
    def health(self) -> str | None:
        """The better status of both sides, "off" for one that is off; None where neither tells."""
        told = {self.agent_status, self.appliance_status} - {None}
        if not self.on:
            return "off"
        return min(told, key=_HEALTH.index, default=None) if told <= set(_HEALTH) else "unknown"

    def worse_than(self, before: Module) -> bool:
        """Whether it works less than it did; where nobody knows how it did, less than it should."""
        was = before.health if before.health in _HEALTH else "active"
        return self.health not in _HEALTH or _HEALTH.index(self.health) > _HEALTH.index(was)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of the manager, by the manager's own number."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Computer:
    """A computer that the manager manages.

    Attributes:
        id: the manager's own number.
        platform: as reported, e.g. "Microsoft Windows Server 2016 (64 bit)  Build 14393".
        kind: "machine", "appliance" (a DSVA) or "esx".
        agent_version: "0.0.0.0" without agent.
        agent_status: inactive, active, warning, error or not-supported; error for an inactive one
            whose texts say that it is managed.
        agent_messages: e.g. ("Managed (Online)",).
        appliance_status: the same list of values, for agentless protection.
        online: whether every side that manages it, agent or appliance, is in contact by the
            manager's messages; how long ago is for the check to judge. None when neither manages
            it.
        doubtful: its texts say neither that it is in contact nor that contact is lost.
        last_contact: last communication of the side that manages it, of agent and appliance the one
            that is silent for longer; aware, UTC; None when never.
        relay: it is a relay; None where the manager does not say, and for all when 20.0 names not
            one.
        vm_uuid: uuid of the VM, lower case; None for a machine that no vCenter knows. From 20.0 it
            is the BIOS uuid; of 11.0's virtualUuid that is not documented.
        vcenter_uuid: instance uuid of that vCenter, None likewise, and always from 11.0.
    """

    id: int
    host_name: str
    display_name: str
    last_ip: str | None
    platform: str
    kind: str
    policy_id: int | None
    agent_version: str
    agent_status: str
    agent_messages: tuple[str, ...]
    appliance_status: str
    appliance_messages: tuple[str, ...]
    online: bool | None
    last_contact: datetime | None
    relay: bool | None
    vm_uuid: str | None
    vcenter_uuid: str | None
    modules: tuple[Module, ...]
    doubtful: bool = False

    def module_on(self, name: str) -> bool:
        """Whether the named module is switched on."""
        return any(module.name == name and module.on for module in self.modules)

    @property
    def agentless(self) -> bool:
        """An appliance protects it and no agent does."""
        return self.appliance_status not in ("inactive", "not-supported") and (
            self.agent_status in ("inactive", "not-supported")
        )

    @property
    def by_appliance(self) -> bool:
        """An appliance protects it, alone or together with an agent (combined mode)."""
        return self.appliance_status not in ("inactive", "not-supported")

    @property
    def has_agent(self) -> bool:
        """An agent is on it, or manages it though the manager does not tell its version."""
        told = self.agent_version not in ("", "0.0.0.0")  # noqa: S104 - a version, not an address
        return told or self.agent_status not in ("inactive", "not-supported")
