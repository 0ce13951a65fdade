"""Facts made by hand: each builder gives one good record of a small estate, changed by keyword.

The estate: vCenter "vc-main" with hosts host-21 and host-22 in cluster domain-c7, in which an
appliance protects the VM "vdi-01"; a manager "dsm" of two nodes; a database; a fleet of Windows
machines.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kanmon.comparing import Baseline, Side
from kanmon.environment.file import Environment, parse
from kanmon.facts import Certificate, ClockReading, run
from kanmon.facts import windows as win
from kanmon.facts.database import server as db
from kanmon.facts.dsm import manager as dsm
from kanmon.facts.linux import agent as linux_agent
from kanmon.facts.linux import host as linux
from kanmon.facts.linux import manager as linux_manager
from kanmon.facts.nsxt import inventory as nsxt
from kanmon.facts.nsxv import inventory as nsxv
from kanmon.facts.vcenter import clusters
from kanmon.facts.vcenter import inventory as vcenter
from kanmon.knowledge import load
from kanmon.knowledge.requirements import WindowsRoot

GIB = 2**30
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW_END = datetime(2026, 12, 5, 21, 0, tzinfo=UTC)
VCENTER_UUID = "d7a1f0c4-0000-4000-8000-00000000000a"
OTHER_VCENTER_UUID = "d7a1f0c4-0000-4000-8000-00000000000b"
VM_UUID = "4201abcd-0000-4000-8000-000000000101"
INSTANCE_UUID = "5001abcd-0000-4000-8000-000000000101"
REQUIRED_ROOTS = frozenset(row.sha1 for row in load(WindowsRoot).rows if row.required)

_LOGIN = '[credentials.ro]\nusername = "kanmon-ro"\npassword = "env:KANMON_PASSWORD"\n'
_ENDPOINT = 'address = "{slug}.example.jp"\ncredential = "ro"\n'
VC_MAIN = '[[vcenter]]\nslug = "vc-main"\n' + _ENDPOINT.format(slug="vc-main")
VC_OTHER = '[[vcenter]]\nslug = "vc-other"\n' + _ENDPOINT.format(slug="vc-other")
NSXV = '[[nsxv]]\nslug = "nsxv-main"\nvcenter = "vc-main"\n' + _ENDPOINT.format(slug="nsxv-main")
NSXT = '[[nsxt]]\nslug = "nsxt"\nvcenters = ["vc-main"]\n' + _ENDPOINT.format(slug="nsxt")
DSM = """
[[dsm]]
slug = "dsm"
credential = "ro"
nodes = [
    { slug = "dsm-1", address = "dsm1.example.jp" },
    { slug = "dsm-2", address = "dsm2.example.jp" },
]
database = "dsm-db"

[[database]]
slug = "dsm-db"
product = "sqlserver"
address = "sql1.example.jp"
credential = "ro"
"""
LINUX = """
[[linux]]
slug = "dsm-1-host"
address = "dsm1.example.jp"
credential = "ro"
node = "dsm-1"

[[linux]]
slug = "dsm-2-host"
address = "dsm2.example.jp"
credential = "ro"
node = "dsm-2"
"""
ONE_NODE = DSM.replace('    { slug = "dsm-2", address = "dsm2.example.jp" },\n', "")
ONE_LINUX = LINUX.partition("\n\n")[0] + "\n"
WINDOWS = '[[windows]]\nslug = "fleet"\nfrom_dsm = "dsm"\ncredential = "ro"\n'


def environment(*texts: str, **upgrade: str) -> Environment:
    """The environment of TOML texts such as ``DSM``; keywords are the keys of ``[upgrade]``."""
    target = "".join(f'{key} = "{value}"\n' for key, value in upgrade.items())
    whole = f"[upgrade]\n{target}" + "".join(texts) + _LOGIN
    return parse(whole, "test", Path("envs/test.toml"))


def baseline(computers: Any, **changes: Any) -> Baseline:
    """The run of the day before the upgrade, in which the manager listed these computers."""
    side = Side(environment(DSM), {("dsm", "computers"): computers})
    return replace(Baseline("before", NOW - timedelta(days=1), side), **changes)


def moment(**changes: Any) -> run.Moment:
    """Before the manager's upgrade."""
    return replace(run.Moment("manager", "pre", NOW, WINDOW_END), **changes)


def certificate(**changes: Any) -> Certificate:
    """A trusted certificate that outlives the window by a year."""
    made = Certificate(
        endpoint="vc-main.example.jp:443",
        subject="CN=vc-main.example.jp",
        issuer="CN=Example CA",
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2027, 12, 5, 21, 0, tzinfo=UTC),
        sha256="ab" * 32,
        problem=None,
    )
    return replace(made, **changes)


def about(**changes: Any) -> vcenter.About:
    """A vCenter 6.5 U2."""
    made = vcenter.About(
        name="VMware vCenter Server",
        version="6.5.0",
        build="8307201",
        api_version="6.5",
        instance_uuid=VCENTER_UUID,
        os_type="linux-x64",
    )
    return replace(made, **changes)


def host(**changes: Any) -> vcenter.Host:
    """The ESXi host host-21, in service."""
    made = vcenter.Host(
        moref="host-21",
        name="esx-01.example.jp",
        cluster="domain-c7",
        cluster_name="Protected",
        version="6.5.0",
        build="8294253",
        connection_state="connected",
        power_state="poweredOn",
        in_maintenance=False,
        in_quarantine=False,
        reboot_required=False,
        overall_status="green",
    )
    return replace(made, **changes)


def second_host(**changes: Any) -> vcenter.Host:
    """Its neighbour host-22, on which no protected VM is registered."""
    return host(**{"moref": "host-22", "name": "esx-02.example.jp", **changes})


def vm(**changes: Any) -> vcenter.Vm:
    """The VM vdi-01 on host-21, running, with VMware Tools 11.2.5."""
    made = vcenter.Vm(
        moref="vm-101",
        name="vdi-01",
        instance_uuid=INSTANCE_UUID,
        bios_uuid=VM_UUID,
        host="host-21",
        power_state="poweredOn",
        connection_state="connected",
        template=False,
        tools_version=11333,
        tools_status="guestToolsCurrent",
        tools_running="guestToolsRunning",
        guest_id="windows9_64Guest",
        guest_full_name="Microsoft Windows 10 (64-bit)",
        hardware_version="vmx-13",
        managed_by=None,
    )
    return replace(made, **changes)


def orphan(**changes: Any) -> vcenter.Vm:
    """A VM of which vCenter has no configuration: it belongs to nobody's list."""
    lost = {
        "moref": "vm-900",
        "name": "orphan",
        "instance_uuid": None,
        "bios_uuid": None,
        "host": None,
        "connection_state": "orphaned",
    }
    return vm(**{**lost, **changes})


def extension(**changes: Any) -> vcenter.Extension:
    """NSX-V's registration with its vCenter."""
    made = vcenter.Extension("com.vmware.vShieldManager", "6.4.5", "VMware", ())
    return replace(made, **changes)


def computer(**changes: Any) -> dsm.Computer:
    """vdi-01 as the manager sees it: an appliance protects it and no agent."""
    made = dsm.Computer(
        id=101,
        host_name="vdi-01.example.jp",
        display_name="vdi-01",
        last_ip="192.0.2.101",
        platform="Microsoft Windows 10 (64 bit)  Build 19041",
        kind="machine",
        policy_id=1,
        agent_version="0.0.0.0",  # noqa: S104 - the manager's word for "no agent"
        agent_status="inactive",
        agent_messages=(),
        appliance_status="active",
        appliance_messages=("Managed (Online)",),
        online=True,
        last_contact=NOW,
        relay=False,
        vm_uuid=VM_UUID,
        vcenter_uuid=VCENTER_UUID,
        modules=(),
    )
    return replace(made, **changes)


def agent(**changes: Any) -> dsm.Computer:
    """app-01, a Windows server with an agent."""
    values = {
        "id": 201,
        "host_name": "app-01.example.jp",
        "display_name": "app-01",
        "agent_version": "11.0.0.582",
        "agent_status": "active",
        "agent_messages": ("Managed (Online)",),
        "appliance_status": "not-supported",
        "appliance_messages": (),
        "vm_uuid": None,
        "vcenter_uuid": None,
    }
    return computer(**{**values, **changes})


def manager(**changes: Any) -> dsm.Manager:
    """A Deep Security Manager 11.0."""
    return replace(dsm.Manager("11.0.510", ("rest", "soap")), **changes)


def node(number: int = 1, **changes: Any) -> dsm.Node:
    """A node of the manager, online."""
    made = dsm.Node(
        slug=f"dsm-{number}",
        endpoint=f"dsm{number}.example.jp:4119",
        state="online",
        ping_status=200,
        console_status=200,
        console_valid=True,
        version="11.0.510",
        detail="ping HTTP 200; console HTTP 200; version HTTP 200",
    )
    return replace(made, **changes)


def dead_node(number: int, state: str = "refused", detail: str = "connection refused") -> dsm.Node:
    """A node that gives no answer, as the reader tells it."""
    return node(
        number,
        state=state,
        detail=detail,
        ping_status=None,
        console_status=None,
        console_valid=False,
        version=None,
    )


def linux_host(**changes: Any) -> linux.Host:
    """The machine of a manager node: RHEL 7, 32 GiB, a running agent on it."""
    made = linux.Host(
        hostname="dsm1",
        os_id="rhel",
        os_version="7.9",
        os_name="Red Hat Enterprise Linux Server 7.9 (Maipo)",
        kernel="3.10.0-1160.el7.x86_64",
        memory=32 * GIB,
        cores=8,
        clock=NOW,
        timezone="Asia/Tokyo",
        filesystems=(linux.Filesystem("/", 200 * GIB, 100 * GIB),),
        services=(unit("dsm_s"), unit("ds_agent")),
        manager=manager_files(),
    )
    return replace(made, **changes)


def agent_host(**changes: Any) -> linux_agent.AgentHost:
    """The same machine for the agent on it: room, no EFI, and a restart boots what runs."""
    made = linux_agent.AgentHost(
        disk=linux.Filesystem("/", 200 * GIB, 100 * GIB),
        secure_boot=None,
        default_kernel="3.10.0-1160.el7.x86_64",
        kernels=("3.10.0-1160.el7.x86_64", "3.10.0-957.el7.x86_64"),
    )
    return replace(made, **changes)


def manager_files(**changes: Any) -> linux.ManagerFiles:
    """The manager's files on a node: a heap of 8 GiB is set, and no installer lies there."""
    made = linux.ManagerFiles(
        installed=True, properties=(), vmoptions=(), heap=8 * GIB, installers=()
    )
    return replace(made, **changes)


def installer(path: str = "/root/Manager-Linux-20.0.877.x64.sh", **changes: Any) -> Any:
    """A readable installer of 1 GiB that was put there two days ago."""
    made = linux.InstallerFile(path, GIB, NOW - timedelta(days=2), readable=True, executable=True)
    return replace(made, **changes)


def installer_content(
    path: str = "/root/Manager-Linux-20.0.877.x64.sh", **changes: Any
) -> linux_manager.InstallerContent:
    """What is in the installer: a script that names its version."""
    lines = ("# Deep Security Manager 20.0.877",)
    made = linux_manager.InstallerContent(path, "ab" * 32, "#!/bin/sh", lines)
    return replace(made, **changes)


def precheck(text: Any = "Check,Status\nMemory,OK\n", **changes: Any) -> Any:
    """The report of a pre-check of yesterday."""
    path, day = "/root/precheck.csv", NOW - timedelta(days=1)
    return replace(linux_manager.PrecheckReport(path, day, text), **changes)


def reading(ahead: float = 0, **changes: Any) -> ClockReading:
    """A clock that is some seconds ahead and tells whole ones, asked within a second."""
    utc, answered = NOW + timedelta(seconds=ahead), NOW + timedelta(seconds=1)
    return replace(ClockReading(utc, 1.0, NOW, answered), **changes)


def node_clock(ahead: float = 0, **changes: Any) -> linux_manager.Clock:
    """A node's clock that is some seconds ahead, in Japan, asked within a second."""
    asked, answered = NOW, NOW + timedelta(seconds=1)
    utc = NOW + timedelta(seconds=ahead)
    return replace(linux_manager.Clock(utc, 540, "Asia/Tokyo", asked, answered), **changes)


def manager_node(**changes: Any) -> linux_manager.ManagerNode:
    """A node with a heap of 8 GiB, room, a good pre-check, and today's installer kept."""
    path = "/root/Manager-Linux-20.0.877.x64.sh"
    made = linux_manager.ManagerNode(
        clock=node_clock(),
        heaps=(8 * GIB,),
        disk=linux.Filesystem("/", 200 * GIB, 100 * GIB),
        prechecks=(precheck(),),
        changes=((path, NOW - timedelta(days=2)),),
        old_installers=(installer("/root/old/Manager-Linux-11.0.510.x64.sh"),),
    )
    return replace(made, **changes)


def unit(name: str, **changes: Any) -> linux.Service:
    """A running systemd unit."""
    return replace(linux.Service(name, loaded=True, state="active", enabled="enabled"), **changes)


def tls(
    accepted: tuple[str, ...] = ("TLSv1.2",), otherwise: str = "refused", **changes: Any
) -> db.Tls:
    """Four handshakes: these versions were accepted, the others had the other outcome."""
    attempts = [
        db.TlsAttempt(version, "accepted", "ECDHE-RSA-AES256-GCM-SHA384", "handshake completed")
        if version in accepted
        else db.TlsAttempt(version, otherwise, "", f"{version} {otherwise}")
        for version in ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    ]
    return replace(db.Tls("on", tuple(attempts), "13.0.5026.0"), **changes)


def server(**changes: Any) -> db.Server:
    """A SQL Server 2016 SP2 after a login, its database online and in use."""
    made = db.Server(
        product="sqlserver",
        version="13.0.5026.0",
        level="SP2",
        edition="Standard Edition (64-bit)",
        database="dsm",
        state="ONLINE",
        read_only=False,
        user_access="MULTI_USER",
        recovery_model="FULL",
    )
    return replace(made, **changes)


def windows(**changes: Any) -> win.Windows:
    """A machine's answer: every required root in Root, automatic root update on."""
    made = win.Windows(
        product="Windows Server 2016 Standard",
        build="14393",
        ubr=4467,
        root=REQUIRED_ROOTS,
        auth_root=frozenset(),
        disallowed=frozenset(),
        root_update_disabled=False,
        root_update_url=None,
        pending_reboot=(),
        services=(win.Service("ds_agent", "RUNNING"), win.Service("vsepflt", "RUNNING")),
        system_drive_free=20 * GIB,
        clock=reading(grain=0.01),
    )
    return replace(made, **changes)


def machine(**changes: Any) -> win.Machine:
    """app-01 with its answer."""
    made = win.Machine("app-01", "app-01.example.jp", 201, agentless=False, answer=windows())
    return replace(made, **changes)


def nsxv_deployment(**changes: Any) -> nsxv.Deployment:
    """Guest introspection, deployed to domain-c7 and in good health."""
    made = nsxv.Deployment("domain-c7", "service-6", "Guest Introspection", "UP", "SUCCEEDED")
    return replace(made, **changes)


def nsxv_appliance(**changes: Any) -> nsxv.Deployment:
    """The appliance's own service, deployed to domain-c7 and in good health."""
    values = {"service_id": "service-7", "service": "Trend Micro Deep Security"}
    return nsxv_deployment(**{**values, **changes})


def nsxv_agent(**changes: Any) -> nsxv.Agent:
    """Guest introspection on host-21, in good health."""
    made = nsxv.Agent(
        host="host-21",
        service="Guest Introspection",
        agent_name="Guest Introspection (1)",
        operational_status="ENABLED",
        progress_status="SUCCEEDED",
        service_status="UP",
        error="",
    )
    return replace(made, **changes)


def appliance_agent(**changes: Any) -> nsxv.Agent:
    """The appliance on host-21, in good health."""
    name = "Trend Micro Deep Security"
    return nsxv_agent(**{"service": name, "agent_name": f"{name} (1)", **changes})


def compute_manager(**changes: Any) -> nsxt.ComputeManager:
    """vc-main as NSX-T has it registered."""
    made = nsxt.ComputeManager("cm-1", "vc-main", "vc-main.example.jp", "UP", "REGISTERED", ())
    return replace(made, **changes)


def transport_node(**changes: Any) -> nsxt.TransportNode:
    """host-21 as NSX-T has prepared it, in good health."""
    made = nsxt.TransportNode(
        id="node-1",
        name="esx-01.example.jp",
        host_moref="host-21",
        compute_manager="cm-1",
        node_type="HostNode",
        state="success",
        status="UP",
    )
    return replace(made, **changes)


def instance(**changes: Any) -> nsxt.Instance:
    """The service VM that serves host-21, in good health."""
    return replace(
        nsxt.Instance("instance-1", "host-21", "IN_SERVICE", "UP", "UP", ""),
        **changes,
    )


def nsxt_deployment(**changes: Any) -> nsxt.Deployment:
    """Endpoint protection, deployed to domain-c7, with a service VM for each host."""
    made = nsxt.Deployment(
        id="deployment-1",
        service="Trend Micro Deep Security",
        functionalities=("EPP",),
        cluster_moref="domain-c7",
        compute_manager="cm-1",
        status="DEPLOYMENT_SUCCESSFUL",
        issues=(),
        instances=(instance(), instance(host_moref="host-22")),
    )
    return replace(made, **changes)


def guest_tools(**changes: Any) -> nsxt.GuestTools:
    """What NSX-T knows of vdi-01: a file agent that is connected to the service VM."""
    made = nsxt.GuestTools(
        vm_uuid=INSTANCE_UUID,
        vm_moref="vm-101",
        name="vdi-01",
        tools_version="11.2.5",
        file_agent_version="11.2.5.0",
        network_agent_version="",
        svm_connectivity=True,
        vm_type="REGULAR",
    )
    return replace(made, **changes)


def capacity(**changes: Any) -> clusters.Capacity:
    """host-21 with 100 GHz and 100 GiB, of which the host itself uses 1 GHz and 4 GiB."""
    made = clusters.Capacity("host-21", 100_000, 102_400, 1_000, 4_096, vmotion=True)
    return replace(made, **changes)


def cluster(**changes: Any) -> clusters.Cluster:
    """domain-c7 with host-21 and host-22, which DRS empties by itself."""
    made = clusters.Cluster(
        moref="domain-c7",
        name="Protected",
        standalone=False,
        hosts=(capacity(), capacity(host="host-22")),
        drs="fullyAutomated",
        admission_control=False,
        rules=(),
        overrides=(),
    )
    return replace(made, **changes)


def running_vm(**changes: Any) -> clusters.RunningVm:
    """vdi-01 on host-21: 1 GHz, 1 GiB active, 2 GiB consumed, nothing reserved, nothing tied."""
    made = clusters.RunningVm(
        moref="vm-101",
        name="vdi-01",
        bios_uuid=VM_UUID,
        host="host-21",
        connection_state="connected",
        managed_by=None,
        cpu_used=1_000,
        cpu_reserved=0,
        memory_active=1_024,
        memory_consumed=2_048,
        memory_overhead=0,
        memory_reserved=0,
        ties=(),
        multi_writer=(),
    )
    return replace(made, **changes)


def tools_policy(**changes: Any) -> clusters.ToolsPolicy:
    """vdi-01, a Windows 10 with VMware Tools 11.2.5 that somebody upgrades by hand."""
    made = clusters.ToolsPolicy(
        moref="vm-101",
        name="vdi-01",
        template=False,
        connection_state="connected",
        policy="manual",
        tools_version=11333,
        tools_status="guestToolsCurrent",
        guest_id="windows9_64Guest",
    )
    return replace(made, **changes)
