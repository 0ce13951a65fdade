"""The steps of the procedure and the phases of each: the words that every room shares."""

STEPS = (
    "vsphere-bridge",
    "manager",
    "agent",
    "appliance",
    "nsxt-build",
    "nsx-migration",
    "vsphere-target",
)
PHASES = ("pre", "mid", "post")
ALL = STEPS
NEEDED = {
    "vsphere-bridge": ("vcenter",),
    "manager": ("dsm",),
    "agent": ("dsm",),
    "appliance": ("dsm", "vcenter"),
    "nsxt-build": ("nsxt", "vcenter"),
    "nsx-migration": ("nsxt", "vcenter", "dsm"),
    "vsphere-target": ("vcenter",),
}
"""The target kinds without which a step cannot be judged."""
ENDS = {
    "vsphere-bridge": ("VC-VER-002", "ESX-VER-001"),
    "manager": ("DSM-VER-002",),
    "agent": ("DSA-VER-001",),
    "appliance": ("DSVA-VER-001",),
    "nsxt-build": ("NSXT-VC-001", "NSXT-VER-001"),
    "nsx-migration": ("ESX-VIB-002",),
    "vsphere-target": ("VC-VER-002", "ESX-VER-001"),
}
"""The claims without which nobody can say how a step ended: without them no run after it is GO."""
VSPHERE = ("vsphere-bridge", "vsphere-target")
NSX = ("nsxt-build", "nsx-migration")
