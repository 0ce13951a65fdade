"""What an agent needs of its machine: disk, Secure Boot and its keys, the kernel of a restart.

One quick command. The keys are read from the variables of EFI themselves, which everybody may
read: no tool has to be installed for it.
"""

from __future__ import annotations

import base64
import binascii
import re

from testinfra.host import Host as Shell

from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead
from kanmon.facts.linux.agent import AgentHost, SecureBoot
from kanmon.facts.linux.host import Filesystem
from kanmon.readers.linux.manager import attempt
from kanmon.readers.transport import efi, posix
from kanmon.readers.transport.sections import Section
from kanmon.text import Text

AGENT = "/opt/ds_agent"
FIRMWARE = "/sys/firmware"
BOOT = "/boot"
GRUBBY = "/usr/sbin/grubby"
_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
_SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23"
_IMAGES = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
_ATTRIBUTES = 4
"""Bytes before the value of a variable."""

_VARIABLE = (
    'stat -c "file %n" "$f" && value=$(base64 -w 0 <"$f") && echo "value $value" && echo "whole"'
)

_OURS = ("file ", "value ", "whole")
"""How lines begin that are no complaint."""


def _questions() -> dict[str, str]:
    variables = f"{FIRMWARE}/efi/efivars"
    return {
        "disk": f"if test -e {AGENT}; then df -P -k {AGENT}; else df -P -k /opt; fi",
        "firmware": f"ls {FIRMWARE}",
        "secure_boot": posix.each(f"{variables}/SecureBoot-{_GLOBAL}", _VARIABLE),
        "owner_keys": posix.each(f"{variables}/MokListRT*-{_SHIM}", _VARIABLE),
        "firmware_keys": posix.each(f"{variables}/db-{_IMAGES}", _VARIABLE),
        "default_kernel": f"{GRUBBY} --default-kernel",
        "kernels": f"ls {BOOT}",
    }


def command() -> str:
    """The command."""
    return posix.command(_questions())


def read_agent(target: Linux, shell: Shell) -> AgentHost:
    """What the command tells; what one question could not learn leaves the others.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    parts = posix.ask(shell, _questions(), target.where)
    return AgentHost(
        disk=attempt(lambda: disk(parts["disk"])),
        secure_boot=attempt(lambda: secure_boot(parts)),
        default_kernel=attempt(lambda: default_kernel(parts["default_kernel"])),
        kernels=attempt(lambda: kernels(parts["kernels"])),
    )


def disk(section: Section) -> Filesystem:
    """The file system of the agent's folder.

    Raises:
        CouldNotRead: the answer is not understood.
    """
    found = posix.filesystems(section)
    if len(found) != 1:
        raise posix.not_understood(Text("file system of {folder}", folder=AGENT), section)
    return found[0]


def secure_boot(parts: dict[str, Section]) -> SecureBoot | None:
    """Whether Secure Boot is on, and which keys are enrolled; None where there is no EFI.

    Raises:
        CouldNotRead: the firmware's folder is empty or closed, or its variable does not tell.
    """
    firmware = parts["firmware"]
    if firmware.status or not firmware.lines:
        raise posix.not_understood(Text("kind of firmware in {folder}", folder=FIRMWARE), firmware)
    if "efi" not in firmware.lines:
        return None
    section = parts["secure_boot"]
    values = variables("SecureBoot", section)
    if len(values) != 1 or values[0] not in (b"\0", b"\1"):
        raise posix.not_understood(Text("variable SecureBoot (is efivarfs mounted?)"), section)
    return SecureBoot(
        on=values[0] == b"\1",
        owner_keys=attempt(lambda: keys("MokListRT", parts["owner_keys"])),
        firmware_keys=attempt(lambda: keys("db", parts["firmware_keys"])),
    )


def variables(name: str, section: Section) -> tuple[bytes, ...]:
    """Values of the variables of EFI of a name; empty where there is none.

    Raises:
        CouldNotRead: one may not be read, or did not come whole.
    """
    if posix.absent(section):
        return ()
    said = "\n".join(section.lines)
    found = re.findall(r"file /.*\nvalue (\S+)\nwhole(?:\n|$)", said)
    if section.status or not found or len(section.lines) != 3 * len(found):
        said = "\n".join(one for one in section.lines if not one.startswith(_OURS))
        raise posix.denied(
            Text("the variable {name} of EFI", name=name), Section(section.status, said)
        )
    try:
        told = [base64.b64decode(one, validate=True) for one in found]
    except binascii.Error:
        raise posix.not_understood(Text("variable {name} of EFI", name=name), section) from None
    if any(len(one) <= _ATTRIBUTES for one in told):
        raise posix.not_understood(Text("variable {name} of EFI", name=name), section)
    return tuple(one[_ATTRIBUTES:] for one in told)


def keys(name: str, section: Section) -> tuple[str, ...]:
    """SHA-256 of each certificate in the variables of a name.

    Raises:
        CouldNotRead: one may not be read, or is no list of keys.
    """
    try:
        return tuple(one for value in variables(name, section) for one in efi.certificates(value))
    except ValueError as error:
        raise CouldNotRead(
            Text("read the keys in the variable {name} of EFI", name=name), error.args[0]
        ) from None


def default_kernel(section: Section) -> str:
    """The kernel that the next restart boots.

    Raises:
        CouldNotRead: there is no grubby, or it does not tell.
    """
    found = re.fullmatch(r"/\S*/vmlinuz-(\d\S*)", section.text.strip())
    if section.status or not found:
        raise posix.not_understood(Text("default kernel"), section)
    return found[1]


def kernels(section: Section) -> tuple[str, ...]:
    """The kernels that are installed, of which a restart boots one.

    Raises:
        CouldNotRead: the folder may not be listed, or no kernel is in it.
    """
    named = [re.fullmatch(r"vmlinuz-(\d\S*)", line) for line in section.lines]
    found = tuple(one[1] for one in named if one and not one[1].startswith("0-rescue"))
    if section.status or not found:
        raise posix.not_understood(Text("kernels in {folder}", folder=BOOT), section)
    return found
