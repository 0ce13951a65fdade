"""What rows about the machine of a vCenter hold: how it is deployed, and how full it may be."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kanmon.knowledge.rows import Row, Text
from kanmon.knowledge.span_types import VSphereSpan


class VCenterDeployment(Row):
    """What the upgrade to a release does with a deployment of vCenter.

    Attributes:
        deployment: the appliance's own word for it, or "Windows".
        target: releases of vCenter that the upgrade leads to.
        outcome: it stays as it is, the upgrade changes it on its way, or the upgrade cannot start.
        effect: what happens to it, in words.
    """

    table: ClassVar[str] = "vcenter_deployments"

    deployment: Text
    target: VSphereSpan
    outcome: Literal["stays", "changes", "stops"]
    effect: Text

    @property
    def key(self) -> str:
        """Deployment and target."""
        return f"{self.deployment}, {self.target}"


class ApplianceHealth(Row):
    """What a colour means in which the appliance tells its own health."""

    table: ClassVar[str] = "appliance_health"

    colour: Text
    meaning: Literal["good", "bad", "no data"]

    @property
    def key(self) -> str:
        """The colour."""
        return self.colour


class PartitionLimit(Row):
    """How full a file system of the appliance may be before an upgrade.

    Attributes:
        partition: the appliance's word for it; None for every other.
        percent: it must be less full than this; None where it may be full.
    """

    table: ClassVar[str] = "partition_limits"

    partition: Text | None = None
    percent: Annotated[int, Field(gt=0, le=100)] | None = None

    @property
    def key(self) -> str:
        """The partition."""
        return self.partition or "any other"


class ApplianceSize(Row):
    """A size in which the appliance of a release can be deployed.

    Attributes:
        target: releases of vCenter.
        hosts: ESXi hosts that it is for, at most.
        vms: likewise.
        memory: GB.
        storage: GB of its disks in the default size of storage.
    """

    table: ClassVar[str] = "appliance_sizes"

    size: Text
    target: VSphereSpan
    hosts: Annotated[int, Field(gt=0)]
    vms: Annotated[int, Field(gt=0)]
    cpus: Annotated[int, Field(gt=0)]
    memory: Annotated[int, Field(gt=0)]
    storage: Annotated[int, Field(gt=0)]

    @property
    def key(self) -> str:
        """Size and releases."""
        return f"{self.size}, {self.target}"


TABLES: tuple[type[Row], ...] = (VCenterDeployment, ApplianceHealth, ApplianceSize, PartitionLimit)
