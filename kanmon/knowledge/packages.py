"""Which software package serves which platform, and which agents."""

from typing import ClassVar

from kanmon.knowledge.rows import Row, Text
from kanmon.knowledge.span_types import DeepSecuritySpan


class PackagePlatform(Row):
    """The package that serves the computers of a platform.

    Attributes:
        platform: how the manager's platform of such a computer begins, without its architecture.
            Of several that fit the longest counts.
        package: the system in the names of its packages, e.g. "RedHat_EL7".
        kernels: its agents need a kernel support package for a kernel that is newer than they are.
        family: it serves every release whose name begins so, as with Windows. Where not, a number
            behind the name is another system's: Amazon Linux 2023 is no Amazon Linux.
    """

    table: ClassVar[str] = "package_platforms"

    platform: Text
    package: Text
    kernels: bool
    family: bool = False

    @property
    def key(self) -> str:
        """The platform."""
        return self.platform


class KernelPackage(Row):
    """Kernel support packages that do not serve agents of their own line.

    Attributes:
        packages: span of their versions.
        agent: span of the agents that they do not serve.
    """

    table: ClassVar[str] = "kernel_packages"

    packages: DeepSecuritySpan
    agent: DeepSecuritySpan
    remedy: Text

    @property
    def key(self) -> str:
        """Packages and agents."""
        return f"packages {self.packages}, agents {self.agent}"


TABLES: tuple[type[Row], ...] = (PackagePlatform, KernelPackage)
