"""Agents as their manager sees them."""

from collections.abc import Iterator

from kanmon.check import ALL, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.comparing import Baseline
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.judging.answers import rested
from kanmon.knowledge.compatibility import Answer, At, Rules, Word
from kanmon.matching import installed, label
from kanmon.text import Text
from kanmon.versions import DeepSecurity


@check(
    "DSA-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=ALL,
    phases=("pre", "post"),
    remediation="Start the agent or the machine, or mend the connection to the manager on port "
    "4120; remove from the manager what no longer exists.",
    refs=("https://help.deepsecurity.trendmicro.com/20_0/on-premise/agent-offline.html",),
)
def test_managed_machines_are_online(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    baseline: Baseline | Unread,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every machine and appliance that the manager manages is online.

    An agent that is offline gets neither policy nor package, so the upgrade passes it by; and what
    was offline before cannot be told afterwards from what the upgrade broke. After a step they are
    no fewer than in the run before it: one that the manager no longer manages is offline nowhere.
    """
    managed = [c for c in dsm_computers if c.kind != "esx" and c.online is not None]
    unmanaged = [c for c in dsm_computers if c.kind != "esx" and c.online is None]
    left = [computer for computer in unmanaged if computer.module_on("antiMalware")]
    since = list(_lost(dsm, dsm_computers, baseline)) if moment.phase == "post" else []
    judge(
        examined=len(managed) + len(left) + len({one.subject for one in since}),
        of=Text("managed machines and appliances of {slug}", slug=dsm.slug),
        problems=[
            *(problem for computer in managed for problem in _out_of_contact(computer)),
            *(
                Finding(
                    label(computer),
                    Text("anti-malware is on, and neither agent nor appliance manages it"),
                    Text("managed, or anti-malware off"),
                    severity=Severity.WARNING,
                )
                for computer in left
            ),
            *since,
        ],
    )


@check(
    "DSA-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("agent",),
    phases=("pre", "post"),
    remediation="pre: bring the named agents to a release first from which the target can be "
    "reached. post: look at the manager's events of the named machines (707 failed, 277 skipped) "
    "and upgrade them again.",
    refs=("table:deep_security_hops",),
)
def test_agents_go_straight_to_the_target(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    rules: Rules,
    moment: Moment,
    target_agent: DeepSecurity,
    judge: Judge,
) -> None:
    """Every agent may be upgraded to the target directly; after the step it runs the target.

    An agent that is too old for the hop ends without protection on its machine; one that stayed old
    after the step has gone unnoticed in a list of thousands.
    """
    agents = [one for one in dsm_computers if one.has_agent and one.kind == "machine"]
    versions, problems = installed(agents)
    asked = {old: rules.hop("agent", At(old), At(target_agent)) for old in set(versions.values())}
    judged: list[Problem] = list(problems)
    for one in agents:
        if one.id in versions:
            old = versions[one.id]
            if moment.phase == "post":
                judged += _not_there(one, old, target_agent)
            else:
                judged += _no_hop(one, old, target_agent, asked[old])
    judge(
        examined=len(agents),
        of=Text("agents of {slug}", slug=dsm.slug),
        problems=judged,
        rests_on=rested(asked.values()) if moment.phase == "pre" else (),
    )


def _out_of_contact(computer: Computer) -> Iterator[Problem]:
    """Why a managed computer does not count as online."""
    said = _messages(computer)
    if computer.doubtful:
        yield Unknown(
            label(computer), Text("nobody knows what {said} says of its contact", said=repr(said))
        )
    elif not computer.online:
        found = Text("{said}, last contact {contact}", said=said, contact=_contact(computer))
        yield Finding(label(computer), found, Text("online"))


def _lost(
    dsm: Dsm, computers: tuple[Computer, ...], baseline: Baseline | Unread
) -> Iterator[Problem]:
    """The machines that were online before the step, and that nobody manages any more."""
    if isinstance(baseline, Unread):
        yield Unknown(dsm.slug, baseline.reason)
        return
    pairs = baseline.computers(dsm.slug, computers)
    gone = [(one, Text("not listed any more")) for one in pairs.vanished]
    gone += [(then, Text("no longer managed")) for then, now in pairs.both if now.online is None]
    for one, found in gone:
        if one.kind == "machine" and one.online:
            yield Finding(label(one), found, Text("online, as in {run}", run=baseline.run))


def _messages(computer: Computer) -> str:
    return ", ".join(computer.agent_messages + computer.appliance_messages) or Text("offline")


def _contact(computer: Computer) -> str:
    return f"{computer.last_contact:%Y-%m-%d %H:%M} UTC" if computer.last_contact else Text("never")


def _not_there(computer: Computer, old: DeepSecurity, target: DeepSecurity) -> Iterator[Problem]:
    if not old.reaches(target):
        yield Finding(label(computer), Text("agent {old}", old=old), str(target))


def _no_hop(
    computer: Computer, old: DeepSecurity, target: DeepSecurity, answer: Answer
) -> Iterator[Problem]:
    """Why one agent cannot make its hop; what lies in the target stays where it is."""
    if target.covers(old):
        return
    if not target.reaches(old):
        found = Text("agent {old}, newer than the target", old=old)
        yield Finding(
            label(computer),
            found,
            Text("{target} or older", target=target),
            severity=Severity.WARNING,
        )
    elif answer.word is Word.SILENCE:
        yield Unknown(label(computer), Text("no row answers: {question}", question=answer.question))
    elif answer.word in (Word.NO, Word.UNVERIFIED_NO):
        found = Text("{question}: not supported", question=answer.question)
        severity = None if answer.word is Word.NO else Severity.WARNING
        yield Finding(label(computer), found, Text("supported"), answer.citation, severity=severity)
