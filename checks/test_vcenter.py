"""vCenter itself."""

from kanmon.check import VSPHERE, Finding, Severity, Verdict, check
from kanmon.environment import VCenter
from kanmon.facts.vcenter import About
from kanmon.knowledge.releases import VCenterRelease
from kanmon.lookup import release


@check(
    "VC-VER-001",
    severity=Severity.WARNING,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Look the build up in VMware's list of builds (KB 2143838), and add it to the "
    "table with its date; until then no rule of release can be judged for this vCenter.",
    refs=("table:vcenter_releases",),
)
def test_build_is_a_known_release(vcenter: VCenter, vcenter_about: About, verdict: Verdict) -> None:
    """The vCenter build is a known release.

    6.5 and 6.7 show their update level only in the build number, and whether a hop is allowed or
    goes back in time depends on it.
    """
    known = release(VCenterRelease, vcenter_about.build)
    found = f"{vcenter_about.version} build {vcenter_about.build}"
    wrong = Finding(vcenter.where, found, "a build of the release table")
    verdict(
        examined=1,
        of="vCenter builds",
        findings=[] if known else [wrong],
        rests_on=[known.citation] if known else [],
    )
