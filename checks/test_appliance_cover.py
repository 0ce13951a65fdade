"""Who the appliances protect after a step, beside the run before it."""

from collections.abc import Iterator

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
    known,
)
from kanmon.comparing import Baseline
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.matching import label
from kanmon.text import Text

EXPECTED = Text("protected, as before")


@check(
    "DSVA-COVER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.NEVER,
    why_not="only the run before the step knows what was protected",
    steps=("appliance", "nsx-migration", *VSPHERE),
    phases=("post",),
    remediation="Look at the named VM in the manager: an appliance must run on its host, its "
    "cluster must have the service and its group the policy; then activate it again.",
    refs=("https://success.trendmicro.com/ja-JP/solution/KA-0010891",),
)
def test_no_vm_lost_its_appliance(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    baseline: Baseline | Unread,
    judge: Judge,
) -> None:
    """Every VM that an appliance protected before the step is protected now; none is lost.

    Policies and groups do not move with NSX, and an appliance that comes back empty looks healthy:
    only the list of those that it protected tells who is bare. One that an agent protects by now is
    protected; one that nobody was in contact with before the step was not.
    """
    pairs = known(baseline).computers(dsm.slug, dsm_computers)
    both = [(then, now) for then, now in pairs.both if _was_protected(then)]
    gone = [one for one in pairs.vanished if _was_protected(one)]
    problems = [problem for then, now in both for problem in _lost(then, now)]
    problems += [Finding(label(one), Text("not listed any more"), EXPECTED) for one in gone]
    by_agent = [now for _, now in both if now.online and not now.by_appliance]
    judge(
        examined=len(both) + len(gone),
        of=Text("VMs that appliances of {slug} protected before the step", slug=dsm.slug),
        problems=problems,
        notes=[Note(dsm.slug, Text("an agent protects {count} of them now", count=len(by_agent)))]
        if by_agent
        else [],
    )


def _was_protected(computer: Computer) -> bool:
    return computer.by_appliance and (bool(computer.online) or computer.doubtful)


def _lost(then: Computer, now: Computer) -> Iterator[Problem]:
    """What a VM has lost; one whose words nobody knows may have lost it all."""
    said = ", ".join(now.appliance_messages + now.agent_messages) or Text("not managed")
    if now.doubtful:
        yield Unknown(
            label(now), Text("nobody knows what {said} says of its protection", said=repr(said))
        )
    elif not now.online:
        yield Finding(label(now), said, EXPECTED)
    else:
        off = [m.name for m in then.modules if m.on and not now.module_on(m.name)]
        if off:
            yield Finding(
                label(now),
                Text("{off} off", off=", ".join(off)),
                Text("{off} on, as before", off=Text.joined(", ", off)),
            )
