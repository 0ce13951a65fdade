"""World files: what lies on a manager node for its upgrade, how its manager runs and it starts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

PRECHECK = """Check,Status,Message
Operating system,OK,Red Hat Enterprise Linux 7.9
Memory,OK,16 GB
Disk,OK,120 GB free
Database,OK,Microsoft SQL Server 2016
"""


class NodeState(BaseModel):
    """What a manager node has beside its hardware.

    Attributes:
        services: state of each unit that is installed.
        service_hours: for how long its services ran when the estate became this world.
        installers: paths of the new manager's installers.
        old_installers: of today's; None for the one of the manager's version in /root/old.
        installer_bytes: size of each.
        installer_hours: how long ago they were put there.
        installer_sha256: of each; None for one that follows from the name.
        installer_lines: the first lines of each; None for those of the real version.
        prechecked: somebody ran the pre-check.
        precheck: its report.
        precheck_encoding: of the report, as Python names it.
        precheck_hours: how long ago it was run.
        running_heap: of the running manager; None for the one that is set.
        offset_minutes: how far its local time is ahead of UTC.
        clock: seconds by which its clock is fast.
        default_kernel: the kernel that a restart boots; None for the one that runs.
        secure_boot: None for a machine that does not start by EFI.
        owner_keys: what stands for the certificates of the machine's owner; likewise firmware_keys.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    services: dict[str, str] = {"dsm_s": "active", "ds_agent": "active"}
    service_hours: float = 0
    installers: list[str] = ["/root/Manager-Linux-20.0.877.x64.sh"]
    old_installers: list[str] | None = None
    installer_bytes: int = 2**30
    installer_hours: float = 48
    installer_sha256: str | None = None
    installer_lines: list[str] | None = None
    prechecked: bool = True
    precheck: str = PRECHECK
    precheck_encoding: str = "utf-8"
    precheck_hours: float = 24
    running_heap: str | None = None
    offset_minutes: int = 540
    clock: float = 0
    default_kernel: str | None = None
    secure_boot: bool | None = None
    owner_keys: list[str] = []
    firmware_keys: list[str] = []
