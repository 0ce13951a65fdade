"""Agents as their manager sees them."""

from collections.abc import Iterator

from kanmon.check import ALL, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.comparing import Baseline
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.judging.answers import problems, rested
from kanmon.judging.protection import (
    counted,
    in_contact,
    managed,
    out_of_contact,
    protecting,
    silent,
    unhealthy,
    weighed,
)
from kanmon.judging.scope import LeftOut
from kanmon.knowledge.compatibility import Answer, At, Rules
from kanmon.matching import installed, label
from kanmon.text import Text
from kanmon.versions import DeepSecurity


@check(
    "DSA-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=ALL,
    phases=("pre", "mid", "post"),
    remediation="Start the agent or the machine, or mend the connection to the manager on port "
    "4120; remove from the manager what no longer exists.",
    refs=("https://help.deepsecurity.trendmicro.com/20_0/on-premise/agent-offline.html",),
)
def test_managed_machines_are_online(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    environment: Environment,
    baseline: Baseline | Unread,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every machine and appliance that the manager manages is online.

    An agent that is offline gets neither policy nor package, so the upgrade passes it by; and what
    was offline before cannot be told afterwards from what the upgrade broke. Between the nodes
    every agent finds the one that runs: those that do not are lost with the second one too. After a
    step they are no fewer than in the run before it: one that the manager no longer manages is
    offline nowhere.
    """
    found, among = out_of_contact(dsm_computers), managed(dsm_computers)
    share = environment.tolerances.bad_share
    unmanaged = [c for c in dsm_computers if c.kind != "esx" and c.online is None]
    left = [computer for computer in unmanaged if computer.module_on("antiMalware")]
    since = list(_lost(dsm, dsm_computers, baseline)) if moment.phase == "post" else []
    judge(
        examined=len(among) + len(left) + len({one.subject for one in since}),
        of=Text("managed machines and appliances of {slug}", slug=dsm.slug),
        problems=[
            *weighed(found, among, share),
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
        notes=counted(dsm.slug, found, among, share),
    )


@check(
    "DSA-HEALTH-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager", "agent", "appliance"),
    phases=("pre", "mid", "post"),
    remediation="Open the named computer in the manager and mend what its status says; after an "
    "agent's upgrade an engine may be shown as offline until the first heartbeat: run again then. "
    "What stays broken is accepted by a waiver, and the agent step leaves that machine out.",
    refs=(
        "https://success.trendmicro.com/ja-JP/solution/KA-0006984",
        "https://cloudone.trendmicro.com/docs/workload-security/agent-status/",
    ),
)
def test_what_is_on_protects(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], environment: Environment, judge: Judge
) -> None:
    """Every module that is on works.

    A machine whose engine stands still is online and protected by nothing. Broken before the step
    it is told afterwards as one that the step broke, and its agent's upgrade may fail on what is
    broken there; often the upgrade is its cure.
    """
    found, among = unhealthy(dsm_computers), protecting(dsm_computers)
    share = environment.tolerances.bad_share
    judge(
        examined=len(among),
        of=Text("machines and appliances of {slug} that are not offline", slug=dsm.slug),
        problems=weighed(found, among, share),
        notes=counted(dsm.slug, found, among, share),
    )


@check(
    "DSA-CONTACT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=ALL,
    phases=("pre",),
    remediation="Check the status of the named computer (Actions > Check Status): it answers, or "
    "the manager calls it offline. Then start it, or mend its way to the manager on port 4120; and "
    "see why the manager allows that many missed heartbeats (Computer and Network Settings).",
    refs=("https://help.deepsecurity.trendmicro.com/20_0/on-premise/agent-offline.html",),
)
def test_what_is_called_online_was_heard_of(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every machine, relay and appliance that is called online was in contact lately.

    Whoever lets a manager miss any number of heartbeats has machines online in its list that were
    switched off months ago: the upgrade waits for them, and no list says why. Agentless machines
    are heard of by their appliance.
    """
    tolerances, among = environment.tolerances, in_contact(dsm_computers)
    found = silent(dsm_computers, moment.now, tolerances.contact_hours)
    judge(
        examined=len(among),
        of=Text("machines and appliances that {slug} calls online", slug=dsm.slug),
        problems=weighed(found, among, tolerances.bad_share),
        notes=counted(dsm.slug, found, among, tolerances.bad_share),
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
    left_out: LeftOut,
    judge: Judge,
) -> None:
    """Every agent may be upgraded to the target directly; after the step it runs the target.

    An agent that is too old for the hop ends without protection on its machine; one that stayed old
    after the step has gone unnoticed in a list of thousands.
    """
    agents = [
        one
        for one in dsm_computers
        if one.has_agent and one.kind == "machine" and not left_out.names(dsm.slug, one.id)
    ]
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
        notes=left_out.notes(dsm.slug),
    )


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
    else:
        yield from problems([(label(computer), answer)])
