"""Where an estate stands today and where it is to end, from what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from kanmon.check import Unknown, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, VCenter
from kanmon.errors import Undetermined
from kanmon.facts import Apart, Unread
from kanmon.facts.collected import Facts
from kanmon.facts.dsm.manager import Computer, Manager
from kanmon.facts.nsxt.inventory import ComputeManager
from kanmon.facts.nsxt.inventory import Manager as NsxTManager
from kanmon.facts.nsxv.inventory import Manager as NsxVManager
from kanmon.facts.vcenter.inventory import About, Extension, Host, Vm
from kanmon.knowledge import builds
from kanmon.knowledge.compatibility import At
from kanmon.matching import (
    NSXT_EXTENSION,
    Guest,
    Stray,
    compute_managers,
    guests,
    label,
    strangers,
    unnamed_nsx,
)
from kanmon.planning.estate import Component, Estate, Value
from kanmon.planning.waypoints import (
    goal_of,
    in_order,
    line_of,
    lines_between,
    nsx_releases,
    tools_floors,
    waypoints,
)
from kanmon.text import Text
from kanmon.versions import DeepSecurity, Nsx, Tools, VersionError

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a whole estate, by slug of the target."""

    abouts: Mapping[str, About | Unread]
    hosts: Mapping[str, tuple[Host, ...] | Unread]
    vms: Mapping[str, tuple[Vm, ...] | Unread]
    extensions: Mapping[str, tuple[Extension, ...] | Unread]
    nsxv: Mapping[str, NsxVManager | Unread]
    nsxt: Mapping[str, NsxTManager | Unread]
    compute_managers: Mapping[str, tuple[ComputeManager, ...] | Unread]
    managers: Mapping[str, Manager | Unread]
    computers: Mapping[str, tuple[Computer, ...] | Unread]
    apart: Mapping[tuple[str, str], tuple[Apart, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, environment: Environment, facts: Facts) -> Read:
        """What facts hold, by target and name; what they do not hold is unread."""

        def every(kind: str, component: str) -> dict[str, Any]:
            missing = Unread(Text("the facts of this run hold no {part}", part=component))
            slugs = [target.slug for target in environment.of_kind(kind)]
            return {slug: facts.parts.get((slug, component), missing) for slug in slugs}

        return cls(
            every("vcenter", "about"),
            every("vcenter", "hosts"),
            every("vcenter", "vms"),
            every("vcenter", "extensions"),
            every("nsxv", "manager"),
            every("nsxt", "manager"),
            every("nsxt", "compute_managers"),
            every("dsm", "manager"),
            every("dsm", "computers"),
            facts.apart,
        )

    def unseen(self, slug: str, *parts: str) -> list[Unknown]:
        """The objects of a target that could not be read by themselves."""
        return [
            Unknown(one.subject, one.reason)
            for part in parts
            for one in self.apart.get((slug, part), ())
        ]


@dataclass(slots=True)
class _Found:
    """What is being put together."""

    today: dict[Component, Value] = field(default_factory=dict)
    goal: dict[Component, At] = field(default_factory=dict)
    waypoints: dict[Component, Sequence[At]] = field(default_factory=dict)
    protects: dict[str, frozenset[str]] = field(default_factory=dict)
    unknown: dict[str, list[Unknown]] = field(default_factory=dict)

    def leave_out(self, slug: str, unknown: Iterable[Unknown]) -> None:
        """Take a vCenter or a manager out whole: a part of one would look like all of it."""
        self.unknown.setdefault(slug, []).extend(unknown)
        self.today = {
            component: value for component, value in self.today.items() if component.owner != slug
        }

    def miss(self, slug: str, unseen: Iterable[Unknown]) -> None:
        """Name what of a vCenter or a manager nobody saw, while all that was seen is placed."""
        if named := list(unseen):
            self.unknown.setdefault(slug, []).extend(named)


def estate(environment: Environment, read: Read) -> tuple[Estate, dict[str, list[Unknown]]]:
    """The estate, and by slug what of it cannot be placed: that is on no path and in no state.

    Where only single objects were not seen, all others are placed; what is made of them is no
    answer for those.
    """
    found = _Found()
    for vcenter in environment.vcenter:
        try:
            unplaced = list(_add_vcenter(found, vcenter, environment, read))
        except (Undetermined, VersionError) as error:
            unplaced = [Unknown(vcenter.slug, error.message)]
        if unplaced:
            found.leave_out(vcenter.slug, unplaced)
        found.miss(vcenter.slug, _unseen(vcenter, environment, read))
    for dsm in environment.dsm:
        try:
            unplaced = list(_add_manager(found, dsm, environment, read))
        except (Undetermined, VersionError) as error:
            unplaced = [Unknown(dsm.slug, error.message)]
        if unplaced:
            found.leave_out(dsm.slug, unplaced)
        found.miss(dsm.slug, read.unseen(dsm.slug, "computers"))
    return Estate(found.today, found.goal, found.protects, found.waypoints), found.unknown


def _unseen(vcenter: VCenter, environment: Environment, read: Read) -> Iterator[Unknown]:
    """What could stand elsewhere than all that was seen of a vCenter: its hosts, and any NSX."""
    yield from read.unseen(vcenter.slug, "hosts", "extensions")
    for nsxt in environment.nsxt:
        if vcenter.slug in nsxt.vcenters:
            yield from read.unseen(nsxt.slug, "compute_managers")


def _add_vcenter(
    found: _Found, vcenter: VCenter, environment: Environment, read: Read
) -> Iterator[Unknown]:
    """A vCenter with its hosts and its NSX, and what of them is no known release."""
    slug, upgrade = vcenter.slug, environment.upgrade
    about = known(read.abouts[slug])
    stands: dict[str, dict[str, At]] = {"vcenter": {}, "esxi": {}}
    missing: dict[str, str] = {}
    for kind, build, subject, place in _builds(vcenter, about, known(read.hosts[slug])):
        if build in stands[kind]:
            continue
        try:
            stands[kind][build] = place().at
        except (Undetermined, VersionError) as error:
            missing.setdefault(error.message, subject)
    if missing:
        yield from (Unknown(subject, reason) for reason, subject in missing.items())
        return
    for kind, wanted in (("vcenter", upgrade.vcenter), ("esxi", upgrade.esxi)):
        component = Component(kind, slug)
        found.today[component] = in_order(stands[kind].values())
        if wanted:
            goal = goal_of(kind, wanted)
            found.goal[component] = goal
            found.waypoints[component] = waypoints(kind, found.today[component], goal)
    yield from _add_nsx(found, vcenter, environment, read)


def _builds(
    vcenter: VCenter, about: About, hosts: Iterable[Host]
) -> Iterator[tuple[str, str, str, Callable[[], builds.Placed]]]:
    """Kind, build and name of a vCenter and its hosts, and what places each."""
    where = f"{vcenter.slug} ({vcenter.where})"
    yield (
        "vcenter",
        about.build,
        where,
        partial(builds.vcenter, about.build, about.version, about.os_type),
    )
    for host in hosts:
        yield "esxi", host.build, host.label, partial(builds.esxi, host.build, host.version)


def _add_nsx(
    found: _Found, vcenter: VCenter, environment: Environment, read: Read
) -> Iterator[Unknown]:
    """The NSX managers that are attached to a vCenter, and what it knows of others."""
    extensions = known(read.extensions[vcenter.slug])
    yield from unnamed_nsx(vcenter, environment, extensions)
    attached = [
        At(Nsx.parse(f"NSX-V {manager.version}"), build=manager.build)
        for nsxv in environment.nsxv
        if nsxv.vcenter == vcenter.slug
        for manager in (known(read.nsxv[nsxv.slug]),)
    ]
    for nsxt in environment.nsxt:
        if vcenter.slug not in nsxt.vcenters:
            continue
        registered = [
            one
            for one in known(read.compute_managers[nsxt.slug])
            if one.registration_status != "UNREGISTERED"
        ]
        if unplaced := strangers(environment, registered):
            reason = Text(
                "{slug} has {addresses} registered, the address of no vCenter of the environment",
                slug=nsxt.slug,
                addresses=", ".join(unplaced),
            )
            yield Unknown(vcenter.slug, reason)
        if compute_managers(vcenter, environment, registered):
            attached.append(At(Nsx.parse(known(read.nsxt[nsxt.slug]).version)))
    yield from _unlisted_nsxt(vcenter, environment, extensions, attached)
    if not attached:
        slugs = [nsxt.slug for nsxt in environment.nsxt if vcenter.slug in nsxt.vcenters]
        if slugs and environment.upgrade.nsx:
            reason = Text(
                "{slugs} is not attached to it, and kanmon plans no first NSX",
                slugs=", ".join(slugs),
            )
            yield Unknown(vcenter.slug, reason)
        return
    component = Component("nsx", vcenter.slug)
    found.today[component] = tuple(attached)
    if environment.upgrade.nsx:
        found.goal[component] = At(Nsx.parse(environment.upgrade.nsx))
        found.waypoints[component] = nsx_releases(found.goal[component])


def _unlisted_nsxt(
    vcenter: VCenter, environment: Environment, extensions: Iterable[Extension], attached: list[At]
) -> Iterator[Unknown]:
    """NSX-T that a vCenter has registered while no NSX-T of the environment lists that vCenter."""
    slugs = [nsxt.slug for nsxt in environment.nsxt if vcenter.slug in nsxt.vcenters]
    seen = any(at.version.product == "NSX-T" for at in attached)  # type: ignore[union-attr] # all are NSX
    if slugs and not seen and NSXT_EXTENSION in {one.key for one in extensions}:
        reason = Text(
            "it has {extension} registered, but {slugs} lists it nowhere among its compute "
            "managers",
            extension=NSXT_EXTENSION,
            slugs=", ".join(slugs),
        )
        yield Unknown(vcenter.slug, reason)


def _add_manager(
    found: _Found, dsm: Dsm, environment: Environment, read: Read
) -> Iterator[Unknown]:
    """A manager with its relays, agents and appliances, each at every version that is in use."""
    upgrade = environment.upgrade
    wanted = {
        "manager": upgrade.deep_security,
        "relay": upgrade.agent or upgrade.deep_security,
        "agent": upgrade.agent or upgrade.deep_security,
        "appliance": upgrade.appliance or upgrade.deep_security,
    }
    versions: dict[str, dict[str, str]] = {
        "manager": {known(read.managers[dsm.slug]).version: dsm.slug}
    }
    for computer in known(read.computers[dsm.slug]):
        kind = kind_of(computer)
        if kind:
            subject = label(computer)
            versions.setdefault(kind, {}).setdefault(computer.agent_version, subject)
    for kind, named in versions.items():
        component = Component(kind, dsm.slug)
        for text, subject in named.items():
            try:
                at = At(DeepSecurity.parse(text))
            except VersionError as error:
                yield Unknown(subject, error.message)
                continue
            if at.version == line_of(at):
                yield Unknown(subject, Text("its version {text} does not say the build", text=text))
            else:
                found.today[component] = in_order([*found.today.get(component, ()), at])
        if goal := wanted[kind]:
            found.goal[component] = At(DeepSecurity.parse(goal))
            found.waypoints[component] = lines_between(
                kind, found.today.get(component, ()), found.goal[component]
            )
    yield from _add_places(found, dsm, read)


def _add_places(found: _Found, dsm: Dsm, read: Read) -> Iterator[Unknown]:
    """Where a manager's appliances are, and what of them is nowhere: it is not absent."""
    computers = known(read.computers[dsm.slug])
    protected = [one for one in computers if one.by_appliance]
    if protected and Component("appliance", dsm.slug) not in found.today:
        reason = Text(
            "appliances protect {count} of its VMs, but it lists none as activated",
            count=len(protected),
        )
        yield Unknown(dsm.slug, reason)
    places, with_nsx = _protected(found, dsm, read), _with_nsx(found)
    found.protects[dsm.slug] = places & with_nsx
    placed = {component.owner for component in found.today if component.kind == "vcenter"}
    for slug in sorted((places - with_nsx) & placed):
        yield Unknown(
            dsm.slug, Text("its appliances work in {slug}, for which no NSX is known", slug=slug)
        )
    concerned = protected or any(one.kind == "appliance" for one in computers)
    if concerned and not places and placed and placed.issuperset(read.abouts):
        yield Unknown(dsm.slug, Text("its appliances work nowhere: no NSX of any vCenter is known"))


def _with_nsx(found: _Found) -> frozenset[str]:
    return frozenset(component.owner for component in found.today if component.kind == "nsx")


def kind_of(computer: Computer) -> str | None:
    """The kind of component that a computer is: appliance, relay or agent; None without one."""
    if not computer.has_agent or computer.kind == "esx":
        return None
    if computer.kind == "appliance":
        return "appliance"
    return "relay" if computer.relay else "agent"


def _protected(found: _Found, dsm: Dsm, read: Read) -> frozenset[str]:
    """The vCenters that a manager's appliances are in; every one with NSX where nobody can say.

    The Tools of the guests that they protect go into the estate on the way; a vCenter of whose VMs
    nobody knows is left out. A single VM that nobody saw may be one of those guests, while one of
    them is found nowhere.
    """
    computers = known(read.computers[dsm.slug])
    concerned = [one for one in computers if one.kind == "appliance" or one.by_appliance]
    if not concerned:
        return frozenset()
    with_nsx = set(_with_nsx(found))
    for slug in sorted(with_nsx):
        if isinstance(vms := read.vms[slug], Unread):
            found.leave_out(slug, [Unknown(slug, vms.reason)])
            with_nsx.remove(slug)
    here: set[str] = set()
    lost = False
    tools: dict[str, set[Tools]] = {}
    for one in guests(concerned, _read(read.abouts), _read(read.vms)):
        if isinstance(one, Stray):
            here |= with_nsx
            lost = True
            continue
        here.add(one.vcenter)
        if one.computer.by_appliance and (seen := _tools(one)):
            tools.setdefault(one.vcenter, set()).add(seen)
    for slug in with_nsx if lost else ():
        found.miss(slug, read.unseen(slug, "vms"))
    for slug in sorted(here & with_nsx & set(tools)):
        component = Component("tools", slug)
        found.today[component] = in_order([*found.today.get(component, ()), *map(At, tools[slug])])
        found.waypoints[component] = tools_floors(found.goal.get(Component("nsx", slug)))
    return frozenset(here)


def _read(facts: Mapping[str, Fact | Unread]) -> dict[str, Fact | Unread]:
    """What could be read of them."""
    return {slug: fact for slug, fact in facts.items() if not isinstance(fact, Unread)}


def _tools(guest: Guest) -> Tools | None:
    """The Tools of a guest; IOP-TOOLS-NSX-001 judges those that have none."""
    try:
        return Tools.from_number(guest.vm.tools_version or 0)
    except VersionError:
        return None
