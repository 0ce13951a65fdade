"""What rows about agents on their machines hold: signatures, services, kernels."""

from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from kanmon.knowledge.rows import Row, Text
from kanmon.knowledge.span_types import DeepSecuritySpan


class AgentSignature(Row):
    """How the files of an agent for Windows are signed; `WindowsSignature` says who accepts it."""

    table: ClassVar[str] = "agent_signatures"

    agent: DeepSecuritySpan
    kind: Literal["SHA-2", "Azure Code Signing"]

    @property
    def key(self) -> str:
        """Agent and kind."""
        return f"agent {self.agent}: {self.kind}"


class WindowsService(Row):
    """A Windows service of an agent.

    Attributes:
        name: as `sc query` takes it.
        needs: the module without which the agent does without it; None for none.
        optional: an agent may be installed without it.
    """

    table: ClassVar[str] = "windows_services"

    name: Text
    title: Text
    needs: Literal["antiMalware"] | None = None
    optional: bool = False

    @property
    def key(self) -> str:
        """The name."""
        return self.name


class KernelScope(Row):
    """Kernels for which the vendor provides no drivers, by a mark that they bear.

    Attributes:
        of: what bears the mark: the release of the kernel, or the name of the system.
        mark: in lower case.
    """

    table: ClassVar[str] = "kernel_scope"

    name: Text
    of: Literal["kernel", "system"]
    mark: Annotated[str, StringConstraints(pattern=r"^[^A-Z]+$")]

    @property
    def key(self) -> str:
        """The name."""
        return self.name


class AgentHandshake(Row):
    """A certificate that agents refuse when their manager shows it.

    Attributes:
        hash: that it is signed with, as `cryptography` names it.
        manager: that shows it.
    """

    table: ClassVar[str] = "agent_handshakes"

    hash: Text
    agent: DeepSecuritySpan
    manager: DeepSecuritySpan
    remedy: Text

    @property
    def key(self) -> str:
        """Hash, agent and manager."""
        return f"{self.hash}: agent {self.agent}, manager {self.manager}"


TABLES: tuple[type[Row], ...] = (AgentSignature, AgentHandshake, WindowsService, KernelScope)
