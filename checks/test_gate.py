"""What people accept and answer for: waivers and attestations must be named, alive and needed."""

from collections.abc import Iterator
from datetime import date, datetime

from kanmon.check import ALL, PHASES, Attestable, Finding, Judge, Note, Severity, check
from kanmon.environment.file import Environment
from kanmon.facts.run import Moment
from kanmon.gate import attesting
from kanmon.gate.accepted import Told
from kanmon.gate.waivers import State
from kanmon.text import Text

EXPECTED = {
    State.EXPIRED: Text("one that is approved anew, or none"),
    State.TOO_WIDE: Text("a subject that names its objects"),
    State.UNKNOWN_CHECK: Text("the id of a check"),
    State.NOT_WAIVABLE: Text("none: what this check finds must be repaired"),
    State.NOT_SIGNED: Text("one that its approver signed"),
    State.UNUSED: Text("no waiver that nothing needs"),
}
WANTED = {
    attesting.State.EXPIRED: Text("one that was seen since"),
    attesting.State.TO_COME: Text("one of what was seen"),
    attesting.State.WITHOUT_TIME: Text("one with the time at which it was seen (at)"),
    attesting.State.BEFORE_THE_WINDOW: Text("one of what was seen inside the window"),
    attesting.State.UNKNOWN_CHECK: Text("the id of a check"),
    attesting.State.NOT_ATTESTABLE: Text("none: nobody may answer for it"),
    attesting.State.UNUSED: Text("none that nothing needs"),
}


@check(
    "GATE-WAIVER-001",
    severity=Severity.WARNING,
    attestable=Attestable.NEVER,
    why_not="the waivers stand in a file, and nothing of them is unseen",
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


@check(
    "GATE-ATTEST-001",
    severity=Severity.WARNING,
    attestable=Attestable.NEVER,
    why_not="the attestations stand in a file, and nothing of them is unseen",
    waivable=False,
    steps=ALL,
    phases=PHASES,
    remediation="Look again and attest it anew (kanmon attest prints it), or take the named "
    "attestation out; docs/gate.md says what each state means and how long one holds.",
    refs=("https://csrc.nist.gov/pubs/sp/800/53/a/r5/final (evidence by interview)",),
)
def test_every_attestation_holds_and_is_needed(
    attestations: tuple[attesting.Told, ...], judge: Judge
) -> None:
    """Every attestation is of an open question, was seen in time, and is needed.

    One that is too old, or of another object than the report names, answers nothing, though
    somebody counts on it in the change window. One that nothing needs would answer the next
    question of the same object, which nobody has looked at.
    """
    judge(
        examined=len(attestations),
        of=Text("attestations"),
        problems=[_spent(one) for one in attestations if one.state in WANTED],
        notes=_unjudged(attestations),
    )


def _spent(told: attesting.Told) -> Finding:
    """An attestation that answers nothing."""
    one = told.attestation
    found = Text("{state}, by {by}, {seen}", state=told.state, by=one.by, seen=one.at or one.on)
    least = Severity.ADVICE if told.state is attesting.State.UNUSED else None
    return Finding(str(one), found, WANTED[told.state], severity=least)


def _unjudged(attestations: tuple[attesting.Told, ...]) -> list[Note]:
    count = sum(one.state is attesting.State.NOT_JUDGED for one in attestations)
    text = Text("this run does not judge what they are of: nobody can say if they are needed")
    return [Note(f"{count} of {len(attestations)} attestations", text)] if count else []
