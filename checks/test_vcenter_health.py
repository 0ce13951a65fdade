"""What the appliance of a vCenter says of its own health."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
)
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.vcenter.appliance import Reading, Service, ServiceState, Storage
from kanmon.knowledge import load
from kanmon.knowledge.appliances import ApplianceHealth, ApplianceReading
from kanmon.text import Text, shortened

STARTUPS = ("AUTOMATIC", "MANUAL", "DISABLED")
STATES = ("STARTED", "STARTING", "STOPPED", "STOPPING")
HEALTHS = ("HEALTHY", "HEALTHY_WITH_WARNINGS", "DEGRADED", None)
OTHERS = "applmgmt, load, mem and swap"
"""What the appliance tells of itself beside its storage."""
NAMED = 5
"""Services that a note names before it counts."""


@check(
    "VC-HEALTH-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Look at the named part in the management interface (port 5480, Summary and "
    "Services), and repair it before the change; start a service that is to run by itself. What "
    "the appliance has no data of, a person looks at there and attests.",
    refs=(
        "table:appliance_readings",
        "table:appliance_health",
        "https://developer.broadcom.com/xapis/vsphere-automation-api (appliance vmon service)",
    ),
)
def test_appliance_is_healthy(
    vcenter: VCenter,
    all_vcenter_storage: dict[str, Storage | Unread],
    all_vcenter_readings: dict[str, tuple[Reading, ...] | Unread],
    all_vcenter_services: dict[str, tuple[Service, ...] | Unread],
    judge: Judge,
) -> None:
    """The appliance of vCenter calls none of its parts red, and its services run.

    An appliance whose storage, database or management service fails is neither exported nor
    upgraded, or is lost half way. Memory, load and services that are in trouble come along into the
    new one, or point at what a person has to know before. Updates that lie ready are no trouble.
    Health is told of a service only where it has a measure of its own: the interface leaves it out
    for others, so one that is started and tells none runs, as far as the appliance knows.
    """
    slug, services = vcenter.slug, all_vcenter_services[vcenter.slug]
    readings = [*_of_storage(all_vcenter_storage[slug]), *_of_the_rest(all_vcenter_readings[slug])]
    judge(
        examined=len(readings) + (1 if isinstance(services, Unread) else len(services)),
        of=Text("parts and services of the appliance of {slug}", slug=slug),
        problems=[*_bad_parts(readings), *_bad_services(services)],
        rests_on=[row.citation for row in load(ApplianceReading).rows],
        notes=[*_told_apart(readings), *_with_warnings(vcenter, services)],
    )


def _of_storage(storage: Storage | Unread) -> list[Reading]:
    health, database = (
        (storage, storage)
        if isinstance(storage, Unread)
        else (storage.health, storage.database_health)
    )
    return [Reading("storage", health), Reading("database-storage", database)]


def _of_the_rest(readings: Sequence[Reading] | Unread) -> Sequence[Reading]:
    return [Reading(OTHERS, readings)] if isinstance(readings, Unread) else readings


def _subject(reading: Reading) -> str:
    return f"health of {reading.of}"


def _bad_parts(readings: Sequence[Reading]) -> Iterator[Problem]:
    for one in readings:
        subject, colour = _subject(one), one.colour
        if isinstance(colour, Unread):
            yield Unknown(subject, colour.reason)
            continue
        word, row = load(ApplianceHealth).get(colour), load(ApplianceReading).get(one.of)
        if word is None:
            reason = Text("no row of appliance_health knows {colour}", colour=repr(colour))
            yield Unknown(subject, reason)
        elif word.meaning == "no data":
            yield Unknown(subject, Text("{colour}: the appliance has no data", colour=colour))
        elif row is None:
            reason = Text("no row of appliance_readings knows {part}", part=repr(one.of))
            yield Unknown(subject, reason)
        elif word.meaning == "bad" and colour in (*row.blocks, *row.warns):
            weight = Severity.BLOCKER if colour in row.blocks else Severity.WARNING
            yield Finding(subject, colour, Text("green"), row.citation, weight)


def _told_apart(readings: Sequence[Reading]) -> Iterator[Note]:
    """Colours that are not good, and with which the upgrade starts all the same."""
    for one in readings:
        if isinstance(one.colour, Unread):
            continue
        word, row = load(ApplianceHealth).get(one.colour), load(ApplianceReading).get(one.of)
        if word and row and word.meaning == "bad" and one.colour not in (*row.blocks, *row.warns):
            yield Note(_subject(one), Text("the appliance calls it {colour}", colour=one.colour))


def _bad_services(services: Sequence[Service] | Unread) -> Iterator[Problem]:
    if isinstance(services, Unread):
        yield Unknown("services", services.reason)
        return
    for one in services:
        if isinstance(one.told, Unread):
            yield Unknown(one.label, one.told.reason)
        else:
            yield from _bad_service(one.label, one.told)


def _bad_service(label: str, told: ServiceState) -> Iterator[Problem]:
    if told.startup not in STARTUPS or told.state not in STATES or told.health not in HEALTHS:
        reason = Text(
            "startup {startup}, state {state}, health {health}: a word that nobody knows",
            startup=told.startup,
            state=told.state,
            health=told.health or Text("none"),
        )
        yield Unknown(label, reason)
    elif told.startup == "AUTOMATIC" and told.state != "STARTED":
        found = Text("{state}, although it starts by itself", state=told.state)
        yield Finding(label, found, "STARTED", severity=Severity.WARNING)
    elif told.state == "STARTED" and told.health == "DEGRADED":
        yield Finding(label, "DEGRADED", "HEALTHY", severity=Severity.WARNING)


def _with_warnings(vcenter: VCenter, services: Sequence[Service] | Unread) -> Iterator[Note]:
    names = [
        one.name
        for one in (() if isinstance(services, Unread) else services)
        if isinstance(one.told, ServiceState) and one.told.health == "HEALTHY_WITH_WARNINGS"
    ]
    if names:
        listed = shortened(names, NAMED)
        yield Note(vcenter.where, Text("services that run with warnings: {listed}", listed=listed))
