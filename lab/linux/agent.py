"""What the shell of a simulated Linux host answers about the agent on it."""

from __future__ import annotations

import base64
import re
import struct
import uuid
from collections.abc import Callable

from lab.linux.manager import DENIED, NOT_FOUND
from lab.world.world import LinuxHost

X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
OWNER = uuid.UUID("77fa9abd-0359-4d32-bd60-28f4e78f784b")
ATTRIBUTES = (6).to_bytes(4, "little")


class Agent:
    """The disk, the firmware and the kernels of a host."""

    def __init__(self, host: LinuxHost, *, weak: bool) -> None:
        self.host = host
        self.weak = weak

    def answers(self) -> list[tuple[str, Callable[..., str]]]:
        """What it answers, by the form of the question."""
        return [
            (r"ls /sys/firmware", self._firmware),
            (r"ls (/sys/\S+/efivars) >/dev/null && for f in (\S+); do .*", self._variable),
            (r"/usr/sbin/grubby --default-kernel", self._default),
            (r"ls /boot", self._boot),
        ]

    def _firmware(self) -> str:
        return "acpi\ndmi\nmemmap" if self.host.secure_boot is None else "acpi\ndmi\nefi\nmemmap"

    def _variable(self, folder: str, pattern: str) -> str:
        host = self.host
        if host.secure_boot is None:
            return f"ls: cannot access {folder}: {NOT_FOUND}"
        name = re.split(r"[-*]", pattern.removeprefix(f"{folder}/"))[0]
        owner = b"".join(signature_list(key.encode()) for key in host.owner_keys)
        firmware = b"".join(signature_list(key.encode()) for key in host.firmware_keys)
        values = {"SecureBoot": bytes([host.secure_boot]), "MokListRT": owner, "db": firmware}
        if not values[name]:
            return f"stat: cannot stat '{pattern}': {NOT_FOUND}"
        path = pattern.replace("*", "")
        if self.weak:
            return f"file {path}\n/bin/sh: {path}: {DENIED}"
        value = base64.b64encode(ATTRIBUTES + values[name]).decode()
        return f"file {path}\nvalue {value}\nwhole"

    def _default(self) -> str:
        if self.weak:
            return f"grubby: /boot/grub2/grub.cfg: {DENIED}"
        return f"/boot/vmlinuz-{self.host.default_kernel or self.host.kernel}"

    def _boot(self) -> str:
        kernels = dict.fromkeys((self.host.kernel, self.host.default_kernel or self.host.kernel))
        images = [f"vmlinuz-{kernel}" for kernel in (*kernels, "0-rescue-1f2e3d")]
        return "\n".join(["efi", "grub2", *images])


def signature_list(*certificates: bytes) -> bytes:
    """A list of keys as EFI keeps it; all certificates are of one size."""
    each = 16 + len(certificates[0])
    head = struct.pack("<16sIII", X509.bytes_le, 28 + each * len(certificates), 0, each)
    return head + b"".join(OWNER.bytes_le + one for one in certificates)
