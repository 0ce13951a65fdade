"""What vCenter itself has to say against its ESXi hosts."""

from collections.abc import Iterable, Iterator

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Severity, check
from kanmon.environment.targets import VCenter
from kanmon.facts.vcenter.hosts import HostAnswer, Issue
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.host_rules import issue_rule
from kanmon.judging.hosts import told
from kanmon.text import Text


@check(
    "ESX-ISSUE-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=(*VSPHERE, "nsx-migration"),
    phases=("pre", "post"),
    remediation="Open the named host in vCenter (Summary, or Monitor > Issues and Alarms) and see "
    "to what it says, hardware and storage first. What is known and harmless is an advice.",
    refs=(
        "table:host_issues",
        "https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.ManagedEntity.html",
    ),
)
def test_hosts_have_no_configuration_issue(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_issues: tuple[HostAnswer[tuple[Issue, ...]], ...],
    judge: Judge,
) -> None:
    """No host has a configuration issue, as vCenter calls it, of its hardware or its storage.

    A host with a failing disk, or with one path left to its storage, may not come back from the
    restart that its upgrade ends in. Each issue is judged by its event, never by the colour of the
    host: SSH that is on makes a host yellow too. An event that no row names is a warning.
    """
    heard, unknown = told(vcenter_hosts, vcenter_issues)
    judge(
        examined=len(vcenter_hosts),
        of=Text("ESXi hosts of {slug}", slug=vcenter.slug),
        problems=[
            *(problem for host, issues in heard for problem in _issues(host.label, issues)),
            *unknown,
        ],
    )


def _issues(subject: str, issues: Iterable[Issue]) -> Iterator[Finding]:
    """Each issue once, however often vCenter has it."""
    for issue in dict.fromkeys(issues):
        row = issue_rule(issue.id)
        seen = Text("{event}: {words}", event=issue.id, words=issue.text)
        if row is None:
            yield Finding(subject, seen, Text("no configuration issue"))
        else:
            harmless = row.verdict == "accepted"
            severity = Severity.ADVICE if harmless else None
            yield Finding(subject, seen, row.expected, row.citation, severity)
