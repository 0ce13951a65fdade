"""What rows about moving VMs hold: what ties one to its host, and what protection asks of it."""

from typing import ClassVar, Literal

from kanmon.knowledge.rows import Amount, Row, Text


class VmotionTie(Row):
    """Something because of which a running VM cannot move to another host.

    Attributes:
        tie: as readers and checks call it.
        expected: what has to hold instead.
        by_hand: DRS leaves the VM where it is, and a hand can move it.
        shutdown: the VM has to be switched off for as long as it is tied so.
    """

    table: ClassVar[str] = "vmotion_ties"

    tie: Text
    expected: Text
    by_hand: bool = False
    shutdown: bool = False

    @property
    def key(self) -> str:
        """The tie."""
        return self.tie


class ProtectedHardware(Row):
    """The lowest virtual hardware with which a VM stays protected when it moves.

    Attributes:
        minimum: 9 for "vmx-09".
    """

    table: ClassVar[str] = "protected_hardware"

    nsx: Literal["NSX-V", "NSX-T"]
    minimum: Amount

    @property
    def key(self) -> str:
        """The product."""
        return self.nsx


TABLES: tuple[type[Row], ...] = (VmotionTie, ProtectedHardware)
