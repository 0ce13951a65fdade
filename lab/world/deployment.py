"""What a world file says of how a vCenter stands: its names, its high availability."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class HaNode(_Model):
    """A node of vCenter HA."""

    role: str
    address: str
    state: str = "up"


class HighAvailability(_Model):
    """vCenter HA; off where a world says nothing of it."""

    configuration: str = "notConfigured"
    mode: str = "enabled"
    state: str = "healthy"
    messages: list[str] = []
    nodes: list[HaNode] = [
        HaNode(role=role, address=f"192.168.7.{number}")
        for number, role in enumerate(("active", "passive", "witness"), 1)
    ]


class Deployment(_Model):
    """Names by which a vCenter of a lab can be reached, and its high availability.

    Attributes:
        node_name: the primary network identifier.
        host_name: of the appliance's operating system.
        certificate: names in its certificate beside "localhost".
        updates: address of its Update Manager; its own where left out.
        partners: node names of the others in linked mode.
        replicating: they follow each other.
    """

    node_name: str = "localhost"
    host_name: str = "localhost"
    certificate: list[str] = []
    updates: str = ""
    partners: list[str] = []
    replicating: bool = True
    ha: HighAvailability = HighAvailability()
