"""ESXi hosts."""

from collections.abc import Iterator

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Severity, check
from kanmon.environment.targets import VCenter
from kanmon.facts.vcenter.inventory import Host
from kanmon.text import Text


@check(
    "ESX-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=(*VSPHERE, "nsx-migration"),
    phases=("pre", "post"),
    remediation="Bring the named host back: reconnect it, take it out of maintenance or "
    "quarantine, or reboot it, before the change starts.",
    refs=("https://docs.vmware.com (NSX-T 3.1 migration, GUID-4FB2D7A1)",),
)
def test_hosts_are_ready(vcenter: VCenter, vcenter_hosts: tuple[Host, ...], judge: Judge) -> None:
    """Every host is connected, not in maintenance, not in quarantine, and needs no reboot.

    A host that is not in service cannot take the machines of the one that is being upgraded; one
    that waits for a reboot brings the change before last into this one.
    """
    judge(
        examined=len(vcenter_hosts),
        of=Text("ESXi hosts of {slug}", slug=vcenter.slug),
        problems=[
            Finding(host.label, Text.joined(", ", faults), Text("in service"))
            for host in vcenter_hosts
            if (faults := list(_faults(host)))
        ],
    )


def _faults(host: Host) -> Iterator[str]:
    if host.connection_state != "connected":
        yield host.connection_state
    if host.power_state != "poweredOn":
        yield host.power_state
    if host.in_maintenance:
        yield Text("in maintenance")
    if host.in_quarantine:
        yield Text("in quarantine")
    if host.reboot_required:
        yield Text("reboot required")
