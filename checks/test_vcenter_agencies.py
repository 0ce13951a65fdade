"""What partners have deployed onto hosts through ESX Agent Manager."""

from collections.abc import Iterator

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import VCenter
from kanmon.facts.vcenter.agencies import Agency
from kanmon.text import Text, shortened

SHOWN = 3
"""Issues of an agency that a finding names."""


@check(
    "VC-EAM-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Look at the named agency (Administration > vCenter Server Extensions > vSphere "
    "ESX Agent Manager) and resolve what it waits for, by the solution that owns it. Where the "
    "account lacks EAM.View, look there and attest it.",
    refs=(
        "https://developer.broadcom.com/xapis/vsphere-esx-agent-manager-api (Agency)",
        "https://developer.broadcom.com/xapis/vsphere-esx-agent-manager-api (EsxAgentManager)",
    ),
)
def test_agencies_wait_for_nobody(
    vcenter: VCenter, vcenter_agencies: tuple[Agency, ...], judge: Judge
) -> None:
    """No agency of ESX Agent Manager waits for somebody.

    It keeps a host in maintenance mode until its agents and packages are where they should be. One
    that cannot deploy now cannot after the host's upgrade, and the host stays out of its cluster.
    """
    judge(
        examined=len(vcenter_agencies),
        of=Text("agencies of {slug}", slug=vcenter.slug),
        problems=[problem for one in vcenter_agencies for problem in _state(one)],
    )


def _state(agency: Agency) -> Iterator[Problem]:
    """Red waits for somebody; yellow is at work, and tells no fault."""
    if agency.status not in ("green", "yellow", "red"):
        reason = Text("nobody knows what {status} says of it", status=repr(agency.status))
        yield Unknown(agency.label, reason)
    elif agency.status != "green":
        issues = shortened(agency.issues, SHOWN) if agency.issues else Text("no issue told")
        found = Text(
            "{status}, goal {goal}: {issues}",
            status=agency.status,
            goal=agency.goal,
            issues=issues,
        )
        severity = Severity.ADVICE if agency.status == "yellow" else None
        yield Finding(agency.label, found, "green", severity=severity)
