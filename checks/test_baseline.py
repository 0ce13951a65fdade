"""The estate after a step beside the run before it."""

from collections.abc import Callable, Iterable, Iterator

from kanmon.check import ALL, Attestable, Finding, Judge, Severity, Unknown, check, known
from kanmon.comparing import Baseline, Change, Comparison, Weight
from kanmon.facts import Unread
from kanmon.judging.changes import by_object, looked_at, not_compared
from kanmon.text import Text

NOT_SET = "not set"
MOVED = Text("nobody can say what the step moves: declare the steps in [[plan]]")
TOO_LATE = Text(
    "nothing that the step changes is other now than in this run: was it made after the step? What "
    "the step lost would read as before; name the last run that was made before the step"
)


@check(
    "BASE-INV-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.NEVER,
    why_not="only the run before the step knows what was there",
    steps=ALL,
    phases=("post",),
    remediation="Find the named object: bring it back from the backup or into its inventory again. "
    "What was taken away on purpose is signed off. An object that was re-created is a new one.",
    refs=("https://developer.broadcom.com (vSphere Web Services API, ManagedObjectReference)",),
)
def test_nothing_vanished(comparison: Comparison, judge: Judge) -> None:
    """Nothing vanished: vCenters, hosts, VMs, computers, relays, appliances, policies, NSX.

    A VM that is in no list any more fails no check: nobody asks for it. Objects are known again by
    their ids; what the step itself takes away, and appliances that it re-creates, are excepted.
    """
    gone = [one for one in comparison.changes if one.inventory and _is_gone(one)]
    unsaid = [one for one in comparison.changes if one.aspect == "role" and _is_unsaid(one)]
    missed = not_compared(comparison, "inventory")
    judge(
        examined=looked_at(comparison, "inventory") + len(missed),
        of=Text("objects of the run before"),
        problems=[
            *(
                Finding(one.subject, _told(one), Text("{kind}, as before", kind=one.kind))
                for one in gone
                if one.expected is False
            ),
            *missed,
            *(
                Unknown(one.subject, Text("gone; {moved}", moved=MOVED))
                for one in gone
                if one.expected is None
            ),
            *(
                Unknown(
                    one.subject,
                    Text("is it a {field}? {change}", field=one.field, change=_pair(one)),
                )
                for one in unsaid
            ),
        ],
    )


@check(
    "BASE-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.NEVER,
    why_not="only the run before the step knows what was so",
    steps=ALL,
    phases=("post",),
    remediation="Bring the named object back to the state that it had before the step; what was "
    "switched off on purpose meanwhile is signed off.",
    refs=(
        "https://developer.broadcom.com (vSphere Web Services API, VirtualMachineRuntimeInfo)",
        "https://cloudone.trendmicro.com/docs/workload-security/api-reference/tag/Computers/",
    ),
)
def test_nothing_got_worse(comparison: Comparison, judge: Judge) -> None:
    """Nothing got worse: power, connection, protection, modules, alarms.

    A machine that ran, was in contact and was protected before the step is so after it. One that
    was not is none of the step's doing, and is judged by the other checks.
    """
    states = [
        one for one in comparison.changes if one.aspect == "state" and one.expected is not True
    ]
    worse = [one for one in states if one.weight in (Weight.WORSE, Weight.MILD)]
    missed = not_compared(comparison, "state")
    appeared = sum(one.change == "appeared" for one in states)
    judge(
        examined=looked_at(comparison, "state") + appeared + len(missed),
        of=Text("objects with a state, and new alarms"),
        problems=[
            *_beside(worse, _weighed),
            *missed,
            *(
                Unknown(
                    one.subject,
                    Text("nobody knows whether that is worse: {change}", change=_pair(one)),
                )
                for one in states
                if one.weight is Weight.UNCLEAR
            ),
        ],
    )


@check(
    "BASE-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.NEVER,
    why_not="only the run before the step knows what ran",
    steps=ALL,
    phases=("post",),
    remediation="Find out who changed the named object and why. Take it back, or sign it off once "
    "the rules of its new version were looked at: run all steps again with --phase pre.",
    refs=("https://success.trendmicro.com/ja-JP/solution/KA-0010891",),
)
def test_only_the_step_changed_versions(
    baseline: Baseline | Unread, comparison: Comparison, judge: Judge
) -> None:
    """Only what the step named changed its version.

    The plan was worked out for the versions that were read before the step. A host, an agent or a
    VMware Tools that moved beside the plan stands in a state whose rules nobody looked at.
    """
    moved = [one for one in comparison.changes if one.aspect == "version"]
    beside = [one for one in moved if one.expected is False and one.after != NOT_SET]
    missed = not_compared(comparison, "version")
    silent = [one for one in moved if one.after == NOT_SET]
    unplaced = [one for one in moved if one.expected is None and one.after != NOT_SET]
    late = [] if any(one.expected is not False for one in comparison.changes) else [TOO_LATE]
    run = known(baseline).run
    judge(
        examined=looked_at(comparison, "version") + len(missed) + len(late),
        of=Text("objects with a version"),
        problems=[
            *_beside(beside, lambda _: None),
            *missed,
            *(
                Unknown(one.subject, Text("no longer tells its {change}", change=_pair(one)))
                for one in silent
            ),
            *(
                Unknown(one.subject, Text("{change}; {moved}", change=_pair(one), moved=MOVED))
                for one in unplaced
            ),
            *(Unknown(run, reason) for reason in late),
        ],
    )


def _is_gone(change: Change) -> bool:
    """It vanished, or is no longer what it was: a relay that is an agent now."""
    lost_role = change.aspect == "role" and (change.before, change.after) == ("yes", "no")
    return change.change == "vanished" or lost_role


def _is_unsaid(change: Change) -> bool:
    """One of the runs does not say whether the object had or has a role."""
    return NOT_SET in (change.before, change.after) and change.after != "yes"


def _told(change: Change) -> str:
    if change.field:
        return Text("it is no {field} any more", field=change.field)
    if change.beside:
        return Text("not listed any more; {beside}", beside=change.beside)
    return Text("not listed any more")


def _pair(change: Change) -> str:
    if change.field is None:
        return f"{change.kind} {change.after}"
    return Text(
        "{field} {after}, before {before}",
        field=change.field,
        after=change.after,
        before=change.before,
    )


def _weighed(changes: list[Change]) -> Severity | None:
    """A finding blocks unless all that got worse of the object is mild."""
    return Severity.WARNING if all(one.weight is Weight.MILD for one in changes) else None


def _beside(
    changes: Iterable[Change], severity: Callable[[list[Change]], Severity | None]
) -> Iterator[Finding]:
    """One finding for each object, with all that changed of it."""
    for subject, ones in by_object(changes).items():
        new = [
            Text("new {kind}: {after}", kind=one.kind, after=one.after)
            for one in ones
            if one.field is None
        ]
        fields = [one for one in ones if one.field]
        found = [*new, *(f"{one.field} {one.after}" for one in fields)]
        was = [
            *([Text("no such one")] if new else []),
            *(f"{one.field} {one.before}" for one in fields),
        ]
        yield Finding(
            subject,
            Text.joined(", ", found),
            Text("{was}, as before", was=Text.joined(", ", was)),
            severity=severity(ones),
        )
