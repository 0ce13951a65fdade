"""World files: what hosts have, how clusters are set, what machines need and what ties them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Tie = Literal[
    "passthrough",
    "vgpu",
    "sriov",
    "host cd",
    "client cd",
    "host usb",
    "shared bus",
    "multi-writer",
    "local datastore",
    "internal network",
    "cpu affinity",
    "fault tolerance",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Resources(_Model):
    """What a host has; memory in GiB.

    Attributes:
        mhz: of each core.
        own_cpu: MHz that the host itself uses.
        own_memory: that the host itself uses.
        vmotion: vMotion is enabled on it.
    """

    cores: int = 32
    mhz: int = 2400
    memory: float = 512
    own_cpu: int = 500
    own_memory: float = 8
    vmotion: bool = True


class Demand(_Model):
    """What a running machine needs; memory in GiB, CPU in MHz."""

    cpu: int = 300
    cpu_reserved: int = 0
    active: float = 0.5
    consumed: float = 2
    overhead: float = 0.0625
    reserved: float = 0


class DrsRule(_Model):
    """A rule of a cluster, by the names of machines and hosts; without hosts it keeps apart."""

    name: str
    machines: list[str]
    hosts: list[str] = []
    affine: bool = True
    mandatory: bool = True
    enabled: bool = True


class ClusterSettings(_Model):
    """How a cluster is set.

    Attributes:
        vsan: it is on, and its hosts see each other.
        overrides: by name of a machine, what DRS does for it: "disabled" or a behaviour.
        free: GiB on each datastore of its hosts.
    """

    drs: Literal["off", "manual", "partiallyAutomated", "fullyAutomated"] = "fullyAutomated"
    ha: bool = True
    admission_control: bool = True
    vsan: bool = False
    rules: list[DrsRule] = []
    overrides: dict[str, str] = {}
    free: float = 1024
