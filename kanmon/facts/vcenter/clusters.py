"""What is read from a vCenter of clusters, of what runs in them, and of what ties a VM to its host.

Sources: developer.broadcom.com, vSphere Web Services API: ClusterConfigInfoEx, HostListSummary,
VirtualMachineQuickStats, VirtualDevice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kanmon.facts.common import Unread
from kanmon.text import Message, Text

AGENT_MANAGER = "com.vmware.vim.eam"
"""The extension that deploys appliances, one to each host, and keeps them there."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a host has and what is taken of it now.

    Attributes:
        host: its moref.
        cpu: MHz of all cores together.
        memory: MiB.
        cpu_used: MHz; like ``memory_used`` None where vCenter has no statistics of the host.
        memory_used: MiB, by the VMs on it and by the host itself.
        vmotion: vMotion is enabled on it (``summary.config.vmotionEnabled``, or an adapter on the
            TCP/IP stack of vMotion): running VMs come and go.
    """

    host: str
    cpu: int
    memory: int
    cpu_used: int | None
    memory_used: int | None
    vmotion: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """An enabled rule that DRS never breaks by itself.

    Attributes:
        kind: "on" (the VMs run on these hosts only), "off" (on others only) or "apart" (each of the
            VMs on a host of its own).
        vms: morefs.
        hosts: morefs; empty for "apart".
    """

    name: str
    kind: Literal["on", "off", "apart"]
    vms: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A VM for which DRS does less than for its cluster: "disabled" or a behaviour of DRS."""

    vm: str
    behaviour: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, or the compute resource of a host that is in none.

    Attributes:
        moref: e.g. "domain-c7".
        hosts: every host of it.
        drs: manual, partiallyAutomated or fullyAutomated; None where DRS is off.
        admission_control: of vSphere HA; False where HA is off.
        ha: vSphere HA is on; None where the run that read the cluster did not keep it.
    """

    moref: str
    name: str
    standalone: bool
    hosts: tuple[Capacity, ...]
    drs: str | None
    admission_control: bool
    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...]
    ha: bool | None = None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"

    @property
    def members(self) -> frozenset[str]:
        """The morefs of its hosts."""
        return frozenset(one.host for one in self.hosts)


@dataclass(frozen=True, slots=True)
class Tie:
    """Something that a VM uses and that other hosts of its cluster may lack.

    Attributes:
        kind: as the rows of ``vmotion_ties`` name it.
        what: as vSphere names it, e.g. "CD/DVD drive 1".
        hosts: morefs of the hosts that have it, where it is on hosts.
    """

    kind: str
    what: Message
    hosts: tuple[str, ...] = ()


FAULT_TOLERANCE = "runtime.faultToleranceState"
"""The property that tells whether a VM is under vSphere Fault Tolerance."""
NOT_KEPT = Unread(Text("the version of kanmon that read it did not ask for it"))


@dataclass(frozen=True, slots=True)
class RunningVm:
    """A VM that was powered on when it was read; memory in MiB, CPU in MHz.

    Attributes:
        bios_uuid: None only where vCenter has no configuration of the VM.
        host: moref, None where vCenter knows none.
        managed_by: key of the extension that owns the VM, None otherwise.
        cpu_used: like the other three figures of use None where vCenter has no statistics yet.
        memory_active: what the guest touches.
        memory_consumed: what the host gives it, overhead included.
        memory_overhead: what the host needs to run it.
        ties: what binds it to hosts; not looked at (empty) for VMs of the agent manager, which are
            to stay where they are.
        multi_writer: labels of its disks that other VMs may write to at the same time; like
            ``ties`` not looked at for VMs of the agent manager.
        untold: why it may have ties beside these, one for each device or place that cannot be read.
    """

    moref: str
    name: str
    bios_uuid: str | None
    host: str | None
    connection_state: str
    managed_by: str | None
    cpu_used: int | None
    cpu_reserved: int
    memory_active: int | None
    memory_consumed: int | None
    memory_overhead: int | None
    memory_reserved: int
    ties: tuple[Tie, ...] | Unread
    multi_writer: tuple[str, ...] | Unread = NOT_KEPT
    untold: tuple[Message, ...] = ()

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class ToolsPolicy:
    """When a VM's VMware Tools are upgraded.

    Attributes:
        policy: manual or upgradeAtPowerCycle; None where it was never set, which is manual.
        tools_version: as of ``Vm``.
        tools_status: as of ``Vm``.
        guest_id: None only where vCenter has no configuration of the VM.
    """

    moref: str
    name: str
    template: bool
    connection_state: str
    policy: str | None
    tools_version: int | None
    tools_status: str | None
    guest_id: str | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"
