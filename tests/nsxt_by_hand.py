"""The state of an NSX-T made by hand: a healthy, empty one that is attached to vc-main."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from kanmon.facts import Unread
from kanmon.facts.nsxt import inventory as nsxt
from kanmon.facts.nsxt import state as nsxt_state
from tests.facts_by_hand import NOW, VCENTER_UUID

SHA_256 = "ab" * 32
"""Of the certificate of vc-main."""


def manager(**changes: Any) -> nsxt.Manager:
    """A stable NSX-T 3.1.2."""
    made = nsxt.Manager("3.1.2.0.0.17883596", "STABLE", "STABLE", (("192.0.2.11", "UP"),))
    return replace(made, **changes)


def group(**changes: Any) -> nsxt_state.ClusterGroup:
    """A group of one member, stable."""
    return replace(nsxt_state.ClusterGroup("MANAGER", "STABLE", (("192.0.2.11", "UP"),)), **changes)


def service(**changes: Any) -> nsxt_state.NodeService:
    """A service that runs in good health."""
    return replace(nsxt_state.NodeService("http", "running", "STABLE", ""), **changes)


def alarm(**changes: Any) -> nsxt_state.Alarm:
    """A critical alarm that is open."""
    made = nsxt_state.Alarm(
        id="a1",
        severity="CRITICAL",
        status="OPEN",
        feature="manager_health",
        event_type="manager_disk_full",
        summary="The disk is full.",
        node="nsx-1",
    )
    return replace(made, **changes)


def registration(**changes: Any) -> nsxt_state.Registration:
    """What identifies vc-main."""
    return replace(nsxt_state.Registration("cm-1", SHA_256, VCENTER_UUID), **changes)


def licence(**changes: Any) -> nsxt_state.Licence:
    """The permanent licence that NSX-T comes with."""
    made = nsxt_state.Licence("44444", "NSX for vShield Endpoint", None, False, False)
    return replace(made, **changes)


def backup(kind: str, hours: float = 3, **changes: Any) -> nsxt_state.Backup:
    """A success so many hours ago."""
    made = nsxt_state.Backup(kind, NOW - timedelta(hours=hours), True, "")
    return replace(made, **changes)


def backups(*history: nsxt_state.Backup, enabled: bool = True) -> nsxt_state.Backups:
    """Backups of every kind; those given stand beside, or in place of, the good ones."""
    kinds = {one.kind for one in history}
    good = (backup(kind) for kind in ("cluster", "node", "inventory") if kind not in kinds)
    return nsxt_state.Backups(enabled, (*history, *good))


def password(**changes: Any) -> nsxt_state.Password:
    """That of admin, set 30 days ago for 90."""
    return replace(nsxt_state.Password("admin", "ACTIVE", 30, 90), **changes)


def passwords(*listed: nsxt_state.Password, node: str = "192.0.2.11") -> nsxt_state.NodePasswords:
    """A node with these."""
    return nsxt_state.NodePasswords(node, listed)


def silent(node: str) -> nsxt_state.NodePasswords:
    """A node that did not answer."""
    return nsxt_state.NodePasswords(node, Unread("no answer"))


def component(**changes: Any) -> nsxt_state.UpgradeComponent:
    """Pre-upgrade checks that found nothing."""
    return replace(nsxt_state.UpgradeComponent("MP", "COMPLETED", 0, NOW), **changes)


def upgrade_checks(
    *failures: nsxt_state.UpgradeFailure, **changes: Any
) -> nsxt_state.UpgradeChecks:
    """Pre-upgrade checks that found these failures; keywords change the one component."""
    counted = sum(one.severity == "FAILURE" for one in failures)
    return nsxt_state.UpgradeChecks((component(failures=counted, **changes),), failures)


def migration(**changes: Any) -> nsxt_state.Migration:
    """A coordinator that has imported NSX-V's configuration and has no question left."""
    made = nsxt_state.Migration(
        service="running",
        mode="ONPREMISE_V2T",
        sources=("nsxv.example.jp",),
        status="PAUSED",
        stages=(
            nsxt_state.Stage("IMPORT", "SUCCESS", ""),
            nsxt_state.Stage("MIGRATE", "NOT_STARTED", ""),
        ),
        feedback=(),
    )
    return replace(made, **changes)
