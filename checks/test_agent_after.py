"""Agents after a step beside the run before it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check, known
from kanmon.comparing import Baseline
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.facts.linux.host import Host
from kanmon.facts.run import Moment
from kanmon.judging.nodes import fact_of
from kanmon.matching import label
from kanmon.text import Text

SERVICE = "dsm_s"
"""The manager's unit on a Linux node."""
GONE = Text("not listed any more")


@check(
    "DSA-MOD-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("agent", "appliance"),
    phases=("post",),
    remediation="Open the named computer in the manager: assign its policy again, switch the "
    "module on, reboot where the manager asks for it, and send the policy.",
    refs=("https://cloudone.trendmicro.com/docs/workload-security/api-reference/tag/Computers/",),
)
def test_modules_are_as_they_were(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    baseline: Baseline | Unread,
    judge: Judge,
) -> None:
    """Every module that was on is on, and no worse than it was, with the same policy.

    An agent that comes back without its driver is online and protects nothing; a computer that
    lost its policy keeps an old one until somebody changes it. What was broken before the step is
    none of the step's doing: DSA-HEALTH-001 tells it, before and after.
    """
    pairs = known(baseline).computers(dsm.slug, dsm_computers)
    both = [(then, now) for then, now in pairs.both if _is_protected(then)]
    gone = [one for one in pairs.vanished if _is_protected(one)]
    problems = [problem for then, now in both for problem in _modules(then, now)]
    problems += [Finding(label(one), GONE, Text("protected, as before")) for one in gone]
    judge(
        examined=len(both) + len(gone),
        of=Text("machines of {slug} with a module or a policy before the step", slug=dsm.slug),
        problems=problems,
    )


@check(
    "DSA-EVENT-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("post",),
    remediation="Wait for the next heartbeat of the named agent, or check its status in the "
    "manager (Actions > Check Status); where it stays away, restart it and look at its way to port "
    "4120. Where nobody knows when the manager came back, name the host of each node.",
    refs=("https://help.deepsecurity.trendmicro.com/20_0/on-premise/agent-offline.html",),
)
def test_kept_events_have_arrived(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    manager_hosts: dict[str, Host | Unread],
    baseline: Baseline | Unread,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """Events that were kept while the manager was down have arrived.

    Agents and appliances go on protecting without their manager and keep what they see until they
    reach it again. One that has not been in contact since the manager came back still holds it, and
    what it keeps is limited: the oldest is lost first.
    """
    before = known(baseline)
    pairs = before.computers(dsm.slug, dsm_computers)
    back = _came_back(dsm, environment, manager_hosts, before.read)
    until = back + timedelta(minutes=environment.tolerances.contact_minutes)
    both = [now for then, now in pairs.both if _is_managed(then)]
    gone = [one for one in pairs.vanished if _is_managed(one)]
    silent = [one for one in both if one.last_contact is None or one.last_contact < back]
    late = moment.now >= until
    judge(
        examined=len(both) + len(gone),
        of=Text("machines and appliances that {slug} managed before the step", slug=dsm.slug),
        problems=[
            *(
                Finding(label(one), _contact(one), Text("after {at}", at=_at(back)))
                for one in silent
                if late
            ),
            *(
                Finding(label(one), GONE, Text("in contact after {at}", at=_at(back)))
                for one in gone
            ),
            *(
                Unknown(
                    label(one),
                    Text(
                        "{contact}; it has until {at}: run again then",
                        contact=_contact(one),
                        at=_at(until),
                    ),
                )
                for one in silent
                if not late
            ),
        ],
    )


def _is_protected(computer: Computer) -> bool:
    on = any(module.on for module in computer.modules)
    return computer.kind == "machine" and (on or computer.policy_id is not None)


def _modules(then: Computer, now: Computer) -> Iterator[Problem]:
    """What is not as it was, of one computer."""
    if then.policy_id != now.policy_id:
        was = (
            Text("policy {policy_id}, as before", policy_id=then.policy_id)
            if then.policy_id
            else Text("no policy, as before")
        )
        yield Finding(
            label(now),
            Text("policy {policy_id}", policy_id=now.policy_id)
            if now.policy_id
            else Text("no policy"),
            was,
        )
    found = {module.name: module for module in now.modules}
    for module in then.modules:
        if module.on:
            yield from _module(now, module, found.get(module.name))


def _module(computer: Computer, then: Module, module: Module | None) -> Iterator[Problem]:
    """What is worse with a module that was on."""
    subject, name = label(computer), then.name
    if module is None:
        yield Unknown(subject, Text("the manager no longer tells of {name}", name=name))
    elif not module.on:
        yield Finding(
            subject, Text("{name} off", name=name), Text("{name} on, as before", name=name)
        )
    elif module.health is None:
        yield Unknown(
            subject, Text("the manager does not tell whether {name} is healthy", name=name)
        )
    elif module.worse_than(then):
        severity = Severity.WARNING if module.health == "warning" else None
        found = f"{name} {module.health}"
        yield Finding(subject, found, Text("{name} on and healthy", name=name), severity=severity)


def _is_managed(computer: Computer) -> bool:
    return computer.kind != "esx" and computer.online is not None


def _came_back(
    dsm: Dsm, environment: Environment, hosts: Mapping[str, Host | Unread], before: datetime
) -> datetime:
    """When the first node was up again: from then on agents had a manager to tell.

    Raises:
        Undetermined: a node's host does not tell, or was not restarted since the run before.
    """
    started = []
    for node in dsm.nodes:
        unit = fact_of(node, environment, hosts).manager_service
        if unit is None or unit.started is None:
            raise Undetermined(
                Text(
                    "{slug}: its host does not tell since when {service} runs",
                    slug=node.slug,
                    service=SERVICE,
                )
            )
        if unit.started <= before:
            raise Undetermined(
                Text(
                    "{slug}: {service} runs since {at}, before the run before the step was "
                    "made: it was not upgraded since",
                    slug=node.slug,
                    service=SERVICE,
                    at=_at(unit.started),
                )
            )
        started.append(unit.started)
    return min(started)


def _contact(computer: Computer) -> str:
    return (
        Text("last contact {at}", at=_at(computer.last_contact))
        if computer.last_contact
        else Text("no contact")
    )


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
