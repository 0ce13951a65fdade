"""What NSX itself complains of in guest introspection."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from kanmon.check import (
    NSX,
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
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.nsxt.state import Alarm as NsxtAlarm
from kanmon.facts.nsxv.state import Alarm, Event, Events
from kanmon.facts.vcenter.inventory import Extension
from kanmon.knowledge import load
from kanmon.knowledge.health import NsxEvent
from kanmon.knowledge.nsx import NsxtGiFeature
from kanmon.matching import unnamed_nsx
from kanmon.text import Text

SEVERITIES = ("informational", "low", "medium", "major", "high", "critical")
HARMLESS = "informational"
OF_GUEST_INTROSPECTION = ("guest introspection", "epsec", "security fabric")
"""Words of NSX-V for the parts that guest introspection is made of."""

T = TypeVar("T")


@check(
    "GI-ALARM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=(*VSPHERE, "appliance", *NSX),
    phases=("pre", "post"),
    remediation="Open the alarm on the NSX dashboard, clear what causes it, and see it resolved; "
    "upgrade the thin agent (VMware Tools) of a guest that is called incompatible. What an event "
    "of the past told and is over may be signed off.",
    refs=("table:nsx_events", "table:nsxt_gi_features"),
)
def test_nsx_complains_of_nothing_in_guest_introspection(
    vcenter: VCenter,
    vcenter_extensions: tuple[Extension, ...],
    all_nsxv_alarms: dict[str, tuple[Alarm, ...] | Unread],
    all_nsxv_events: dict[str, Events | Unread],
    all_nsxt_alarms: dict[str, tuple[NsxtAlarm, ...] | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """No alarm or event of guest introspection is open.

    A status may stay green while NSX has already said that a guest's thin agent does not fit, or
    that an agency is gone: evacuated VMs then land where nothing protects them. Alarms stand until
    they are resolved. Events do not close: those of the last month count, and one that a later
    event ends asks for a sign-off.
    """
    nsxv = [one.slug for one in environment.nsxv if one.vcenter == vcenter.slug]
    nsxt = [one.slug for one in environment.nsxt if vcenter.slug in one.vcenters]
    alarms, unread = _read(nsxv, all_nsxv_alarms)
    listed, not_listed = _read(nsxt, all_nsxt_alarms)
    told, untold = _read(nsxv, all_nsxv_events)
    events = [event for part in told.values() for event in part.events]
    unnamed = list(unnamed_nsx(vcenter, environment, vcenter_extensions))
    problems: list[Problem] = [
        *unnamed,
        *dict.fromkeys([*unread, *untold, *not_listed]),
        *(problem for part in alarms.values() for one in part for problem in _alarm(one)),
        *_events(events),
        *(found for slug, part in listed.items() for one in part for found in _on_nsxt(one, slug)),
    ]
    count = sum(len(part) for part in (*alarms.values(), *listed.values())) + len(events)
    judge(
        examined=len(nsxv) + len(nsxt) + len(unnamed) + count,
        of=Text(
            "NSX managers of {slug}, their alarms, and events of guest introspection",
            slug=vcenter.slug,
        ),
        problems=problems,
        rests_on=[row.citation for row in load(NsxEvent).rows],
        notes=[note for slug, part in alarms.items() for note in _others(slug, part)],
    )


def _read(
    slugs: Sequence[str], parts: Mapping[str, T | Unread]
) -> tuple[dict[str, T], list[Unknown]]:
    """A fact of several managers, and why it is not known of others: one must not hide another."""
    read: dict[str, T] = {}
    unread = []
    for slug in slugs:
        part = parts[slug]
        if isinstance(part, Unread):
            unread.append(Unknown(slug, part.reason))
        else:
            read[slug] = part
    return read, unread


def _alarm(alarm: Alarm) -> Iterator[Problem]:
    """An alarm of NSX-V; one of guest introspection whose code no row knows is not a lesser one."""
    row = load(NsxEvent).get(str(alarm.code))
    what = f"{alarm.target} ({alarm.source})" if alarm.target else alarm.source
    subject = f"{what} (alarm {alarm.id})"
    found = Text(
        "{code} {severity} since {time} UTC: {message}",
        code=alarm.code,
        severity=alarm.severity,
        time=f"{alarm.time:%Y-%m-%d %H:%M}",
        message=alarm.message,
    )
    severity = alarm.severity.lower()
    if row is None:
        if _is_of_guest_introspection(alarm):
            yield Unknown(subject, Text("{found}; no row knows this code", found=found))
    elif severity not in SEVERITIES:
        yield Unknown(
            subject, Text("{found}; no document says what this severity means", found=found)
        )
    elif severity != HARMLESS:
        yield Finding(subject, found, Text("resolved"), row.citation)


def _is_of_guest_introspection(alarm: Alarm) -> bool:
    said = f"{alarm.module} {alarm.source} {alarm.message}".lower()
    return any(word in said for word in OF_GUEST_INTROSPECTION)


def _others(slug: str, alarms: Sequence[Alarm]) -> list[Note]:
    """Alarms that are about something else, or only tell."""
    rest = [one for one in alarms if not list(_alarm(one))]
    codes = ", ".join(str(code) for code in sorted({one.code for one in rest}))
    return (
        [
            Note(
                slug,
                Text(
                    "{count} other alarms are open, of codes {codes}", count=len(rest), codes=codes
                ),
            )
        ]
        if rest
        else []
    )


def _events(events: Sequence[Event]) -> Iterator[Finding]:
    """For each object the newest event of a code that raises no alarm, unless it only tells."""
    newest: dict[tuple[int, str], Event] = {}
    for event in sorted(events, key=lambda one: one.number):
        newest[event.code, event.source] = event
    for (code, source), event in newest.items():
        row = load(NsxEvent).get(str(code))
        if row is None or row.alarm or row.severities == (HARMLESS,):
            continue
        over = newest.get((row.followed_by or 0, source))
        found = Text(
            "{code} {severity} of {time} UTC: {message}",
            code=code,
            severity=event.severity,
            time=f"{event.time:%Y-%m-%d %H:%M}",
            message=event.message,
        )
        ended = over is not None and over.number > event.number
        if over and ended:
            found = Text(
                "{found}; followed by {code} of {time} UTC",
                found=found,
                code=over.code,
                time=f"{over.time:%Y-%m-%d %H:%M}",
            )
        yield Finding(
            f"{source} (event {event.number})",
            found,
            Text("no such event"),
            row.citation,
            severity=Severity.WARNING if ended else None,
        )


def _on_nsxt(alarm: NsxtAlarm, slug: str) -> Iterator[Finding]:
    """An alarm of a feature that is guest introspection on NSX-T."""
    row = load(NsxtGiFeature).get(alarm.feature.lower())
    if row:
        subject = f"{alarm.event_type} on {alarm.node or slug} (alarm {alarm.id})"
        found = f"{alarm.severity}, {alarm.status}: {alarm.summary}"
        grave = alarm.severity.upper() in ("CRITICAL", "HIGH")
        severity = None if grave else Severity.WARNING
        yield Finding(subject, found, Text("resolved"), row.citation, severity=severity)
