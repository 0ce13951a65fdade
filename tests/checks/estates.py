"""A whole estate at the start of its upgrade, and checks on it; each test changes one fact.

vc-main 6.5 U2 with two hosts and NSX-V 6.4.5; NSX-T 3.1.2 stands ready and is registered nowhere;
a manager 11.0 with an appliance, a relay, an agent and the VM that the appliance protects. It is to
end at vSphere 7.0 U2, NSX-T 3.1.2 and Deep Security 20.0.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kanmon.environment.file import Environment
from kanmon.facts.nsxt import inventory as nsxt
from kanmon.facts.nsxv import inventory as nsxv
from kanmon.facts.run import Moment
from kanmon.gate.judgement import Judgement
from kanmon.knowledge.compatibility import Rules
from kanmon.planning import current as today
from kanmon.planning.course import Planned, follow
from kanmon.planning.make import make
from kanmon.planning.plan import Plan
from kanmon.suite.made import plain
from tests import facts_by_hand as by_hand
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    computer,
    extension,
    host,
    manager,
    second_host,
    vm,
)
from tests.judging import by_id, judged

RULES = Rules()
TARGETS = {
    "vcenter": "7.0 U2",
    "esxi": "7.0 U2",
    "nsx": "NSX-T 3.1.2",
    "deep_security": "20.0.0-877",
}
ONE = "esx-01.example.jp (host-21)"
TWO = "esx-02.example.jp (host-22)"
VCENTER = "vCenter of vc-main"
HOSTS = "ESXi of vc-main"
STRANGE_BUILD = "1000000"

VC_BUILDS = {
    "6.5 U2": "8307201",
    "6.7 U1": "10244857",
    "6.7 U3": "14367737",
    "6.7 U3m": "17712750",
    "6.7 U3o, undated": "18485166",
    "7.0": "15952599",
    "7.0 U2": "17694817",
    "7.0 U2d": "18455184",
}
ESXI_BUILDS = {
    "6.5 U2": "8294253",
    "6.5 P07": "18678235",
    "6.7 U2": "13006603",
    "6.7 U3": "14320388",
    "6.7 P05": "17700523",
    "7.0": "15843807",
    "7.0 U1": "16850804",
    "7.0 U2": "17630552",
    "7.0 U2a": "17867351",
}

OTHER = about(instance_uuid=OTHER_VCENTER_UUID)
NSXT_EXTENSION = extension(key="com.vmware.nsx.management.nsxt", version="3.1.2")
DSVA_UUID = "4201abcd-0000-4000-8000-000000000301"
DSVA_VM = vm(moref="vm-301", name="dsva", bios_uuid=DSVA_UUID, tools_version=11333)

NAMED = (VC_MAIN, NSXV, NSXT, DSM)
"""The targets that the environment names."""
OTHER_DSM = DSM.replace('"dsm', '"dsb').replace("sql1", "sql2")
"""A second manager, dsb."""
OTHER_NSXT = NSXT.replace('"nsxt', '"nsxt-b')
"""A second NSX-T of the same vCenter."""


def vcenter_at(release: str, **changes: Any) -> Any:
    """A vCenter at a release."""
    return about(build=VC_BUILDS[release], **changes)


def hosts_at(*releases: str) -> tuple[Any, ...]:
    """A host for each release, in one cluster."""
    return tuple(
        host(
            moref=f"host-{number}",
            name=f"esx-{number - 20:02}.example.jp",
            build=ESXI_BUILDS[release],
        )
        for number, release in enumerate(releases, start=21)
    )


def nsxv_manager(version: str = "6.4.5", build: str = "13282012") -> nsxv.Manager:
    """The manager of NSX-V."""
    return nsxv.Manager(version, build, "vc-main.example.jp", True, (), ())


def nsxt_manager(version: str = "3.1.2.0.0.17883596") -> nsxt.Manager:
    """The manager of NSX-T."""
    return nsxt.Manager(version, "STABLE", "STABLE", ())


def prepared(cluster: str = "domain-c7", *, installed: bool = True) -> nsxv.Preparation:
    """A cluster as NSX-V has prepared it."""
    vibs = nsxv.Feature("com.vmware.vshield.vsm.nwfabric.hostPrep", "6.4.5", "GREEN", installed, "")
    return nsxv.Preparation(cluster, "Protected", cluster, (vibs,))


def appliance(version: str = "11.0.0.582", **changes: Any) -> Any:
    """The appliance dsva as the manager lists it."""
    values = {
        "id": 301,
        "host_name": "dsva",
        "display_name": "dsva",
        "kind": "appliance",
        "agent_version": version,
        "agent_status": "active",
        "vm_uuid": DSVA_UUID,
        "appliance_status": "not-supported",
    }
    return computer(**{**values, **changes})


def relay(version: str = "11.0.0.582", **changes: Any) -> Any:
    """The relay relay-01."""
    return agent(
        **{
            "id": 202,
            "host_name": "relay-01",
            "display_name": "relay-01",
            "relay": True,
            "agent_version": version,
            **changes,
        }
    )


def computers(version: str = "11.0.0.582") -> tuple[Any, ...]:
    """All that the manager lists, at one version."""
    return computer(), appliance(version), relay(version), agent(agent_version=version)


FACTS: Mapping[str, Any] = {
    "abouts": {"vc-main": about()},
    "hosts": {"vc-main": (host(), second_host())},
    "vms": {"vc-main": (vm(), DSVA_VM)},
    "extensions": {"vc-main": (extension(),)},
    "nsxv": {"nsxv-main": nsxv_manager()},
    "nsxt": {"nsxt": nsxt_manager()},
    "compute_managers": {"nsxt": ()},
    "managers": {"dsm": manager()},
    "computers": {"dsm": computers()},
}
"""The fields of ``today.Read``; what is given instead replaces the targets that it names."""
NSXV_FACTS: Mapping[str, Any] = {
    "all_nsxv_preparation": {"nsxv-main": (prepared(),)},
    "all_nsxv_deployments": {"nsxv-main": ()},
    "all_nsxv_trains": {"nsxv-main": ("6.0", "6.5", "6.7")},
}
AT_THE_END: Mapping[str, Any] = {
    "abouts": {"vc-main": vcenter_at("7.0 U2")},
    "hosts": {"vc-main": hosts_at("7.0 U2", "7.0 U2")},
    "extensions": {"vc-main": (NSXT_EXTENSION,)},
    "compute_managers": {"nsxt": (by_hand.compute_manager(),)},
    "managers": {"dsm": manager(version="20.0.877")},
    "computers": {"dsm": computers("20.0.0.877")},
}
"""What differs when the upgrade has ended; the environment then names no NSX-V."""

PLANS: dict[str, Plan] = {}
"""The plans that were made, by their estates: most tests change a fact that no plan asks for."""


@dataclass(frozen=True)
class World:
    """An environment with what was read of it.

    Attributes:
        other: fixtures that the plan does not need, by name.
    """

    environment: Environment
    read: today.Read
    other: Mapping[str, Any]
    moment: Moment

    @cached_property
    def planned(self) -> Planned:
        """The way ahead."""
        estate, unknown = today.estate(self.environment, self.read)
        order = self.environment.plan
        declared = follow(estate, RULES, order) if order else None
        told = repr(estate)
        if told not in PLANS:
            PLANS[told] = make(estate, RULES)
        return Planned(PLANS[told], declared, unknown, RULES)

    def judge(self, check_id: str, slug: str = "") -> Judgement:
        """A check on it; on one target where it is about one, the first of its kind or that named.

        Args:
            check_id: e.g. "PLAN-PATH-001".
            slug: of the vCenter or the manager.
        """
        asked = set(inspect.signature(by_id()[check_id]).parameters) - {"judge"}
        wanted = {part for name in asked for part in plain(name)}
        return judged(check_id, **{name: self._fixture(name, slug) for name in wanted})

    def _fixture(self, name: str, slug: str) -> Any:
        if name in self.other:
            return self.other[name]
        if name in ("planned", "environment", "moment"):
            return getattr(self, name)
        if name == "rules":
            return RULES
        kind, _, part = name.partition("_")
        target = next(one for one in self.environment.of_kind(kind) if slug in ("", one.slug))
        return getattr(self.read, part)[target.slug] if part else target


def world(
    *,
    named: tuple[str, ...] = NAMED,
    upgrade: Mapping[str, str] | None = None,
    order: str = "",
    step: str | None = None,
    phase: str = "pre",
    **changes: Any,
) -> World:
    """The estate with changes.

    Args:
        named: the targets of the environment, as TOML.
        upgrade: where it is to end; ``TARGETS`` where left out.
        order: the declared steps, as TOML.
        step: of the run.
        phase: of the run.
        changes: facts by slug, as in ``FACTS`` and ``NSXV_FACTS``.
    """
    environment = by_hand.environment(
        *named, order, **(TARGETS if upgrade is None else dict(upgrade))
    )
    slugs = {target.slug for target in environment.targets}
    facts: dict[str, Any] = {}
    for key, default in {**FACTS, **NSXV_FACTS}.items():
        values = {**default, **changes.pop(key, {})}
        facts[key] = {slug: value for slug, value in values.items() if slug in slugs}
    assert not changes, f"no such facts: {', '.join(changes)}"
    read = today.Read(**{key: facts[key] for key in FACTS})
    other = {key: facts[key] for key in NSXV_FACTS}
    return World(environment, read, other, by_hand.moment(step=step, phase=phase))


def ended(**changes: Any) -> World:
    """The estate when the upgrade has ended, with changes."""
    facts = {key: {**value, **changes.pop(key, {})} for key, value in AT_THE_END.items()}
    return world(**{"named": (VC_MAIN, NSXT, DSM), **facts, **changes})


def two_vcenters(**changes: Any) -> World:
    """The estate with a second vCenter, vc-other, that has one host and no NSX."""
    second = {
        "abouts": OTHER,
        "hosts": (host(),),
        "vms": (),
        "extensions": (),
    }
    facts = {key: {"vc-other": value, **changes.pop(key, {})} for key, value in second.items()}
    return world(**{"named": (VC_MAIN, VC_OTHER, NSXV, NSXT, DSM), **facts, **changes})


def steps(*lines: str) -> str:
    """A declared order: each line is a step's name, with more keys after semicolons."""
    tables = []
    for line in lines:
        name, *keys = line.split("; ")
        tables.append("\n".join(("[[plan]]", f'step = "{name}"', *keys)))
    return "\n".join((*tables, ""))


BRIDGE = 'vsphere-bridge; vcenter = "6.7 U3"; esxi = "6.7 U2"'
GOOD = steps(
    BRIDGE, "manager", "agent", "appliance", "nsxt-build", "nsx-migration", "vsphere-target"
)


def listed(*computers: Any) -> dict[str, Any]:
    """The facts of a manager that lists these and no others."""
    return {"computers": {"dsm": computers}}


def rows(judgement: Judgement) -> list[str | None]:
    """The table row that each finding cites, in order."""
    return [one.source and one.source.row for one in judgement.findings]


def without(*keys: str) -> dict[str, str]:
    """Where the estate is to end, these keys of it not said."""
    return {key: value for key, value in TARGETS.items() if key not in keys}
