"""Which software package serves which platform."""

from typing import ClassVar

from kanmon.knowledge.rows import Row, Text


class PackagePlatform(Row):
    """The package that serves the computers of a platform.

    Attributes:
        platform: how the manager's platform of such a computer begins, without its architecture.
            Of several that fit the longest counts.
        package: the system in the names of its packages, e.g. "RedHat_EL7".
        kernels: its agents need a kernel support package for a kernel that is newer than they are.
    """

    table: ClassVar[str] = "package_platforms"

    platform: Text
    package: Text
    kernels: bool

    @property
    def key(self) -> str:
        """The platform."""
        return self.platform


TABLES: tuple[type[Row], ...] = (PackagePlatform,)
