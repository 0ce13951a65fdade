"""What a world file says of a machine, as VM, as computer of a manager, and as itself."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lab.world.clusters import Demand, Tie


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Machine(_Model):
    """A machine, or ``count`` equal ones (their names then end in -01, -02 and so on).

    Attributes:
        vcenter: slug; None for a physical machine.
        cluster: name of its cluster; VMs are spread over the cluster's hosts.
        os: name as the manager's platform begins, e.g. "Microsoft Windows Server 2016 (64 bit)".
        guest_id: vSphere's guest id.
        connection: what its vCenter calls it; of one that is "inaccessible", "orphaned" or
            "invalid" the vCenter has no configuration, and nothing that its guest told.
        tools: VMware Tools number; 0 is not installed.
        protection: by an agent, by an appliance (agentless), or none.
        appliance: it is itself a virtual appliance (DSVA).
        online: the manager is in contact with it.
        silent_days: how long ago it was in contact last, though it is called online; inf is never.
        troubles: modules that are on and do not work, by name: "error", "inactive" or "warning".
        updates_current: it has the newest security updates.
        file_driver: the file introspection driver is installed and works.
        reachable: it answers over WinRM or SSH.
        clock: seconds by which its clock is fast.
        snapshots: age in hours of each snapshot, the oldest first.
        guest_ip: as VMware Tools tell it.
        free_gib: of the system drive, in GiB.
        key_provider: that has the key of an encrypted VM.
        lacks_roots: SHA-1 of listed roots that are missing, or ["all"].
    """

    name: str
    count: int = 1
    vcenter: str | None = None
    cluster: str | None = None
    os: str = "Microsoft Windows Server 2016 (64 bit)"
    guest_id: str = "windows9Server64Guest"
    guest_name: str = "Microsoft Windows Server 2016 (64-bit)"
    power: str = "poweredOn"
    connection: str = "connected"
    tools: int = 10346
    tools_running: bool = True
    tools_policy: str | None = "manual"
    demand: Demand = Demand()
    ties: list[Tie] = []
    hardware: str = "vmx-13"
    snapshots: list[float] = []
    consolidation_needed: bool = False
    question: str | None = None
    key_provider: str | None = None
    guest_ip: str | None = None
    protection: Literal["agent", "appliance", "none"] = "none"
    dsm: str | None = None
    appliance: bool = False
    relay: bool = False
    online: bool = True
    silent_days: float = 0
    troubles: dict[str, Literal["warning", "error", "inactive"]] = {}
    updates_current: bool = True
    agent_version: str = "11.0.0.1617"
    anti_malware: bool = True
    file_driver: bool = True
    reachable: bool = True
    clock: float = 0
    build: str = "14393"
    ubr: int | None = 6000
    free_gib: float = 40
    lacks_roots: list[str] = []
    disallowed_roots: list[str] = []
    root_update: bool = True
    pending_reboot: bool = False
    services: dict[str, str] = {}  # overrides: name to state
    network_modules: list[str] = []  # modules that look at its network, e.g. "firewall"

    @property
    def lost(self) -> bool:
        """Whether its vCenter has no more than its name."""
        return self.connection in ("inaccessible", "orphaned", "invalid")

    @property
    def windows(self) -> bool:
        """Whether it runs Windows."""
        return "Windows" in self.os

    @property
    def uuid(self) -> str:
        """BIOS uuid, stable over runs."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.bios.kanmon.lab"))

    @property
    def instance_uuid(self) -> str:
        """The VM's instance uuid, stable over runs."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.vm.kanmon.lab"))
