"""What was read of vCenter."""

from kanmon.facts.common import Certificate, ClockReading, Kind
from kanmon.facts.vcenter import appliance, clusters, hosts, inventory, management

KIND = Kind(
    identity="about",
    release=lambda about: (about.version, about.build),
    parts={
        "about": inventory.About,
        "hosts": tuple[inventory.Host, ...],
        "vibs": tuple[inventory.HostVibs, ...],
        "vms": tuple[inventory.Vm, ...],
        "extensions": tuple[inventory.Extension, ...],
        "switches": tuple[inventory.Switch, ...],
        "host_certificates": tuple[appliance.HostCertificate, ...],
        "appliance": appliance.Appliance,
        "backups": tuple[appliance.Backup, ...],
        "storage": appliance.Storage,
        "alarms": tuple[management.Alarm, ...],
        "activity": management.Activity,
        "upkeep": tuple[management.VmUpkeep, ...],
        "licences": management.Licences,
        "switch_configs": tuple[management.SwitchConfig, ...],
        "rights": management.Rights,
        "clusters": tuple[clusters.Cluster, ...],
        "running": tuple[clusters.RunningVm, ...],
        "tools_policies": tuple[clusters.ToolsPolicy, ...],
        "hardware": tuple[hosts.HostAnswer[hosts.Hardware], ...],
        "adapters": tuple[hosts.HostAnswer[hosts.Adapters], ...],
        "boot_disks": tuple[hosts.HostAnswer[hosts.BootDisk], ...],
        "datastores": tuple[hosts.Datastore, ...],
        "settings": tuple[hosts.HostAnswer[hosts.Settings], ...],
        "clock": ClockReading,
        "clocks": tuple[hosts.HostAnswer[hosts.Clock], ...],
        "acceptance": tuple[hosts.HostAnswer[str], ...],
        "certificates": tuple[Certificate, ...],
    },
)
