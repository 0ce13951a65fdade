"""The packages that lie in the manager before agents and appliances are upgraded."""

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import Dsm
from kanmon.facts.dsm.manager import Computer, Manager
from kanmon.facts.dsm.system import Packages
from kanmon.facts.run import Moment
from kanmon.judging.packages import Group, groups, kernel_support, lacking, parsed, reaching
from kanmon.text import Text
from kanmon.versions import DeepSecurity


@check(
    "DSM-IMPORT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Import the agent package of the target version for the named platform "
    "(Administration > Updates > Software > Download Center, or Local > Import).",
    refs=(
        "table:package_platforms",
        "https://help.deepsecurity.trendmicro.com/Manage-Components/Threat-Updates/update-threat-information.html",
    ),
)
def test_agent_packages_are_imported(
    dsm: Dsm,
    dsm_manager: Manager,
    dsm_computers: tuple[Computer, ...],
    dsm_packages: Packages,
    moment: Moment,
    target_agent: DeepSecurity,
    judge: Judge,
) -> None:
    """The agent package of the target version is imported for every platform in use.

    The manager upgrades agents with what lies in it, and with nothing else: a platform whose
    package is missing stays behind, and one that only knows release 11 never even offers 20.
    Before the whole upgrade a manager that is older still need not have them yet: a warning.
    """
    found = groups(_with_agents(dsm_computers))
    problems = [
        problem
        for group in found
        for problem in lacking(
            group,
            dsm_packages,
            "Agent",
            reaching(target_agent),
            Text("agent {target_agent}", target_agent=target_agent),
        )
    ]
    judge(
        examined=len(found),
        of=Text("platforms with agents of {slug}", slug=dsm.slug),
        problems=problems,
        severity=_severity(moment, dsm_manager, target_agent),
        rests_on=[group.row.citation for group in found if group.row],
    )


@check(
    "DSM-IMPORT-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("appliance",),
    phases=("pre",),
    remediation="Download the appliance package of the target version from the vendor's site, and "
    "import it (Administration > Updates > Software > Local > Import). Where only an API key is "
    "given, give a user and a password too, or attest it.",
    refs=("https://success.trendmicro.com/en-US/solution/KA-0010891",),
)
def test_appliance_package_is_imported(
    dsm: Dsm,
    dsm_manager: Manager,
    dsm_computers: tuple[Computer, ...],
    dsm_packages: Packages,
    moment: Moment,
    target_appliance: DeepSecurity,
    judge: Judge,
) -> None:
    """The appliance package of the target version is imported.

    An appliance is upgraded by deploying a new one from it. The download centre does not offer it
    to the manager, so nobody is told that it is missing until the old appliance is gone. Before the
    whole upgrade a manager that is older still need not have it yet: a warning.
    """
    served = [one for one in dsm_computers if one.kind == "appliance" or one.by_appliance]
    problems = _without_appliance(dsm, dsm_packages, target_appliance)
    judge(
        examined=len(served),
        of=Text("appliances of {slug} and computers that they protect", slug=dsm.slug),
        problems=problems if served else [],
        severity=_severity(moment, dsm_manager, target_appliance),
    )


def _severity(moment: Moment, manager: Manager, target: DeepSecurity) -> Severity | None:
    """Whether an old manager takes packages of the target no text says; None for the card's own."""
    early = moment.step is None and DeepSecurity.parse(manager.version).line < target.line
    return Severity.WARNING if early else None


def _without_appliance(dsm: Dsm, packages: Packages, target: DeepSecurity) -> list[Problem]:
    """Why the appliance package does not count as imported."""
    if packages.source == "api":
        reason = Text("/api tells the packages of agents only: give the credential a password too")
        return [Unknown(f"appliance package of {dsm.slug}", reason)]
    known = [one for one in packages.items if one.kind == "Appliance" and one.imported]
    if any(reaching(target)(version) for one in known if (version := parsed(one))):
        return []
    unclear = [one.name for one in packages.items if not one.kind]
    if unclear:
        reason = Text("packages of names that nobody understands: {unclear}", unclear=unclear[0])
        return [Unknown(f"appliance package of {dsm.slug}", reason)]
    found = ", ".join(one.name for one in known) or Text("none is imported")
    return [Finding(f"appliance package of {dsm.slug}", found, f"{target}")]


@check(
    "DSM-IMPORT-003",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Import the newest kernel support package of the target release for the named "
    "platform; where that serves newer agents alone, choose a newer target. Compare the named "
    "kernels with the vendor's list of the target agent, and attest that they are in it.",
    refs=(
        "table:package_platforms",
        "table:kernel_packages",
        "https://success.trendmicro.com/ja-JP/solution/KA-0020163",
        "https://help.deepsecurity.trendmicro.com/12_0/aws/Get-Started/linux-kernel-support.html",
    ),
)
def test_kernel_support_is_imported(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    dsm_packages: Packages,
    target_agent: DeepSecurity,
    judge: Judge,
) -> None:
    """The kernel support packages for the Linux kernels in use are imported.

    An agent whose new release knows no driver for the running kernel comes back without its
    modules: the machine is managed and not protected. Which kernels a package holds no interface
    tells: a named person attests that they are in the vendor's list.
    """
    found = [one for one in groups(_with_agents(dsm_computers)) if not one.row or one.row.kernels]
    problems: list[Problem] = []
    for group in found:
        if dsm_packages.source == "soap":
            problems += kernel_support(group, dsm_packages, target_agent)
        problems.append(Unknown(group.subject, _kernels(group, target_agent)))
    judge(
        examined=len(found),
        of=Text("platforms of {slug} whose agents need kernel support", slug=dsm.slug),
        problems=problems,
        rests_on=[group.row.citation for group in found if group.row],
    )


def _kernels(group: Group, target: DeepSecurity) -> str:
    if not group.kernels:
        return Text(
            "no interface tells whether a package of agent {target} holds kernels that the manager "
            "does not name",
            target=target,
        )
    return Text(
        "no interface tells whether a package of agent {target} holds {kernels}",
        target=target,
        kernels=", ".join(group.kernels),
    )


def _with_agents(computers: tuple[Computer, ...]) -> list[Computer]:
    return [one for one in computers if one.has_agent and one.kind == "machine"]
