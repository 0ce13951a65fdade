"""Relays: the agents that hand out updates and packages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.facts.collected import Key
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.dsm.system import RelayUpdate
from kanmon.facts.run import Moment
from kanmon.judging import goals
from kanmon.judging.protection import has_many_errors
from kanmon.knowledge.lookup import relay_floor
from kanmon.knowledge.requirements import RelayFloor
from kanmon.matching import installed, label
from kanmon.text import Text
from kanmon.versions import DeepSecurity, VersionError


@check(
    "DSR-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager", "agent", "appliance"),
    phases=("pre", "mid", "post"),
    remediation="Start the named relay, or mend its connection to the manager; then update it "
    "(Administration > Updates > Relay Management) and see its status say that it is current.",
    refs=(
        "https://help.deepsecurity.trendmicro.com/Manage-Components/Threat-Updates/update-threat-information.html",
    ),
)
def test_relays_are_online_and_current(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    dsm_relay_updates: tuple[RelayUpdate, ...],
    unseen: Mapping[Key, Sequence[str]],
    judge: Judge,
) -> None:
    """Every relay is online and its updates are current.

    Relays hand out packages and patterns. One that is offline or behind leaves the agents that ask
    it without what their upgrade needs, and nobody tells the one from the other afterwards.
    """
    updates = {one.computer: one for one in dsm_relay_updates}
    relays = [one for one in dsm_computers if one.relay]
    maybe = unseen.get((dsm.slug, "computers"), ())  # told by themselves
    problems = [] if maybe else list(_which(dsm, dsm_computers))
    for one in relays:
        problems += [*_contact(one), *_updated(one, updates.get(one.id))]
    judge(
        examined=len({label(one) for one in relays} | {one.subject for one in problems}),
        of=Text("relays of {slug}", slug=dsm.slug),
        problems=problems,
    )


@check(
    "DSR-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("manager", "agent"),
    phases=("pre", "mid"),
    remediation="Upgrade the named relay before any agent.",
    refs=("table:relay_integrity",),
)
def test_relays_can_check_agent_packages(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], moment: Moment, judge: Judge
) -> None:
    """Every relay is new enough for the check of the signature of agent packages.

    The manager lets no agent upgrade through a relay that cannot check its package: event 5302, and
    the agent stays as it is. Once the first node is upgraded relays can be, so amid the manager's
    step a relay that is too old is told, and stops nobody.
    """
    if (moment.step, moment.phase) == ("manager", "pre"):
        judge.not_applicable(Text("relays are upgraded once the manager's first node is"))
    problems = list(_which(dsm, dsm_computers))
    relays = [one for one in dsm_computers if one.relay]
    rows = {one.id: _floor(one) for one in relays}
    problems += [problem for one in relays for problem in _signature(one, rows[one.id])]
    judge(
        examined=len({label(one) for one in relays} | {one.subject for one in problems}),
        of=Text("relays of {slug}", slug=dsm.slug),
        problems=problems,
        severity=Severity.WARNING if moment.phase == "mid" else Severity.BLOCKER,
        rests_on=list(dict.fromkeys(row.citation for row in rows.values() if row)),
    )


@check(
    "DSR-ORDER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent", "appliance"),
    phases=("pre", "post"),
    remediation="Upgrade every relay to the target before any agent, and keep none older than an "
    "agent that it may serve.",
    refs=(
        "https://github.com/eriktechwriter/ai-docs-poc (docs/upgrade-relay.md)",
        "https://help.deepsecurity.trendmicro.com/Manage-Components/Threat-Updates/update-threat-information.html",
    ),
)
def test_relays_come_before_agents(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every relay is upgraded before any agent, and none is older than an agent that it serves.

    A relay that is older than an agent cannot hand out what the agent needs: its updates fail.
    Before the step the relays are at the target already; before the whole upgrade they need not be.
    Which agents a relay serves the interfaces do not tell, so all of its manager's are taken.
    """
    before_step = moment.phase == "pre" and moment.step is not None
    target = goals.target_agent(environment) if before_step else None
    agents = [one for one in dsm_computers if one.has_agent and one.kind == "machine"]
    versions, unclear = installed(agents)
    newest = max(versions.values(), default=None)
    problems = [*_which(dsm, dsm_computers), *unclear]
    for one in agents:
        if one.relay and one.id in versions:
            problems += _order(one, versions[one.id], target, newest)
    judge(
        examined=len({label(one) for one in agents} | {one.subject for one in problems}),
        of=Text("relays and agents of {slug}", slug=dsm.slug),
        problems=problems,
    )


def _which(dsm: Dsm, computers: Iterable[Computer]) -> Iterator[Problem]:
    """Why the relays are not known; without any, nobody hands out packages."""
    agents = [one for one in computers if one.has_agent and one.kind == "machine"]
    if any(one.relay is None for one in agents):
        yield Unknown(dsm.slug, Text("the manager does not say which of its computers are relays"))
    elif agents and not any(one.relay for one in agents):
        yield Finding(
            dsm.slug, Text("no relay at all"), Text("at least one, which hands out packages")
        )


def _contact(relay: Computer) -> Iterator[Problem]:
    """Why a relay does not count as online."""
    said = "; ".join(relay.agent_messages) or relay.agent_status
    if has_many_errors(relay):
        yield Finding(label(relay), said, Text("online"))
    elif relay.doubtful or relay.online is None:
        yield Unknown(
            label(relay), Text("nobody knows what {said} says of its contact", said=repr(said))
        )
    elif not relay.online:
        yield Finding(label(relay), said, Text("online"))


def _updated(relay: Computer, update: RelayUpdate | None) -> Iterator[Problem]:
    """Why it does not count as up to date."""
    if update is None:
        yield Unknown(label(relay), Text("nothing is known of its updates"))
    elif not update.current:
        yield Finding(
            label(relay), Text("its updates: {detail}", detail=update.detail), Text("current")
        )


def _floor(relay: Computer) -> RelayFloor | None:
    try:
        version = DeepSecurity.parse(relay.agent_version)
    except VersionError:
        return None
    return relay_floor(version, "windows" if "windows" in relay.platform.lower() else "linux")


def _signature(relay: Computer, row: RelayFloor | None) -> Iterator[Problem]:
    """Why a relay may not check signatures: a line without a row is on no list."""
    if row is None:
        reason = Text(
            "no row says whether relay {agent_version} checks signatures",
            agent_version=relay.agent_version,
        )
        yield Unknown(label(relay), reason)
    elif not DeepSecurity.parse(relay.agent_version).reaches(DeepSecurity.parse(row.minimum)):
        yield Finding(
            label(relay),
            Text("relay {agent_version}", agent_version=relay.agent_version),
            row.minimum,
            row.citation,
        )


def _order(
    relay: Computer, version: DeepSecurity, target: DeepSecurity | None, newest: DeepSecurity | None
) -> Iterator[Problem]:
    """What is wrong with a relay's version: a target not reached, an agent that is newer."""
    if target is not None and not version.reaches(target):
        yield Finding(
            label(relay),
            Text("relay {version}", version=version),
            Text("{target}, before any agent", target=target),
        )
    elif newest is not None and not version.reaches(newest):
        yield Finding(
            label(relay),
            Text("relay {version}", version=version),
            Text("{newest}, as its newest agent", newest=newest),
        )
