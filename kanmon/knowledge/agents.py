"""What rows about agents on their machines hold: how they are signed, which services they are."""

from typing import ClassVar, Literal

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


TABLES: tuple[type[Row], ...] = (AgentSignature, WindowsService)
