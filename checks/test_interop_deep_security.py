"""Whether Deep Security's parts fit each other and the machines that they protect."""

from collections.abc import Iterable, Iterator

from kanmon.answers import conclude
from kanmon.check import Severity, Verdict, check
from kanmon.compatibility import Rules
from kanmon.environment import Dsm
from kanmon.facts.dsm import Computer
from kanmon.facts.run import Moment
from kanmon.matching import name
from kanmon.moves import versions
from kanmon.planned import NOW, Planned, Stage
from kanmon.versions import DeepSecurity, VersionError


@check(
    "IOP-DSA-DSM-001",
    severity=Severity.BLOCKER,
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
    verdict: Verdict,
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
    of = f"agents and relays of {dsm.slug}"
    conclude(verdict, asked, of, unplaced=planned.unplaced(dsm.slug))


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
                yield f"{name(one)} (computer {one.id})", DeepSecurity.parse(one.agent_version)
            except VersionError:
                continue  # the plan has it among what could not be placed
