"""The waivers of the environment: what a board accepts must be named, alive and needed."""

from collections.abc import Iterator
from datetime import date, datetime

from kanmon.check import ALL, PHASES, Finding, Judge, Note, Severity, check
from kanmon.environment.file import Environment
from kanmon.facts.run import Moment
from kanmon.gate.waivers import State, Told
from kanmon.text import Text

EXPECTED = {
    State.EXPIRED: Text("one that is approved anew, or none"),
    State.TOO_WIDE: Text("a subject that names its objects"),
    State.UNKNOWN_CHECK: Text("the id of a check"),
    State.NOT_WAIVABLE: Text("none: what this check finds must be repaired"),
    State.UNUSED: Text("no waiver that nothing needs"),
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
    waivers: tuple[Told, ...], environment: Environment, moment: Moment, judge: Judge
) -> None:
    """Every waiver may be given, names its object, lasts until the window ends, and is needed.

    One that is expired, too wide or misspelt waives nothing, though somebody counts on it in the
    change window. One that nothing needs lies in wait for the next fault of the same object, and
    nobody will be asked about that one; one for years is no decision that anybody takes again.
    """
    today, days = moment.now.date(), environment.tolerances.waiver_days
    judge(
        examined=len(waivers),
        of=Text("waivers"),
        problems=[
            finding
            for one in waivers
            for finding in (*_findings(one, moment.last_until), *_for_ever(one, today, days))
        ],
        notes=_not_judged(waivers),
    )


def _findings(told: Told, until: datetime | None) -> Iterator[Finding]:
    """What is wrong with a waiver, and what stands although it was to be waived."""
    subject, expires = f"{told.waiver}", told.waiver.expires
    if told.state is State.USED and until and expires < until.date():
        expected = Text(
            "a last day not before {until}, when the change window ends", until=f"{until:%Y-%m-%d}"
        )
        yield Finding(
            subject, _found(told, Text("its last day is {expires}", expires=expires)), expected
        )
    if told.state in EXPECTED:
        state = (
            Text("expired on {expires}", expires=expires)
            if told.state is State.EXPIRED
            else str(told.state)
        )
        found = _found(told, state)
        if told.matched:
            found = Text(
                "{found}; findings that stand although it names them: {matched}",
                found=found,
                matched=told.matched,
            )
        least = Severity.ADVICE if told.state is State.UNUSED else None
        yield Finding(subject, found, EXPECTED[told.state], severity=least)


def _for_ever(told: Told, today: date, days: float) -> Iterator[Finding]:
    """A waiver that holds for longer than a board may decide for."""
    expires = told.waiver.expires
    if told.state in (State.USED, State.NOT_JUDGED) and (expires - today).days > days:
        expected = Text("a last day no more than {days} days ahead (waiver_days)", days=f"{days:g}")
        yield Finding(
            f"{told.waiver}",
            _found(told, Text("its last day is {expires}", expires=expires)),
            expected,
        )


def _found(told: Told, said: str) -> str:
    return Text(
        "{said}, approved by {approver} ({ticket})",
        said=said,
        approver=told.waiver.approver,
        ticket=told.waiver.ticket,
    )


def _not_judged(waivers: tuple[Told, ...]) -> list[Note]:
    count = sum(one.state is State.NOT_JUDGED for one in waivers)
    text = Text(
        "this run does not judge all that they could be of: nobody can say if they are needed"
    )
    return [Note(f"{count} of {len(waivers)} waivers", text)] if count else []
