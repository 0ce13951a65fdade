"""Whether Deep Security's parts fit each other and the machines that they protect."""

from collections.abc import Iterable, Iterator

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.judging.answers import conclude
from kanmon.knowledge import Citation
from kanmon.knowledge.compatibility import Rules
from kanmon.knowledge.lookup import agents_for, os_agent, os_appliance
from kanmon.knowledge.machines import OsAgent, OsAppliance
from kanmon.matching import label
from kanmon.planning.course import NOW, Planned, Stage
from kanmon.planning.estate import versions
from kanmon.text import Text
from kanmon.versions import DeepSecurity, VersionError


@check(
    "IOP-DSA-DSM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("manager", "agent"),
    phases=("pre", "post"),
    remediation="Upgrade the manager first, then relays, then agents; bring agents that are too "
    "old for the target manager to a release in between.",
    refs=("table:deep_security_pairs",),
)
def test_agents_and_relays_fit_their_manager(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    planned: Planned,
    rules: Rules,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every agent and relay is no newer than its manager and not older than the manager accepts.

    A manager does not talk to an agent that is newer than itself: the machine shows an
    incompatible version, gets no policy, and nobody sees whether it is protected.
    """
    asked = [
        (subject, rules.deep_security(kind, version, "manager", manager))
        for stage in planned.stages(moment)
        for manager in versions(stage.state, "manager", dsm.slug)
        for kind in ("relay", "agent")
        for subject, version in _installed(dsm, dsm_computers, kind, stage)
    ]
    of = Text("agents and relays of {slug}", slug=dsm.slug)
    conclude(judge, asked, of, unplaced=planned.unjudged(moment, dsm.slug))


def _installed(
    dsm: Dsm, computers: Iterable[Computer], kind: str, stage: Stage
) -> Iterator[tuple[str, DeepSecurity]]:
    """Every machine by name now; the versions that will be in use later."""
    if stage.label != NOW:
        for version in versions(stage.state, kind, dsm.slug):
            yield f"{kind}s of {dsm.slug} {stage.label}", version
        return
    for one in computers:
        if one.has_agent and one.kind == "machine" and bool(one.relay) == (kind == "relay"):
            try:
                yield label(one), DeepSecurity.parse(one.agent_version)
            except VersionError:
                continue  # the plan has it among what could not be placed


@check(
    "IOP-OS-DSA-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("agent",),
    phases=("pre",),
    remediation="Upgrade the named machine's operating system, or keep its agent at the last "
    "release that supports it (agent version control).",
    refs=("table:os_agent",),
)
def test_the_target_agent_supports_the_machines(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], target_agent: DeepSecurity, judge: Judge
) -> None:
    """Every machine with an agent runs an operating system that the target agent supports.

    An agent whose kernel driver or service does not load on the system leaves the machine without
    protection after its upgrade, and the old agent is gone by then.
    """
    machines = [one for one in dsm_computers if one.has_agent and one.kind == "machine"]
    asked = {one.platform: _system(one.platform, target_agent) for one in machines}
    found = [(one, asked[one.platform]) for one in machines]
    judge(
        examined=len(machines),
        of=Text("machines with an agent of {slug}", slug=dsm.slug),
        problems=[problem for one, row in found for problem in _on(one, row, target_agent)],
        rests_on=_cited(row for _, row in found),
    )


@check(
    "IOP-OS-DSVA-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("appliance",),
    phases=("pre",),
    remediation="Install an agent in the named VM before the appliance is upgraded.",
    refs=("table:os_appliance",),
)
def test_the_target_appliance_supports_the_guests(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], target_appliance: DeepSecurity, judge: Judge
) -> None:
    """Every agentlessly protected VM runs an operating system that the target appliance supports.

    The appliance sees what the driver in the guest hands to it; for a system without such a driver
    the VM shows as protected while nobody looks into it.
    """
    guests = [one for one in dsm_computers if one.agentless]
    found = [(one, os_appliance(one.platform, target_appliance)) for one in guests]
    judge(
        examined=len(guests),
        of=Text("VMs that an appliance of {slug} protects without an agent", slug=dsm.slug),
        problems=[
            problem for one, row in found for problem in _in_guest(one, row, target_appliance)
        ],
        rests_on=_cited(row for _, row in found),
    )


def _system(platform: str, target: DeepSecurity) -> OsAgent | Unread | None:
    """What the table says; a target that is a line may be too vague for it."""
    try:
        return os_agent(platform, target)
    except VersionError as error:
        return Unread(
            Text("which build of {target} is meant? {error}", target=target, error=error.message)
        )


def _on(
    computer: Computer, row: OsAgent | Unread | None, target: DeepSecurity
) -> Iterator[Problem]:
    subject = label(computer)
    if isinstance(row, Unread):
        yield Unknown(subject, row.reason)
    elif row is None:
        yield Unknown(
            subject,
            Text(
                "no row knows agent {target} on {platform}",
                target=target,
                platform=repr(computer.platform),
            ),
        )
    elif not row.supported:
        some = [one.agent for one in agents_for(computer.platform) if one.supported]
        found: str = computer.platform
        if some:
            found = Text(
                "{platform}, supported by agent {releases}",
                platform=computer.platform,
                releases=some[-1],
            )
        expected = Text("an operating system that agent {target} supports", target=target)
        yield Finding(subject, found, expected, row.citation)


def _in_guest(
    computer: Computer, row: OsAppliance | None, target: DeepSecurity
) -> Iterator[Problem]:
    subject = label(computer)
    if row is None:
        yield Unknown(
            subject,
            Text(
                "no row knows appliance {target} for {platform}",
                target=target,
                platform=repr(computer.platform),
            ),
        )
    elif not row.supported:
        expected = Text("an operating system that appliance {target} supports", target=target)
        yield Finding(subject, computer.platform, expected, row.citation)


def _cited(rows: Iterable[OsAgent | OsAppliance | Unread | None]) -> list[Citation]:
    """The rows that answered, each once."""
    found = (row.citation for row in rows if isinstance(row, OsAgent | OsAppliance))
    return list(dict.fromkeys(found))
