"""Whether Windows machines can take the target agent, and run the one that they have."""

from collections.abc import Iterator, Sequence

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.judging.clocks import READER, Span, clock_problem
from kanmon.judging.fleet import Covered, Fleet, named, with_agent
from kanmon.judging.floors import weighed
from kanmon.judging.goals import target_agent
from kanmon.knowledge import load
from kanmon.knowledge.agents import AgentSignature, WindowsService
from kanmon.knowledge.floors import Need
from kanmon.knowledge.lookup import agent_disk, agent_signatures, floor, windows_signatures
from kanmon.text import Text
from kanmon.versions import VersionError

GIB = 2**30
DISK: Need = "free disk of a Windows agent"
MACHINES = Text("Windows machines with an agent")


@check(
    "WIN-SIGN-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Install the named update, or any later cumulative one, before the agent's "
    "upgrade, or choose an agent from before Azure Code Signing where Windows gets no such "
    "update. Where the build does not tell, look for the update and attest it.",
    refs=("table:windows_signatures", "table:agent_signatures"),
)
def test_windows_accepts_the_target_agents_signature(
    windows_fleet: Fleet,
    environment: Environment,
    judge: Judge,
) -> None:
    """Windows is new enough to verify the signature of the target agent, by its own build.

    A Windows that does not know the kind of signature does not start the services of the upgraded
    agent. Updates are judged by the build that they bring: superseded ones vanish from any list.
    Windows before 10 has no such build: there a person attests what was found.
    """
    answered, unknown = windows_fleet.covered(with_agent)
    if not answered and not unknown:
        judge.not_applicable(Text("nothing to examine: there are no {of}", of=MACHINES))
    try:
        signatures = agent_signatures(target_agent(environment))
    except VersionError as error:
        judge.undetermined(Text("which build of the agent is meant? {error}", error=error.message))
    unaccepted = [
        problem
        for one in answered
        for signature in signatures
        for problem in _unaccepted(one, signature)
    ]
    judge(
        examined=len(answered) + len(unknown),
        of=MACHINES,
        problems=[*unknown, *unaccepted],
        notes=windows_fleet.notes,
        rests_on=[signature.citation for signature in signatures],
    )


@check(
    "WIN-REBOOT-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=("agent",),
    phases=("pre", "post"),
    remediation="Restart the named machine in a window of its own.",
    refs=("https://github.com/eriktechwriter/ai-docs-poc (docs/upgrade-agent.md: event 277)",),
)
def test_no_restart_is_pending(
    windows_fleet: Fleet,
    judge: Judge,
) -> None:
    """No Windows machine waits for a restart.

    An agent's upgrade is skipped on a machine that waits for one, and drivers that wait to be
    replaced may be lost; after the upgrade a pending restart means that it is not finished.
    """
    answered, unknown = windows_fleet.covered(with_agent)
    judge(
        examined=len(answered) + len(unknown),
        of=MACHINES,
        problems=[
            *(
                Finding(
                    named(one.machine),
                    Text("pending: {pending}", pending=", ".join(pending)),
                    Text("none pending"),
                )
                for one in answered
                if (pending := one.answer.pending_reboot)
            ),
            *unknown,
        ],
        notes=windows_fleet.notes,
    )


@check(
    "WIN-TIME-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=("agent",),
    phases=("pre",),
    remediation="See from where the named machine takes its time (w32tm /query /status), and its "
    "clock settle; then run again.",
    refs=("https://github.com/DeepSecurityHealthCheck/HealthCheckCore (BPG_guide.pdf)",),
)
def test_clocks_of_windows_agree_with_the_readers(
    windows_fleet: Fleet,
    environment: Environment,
    judge: Judge,
) -> None:
    """The clock of every Windows machine agrees with that of the machine that runs kanmon.

    Signatures of the new agent and certificates of manager and agent are judged by the clock: a
    machine that is far off refuses the one or the other in the middle of its upgrade. NET-TIME-001
    looks at the clocks of everything else.
    """
    answered, unknown = windows_fleet.covered(with_agent)
    limit = environment.tolerances.clock_seconds
    off = [problem for one in answered if (problem := _off(one, limit))]
    judge(
        examined=len(answered) + len(unknown),
        of=MACHINES,
        problems=[*unknown, *off],
        notes=windows_fleet.notes,
    )


def _off(one: Covered, limit: float) -> Problem | None:
    clock, subject = one.answer.clock, named(one.machine)
    if isinstance(clock, Unread):
        return Unknown(subject, clock.reason)
    return clock_problem(subject, Span(clock.low, clock.high), limit, READER)


@check(
    "WIN-DISK-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Free space on the system drive of the named machine before its agent's upgrade.",
    refs=("table:agent_footprint", "table:floors"),
)
def test_the_system_drive_has_room(
    windows_fleet: Fleet,
    judge: Judge,
) -> None:
    """The system drive has the free space that an agent needs.

    An upgrade unpacks the new agent beside the old one; where it runs out of space half way, the
    machine may end with neither. The documented figure is of an adjacent product whose package
    carries a sensor, and what was recalled of the agent alone is less, so neither blocks; a drive
    with less than the floor does.
    """
    rows = agent_disk("windows")
    answered, unknown = windows_fleet.covered(with_agent)
    findings: list[Finding] = []
    for one in answered:
        free = one.answer.system_drive_free
        short = [row for row in rows if free < (row.disk_gib or 0) * GIB]
        if short:
            found, wanted = (
                Text("{free:.1f} GiB free", free=free / GIB),
                Text("{disk_gib} GiB", disk_gib=short[0].disk_gib),
            )
            row, least = short[0].citation, Severity.WARNING
            lack = Finding(named(one.machine), found, wanted, row, severity=least)
            findings.append(weighed(lack, free, DISK))
    judge(
        examined=len(answered) + len(unknown),
        of=MACHINES,
        problems=[*findings, *unknown],
        notes=windows_fleet.notes,
        rests_on=[*(row.citation for row in rows), floor(DISK).citation],
    )


@check(
    "WIN-SVC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("agent",),
    phases=("pre", "post"),
    remediation="Start the named service and see why it stopped; after an upgrade the engine of "
    "anti-malware may need the first heartbeat.",
    refs=("table:windows_services",),
)
def test_services_of_the_agent_run(
    windows_fleet: Fleet,
    judge: Judge,
) -> None:
    """The agent runs on every Windows machine, and so does its anti-malware where that is on.

    An agent that stands still takes no package, and a scanner that does not run before the upgrade
    is told afterwards as one that the upgrade broke.
    """
    rows = load(WindowsService).rows
    answered, unknown = windows_fleet.covered(with_agent)
    stopped = [problem for one in answered for row in rows for problem in _stopped(one, row)]
    judge(
        examined=len(answered) + len(unknown),
        of=MACHINES,
        problems=[*unknown, *stopped],
        notes=windows_fleet.notes,
        rests_on=[row.citation for row in rows],
    )


def _unaccepted(one: Covered, signature: AgentSignature) -> Iterator[Problem]:
    """Why a machine may not accept a signature."""
    subject, answer = named(one.machine), one.answer
    rows = windows_signatures(signature.kind, int(answer.build))
    if any(row.native for row in rows):
        return
    ways = dict.fromkeys((row.updates, row.needs) for row in rows)
    updates = " / ".join(_spelt(*way) for way in ways)
    builds = [row.build for row in rows if row.build]
    if not rows:
        yield Unknown(
            subject,
            Text(
                "no row says whether build {build} knows {kind}",
                build=answer.build,
                kind=signature.kind,
            ),
        )
    elif not builds or answer.ubr is None:
        yield Unknown(
            subject,
            Text(
                "its build does not tell it: look for {updates} or a later rollup", updates=updates
            ),
        )
    elif answer.ubr < int(builds[0].partition(".")[2]):
        found = Text(
            "{product}, build {build}.{ubr}",
            product=answer.product,
            build=answer.build,
            ubr=answer.ubr,
        )
        wanted = Text(
            "build {builds} ({updates}) or later, for {kind}",
            builds=builds[0],
            updates=updates,
            kind=signature.kind,
        )
        yield Finding(subject, found, wanted, signature.citation)


def _spelt(updates: Sequence[str], needs: str | None) -> str:
    """The updates of one way, all of which (+) or any of which (/) it takes."""
    return (" + " if needs == "all" else " / ").join(f"KB{update}" for update in updates)


def _stopped(one: Covered, service: WindowsService) -> Iterator[Problem]:
    """What is wrong with a service that is to run on a machine."""
    subject, state = named(one.machine), one.answer.service(service.name)
    if state == "RUNNING" or (state == "ABSENT" and service.optional):
        return
    if service.needs and one.computer is None and state == "ABSENT":
        yield Unknown(
            subject, Text("no {name}, and no manager says whether it is needed", name=service.name)
        )
    elif service.needs is None or one.computer is None or one.computer.module_on(service.needs):
        found = Text(
            "{title} ({name}): {state}", title=service.title, name=service.name, state=state
        )
        severity = Severity.WARNING if service.optional else None  # an upgrade does without it
        yield Finding(subject, found, "RUNNING", service.citation, severity=severity)
