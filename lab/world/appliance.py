"""What a world file says of the machine that a vCenter runs on; healthy where it says nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

EMBEDDED = "vCenter Server with an embedded Platform Services Controller"
EXTERNAL = "vCenter Server with an external Platform Services Controller"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Backup(_Model):
    """A job of the file-based backup; one that runs has no end."""

    status: str = "SUCCEEDED"
    hours_ago: float = 3  # its end, or its beginning where it runs


class Service(_Model):
    """A service of the appliance; one whose health is empty tells none."""

    startup: str = "AUTOMATIC"
    state: str = "STARTED"
    health: str = "HEALTHY"


class Appliance(_Model):
    """A vCenter appliance; with an ``os_type`` of Windows there is none.

    Attributes:
        condition: colour of a part beside its storage, by the appliance's word for it; green where
            it is left out.
        partitions: used and whole size in GiB, by the appliance's word for the file system.
        root: whether root is enabled and has a password.
        root_days: until that password ends; None where it never does.
        denied: the account is in no group that may ask the appliance.
    """

    os_type: str = "linux-x64"
    deployment: str = EMBEDDED
    backups: list[Backup] = [Backup(hours_ago=27), Backup()]
    storage: str = "green"
    database_storage: str = "green"
    condition: dict[str, str] = {}
    services: dict[str, Service] = {
        "vpxd": Service(),
        "sts": Service(),
        "vmware-vpostgres": Service(health=""),
        "vmcam": Service(startup="MANUAL", state="STOPPED", health=""),
    }
    partitions: dict[str, tuple[float, float]] = {
        "root": (4, 11),
        "db": (2, 10),
        "log": (3, 10),
        "seat": (1, 10),
        "archive": (45, 50),
        "swap": (0, 25),
    }
    root: dict[str, bool] = {"enabled": True, "has_password": True}
    root_days: float | None = 60
    denied: bool = False
