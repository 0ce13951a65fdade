"""The waivers of the environment: what a board accepts must be named, alive and needed."""

from collections.abc import Iterator
from datetime import datetime

from kanmon.check import ALL, PHASES, Finding, Note, Severity, Verdict, check
from kanmon.facts.run import Moment
from kanmon.waivers import State, Told

EXPECTED = {
    State.EXPIRED: "one that is approved anew, or none",
    State.TOO_WIDE: "a subject that names its objects",
    State.UNKNOWN_CHECK: "the id of a check",
    State.NOT_WAIVABLE: "none: what this check finds must be repaired",
}


@check(
    "GATE-WAIVER-001",
    severity=Severity.WARNING,
    waivable=False,
    steps=ALL,
    phases=PHASES,
    remediation="Correct the named waiver in the file of waivers, have it approved anew, or take "
    "it out; docs/waivers.md says what each state means.",
    refs=("https://docs.chef.io/inspec/waivers",),
)
def test_every_waiver_holds_and_is_needed(
    waivers: tuple[Told, ...], moment: Moment, verdict: Verdict
) -> None:
    """Every waiver may be given, names its object, lasts until the window ends, and is needed.

    One that is expired, too wide or misspelt waives nothing, though somebody counts on it in the
    change window. One that nothing needs lies in wait for the next fault of the same object, and
    nobody will be asked about that one.
    """
    verdict(
        examined=len(waivers),
        of="waivers",
        findings=[finding for one in waivers for finding in _findings(one, moment.last_until)],
        notes=_not_judged(waivers),
    )


def _findings(told: Told, until: datetime | None) -> Iterator[Finding]:
    """What is wrong with a waiver, who gave it, and what stands although it was to be waived."""
    waiver = told.waiver
    given = f"{waiver.approver}, {waiver.ticket}"
    if told.state in EXPECTED:
        day = f" on {waiver.expires}" if told.state is State.EXPIRED else ""
        stand = f"; what it names stands: {told.matched} findings" if told.matched else ""
        yield Finding(f"{waiver}", f"{told.state}{day} ({given}){stand}", EXPECTED[told.state])
    elif told.state is State.UNUSED:
        found, expected = f"unused ({given})", "no waiver that nothing needs"
        yield Finding(f"{waiver}", found, expected, severity=Severity.ADVICE)
    elif told.state is State.USED and until and waiver.expires < until.date():
        found, expected = f"expires on {waiver.expires} ({given})", f"not before {until:%Y-%m-%d}"
        yield Finding(f"{waiver}", found, f"{expected}, when the change window ends")


def _not_judged(waivers: tuple[Told, ...]) -> list[Note]:
    count = sum(one.state is State.NOT_JUDGED for one in waivers)
    text = "this run does not judge all that they could be of: nobody can say if they are needed"
    return [Note(f"{count} of {len(waivers)} waivers", text)] if count else []
