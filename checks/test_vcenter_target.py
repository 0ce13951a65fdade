"""What the target of a vCenter asks for beforehand: licences, and switches that are new enough."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from kanmon.check import VSPHERE, Finding, Note, Severity, Unknown, Verdict, check, split
from kanmon.compatibility import NAMES
from kanmon.environment import VCenter
from kanmon.facts import Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter_management import Licence, Licences, SwitchConfig
from kanmon.knowledge import load
from kanmon.knowledge.vcenter import LicenceEdition, SwitchFloor
from kanmon.lookup import switch_floors
from kanmon.moves import Part, versions
from kanmon.planned import Planned
from kanmon.versions import VSphere

Problem = Finding | Unknown
Need = tuple[Literal["vcenter", "nsx-migration"], VSphere]
"""A change, and the release of vCenter that it goes to or, of a migration, takes place on."""
NAMED = 5
"""Objects that a note names before it counts."""


@check(
    "VC-LIC-001",
    severity=Severity.WARNING,
    steps=("vsphere-target",),
    phases=("pre",),
    remediation="Renew the licence, and have the keys of the new major release at hand; vCenter "
    "and hosts that find none run on an evaluation after the upgrade.",
    refs=("table:licence_editions",),
)
def test_licences_last_and_the_new_release_has_keys(
    vcenter: VCenter,
    vcenter_licences: Licences,
    planned: Planned,
    moment: Moment,
    verdict: Verdict,
) -> None:
    """Licences are valid, not expiring in the window, and a key for the target major exists.

    A host whose licence ends drops out of its vCenter, also in the middle of the change. A new
    major release does not take the keys of the old one.
    """
    last_until = moment.last_until
    if last_until is None:
        verdict.undetermined("the environment names no [change] window that they must outlive")
    in_use: dict[Licence, list[str]] = {}
    for one in vcenter_licences.assigned:
        in_use.setdefault(one.licence, []).append(one.entity_name)
    problems = [
        problem
        for licence, users in in_use.items()
        for problem in _lasting(licence, users, last_until)
    ]
    asked: list[str] = []
    for row in load(LicenceEdition).rows:
        promised = planned.promised(moment.step, Part(row.component, vcenter.slug))
        if promised is not None:
            asked.append(NAMES[row.component])
            target: Any = promised.version
            problems += _key_ahead(row, target, vcenter_licences, last_until)
    findings, unknown = split(problems)
    verdict(
        examined=len(in_use) + len(asked),
        of=f"licences in use of {vcenter.slug}, and products that need a new one",
        findings=findings,
        unknown=unknown,
        notes=[
            Note(_licence(licence), f"an evaluation, used by {_listed(users)}")
            for licence, users in in_use.items()
            if licence.evaluation
        ],
    )


def _lasting(licence: Licence, users: Sequence[str], until: datetime) -> Iterator[Problem]:
    if licence.expires is not None and licence.expires <= until:
        found = f"expires {_told(licence.expires)}, used by {_listed(users)}"
        yield Finding(_licence(licence), found, f"valid until {_told(until)}")
    elif licence.expires is None and licence.evaluation:
        yield Unknown(_licence(licence), f"no end is told, used by {_listed(users)}")


def _key_ahead(
    row: LicenceEdition, target: VSphere, licences: Licences, until: datetime
) -> Iterator[Problem]:
    """Whether a licence of the target's major release is there."""
    subject = f"a key for {NAMES[row.component]} {target.major}"
    keys = [one.licence for one in licences.assigned]
    if not isinstance(licences.keys, Unread):
        keys += licences.keys
    ours = {one for one in keys if one.edition.startswith(row.prefix)}
    lasting = {one for one in ours if one.expires is None or one.expires > until}
    majors = {(one.product_version or "").partition(".")[0] for one in lasting}
    if str(target.major) in majors:
        return
    if isinstance(licences.keys, Unread):
        yield Unknown(subject, licences.keys.reason)
    elif "" in majors:
        yield Unknown(subject, "a licence does not say the release that it is for")
    else:
        found = f"none among {len(ours)} licences of this product"
        yield Finding(subject, found, "one that outlives the window", row.citation)


@check(
    "VC-DVS-001",
    severity=Severity.BLOCKER,
    steps=(*VSPHERE, "nsx-migration"),
    phases=("pre",),
    remediation="Upgrade the switch in a window of its own, since its hosts and VMs lose the "
    "network for a moment; then convert its Network I/O Control to version 3.",
    refs=("table:switch_floors",),
)
def test_switches_are_new_enough(
    vcenter: VCenter,
    vcenter_switch_configs: tuple[SwitchConfig, ...],
    planned: Planned,
    moment: Moment,
    verdict: Verdict,
) -> None:
    """Distributed switches are at a version the step needs.

    vCenter's upgrade refuses to start over a switch that is too old, and the migration from NSX-V
    cannot take one over: both are found out when the window has begun.
    """
    needs = list(dict.fromkeys(_needs(planned, moment, vcenter.slug)))
    unplaced = [*planned.unjudged(moment, vcenter.slug), *_refused(planned, moment)]
    if not needs and not unplaced:
        verdict.not_applicable(f"nothing ahead asks anything of the switches of {vcenter.slug}")
    asked = [(need, switch_floors(*need)) for need in needs]
    judged = [one for one in vcenter_switch_configs if one.hosts]
    problems = [problem for one in judged for problem in _switch(one, asked)]
    findings, unknown = split([*problems, *unplaced])
    idle = [f"{one.name} ({one.moref})" for one in vcenter_switch_configs if not one.hosts]
    verdict(
        examined=len(judged) + len({one.subject for one in unplaced}),
        of=f"distributed switches of {vcenter.slug}",
        findings=findings,
        unknown=unknown,
        rests_on=[row.citation for _, rows in asked for row in rows],
        notes=[Note("switches without any host", _listed(idle))] if idle else [],
    )


def _needs(planned: Planned, moment: Moment, slug: str) -> Iterator[Need]:
    """The changes of the step, or of all of them, that ask something of switches."""
    for step in planned.steps:
        if moment.step not in (None, step.name):
            continue
        for move in step.moves:
            if move.part == Part("vcenter", slug):
                release: Any = move.to.version
                yield "vcenter", release
            if move.part == Part("nsx", slug) and move.removes:
                stands = versions(step.before, "vcenter", slug)
                yield from (("nsx-migration", stand) for stand in stands)


def _refused(planned: Planned, moment: Moment) -> Iterator[Unknown]:
    """That a declared order ends before the step, or before its own end where all are judged."""
    refused = planned.declared.refused if planned.declared else None
    if refused and (moment.step is None or planned.step(moment.step) is None):
        yield Unknown("the declared order", f"it is refused at {refused[0]}: what follows is open")


def _switch(
    switch: SwitchConfig, asked: Iterable[tuple[Need, Sequence[SwitchFloor]]]
) -> Iterator[Problem]:
    """What the rows say of a switch; a change of which no row speaks leaves it unjudged."""
    subject = f"{switch.name} ({switch.moref})"
    seen = {
        "switch": switch.version,
        "network control": (switch.network_control or "").removeprefix("version"),
    }
    for (change, vcenter), rows in asked:
        if not rows:
            yield Unknown(subject, f"no row says what {change} on vCenter {vcenter} asks of it")
        for row in rows:
            at = _numbers(seen[row.subject])
            if at is None:
                yield Unknown(subject, f"vCenter does not say the version of its {row.subject}")
            elif at < (_numbers(row.minimum) or ()):
                found = f"{row.subject} of version {seen[row.subject]}"
                expected = f"{row.minimum} or later before {change} with vCenter {vcenter}"
                yield Finding(subject, found, expected, row.citation)


def _numbers(version: str | None) -> tuple[int, ...] | None:
    parts = (version or "").split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _licence(licence: Licence) -> str:
    return f"{licence.name} (key ending in {licence.key_end})"


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
