"""What rows about the machine of a vCenter hold: deployment, health, room, certificates."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kanmon.knowledge.rows import Amount, Row, Text, Texts
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


class ApplianceReading(Row):
    """What an upgrade makes of the health that the appliance tells of a part of itself.

    Attributes:
        reading: the appliance's word for the part.
        blocks: colours with which no upgrade starts.
        warns: colours that need a sign-off; any other one that is not good is told, and no more.
    """

    table: ClassVar[str] = "appliance_readings"

    reading: Text
    blocks: Texts = ()
    warns: Texts = ()

    @property
    def key(self) -> str:
        """The part."""
        return self.reading


class PartitionLimit(Row):
    """How full a file system of the appliance may be before an upgrade.

    Attributes:
        partition: the appliance's word for it; None for every other.
        percent: it must be less full than this; None where it may be full.
        weight: of one that is as full or fuller.
    """

    table: ClassVar[str] = "partition_limits"

    partition: Text | None = None
    percent: Annotated[int, Field(gt=0, le=100)] | None = None
    weight: Literal["blocker", "warning"] = "warning"

    @property
    def key(self) -> str:
        """The partition, and from when on it is too full."""
        limit = f", from {self.percent} %" if self.percent else ""
        return f"{self.partition or 'any other'}{limit}"


class CertificateMargin(Row):
    """How long a certificate is to last beyond the change.

    Attributes:
        of: whose certificate it is.
        days: it is to be valid for more than these after the end of the window.
    """

    table: ClassVar[str] = "certificate_margins"

    of: Text
    days: Amount

    @property
    def key(self) -> str:
        """Whose certificate it is."""
        return self.of


class CertificateSignature(Row):
    """Whether a release of vCenter takes certificates that are signed with a digest.

    Attributes:
        digest: e.g. "sha1".
        target: releases of vCenter that the upgrade leads to.
    """

    table: ClassVar[str] = "certificate_signatures"

    digest: Text
    target: VSphereSpan
    taken: bool

    @property
    def key(self) -> str:
        """Digest and target."""
        return f"{self.digest}, {self.target}"


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


TABLES: tuple[type[Row], ...] = (
    VCenterDeployment,
    ApplianceHealth,
    ApplianceReading,
    ApplianceSize,
    PartitionLimit,
    CertificateMargin,
    CertificateSignature,
)
