"""What a world file says of a host's machine and settings; a healthy one where it says nothing."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Adapter(_Model):
    """A network or storage adapter with its PCI device; ``ids`` as "vendor:device"."""

    name: str
    ids: str
    driver: str
    device: str
    subsystem: str = "1028:1f99"


X710 = "Ethernet Controller X710 for 10GbE SFP+"


class HostMachine(_Model):
    """The machine; cores and memory stand in its resources.

    Attributes:
        cpu_vendor: "intel" or "amd".
        cpu_family: with its extension.
        cpu_model: with its extension.
        cpu_stepping: 4 is Skylake, 7 Cascade Lake, where the model is 0x55.
        uplinks: adapters that carry the management network.
        management_switch: name of the distributed switch that it is on, empty for a standard one.
        boot_gb: size of the boot disk, in GB of 1000 MB.
        boot_adapter: that leads to it.
        dump_partition: on the boot disk; None for a host without one.
    """

    vendor: str = "Dell Inc."
    model: str = "PowerEdge R740"
    bios: str = "2.4.8"
    bios_date: dt.date = dt.date(2019, 11, 27)
    cpu_vendor: str = "intel"
    cpu_family: int = 0x6
    cpu_model: int = 0x55
    cpu_stepping: int = 4
    cpu: str = "Intel(R) Xeon(R) Gold 6142 CPU @ 2.60GHz"
    nics: list[Adapter] = [
        Adapter(name="vmnic0", ids="8086:1572", driver="i40en", device=X710),
        Adapter(name="vmnic1", ids="8086:1572", driver="i40en", device=X710),
    ]
    disk_adapters: list[Adapter] = [
        Adapter(name="vmhba0", ids="1000:005d", driver="lsi_mr3", device="PERC H730P Mini"),
    ]
    others: list[Adapter] = []
    uplinks: list[str] = ["vmnic0", "vmnic1"]
    management_switch: str = ""
    boot_gb: float = 240
    boot_adapter: str = "vmhba0"
    dump_partition: int | None = 9

    @property
    def adapters(self) -> list[Adapter]:
        """All that have a PCI device."""
        return [*self.nics, *self.disk_adapters, *self.others]


class HostSettings(_Model):
    """How a host is set.

    Attributes:
        clock: seconds that it is ahead.
        acceptance: vmware_certified, vmware_accepted, partner or community.
        local_vmfs: version of its own datastore.
    """

    lockdown: str = "lockdownDisabled"
    ntp_servers: list[str] = ["ntp1.example.jp", "ntp2.example.jp"]
    ntp_running: bool = True
    ntp_policy: str = "on"
    clock: float = 0
    acceptance: str = "partner"
    local_vmfs: str = "5.61"
