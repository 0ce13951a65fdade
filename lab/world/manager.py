"""What a world file says of a manager itself: alerts, packages, tasks, switches, connectors."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ManagerAlert(_Model):
    """An alert; ``node`` is the manager's number of the node that it is about."""

    name: str
    severity: str = "critical"
    dismissed: bool = False
    node: int | None = None
    hours: float = 2


class ScheduledTask(_Model):
    """A scheduled task that runs next in so many days from now; None for no next run."""

    name: str
    type: str = "check-for-security-updates"
    enabled: bool = True
    days: float | None = 1
    recurrence: str = "daily"


class Connector(_Model):
    """A connector to a vCenter; it carries passwords, as the manager's does."""

    vcenter: str = "127.0.0.1"
    nsx: str | None = "127.0.0.1"


TASKS = [
    ScheduledTask(name="Security updates", enabled=False),
    ScheduledTask(name="Yearly report", type="generate-report", days=90, recurrence="monthly"),
]
PACKAGES = [
    "Agent-Windows-11.0.0-582.x86_64.zip",
    "Agent-Windows-11.0.0-1617.x86_64.zip",
    "Agent-Windows-20.0.0-877.x86_64.zip",
    "Agent-RedHat_EL7-11.0.0-582.x86_64.zip",
    "Agent-RedHat_EL7-11.0.0-1617.x86_64.zip",
    "Agent-RedHat_EL7-20.0.0-877.x86_64.zip",
    "KernelSupport-RedHat_EL7-11.0.0-1617.x86_64.zip",
    "KernelSupport-RedHat_EL7-20.0.0-890.x86_64.zip",
    "Appliance-ESX-20.0.0-877.x86_64.zip",
]


class Role(_Model):
    """The role of kanmon's account.

    Attributes:
        hidden: names of machines that it does not select, and that nobody tells it of.
        names_itself: the account may see its own role.
        tenants: it may view tenants.
    """

    hidden: list[str] = []
    unrelated: bool = True
    all_policies: bool = True
    names_itself: bool = True
    tenants: bool = True


class Tenant(_Model):
    """A tenant of a multi-tenant manager, on the database server of this number."""

    name: str
    state: str = "active"
    server: int = 1


class ManagerSystem(_Model):
    """All of it.

    Attributes:
        packages: names of those that are imported.
        announced: names of those that the manager knows of, and that are not imported.
        switches: settings that are on, by the names of ``/api``.
        policies: names, in the order of their numbers.
        guarded: of the policies those that switch the self-protection of agents on.
        tenants: beside the primary one.
    """

    alerts: list[ManagerAlert] = []
    tasks: list[ScheduledTask] = TASKS
    packages: list[str] = PACKAGES
    announced: list[str] = []
    connectors: list[Connector] = [Connector()]
    switches: list[str] = []
    role: Role = Role()
    policies: list[str] = ["Base Policy", "Windows Server", "Linux Server"]
    guarded: list[str] = []
    tenants: list[Tenant] = []
