"""The way back: what must still be there when the change has to be undone."""

from kanmon.check import Finding, Severity, Unknown, Verdict, check, split
from kanmon.environment import Dsm
from kanmon.facts.dsm import Computer
from kanmon.facts.dsm_system import Packages
from kanmon.matching import installed
from kanmon.packages import groups, lacking


@check(
    "RB-AGENT-001",
    severity=Severity.BLOCKER,
    steps=("agent",),
    phases=("pre",),
    remediation="Import the package of today's agent version for the named platform again, and "
    "keep it until the change is accepted (mind how many the manager keeps of each platform).",
    refs=("table:package_platforms", "https://success.trendmicro.com/en-US/solution/KA-0010891"),
)
def test_packages_of_todays_agents_are_kept(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], dsm_packages: Packages, verdict: Verdict
) -> None:
    """The packages of today's agent version are still in the manager, for every platform in use.

    An agent goes back by removing it and installing its old package, which the manager deletes
    once it keeps too many. Windows needs a restart on the way back, Linux does not.
    """
    agents = [one for one in dsm_computers if one.has_agent and one.kind == "machine"]
    versions, unclear = installed(agents)
    problems: list[Finding | Unknown] = [*unclear]
    examined = len(unclear)
    rests_on = []
    for version in sorted(set(versions.values())):
        for group in groups(one for one in agents if versions.get(one.id) == version):
            examined += 1
            rests_on += [group.row.citation] if group.row else []
            problems += lacking(
                group, dsm_packages, "Agent", version.__eq__, f"agent {version}, as it is now"
            )
    findings, unknown = split(problems)
    verdict(
        examined=examined,
        of=f"platforms and versions of agents of {dsm.slug}",
        findings=findings,
        unknown=unknown,
        rests_on=rests_on,
    )
