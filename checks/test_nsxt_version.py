"""NSX-T that is deployed, beside the one that the plan was made for."""

from collections.abc import Iterator, Sequence

from kanmon.check import NSX, Attestable, Finding, Judge, Note, Severity, check
from kanmon.environment.targets import NsxT
from kanmon.facts.nsxt.inventory import ComputeManager, Manager
from kanmon.facts.run import Moment
from kanmon.text import Text
from kanmon.versions import Nsx

LINE = 2
"""Numbers that name a line, as 3.1 of 3.1.2."""


@check(
    "NSXT-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=NSX,
    phases=("pre", "post"),
    remediation="Plan anew with the NSX-T that is there (nsx under [upgrade] in the environment "
    "file, then kanmon plan), or deploy the one that was planned.",
    refs=("https://docs.vmware.com (NSX-T 3.1 migration guide, GUID-3BEAB1C6)",),
)
def test_deployed_nsxt_is_the_planned_one(
    nsxt: NsxT,
    nsxt_manager: Manager,
    nsxt_compute_managers: tuple[ComputeManager, ...],
    target_nsx: Nsx,
    moment: Moment,
    judge: Judge,
) -> None:
    """The NSX-T that is deployed is the one of the plan.

    Every combination with vCenter, ESXi, Tools and the appliance was looked up for the planned
    release. Another patch of its line asks for a sign-off and a new plan; of another line nobody
    has looked at anything. One that is older and has a vCenter registered is upgraded on the way:
    until `nsxt-build` has ended that is noted only.
    """
    if target_nsx.product != "NSX-T":
        judge.not_applicable(Text("the upgrade ends at {target}", target=target_nsx))
    deployed = Nsx.parse(nsxt_manager.version)
    other = not target_nsx.covers(deployed)
    ahead = other and _is_upgraded(deployed, target_nsx, nsxt_compute_managers, moment)
    text = Text(
        "{deployed} is upgraded to {target} on the way", deployed=deployed, target=target_nsx
    )
    judge(
        examined=1,
        of=Text("release of {slug}", slug=nsxt.slug),
        problems=_against(nsxt, deployed, target_nsx) if other and not ahead else (),
        notes=[Note(nsxt.slug, text)] if ahead else [],
    )


def _is_upgraded(
    deployed: Nsx, target: Nsx, managers: Sequence[ComputeManager], moment: Moment
) -> bool:
    """Whether its own upgrade lies ahead: what stands beside no vCenter the plan builds anew."""
    before = moment.phase == "pre" and moment.step in (None, "nsxt-build")
    return before and bool(managers) and not deployed.reaches(target)


def _against(nsxt: NsxT, deployed: Nsx, target: Nsx) -> Iterator[Finding]:
    """Another patch of the line warns, another line blocks."""
    same_line = deployed.numbers[:LINE] == target.numbers[:LINE]
    expected = Text("{target}, or a plan with {deployed}", target=target, deployed=deployed)
    severity = Severity.WARNING if same_line else None
    yield Finding(nsxt.slug, str(deployed), expected, severity=severity)
