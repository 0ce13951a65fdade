"""Windows machines that run an agent."""

from collections.abc import Sequence

from kanmon.check import Finding, Severity, Unknown, Verdict, check
from kanmon.environment import Windows as Fleet
from kanmon.facts import Unread
from kanmon.facts.windows import Machine, Windows
from kanmon.knowledge import load
from kanmon.knowledge.rows import WindowsRoot

IMPORT = (
    "Import the named roots into the machine's Trusted Root store (certlm.msc, physical stores "
    "shown), or take them out of Disallowed; or turn automatic root update on where the machine "
    "reaches it."
)


@check(
    "WIN-ROOT-001",
    severity=Severity.BLOCKER,
    steps=("agent",),
    phases=("pre",),
    remediation=IMPORT,
    refs=("table:windows_roots", "https://success.trendmicro.com/ja-JP/solution/KA-0006984"),
)
def test_windows_machines_have_the_roots(
    windows: Fleet, windows_machines: tuple[Machine, ...], verdict: Verdict
) -> None:
    """Every Windows machine with anti-malware has the root certificates of the agent's signature.

    Without them the upgraded anti-malware engine does not load, and the machine stands unprotected
    until somebody imports them. Presence is judged, not expiry: two of them expired by design.
    """
    required = [row for row in load(WindowsRoot).rows if row.required]
    agents, unknown = _with_agent(windows_machines)
    findings = [
        finding
        for machine, answer in agents
        if (finding := _roots(machine, answer, required)) is not None
    ]
    verdict(
        examined=len(agents) + len(unknown),
        of=f"Windows machines with anti-malware of {windows.slug}",
        findings=findings,
        unknown=unknown,
        rests_on=[row.citation for row in required],
    )


@check(
    "WIN-ROOT-002",
    severity=Severity.BLOCKER,
    steps=("agent",),
    phases=("pre",),
    remediation=IMPORT,
    refs=(
        "table:windows_roots",
        "https://learn.microsoft.com/en-us/windows-server/identity/ad-cs/configure-trusted-roots-disallowed-certificates",
    ),
)
def test_missing_roots_come_by_themselves(
    windows: Fleet, windows_machines: tuple[Machine, ...], verdict: Verdict
) -> None:
    """Automatic root update is on and reachable, or all roots were imported by hand.

    A machine without internet, with the update turned off, or behind a firewall cannot fetch a root
    when the new agent's signature needs one: the agent's upgrade fails there.
    """
    required = [row for row in load(WindowsRoot).rows if row.required]
    agents, unknown = _with_agent(windows_machines)
    findings: list[Finding] = []
    for machine, answer in agents:
        absent = _absent(answer, required)
        if not absent:
            continue
        if answer.root_update_disabled:
            found = f"automatic root update is off, and {len(absent)} roots are missing"
            findings.append(Finding(machine.name, found, "the update on, or no root missing"))
        else:
            reason = (
                f"{len(absent)} roots are missing; automatic root update is on, but whether the "
                "machine reaches it cannot be tried by reading"
            )
            unknown.append(Unknown(machine.name, reason))
    verdict(
        examined=len(agents)
        + sum(isinstance(m.answer, Unread) for m in windows_machines if not m.agentless),
        of=f"Windows machines with anti-malware of {windows.slug}",
        findings=findings,
        unknown=unknown,
        rests_on=[row.citation for row in required],
    )


def _with_agent(
    machines: Sequence[Machine],
) -> tuple[list[tuple[Machine, Windows]], list[Unknown]]:
    """The machines that run an agent and answered, and those that did not answer."""
    agents = [machine for machine in machines if not machine.agentless]
    answered = [(m, m.answer) for m in agents if not isinstance(m.answer, Unread)]
    silent = [Unknown(m.name, m.answer.reason) for m in agents if isinstance(m.answer, Unread)]
    return answered, silent


def _absent(answer: Windows, required: Sequence[WindowsRoot]) -> list[WindowsRoot]:
    trusted = answer.root | answer.auth_root
    return [row for row in required if row.sha1 not in trusted]


def _roots(machine: Machine, answer: Windows, required: Sequence[WindowsRoot]) -> Finding | None:
    """One finding for a machine: what is missing, and what is distrusted."""
    absent = _absent(answer, required)
    distrusted = [row for row in required if row.sha1 in answer.disallowed]
    if not absent and not distrusted:
        return None
    parts = [f"missing: {', '.join(row.common_name for row in absent)}"] if absent else []
    parts += (
        [f"in Disallowed: {', '.join(row.common_name for row in distrusted)}"] if distrusted else []
    )
    comes_by_itself = not distrusted and not answer.root_update_disabled
    return Finding(
        machine.name,
        "; ".join(parts),
        f"all {len(required)} listed roots in Root or AuthRoot, none in Disallowed",
        (distrusted or absent)[0].citation,
        severity=Severity.WARNING if comes_by_itself else None,
    )
