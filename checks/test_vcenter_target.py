"""What the target of a vCenter asks for beforehand: licences, and switches that are new enough."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Note,
    Problem,
    Severity,
    Unknown,
    check,
    known,
)
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.nsxv.inventory import Preparation
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import Host
from kanmon.facts.vcenter.management import Licence, Licences, SwitchConfig
from kanmon.knowledge import load
from kanmon.knowledge.compatibility import NAMES
from kanmon.knowledge.lookup import switch_floors
from kanmon.knowledge.vcenter import LicenceEdition, SwitchFloor
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component, versions
from kanmon.text import Text, shortened
from kanmon.versions import VSphere, dotted

Need = tuple[Literal["vcenter", "nsx-migration"], VSphere]
"""A change, and the release of vCenter that it goes to or, of a migration, takes place on."""
PARTS = {"switch": Text("switch"), "network control": Text("network control")}
"""What a row of the floors speaks of, in words."""
NAMED = 5
"""Objects that a note names before it counts."""


@check(
    "VC-LIC-001",
    severity=Severity.WARNING,
    attestable=Attestable.DOCUMENT,
    steps=("vsphere-target",),
    phases=("pre",),
    remediation="Renew the licence, and have the keys of the new major release at hand; vCenter "
    "and hosts that find none run on an evaluation after the upgrade.",
    refs=("table:licence_editions",),
)
def test_licences_last_and_the_new_release_has_keys(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_licences: Licences,
    planned: Planned,
    moment: Moment,
    last_until: datetime,
    judge: Judge,
) -> None:
    """Licences are valid, not expiring in the window, and a key for the target major exists.

    A host whose licence ends drops out of its vCenter, also in the middle of the change. A new
    major release does not take the keys of the old one.
    """
    in_use: dict[Licence, list[str]] = {}
    for one in vcenter_licences.assigned:
        in_use.setdefault(one.licence, []).append(one.entity_name)
    problems = [
        problem
        for licence, users in in_use.items()
        for problem in _lasting(licence, users, last_until)
    ]
    problems += (bare := list(_unlicensed(vcenter_hosts, vcenter_licences)))
    asked: list[str] = []
    for row in load(LicenceEdition).rows:
        promised = planned.promised(moment.step, Component(row.component, vcenter.slug))
        if promised is not None:
            asked.append(NAMES[row.component])
            target: Any = promised.version
            problems += _key_ahead(row, target, vcenter_licences, last_until)
    judge(
        examined=len(in_use) + len(asked) + len(bare),
        of=Text("licences in use of {slug}, and products that need a new one", slug=vcenter.slug),
        problems=problems,
        notes=list(_evaluations(in_use)),
    )


def _evaluations(in_use: Mapping[Licence, Sequence[str]]) -> Iterator[Note]:
    for licence, users in in_use.items():
        if licence.evaluation:
            yield Note(
                _licence(licence),
                Text("an evaluation, used by {listed}", listed=shortened(users, NAMED)),
            )


def _unlicensed(hosts: Sequence[Host], licences: Licences) -> Iterator[Unknown]:
    users = {one.entity for one in licences.assigned}
    for host in hosts:
        if host.moref not in users:
            yield Unknown(host.label, Text("vCenter does not say which licence it uses"))


def _lasting(licence: Licence, users: Sequence[str], until: datetime) -> Iterator[Problem]:
    if licence.expires is not None and licence.expires <= until:
        found = Text(
            "expires {told}, used by {listed}",
            told=_told(licence.expires),
            listed=shortened(users, NAMED),
        )
        yield Finding(_licence(licence), found, Text("valid until {told}", told=_told(until)))
    elif licence.expires is None and licence.evaluation:
        yield Unknown(
            _licence(licence),
            Text("no end is told, used by {listed}", listed=shortened(users, NAMED)),
        )


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
        yield Unknown(subject, Text("a licence does not say the release that it is for"))
    else:
        found = Text("none among {count} licences of this product", count=len(ours))
        yield Finding(subject, found, Text("one that outlives the window"), row.citation)


@check(
    "VC-DVS-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=(*VSPHERE, "nsx-migration"),
    phases=("pre",),
    remediation="Upgrade the switch in a window of its own, since its hosts and VMs lose the "
    "network for a moment; then convert its Network I/O Control to version 3. Where NSX-V is "
    "attached and no switch is seen, give the account its role on the network folder too, or "
    "attest in the environment file that there is none.",
    refs=("table:switch_floors",),
)
def test_switches_are_new_enough(
    vcenter: VCenter,
    vcenter_switch_configs: tuple[SwitchConfig, ...],
    all_vcenter_hosts: dict[str, tuple[Host, ...] | Unread],
    all_nsxv_preparation: dict[str, tuple[Preparation, ...] | Unread],
    environment: Environment,
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """Distributed switches are at a version the step needs.

    vCenter's upgrade refuses to start over a switch that is too old, and the migration from NSX-V
    cannot take one over: both are found out when the window has begun. vCenter asks it of every
    switch, the migration of those that hosts use which NSX-V has prepared.
    """
    needs = list(dict.fromkeys(_needs(planned, moment, vcenter.slug)))
    unplaced = [*planned.unjudged(moment, vcenter.slug), *_refused(planned, moment)]
    if not needs and not unplaced:
        judge.not_applicable(
            Text("nothing ahead asks anything of the switches of {slug}", slug=vcenter.slug)
        )
    asked = [(need, switch_floors(*need)) for need in needs]
    managers = [one.slug for one in environment.nsxv if one.vcenter == vcenter.slug]
    prepared = _prepared({slug: all_nsxv_preparation[slug] for slug in managers})
    if managers and not vcenter_switch_configs:
        reason = Text("none is seen, though NSX-V is attached: may the account see them?")
        unplaced.append(Unknown(f"distributed switches of {vcenter.slug}", reason))
    hosts = all_vcenter_hosts[vcenter.slug]
    told = [
        one
        for switch in vcenter_switch_configs
        for need, rows in asked
        for one in _against(switch, need, rows, used=_used(switch, hosts, prepared))
    ]
    notes = [one for one in told if isinstance(one, Note)]
    judge(
        examined=len(vcenter_switch_configs) + len({one.subject for one in unplaced}),
        of=Text("distributed switches of {slug}", slug=vcenter.slug),
        problems=[*(one for one in told if not isinstance(one, Note)), *unplaced],
        rests_on=[row.citation for _, rows in asked for row in rows],
        notes=notes,
    )


def _needs(planned: Planned, moment: Moment, slug: str) -> Iterator[Need]:
    """The changes of the step, or of all of them, that ask something of switches."""
    for step in planned.steps:
        if moment.step not in (None, step.name):
            continue
        for move in step.moves:
            if move.component == Component("vcenter", slug):
                release: Any = move.to.version
                yield "vcenter", release
            if move.component == Component("nsx", slug) and move.removes:
                stands = versions(step.before, "vcenter", slug)
                yield from (("nsx-migration", stand) for stand in stands)


def _refused(planned: Planned, moment: Moment) -> Iterator[Unknown]:
    """That a declared order ends before the step, or before its own end where all are judged."""
    refused = planned.declared.refused if planned.declared else None
    if refused and (moment.step is None or planned.step(moment.step) is None):
        yield Unknown(
            "the declared order",
            Text("it is refused at {refused}: what follows is open", refused=refused[0]),
        )


def _prepared(preparation: Mapping[str, tuple[Preparation, ...] | Unread]) -> set[str] | Unread:
    """The clusters that NSX-V has prepared, by what each of its managers says."""
    if not preparation:
        return Unread(Text("no NSX-V is named that says which clusters it has prepared"))
    clusters: set[str] = set()
    for slug, listed in preparation.items():
        if isinstance(listed, Unread):
            return listed
        if not listed:
            return Unread(Text("{slug} tells of no cluster at all", slug=slug))
        clusters |= {one.cluster for one in listed if any(each.installed for each in one.features)}
    return clusters


def _used(
    switch: SwitchConfig, hosts: tuple[Host, ...] | Unread, prepared: set[str] | Unread
) -> bool | Unknown:
    """Whether NSX-V uses a switch: a host of a cluster that it has prepared is a member."""
    subject = switch.label
    if switch.hosts is None:
        return Unknown(
            subject, Text("vCenter does not say which hosts use it: perhaps those of NSX-V")
        )
    for fact in (hosts, prepared):
        if isinstance(fact, Unread):
            return Unknown(
                subject, Text("whether NSX-V uses it is open: {reason}", reason=fact.reason)
            )
    cluster = {one.moref: one.cluster for one in known(hosts)}
    if any(cluster.get(one) in known(prepared) for one in switch.hosts):
        return True
    strange = [one for one in switch.hosts if one not in cluster]
    reason = Text(
        "the cluster of {listed} is not known: it may be one of NSX-V",
        listed=shortened(strange, NAMED),
    )
    return Unknown(subject, reason) if strange else False


def _against(
    switch: SwitchConfig, need: Need, rows: Sequence[SwitchFloor], *, used: bool | Unknown
) -> Iterator[Problem | Note]:
    """What a change has against a switch; the migration only notes it of one not NSX-V's."""
    problems = list(_switch(switch, need, rows))
    if used is True or need[0] == "vcenter":
        yield from problems
    elif isinstance(used, Unknown):
        yield from [used] if problems else []
    elif problems:
        said = [one.found if isinstance(one, Finding) else one.reason for one in problems]
        text = Text(
            "NSX-V does not use it, the migration lets it be: {said}", said=Text.joined("; ", said)
        )
        yield Note(switch.label, text)


def _switch(switch: SwitchConfig, need: Need, rows: Sequence[SwitchFloor]) -> Iterator[Problem]:
    """What the rows say of a switch; a change of which no row speaks leaves it unjudged."""
    subject = switch.label
    change, vcenter = need
    seen = {
        "switch": switch.version,
        "network control": (switch.network_control or "").removeprefix("version"),
    }
    if not rows:
        yield Unknown(
            subject,
            Text(
                "no row says what {change} on vCenter {vcenter} asks of it",
                change=change,
                vcenter=vcenter,
            ),
        )
    for row in rows:
        at = dotted(seen[row.subject])
        if at is None:
            yield Unknown(
                subject,
                Text("vCenter does not say the version of its {part}", part=PARTS[row.subject]),
            )
        elif at < (dotted(row.minimum) or ()):
            found = Text(
                "{part} of version {version}", part=PARTS[row.subject], version=seen[row.subject]
            )
            expected = Text(
                "{minimum} or later before {change} with vCenter {vcenter}",
                minimum=row.minimum,
                change=change,
                vcenter=vcenter,
            )
            yield Finding(subject, found, expected, row.citation)


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _licence(licence: Licence) -> str:
    return f"{licence.name} (key ending in {licence.key_end})"
