"""Whether a manager's computers are in contact with it, and whether what is on protects them.

One bad machine among thousands stops no fleet: up to a share that the operator declares it is a
warning, which a board signs by its name. A relay or an appliance is no single machine: others hang
on it, and it blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kanmon.check import Finding, Note, Problem, Severity, Unknown
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.matching import label
from kanmon.text import Text

GRAVE = ("error", "inactive")
"""What a module that is on and does not protect is told to be."""
MANY = "multiple errors"
"""The vendor's words for an agent with more than one error; of its contact they say nothing.

https://cloudone.trendmicro.com/docs/workload-security/agent-status/ (2026-12-01)."""
QUIET = ("upgrade recommended",)
"""Texts of a side in "warning" that say nothing of its protection, in small letters."""

Judged = tuple[Computer, Problem]


def managed(computers: Sequence[Computer]) -> list[Computer]:
    """The machines and appliances that an agent or an appliance manages."""
    return [one for one in computers if one.kind != "esx" and one.online is not None]


def weighed(found: Sequence[Judged], among: Sequence[Computer], share: float) -> list[Problem]:
    """What was found, each as grave as it is: of single machines a warning, up to the share.

    Args:
        found: each with the computer that it is of.
        among: the computers that were looked at.
        share: how many of a hundred machines may be at fault.
    """
    many = _beyond(found, among, share)
    return [
        Finding(one.subject, one.found, one.expected, one.source, severity=Severity.WARNING)
        if isinstance(one, Finding) and one.severity is None and is_single(of) and not many
        else one
        for of, one in found
    ]


def counted(
    slug: str, found: Sequence[Judged], among: Sequence[Computer], share: float
) -> list[Note]:
    """How many machines are at fault, beside the share; nothing where none is."""
    bad = _faulty(found)
    if not bad:
        return []
    text = Text(
        "{bad} of {count} machines: more than {share:g} % of them stop a step",
        bad=len(bad),
        count=sum(map(is_single, among)),
        share=share,
    )
    return [Note(slug, text)]


def _beyond(found: Sequence[Judged], among: Sequence[Computer], share: float) -> bool:
    return len(_faulty(found)) * 100 > share * sum(map(is_single, among))


def _faulty(found: Sequence[Judged]) -> set[int]:
    return {
        of.id
        for of, one in found
        if isinstance(one, Finding) and one.severity is None and is_single(of)
    }


def is_single(computer: Computer) -> bool:
    """No other computer hangs on it; one that may be a relay is none."""
    return computer.kind == "machine" and computer.relay is False


def out_of_contact(computers: Sequence[Computer]) -> list[Judged]:
    """The computers that are not online, or of which nobody knows.

    One of which the manager says that it has many errors, and nothing of its contact, is found with
    its last contact: a person sees by that whether it is away.
    """
    return [(one, problem) for one in managed(computers) for problem in _contact(one)]


def has_many_errors(computer: Computer) -> bool:
    """The manager says that it has errors, and nothing that says whether it is in contact."""
    said = " ".join((*computer.agent_messages, *computer.appliance_messages)).lower()
    return computer.doubtful and MANY in said


def _contact(computer: Computer) -> Iterator[Problem]:
    said = _messages(computer)
    if computer.doubtful and not has_many_errors(computer):
        yield Unknown(
            label(computer), Text("nobody knows what {said} says of its contact", said=repr(said))
        )
    elif not computer.online:
        found = Text("{said}, last contact {contact}", said=said, contact=last_contact(computer))
        yield Finding(label(computer), found, Text("online"))


def _messages(computer: Computer) -> str:
    return ", ".join(computer.agent_messages + computer.appliance_messages) or Text("offline")


def last_contact(computer: Computer) -> str:
    """When it was in contact last, in words."""
    return f"{computer.last_contact:%Y-%m-%d %H:%M} UTC" if computer.last_contact else Text("never")


def in_contact(computers: Sequence[Computer]) -> list[Computer]:
    """The computers whose manager calls them online."""
    return [one for one in managed(computers) if one.online and not one.doubtful]


def silent(computers: Sequence[Computer], now: datetime, hours: float) -> list[Judged]:
    """The computers that are called online and told nothing for longer than that.

    A manager whose threshold for missed heartbeats is unlimited calls a machine online that was
    last heard of months ago.

    Args:
        computers: of one manager.
        now: of the run, aware.
        hours: how old the last contact may be.
    """
    since = now - timedelta(hours=hours)
    return [
        (
            one,
            Finding(
                label(one),
                Text("called online, last contact {contact}", contact=last_contact(one)),
                Text("in contact within {hours:g} h", hours=hours),
            ),
        )
        for one in in_contact(computers)
        if one.last_contact is None or one.last_contact < since
    ]


def protecting(computers: Sequence[Computer]) -> list[Computer]:
    """The computers that protection is to be judged of: they are not known to be offline."""
    return [one for one in managed(computers) if one.online or one.doubtful]


def unhealthy(computers: Sequence[Computer]) -> list[Judged]:
    """The computers on which something that is on does not work as it should."""
    return [(one, problem) for one in protecting(computers) for problem in _health(one)]


def _health(computer: Computer) -> Iterator[Problem]:
    """What is wrong with its modules; where not all of them tell, what its side tells."""
    on = [one for one in computer.modules if one.on]
    told = [one for one in on if one.health is not None]
    partly = not on or len(told) < len(on)
    grave = [one for one in told if one.health in GRAVE]
    slight = [one for one in told if one.health in ("warning", "not-supported")]
    for one in told:
        if one.health == "unknown":
            yield Unknown(label(computer), _strange(one))
    if grave or _says(computer, "error") or has_many_errors(computer):
        yield _unwell(computer, grave)
    elif slight or (partly and _says(computer, "warning") and not _is_quiet(computer)):
        yield _unwell(computer, slight, Severity.ADVICE)


def _says(computer: Computer, status: str) -> bool:
    """Whether a side that manages it is in this state."""
    return status in (computer.agent_status, computer.appliance_status)


def _is_quiet(computer: Computer) -> bool:
    said = [*computer.agent_messages, *computer.appliance_messages]
    return bool(said) and all(any(word in one.lower() for word in QUIET) for one in said)


def _strange(module: Module) -> str:
    return Text(
        "nobody knows what {status} says of {module}",
        status=repr(module.agent_status or module.appliance_status),
        module=module.name,
    )


def _unwell(
    computer: Computer, modules: Sequence[Module], severity: Severity | None = None
) -> Finding:
    """In the manager's own words: a waiver of one module, or of one text, is of no other."""
    told = [f"{one.name} {one.health}" for one in modules]
    found = "; ".join([*told, *computer.agent_messages, *computer.appliance_messages])
    return Finding(
        label(computer),
        found or Text("the manager calls it faulty"),
        Text("all that is on is active"),
        severity=severity,
    )
