"""What is read from a Linux host for the agent on it."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.common import Unread
from kanmon.facts.linux.host import Filesystem


@dataclass(frozen=True, slots=True)
class SecureBoot:
    """Secure Boot of a machine that starts by EFI.

    Attributes:
        on: it was on when the machine started.
        owner_keys: SHA-256 of each certificate of its owner's list (MOK), upper-case hex digits.
        firmware_keys: likewise, of the firmware's own list (db).
    """

    on: bool
    owner_keys: tuple[str, ...] | Unread
    firmware_keys: tuple[str, ...] | Unread


@dataclass(frozen=True, slots=True)
class AgentHost:
    """What one quick command tells of the machine of an agent.

    Attributes:
        disk: the file system of /opt/ds_agent; of /opt where there is no such folder.
        secure_boot: None for a machine that does not start by EFI.
        default_kernel: release of the kernel that the next restart boots.
        kernels: releases of those that are installed, without rescue images.
    """

    disk: Filesystem | Unread
    secure_boot: SecureBoot | Unread | None
    default_kernel: str | Unread
    kernels: tuple[str, ...] | Unread
