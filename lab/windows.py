r"""Windows machines of the lab: a small cmd with reg, sc and dir that answers from the world.

A fleet listens on one port of every machine's own loopback address; a machine that is not reachable
does not listen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lab.transport.pki import Pki
from lab.transport.server import Server
from lab.transport.ssh import SshServer
from lab.transport.winrm import WinRmServer
from lab.world.machine import Machine
from lab.world.world import Fleet, World

LISTED_ROOTS = (
    "0563B8630D62D75ABBC8AB1E4BDFB5A899B24D43",  # DigiCert Assured ID Root CA
    "5FB7EE0633E259DBAD0C4C9AE6D38F1A61C7DC25",  # DigiCert High Assurance EV Root CA
    "4EB6D578499B1CCF5F581EAD56BE3D9B6744A5E5",  # VeriSign Class 3 Public Primary - G5
    "3679CA35668772304D30A5FB873B0FA77BB70D54",  # VeriSign Universal Root
    "DDFB16CD4931C973A2037D3FC83A4D7D775D05E4",  # DigiCert Trusted Root G4
    "2B8F1B57330DBBA2D07A6C51F70EE90DDAB9AD8E",  # USERTrust RSA
    "F40042E2E5F7E8EF8189FED15519AECE42C3BFA2",  # Microsoft Identity Verification Root 2020
    "91C6D6EE3E8AC86384E548C299295C756C817B81",  # thawte Primary Root CA
    "D69B561148F01C77C54578C10926DF5B856976AD",  # GlobalSign Root R3
    "3B1EFD3A66EA28B16697394703A72CA340A05BD5",  # Microsoft Root Certificate Authority 2010
    "8F43288AD272F3103B6FB1428485EA3014C0BCFE",  # Microsoft Root Certificate Authority 2011
    "BE36A4562FB2EE05DBB3D32323ADF445084ED656",  # Thawte Timestamping CA
    "A43489159A520F0D93D032CCAF37E7FE20A8B419",  # Microsoft Root Authority
)
"""The vendor's list of roots that the agent needs, by SHA-1."""

MICROSOFT_ROOTS = (*LISTED_ROOTS[9:], "CDD4EEAE6000AC7F40C3802C171E30148030C072")
"""What Windows keeps in ROOT itself; everything else goes to AuthRoot."""

OTHER_ROOTS = (
    "CDD4EEAE6000AC7F40C3802C171E30148030C072",  # Microsoft Root Certificate Authority
    "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4",  # DigiCert Global Root G2
)
"""Roots beside the list, which stay when a machine lacks all listed ones."""

BIAS = -540
"""Minutes from local time to UTC."""
NO_KEY = "ERROR: The system was unable to find the specified registry key or value."
NO_SERVICE = (
    "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\n"
    "The specified service does not exist as an installed service."
)
DENIED = "ERROR: Access is denied."
SERVICE_DENIED = "[SC] OpenSCManager FAILED 5:\n\nAccess is denied."
STATES = {"STOPPED": 1, "START_PENDING": 2, "STOP_PENDING": 3, "RUNNING": 4, "PAUSED": 7}


def servers(world: World, pki: Pki) -> list[Server]:
    """A server for each fleet of the world."""
    return [_server(world, fleet, pki) for fleet in world.windows]


def _server(world: World, fleet: Fleet, pki: Pki) -> Server:
    machines = {
        world.addresses[machine.name]: machine
        for machine in world.of_dsm(fleet.from_dsm)
        if machine.windows and machine.reachable
    }
    weak = any(fault.how == "weak rights" for fault in world.faults(fleet.slug))

    def execute(command: str, address: str) -> tuple[int, bytes]:
        return cmd(command, machines[address], weak=weak)

    kind = WinRmServer if fleet.transport == "winrm" else SshServer
    return kind(world, fleet.slug, pki, execute, tuple(machines))


def cmd(line: str, machine: Machine, *, weak: bool = False) -> tuple[int, bytes]:
    """Status and output of a command line: simple commands, one after another, joined by "&"."""
    status, output = 0, ""
    for command in line.split(" & "):
        if echo := re.fullmatch(r"(?:call )?echo (.*)", command):
            said = echo[1].removesuffix(" 2>&1").replace("%^errorlevel%", str(status))
            output += said.replace("%^date% %^time%", _now(machine)) + "\n"
        else:
            status, text = _run(command.removesuffix(" 2>&1"), machine, weak=weak)
            output += text + "\n"
    return status, output.replace("\n", "\r\n").encode("ascii")


def _now(machine: Machine) -> str:
    """Date and time as cmd shows them to an account of Japan, nine hours ahead of UTC."""
    local = datetime.now(UTC) + timedelta(seconds=machine.clock, minutes=-BIAS)
    return f"{local:%Y/%m/%d %k:%M:%S}.{local.microsecond // 10_000:02}"


def _run(command: str, machine: Machine, *, weak: bool) -> tuple[int, str]:
    if asked := re.fullmatch(r'reg query "HK(?:LM|CU)\\(.*?)"(?: /v (.*))?', command):
        return _reg(asked[1], asked[2], machine, weak=weak)
    if asked := re.fullmatch(r"sc query (\S+)", command):
        return (5, SERVICE_DENIED) if weak else _sc(asked[1], machine)
    if command == "dir /-c %SystemDrive%\\":
        return 0, _dir(machine)
    return 9009, f"'{command.partition(' ')[0]}' is not recognized as an internal command."


@dataclass
class _Key:
    values: dict[str, str] = field(default_factory=dict)  # name to "TYPE    DATA"
    keys: list[str] = field(default_factory=list)


def _reg(path: str, value: str | None, machine: Machine, *, weak: bool) -> tuple[int, str]:
    registry = {name.upper(): key for name, key in _registry(machine)}
    key = registry.get(path.upper())
    if key is None or (value is not None and value not in key.values):
        return 1, NO_KEY
    if weak and "Certificates" in path:
        return 1, DENIED
    full = f"HKEY_LOCAL_MACHINE\\{path}"
    if value is not None:
        return 0, f"\n{full}\n    {value}    {key.values[value]}\n"
    values = [f"    {name}    {data}" for name, data in key.values.items()]
    keys = [f"{full}\\{name}" for name in key.keys]
    return 0, "\n".join(["", *([full, *values, ""] if values else []), *keys])


def _registry(machine: Machine) -> Iterator[tuple[str, _Key]]:
    """The keys that exist."""
    listed = () if machine.lacks_roots == ["all"] else LISTED_ROOTS
    present = [root for root in (*listed, *OTHER_ROOTS) if root not in machine.lacks_roots]
    stores = r"SOFTWARE\Microsoft\SystemCertificates"
    policies = r"SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot"
    windows = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
    version = {
        "ProductName": f"REG_SZ    {_product(machine)}",
        "CurrentBuild": f"REG_SZ    {machine.build}",
        "CurrentBuildNumber": f"REG_SZ    {machine.build}",
    }
    if machine.ubr is not None:
        version["UBR"] = f"REG_DWORD    {machine.ubr:#x}"
    yield r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", _Key(version)
    own = [root for root in present if root in MICROSOFT_ROOTS]
    yield rf"{stores}\ROOT\Certificates", _Key(keys=own)
    yield rf"{stores}\AuthRoot\Certificates", _Key(keys=[r for r in present if r not in own])
    yield rf"{stores}\Disallowed\Certificates", _Key(keys=machine.disallowed_roots)
    if not machine.root_update:
        yield policies, _Key({"DisableRootAutoUpdate": "REG_DWORD    0x1"})
    bias = f"REG_DWORD    {BIAS + 2**32:#x}"
    yield r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation", _Key({"ActiveTimeBias": bias})
    yield r"Control Panel\International", _Key({"sShortDate": "REG_SZ    yyyy/MM/dd"})
    session = _Key({"BootExecute": r"REG_MULTI_SZ    autocheck autochk *"})
    if machine.pending_reboot:
        yield rf"{windows}\Component Based Servicing\RebootPending", _Key()
        session.values["PendingFileRenameOperations"] = r"REG_MULTI_SZ    \??\C:\old.tmp\0"
    yield r"SYSTEM\CurrentControlSet\Control\Session Manager", session


def _product(machine: Machine) -> str:
    """ProductName as Windows has it: the manager's name without vendor, width and build."""
    name = machine.os.removeprefix("Microsoft ").partition(" (")[0]
    return f"{name} Standard" if "Server" in name else name


def _sc(name: str, machine: Machine) -> tuple[int, str]:
    running = ["eventlog", "vmci"] + ["vsepflt"] * machine.file_driver
    if machine.protection == "agent":
        running += ["ds_agent", "ds_notifier", "Amsp"]
    states = {service.lower(): "RUNNING" for service in running}
    states |= {service.lower(): state for service, state in machine.services.items()}
    state = states.get(name.lower(), "ABSENT")
    if state == "ABSENT":
        return 1060, NO_SERVICE
    return 0, (
        f"\nSERVICE_NAME: {name} \n"
        "        TYPE               : 10  WIN32_OWN_PROCESS  \n"
        f"        STATE              : {STATES[state]}  {state} \n"
        "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\n"
        "        WIN32_EXIT_CODE    : 0  (0x0)\n"
        "        SERVICE_EXIT_CODE  : 0  (0x0)\n"
        "        CHECKPOINT         : 0x0\n"
        "        WAIT_HINT          : 0x0"
    )


def _dir(machine: Machine) -> str:
    free = round(machine.free_gib * 2**30)
    return (
        " Volume in drive C has no label.\n Volume Serial Number is 1A2B-3C4D\n\n"
        " Directory of C:\\\n\n"
        "09/15/2018  09:19 AM    <DIR>          Program Files\n"
        "09/15/2018  09:19 AM    <DIR>          Windows\n"
        "               0 File(s)              0 bytes\n"
        f"               2 Dir(s) {free:15d} bytes free"
    )
