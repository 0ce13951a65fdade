"""The way from today to the end of the upgrade, and the knowledge that the whole run rests on."""

from collections.abc import Iterable, Iterator

from kanmon.check import ALL, VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.facts.run import Moment
from kanmon.judging.answers import Asked, conclude, problems, rested
from kanmon.knowledge import load, tables
from kanmon.knowledge.compatibility import NAMES, At, Rules, Word
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component, State, Value, comparable, is_beyond, versions
from kanmon.planning.hops import Move
from kanmon.planning.plan import Step
from kanmon.text import Text


@check(
    "PLAN-PATH-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    waivable=False,
    steps=ALL,
    phases=("pre",),
    remediation="Choose another target, or a release in between, for which the named rows leave a "
    "way; look a row that you doubt up at its source, and correct it in an overlay.",
    refs=(
        "table:esxi_vcenter",
        "table:nsx_vsphere",
        "table:appliance_nsx",
        "table:deep_security_pairs",
        "table:upgrade_cells",
        "table:vsphere_hops",
        "table:nsx_hops",
        "table:deep_security_hops",
    ),
)
def test_a_supported_path_leads_to_the_targets(
    planned: Planned, moment: Moment, judge: Judge
) -> None:
    """A path from today's versions to the targets exists and every state on it is supported.

    An upgrade that starts without one stops half way, at a state that no vendor helps with and from
    which the only way back is a restore.
    """
    estate = planned.plan.estate
    unplaced = planned.unplaced()
    if not estate.goal and not unplaced:
        judge.undetermined(
            Text("the environment does not say [upgrade]: where the estate is to end")
        )
    against = [*unplaced, *_dead_ends(planned), *_beyond(planned)]
    against += problems(_asked(planned.plan.moves))
    absent = moment.step is not None and planned.step(moment.step) is None
    if absent:
        left = ", ".join(step.name for step in planned.steps if step.moves) or Text(
            "none, all is done"
        )
        reason = Text("the plan has nothing to do in it; its steps are: {left}", left=left)
        against.append(Unknown(f"step {moment.step}", reason))
    judge(
        examined=len(estate.today) + len({one.subject for one in unplaced}) + absent,
        of=Text("components and their way to the end of the upgrade"),
        problems=against,
        rests_on=rested(answer for _, answer in _asked(planned.plan.moves)),
    )


@check(
    "PLAN-PATH-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=ALL,
    phases=("pre",),
    remediation="Bring the steps of [[plan]] in the environment file into an order that works.",
    refs=("table:nsx_vsphere", "table:appliance_nsx", "table:deep_security_pairs"),
)
def test_the_declared_order_is_supported(planned: Planned, judge: Judge) -> None:
    """The order that the operator declared is such a path, from its first step to its last.

    The order decides whether two products ever meet that do not know each other; whoever finds that
    out in the change window has already done the first half.
    """
    declared = planned.declared
    if declared is None:
        judge.not_applicable(Text("the environment declares no order ([[plan]])"))
    unplaced = planned.unplaced()
    against: list[Problem] = list(unplaced)
    moves = [move for step in declared.steps for move in step.moves]
    if declared.refused:
        against += _refused(planned, *declared.refused)
    against += [
        Finding(
            _named(part),
            Text("no declared step takes it there"),
            f"{planned.plan.estate.goal[part]}",
        )
        for part in declared.missing
    ]
    against += problems(_asked(moves))
    judge(
        examined=len(moves) + bool(declared.refused) + len(declared.missing) + len(unplaced),
        of=Text("hops of the declared order"),
        problems=against,
        rests_on=rested(answer for _, answer in _asked(moves)),
    )


@check(
    "PLAN-PATH-003",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=ALL,
    phases=("pre",),
    remediation="Let the named vCenter and its hosts stop at a release that fits both kinds of NSX "
    "while both are attached, and nowhere else.",
    refs=("table:nsx_vsphere",),
)
def test_both_kinds_of_nsx_meet_where_both_are_supported(
    planned: Planned, rules: Rules, judge: Judge
) -> None:
    """Where NSX moves, vCenter and ESXi pass a release that fits both kinds; elsewhere they go on.

    During the migration both kinds of NSX are attached to one vCenter. Where its release fits one
    of them only, hosts lose their network or their protection in the middle; a stop that nothing
    asks for costs a change window.
    """
    estate = planned.plan.estate
    owners = [part.owner for part in estate.today if part.kind == "vcenter"]
    unplaced = planned.unplaced()
    asked: list[Asked] = []
    against: list[Problem] = list(unplaced)
    for owner in owners:
        if not _changes_nsx(planned, owner):
            against += _needless(planned, owner)
        elif met := list(_meeting(planned, rules, owner)):
            asked += met
        else:
            reason = Text("the plan does not come to the migration of its NSX")
            against.append(Unknown(f"vCenter {owner}", reason))
    judge(
        examined=len(owners) + len({one.subject for one in unplaced}),
        of=Text("vCenters"),
        problems=[*against, *problems(asked)],
        rests_on=rested(answer for _, answer in asked),
    )


@check(
    "PLAN-HOP-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    waivable=False,
    steps=ALL,
    phases=("pre",),
    remediation="Go by way of a release that the vendor names as a source for the target.",
    refs=(
        "table:upgrade_cells",
        "table:vsphere_hops",
        "table:nsx_hops",
        "table:deep_security_hops",
    ),
)
def test_every_hop_is_one_that_the_vendor_allows(
    planned: Planned, rules: Rules, judge: Judge
) -> None:
    """Each hop of vCenter, ESXi, NSX, manager, relay, agent and appliance skips no release.

    An installer that meets a release which it does not know stops, or upgrades what it should have
    converted; the tables behind it are then neither old nor new.
    """
    hops = list(_hops(planned))
    asked = [(_named(part), rules.hop(part.kind, before, to)) for part, before, to in hops]
    conclude(judge, asked, Text("components that move"), unplaced=planned.unplaced())


@check(
    "PLAN-HOP-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    waivable=False,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Choose a target build that came out after the one in use.",
    refs=("table:release_date_rules", "table:vcenter_releases", "table:esxi_releases"),
)
def test_no_hop_goes_back_in_time(planned: Planned, rules: Rules, judge: Judge) -> None:
    """No hop goes back in time: the target build came out after the build that it replaces.

    A late patch of the old release has fixes and formats that an early build of the new one does
    not know; vCenter's upgrade refuses the pair, and hosts that take it are not supported.
    """
    hops = [hop for hop in _hops(planned) if hop[0].kind in ("vcenter", "esxi")]
    asked = [(_named(part), rules.in_time(part.kind, before, to)) for part, before, to in hops]
    conclude(judge, asked, Text("vCenters and hosts that move"), unplaced=planned.unplaced())


@check(
    "PLAN-DATA-001",
    severity=Severity.WARNING,
    attestable=Attestable.NEVER,
    why_not="the tables are files of kanmon, and nothing of them is unseen",
    steps=ALL,
    phases=("pre", "post"),
    remediation="Look at the sources of the named table again, correct its rows, and set "
    "review_by half a year ahead; or upgrade kanmon.",
    refs=("https://github.com/oamg/leapp-repository (checkconsumedassets judges its own data)",),
)
def test_knowledge_is_fresh(moment: Moment, judge: Judge) -> None:
    """Every knowledge table is younger than its review date.

    Vendors withdraw releases and correct their lists. A rule that was true two years ago lets
    through what is known today to break.
    """
    loaded = [load(model) for model in tables()]
    named = {table.name: table for table in loaded}
    named |= {
        f"{table.name} of the operator's overlay": table.overlay
        for table in loaded
        if table.overlay
    }
    judge(
        examined=len(named),
        of=Text("knowledge tables"),
        problems=[
            Finding(
                name,
                Text("to be reviewed by {review_by}", review_by=table.review_by),
                Text("after {now}", now=f"{moment.now:%Y-%m-%d}"),
            )
            for name, table in named.items()
            if table.review_by < moment.now.date()
        ],
    )


def _named(part: Component) -> str:
    return f"{NAMES[part.kind]} of {part.owner}"


def _refused(planned: Planned, step: str, move: Move) -> Iterator[Problem]:
    """What closes the hop at which a declared order ends, and the order that works."""
    subject = f"{step}: {_named(move.component)}"
    works = ", ".join(step.name for step in planned.plan.steps)
    wanted = Text("another order; this one works: {works}", works=works)
    if planned.plan.dead_ends:
        wanted = Text("an order that works: kanmon finds none either (PLAN-PATH-001)")
    for answer in move.answers:
        if answer.word is Word.NO:
            yield Finding(
                subject,
                Text("{question}: not supported", question=answer.question),
                wanted,
                answer.citation,
            )
    yield from problems((subject, one) for one in move.answers if one.word is not Word.NO)


def _dead_ends(planned: Planned) -> Iterator[Problem]:
    """Every component that no way leads to its end, with what closes each way on."""
    for end in planned.plan.dead_ends:
        subject, stands = _named(end.component), ", ".join(map(str, end.value))
        if not end.answers:
            yield Finding(
                subject, Text("{stands}, and no hop leads on", stands=stands), f"{end.goal}"
            )
        for answer in end.answers:
            if answer.word is Word.SILENCE:
                yield Unknown(
                    subject,
                    Text(
                        "{stands}, and no row answers: {question}",
                        stands=stands,
                        question=answer.question,
                    ),
                )
            else:
                found = Text(
                    "{stands}, and no way on: {question}", stands=stands, question=answer.question
                )
                yield Finding(
                    subject, found, Text("a way to {goal}", goal=end.goal), answer.citation
                )


def _beyond(planned: Planned) -> Iterator[Finding]:
    """Every component of which something is newer than its end: no hop goes back."""
    estate = planned.plan.estate
    for part, goal in estate.goal.items():
        newer = [at for at in estate.today.get(part, ()) if is_beyond(at, goal)]
        if newer:
            found = Text(
                "{steps}, which is newer and stays as it is", steps=", ".join(map(str, newer))
            )
            yield Finding(_named(part), found, f"{goal}", severity=Severity.WARNING)


def _asked(moves: Iterable[Move]) -> list[Asked]:
    return [(_named(move.component), answer) for move in moves for answer in move.answers]


def _changes_nsx(planned: Planned, owner: str) -> bool:
    """Whether a vCenter's NSX is to be replaced by the other kind."""
    part = Component("nsx", owner)
    estate = planned.plan.estate
    goal = estate.goal.get(part)
    return goal is not None and any(not comparable(at, goal) for at in estate.today.get(part, ()))


def _meeting(planned: Planned, rules: Rules, owner: str) -> Iterator[Asked]:
    """VCenter and hosts beside both kinds of NSX; nothing where the plan has no such moment."""
    state = _both_attached(planned.steps, owner) or {}
    for nsx in versions(state, "nsx", owner):
        for vc in versions(state, "vcenter", owner):
            yield f"vCenter {owner}", rules.nsx_with_vcenter(nsx, vc)
        for esxi in versions(state, "esxi", owner):
            yield f"vCenter {owner}", rules.nsx_with_esxi(nsx, esxi)


def _both_attached(steps: Iterable[Step], owner: str) -> State | None:
    """Where everything stands when the migration of a vCenter's NSX starts."""
    for step in steps:
        state = dict(step.before)
        for move in step.moves:
            if move.component == Component("nsx", owner) and move.removes:
                return state
            state[move.component] = move.after
    return None


def _needless(planned: Planned, owner: str) -> Iterator[Finding]:
    """Stops of a vCenter or of its hosts from which they could have gone straight.

    Where there is no NSX anywhere, a stop is the operator's own choice: it asks for a sign-off.
    """
    goal = planned.plan.estate.goal
    chosen = all(part.kind != "nsx" for part in planned.plan.estate.today)
    for step in planned.steps:
        for move in step.moves:
            part = move.component
            if part.owner != owner or part.kind not in ("vcenter", "esxi") or part not in goal:
                continue
            if not planned.plan.estate.arrived(part, (move.to,)) and planned.straight(part, step):
                found = Text(
                    "{names} stops at {to} in {name}",
                    names=NAMES[part.kind],
                    to=move.to,
                    name=step.name,
                )
                yield Finding(
                    f"vCenter {owner}",
                    found,
                    Text("straight to {goal}", goal=goal[part]),
                    severity=Severity.WARNING if chosen else None,
                )


def _hops(planned: Planned) -> Iterator[tuple[Component, At, At]]:
    """Every hop of the plan in force, and straight to its end for what no way leads to it."""
    for step in planned.steps:
        for move in step.moves:
            yield from _single(move.component, move.before, move.to)
    if planned.declared and planned.declared.refused:
        _, move = planned.declared.refused
        yield from _single(move.component, move.before, move.to)
    for end in planned.plan.dead_ends:
        yield from _single(end.component, end.value, end.goal)


def _single(part: Component, before: Value, to: At) -> Iterator[tuple[Component, At, At]]:
    for at in before:
        if not comparable(at, to) or not at.reaches(to):
            yield part, at, to
