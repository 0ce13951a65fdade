"""Where a run stands to the migration from NSX-V to NSX-T, and what that asks of an estate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from kanmon.check import Finding, Problem, Unknown, known
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.clusters import Cluster, RunningVm
from kanmon.facts.vcenter.hosts import HostAnswer, Settings
from kanmon.facts.vcenter.inventory import About, Switch
from kanmon.knowledge.lookup import nsxv_migration_limit
from kanmon.text import Text
from kanmon.versions import Nsx

T = TypeVar("T")


def is_migrated(environment: Environment, moment: Moment) -> bool:
    """Whether the migration from NSX-V has to be over; a declared order may put it last."""
    wanted = environment.upgrade.nsx
    to_nsxv = wanted is not None and Nsx.parse(wanted).product == "NSX-V"
    if to_nsxv or (moment.step is None and wanted is None):
        return False
    if moment.step != "vsphere-target":
        return moment.phase == "post"
    steps = [one.step for one in environment.plan]
    after = steps[steps.index(moment.step) :] if moment.step in steps else []
    return "nsx-migration" not in after


def limit(subject: str, feature: str, value: str) -> Iterator[Problem]:
    """What stands against the migration of something that is configured so."""
    row = nsxv_migration_limit(feature, value)
    if row is None:
        yield Unknown(
            subject,
            Text(
                "no row says whether {feature} {value} can be migrated",
                feature=feature,
                value=value,
            ),
        )
    elif not row.accepted:
        yield Finding(subject, f"{feature}: {value}", row.rule, row.citation)


@dataclass(frozen=True, slots=True)
class AllMigrating:
    """What every vCenter tells of its clusters, as far as their migration asks for it."""

    all_vcenter_about: dict[str, About | Unread]
    all_vcenter_clusters: dict[str, tuple[Cluster, ...] | Unread]
    all_vcenter_running: dict[str, tuple[RunningVm, ...] | Unread]
    all_vcenter_settings: dict[str, tuple[HostAnswer[Settings], ...] | Unread]
    all_vcenter_management_switches: dict[str, tuple[HostAnswer[tuple[Switch, ...]], ...] | Unread]

    def of(self, slug: str) -> Migrating:
        """What one of them tells.

        Raises:
            Undetermined: its clusters could not be read.
        """
        return Migrating(
            self.all_vcenter_about[slug],
            known(self.all_vcenter_clusters[slug]),
            self.all_vcenter_running[slug],
            self.all_vcenter_settings[slug],
            self.all_vcenter_management_switches[slug],
        )


@dataclass(frozen=True, slots=True)
class Migrating:
    """What a vCenter tells of its clusters; what it does not is open by itself."""

    about: About | Unread
    clusters: tuple[Cluster, ...]
    running: tuple[RunningVm, ...] | Unread
    settings: tuple[HostAnswer[Settings], ...] | Unread
    management_switches: tuple[HostAnswer[tuple[Switch, ...]], ...] | Unread


def by_host(
    cluster: Cluster, answers: Iterable[HostAnswer[T]] | Unread
) -> Iterator[tuple[str, T | Unread]]:
    """What each host of a cluster tells, by its label; all of them in one where none was read."""
    if isinstance(answers, Unread):
        yield f"hosts of {cluster.label}", answers
        return
    told = {one.host: one for one in answers}
    late = Unread(Text("it came while the vCenter was read: read again"))
    for moref in sorted(cluster.members):
        one = told.get(moref)
        yield (f"{one.host_name} ({moref})", one.answer) if one else (moref, late)
