"""What rows about guests and hosts hold: which system takes which agent, which machine which ESXi.

In each table the first row that fits decides, so an exception stands before the rule.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from kanmon.knowledge.rows import Amount, Count, Row, Text, Texts
from kanmon.knowledge.span_types import DeepSecuritySpan, VSphereSpan

Verdict = Literal["blocked", "warned", "accepted"]
Device = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{4}:([0-9a-f]{4}|\*)$")]
Devices = Annotated[tuple[Device, ...], Field(strict=False)]  # TOML knows lists only


class Guest(Row):
    """An operating system that is protected.

    Attributes:
        os: as the vendor's list names it, e.g. "Windows Server 2008 R2 SP1".
        platform: how the manager's platform of such a computer begins, without its architecture,
            e.g. "Microsoft Windows Server 2008 R2". Of several that fit the longest counts.
        also: other beginnings of the same.
        family: every release whose name begins so is meant, as with "Red Hat Enterprise". Where
            not, a number behind the name is another system's: Amazon Linux 2023 is no Amazon Linux.
    """

    os: Text
    platform: Text
    also: Texts = ()
    family: bool = False
    supported: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Every beginning of such a platform."""
        return (self.platform, *self.also)


class OsAgent(Guest):
    """Whether agents of some versions protect an operating system.

    Attributes:
        machine: the processor, where agents for it are others; a platform tells it in the name of
            its kernel. None for x86, and for what a platform does not tell.
    """

    table: ClassVar[str] = "os_agent"

    agent: DeepSecuritySpan
    machine: Literal["aarch64", "ppc64le"] | None = None

    @property
    def key(self) -> str:
        """System and span."""
        return f"{self.os} with agent {self.agent}"


class OsAppliance(Guest):
    """Whether appliances protect an operating system that has no agent."""

    table: ClassVar[str] = "os_appliance"

    appliance: DeepSecuritySpan

    @property
    def key(self) -> str:
        """System and span."""
        return f"{self.os} with appliance {self.appliance}"


class EsxiCpu(Row):
    """What the installer of an ESXi says of processors, by what CPUID gives.

    Attributes:
        family_first: first family of the row.
        family_last: the last one.
        model_first: first model; None where every model of the families is meant.
        model_last: the last one; None as above.
        stepping_first: first stepping; None where every one of the models is meant.
        stepping_last: the last one; None as above.
    """

    table: ClassVar[str] = "esxi_cpus"

    esxi: VSphereSpan
    vendor: Literal["Intel", "AMD"]
    family_first: Count
    family_last: Count
    model_first: Count | None = None
    model_last: Count | None = None
    stepping_first: Count | None = None
    stepping_last: Count | None = None
    verdict: Verdict

    @property
    def key(self) -> str:
        """Release, vendor, families, models and steppings."""
        key = f"ESXi {self.esxi}, {self.vendor} family 0x{self.family_first:02X}"
        if self.family_last != self.family_first:
            key += f" to 0x{self.family_last:02X}"
        if self.model_first is None or self.model_last is None:
            return key
        key += f" model 0x{self.model_first:02X} to 0x{self.model_last:02X}"
        if self.stepping_first is None:
            return key
        return f"{key} stepping {self.stepping_first} to {self.stepping_last}"


class EsxiDevices(Row):
    """PCI devices that the installer of an ESXi warns of.

    Attributes:
        group: their driver, or the reason why they are listed together.
        devices: as vendor:device, four lower-case hex digits each; "*" for every device of a
            vendor.
        conditional: the same for devices that are listed for some subsystems only.
        names: what is listed by name only.
    """

    table: ClassVar[str] = "esxi_devices"

    esxi: VSphereSpan
    group: Text
    devices: Devices = ()
    conditional: Devices = ()
    names: Texts = ()

    @property
    def key(self) -> str:
        """Release and group."""
        return f"ESXi {self.esxi}, {self.group}"


class EsxiLimit(Row):
    """What happens on a host that has less of something than an ESXi wants.

    Attributes:
        below: the amount that is just enough, in the unit that the resource names.
    """

    table: ClassVar[str] = "esxi_limits"

    esxi: VSphereSpan
    resource: Literal["memory_mib", "cores", "boot_device_gb", "vmfs_major"]
    below: Amount
    verdict: Verdict

    @property
    def key(self) -> str:
        """Release, resource and verdict."""
        return f"ESXi {self.esxi}, {self.resource} {self.verdict} below {self.below}"


class EsxiBootMedium(Row):
    """What an ESXi makes of a boot disk behind some adapters.

    Attributes:
        medium: what such a disk is.
        drivers: of these adapters; a "*" at the end stands for any ending.
        expected: what is wanted instead.
    """

    table: ClassVar[str] = "esxi_boot_media"

    esxi: VSphereSpan
    medium: Text
    drivers: Texts
    expected: Text

    @property
    def key(self) -> str:
        """Release and medium."""
        return f"ESXi {self.esxi}, {self.medium}"


TABLES: tuple[type[Row], ...] = (
    OsAgent,
    OsAppliance,
    EsxiCpu,
    EsxiDevices,
    EsxiLimit,
    EsxiBootMedium,
)
