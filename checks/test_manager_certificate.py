"""Whether the agents that are to come take what their manager shows them."""

from collections.abc import Iterator

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import AgentPort, Manager
from kanmon.facts.run import Moment
from kanmon.judging import goals
from kanmon.knowledge.agents import AgentHandshake
from kanmon.knowledge.lookup import refused_certificates
from kanmon.text import Text
from kanmon.versions import DeepSecurity, VersionError


@check(
    "DSM-CERT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Upgrade the manager to a build that brings new certificates along, or upgrade its "
    "algorithms, and see the agents online again, before their own upgrade. Where kanmon cannot "
    "look: openssl s_client -connect NODE:4120 -cipher ALL:@SECLEVEL=0 shows the certificate.",
    refs=(
        "table:agent_handshakes",
        "https://success.trendmicro.com/ja-JP/solution/KA-0013867",
    ),
)
def test_agents_accept_the_certificate_of_their_manager(
    dsm: Dsm,
    dsm_manager: Manager,
    all_dsm_agent_ports: dict[str, tuple[AgentPort, ...] | Unread],
    target_agent: DeepSecurity,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """Agents of the target accept the certificate that every manager node shows them.

    One that refuses it is offline as soon as it is upgraded, and no longer to be reached by its
    manager: it is mended on each machine by hand. The manager's own step is the cure, so this is
    asked of the manager as it stands when the agents' step begins.
    """
    try:
        manager = _at_the_step(DeepSecurity.parse(dsm_manager.version), environment, moment)
        refused = refused_certificates(target_agent, manager)
    except VersionError as error:
        judge.undetermined(error.message)
    if not refused:
        judge.not_applicable(
            Text(
                "agents {target} take every certificate of a manager {manager}",
                target=target_agent,
                manager=manager,
            )
        )
    ports = known(all_dsm_agent_ports[dsm.slug])
    judge(
        examined=len(ports),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=[problem for port in ports for problem in _refused(port, refused)],
        rests_on=[row.citation for row in refused.values()],
    )


def _at_the_step(today: DeepSecurity, environment: Environment, moment: Moment) -> DeepSecurity:
    """The manager when the agents' step begins: of the whole upgrade its own step comes first."""
    if moment.step is not None:
        return today
    target = goals.target_manager(environment)
    return today if today.reaches(target) else target


def _refused(port: AgentPort, refused: dict[str, AgentHandshake]) -> Iterator[Problem]:
    if isinstance(port.hashes, Unread):
        yield Unknown(port.label, port.hashes.reason)
        return
    if bad := next((name for name in port.hashes if name in refused), None):
        found = Text("a certificate signed with {hash}", hash=bad)
        yield Finding(port.label, found, refused[bad].remedy, refused[bad].citation)
