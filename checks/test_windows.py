"""Windows machines that run an agent."""

from collections import Counter
from collections.abc import Sequence

from kanmon.check import Finding, Severity, Unknown, Verdict, check, known
from kanmon.environment import Environment
from kanmon.facts import Unread
from kanmon.facts.dsm import Computer
from kanmon.facts.windows import Machine, Windows
from kanmon.knowledge import load
from kanmon.knowledge.requirements import WindowsRoot

OTHER_SYSTEMS = (
    *("red hat", "linux", "suse", "ubuntu", "debian", "centos", "rocky", "alma", "oracle"),
    *("solaris", "aix", "macos", "mac os", "virtual appliance"),
)
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
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_windows_machines: dict[str, tuple[Machine, ...] | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """Every Windows machine with anti-malware has the root certificates of the agent's signature.

    Without them the upgraded anti-malware engine does not load, and the machine stands unprotected
    until somebody imports them. Presence is judged, not expiry: two of them expired by design.
    """
    required = [row for row in load(WindowsRoot).rows if row.required]
    answered, unknown = _machines(environment, all_dsm_computers, all_windows_machines)
    findings = [_roots(machine, answer, required) for machine, answer in answered]
    verdict(
        examined=len(answered) + len(unknown),
        of="Windows machines with an agent and anti-malware",
        findings=[finding for finding in findings if finding is not None],
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
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_windows_machines: dict[str, tuple[Machine, ...] | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """Automatic root update is on and reachable, or all roots were imported by hand.

    A machine without internet, with the update turned off, or behind a firewall cannot fetch a root
    when the new agent's signature needs one: the agent's upgrade fails there.
    """
    required = [row for row in load(WindowsRoot).rows if row.required]
    answered, unknown = _machines(environment, all_dsm_computers, all_windows_machines)
    examined = len(answered) + len(unknown)
    findings: list[Finding] = []
    for machine, answer in answered:
        absent = _absent(answer, required)
        if not absent:
            continue
        missing = f"{len(absent)} roots are missing"
        if answer.root_update_disabled:
            found = f"automatic root update is off, and {missing}"
            findings.append(Finding(_named(machine), found, "the update on, or no root missing"))
        else:
            reason = f"{missing}; the update is on, but reading cannot try whether it is reached"
            unknown.append(Unknown(_named(machine), reason))
    verdict(
        examined=examined,
        of="Windows machines with an agent and anti-malware",
        findings=findings,
        unknown=unknown,
        rests_on=[row.citation for row in required],
    )


def _machines(
    environment: Environment,
    computers: dict[str, tuple[Computer, ...] | Unread],
    fleets: dict[str, tuple[Machine, ...] | Unread],
) -> tuple[list[tuple[Machine, Windows]], list[Unknown]]:
    """The machines that run an agent and answered; and those that did not, or were never asked.

    A machine that a manager knows and no fleet of the environment covers must not drop out. A fleet
    that comes from a manager covers computers by their number; a machine that is named covers the
    one computer of that name.
    """
    dialled = [
        (fleet.from_dsm, machine)
        for fleet in environment.windows
        for machine in known(fleets[fleet.slug])
        if not machine.agentless
    ]
    known_as = {(m.address, dsm, m.computer_id) for dsm, m in dialled if m.computer_id is not None}
    shared = {a for a, count in Counter(a for a, _, _ in known_as).items() if count > 1}
    numbers = {(dsm, machine.computer_id) for dsm, machine in dialled}
    told = {(dsm, m.computer_id) for dsm, m in dialled if not isinstance(m.answer, Unread)}
    answered: list[tuple[Machine, Windows]] = []
    unknown: list[Unknown] = []
    for dsm, machine in dialled:
        if isinstance(machine.answer, Unread):
            if machine.computer_id is None or (dsm, machine.computer_id) not in told:
                unknown.append(Unknown(_named(machine), machine.answer.reason))
        elif machine.address in shared:
            subject = f"{_named(machine)} ({dsm} {machine.computer_id})"
            unknown.append(Unknown(subject, "several computers have its address"))
        else:
            answered.append((machine, machine.answer))
    names = {machine.name.lower() for fleet in environment.windows for machine in fleet.machines}
    concerned = [(s, c) for s, part in computers.items() for c in known(part) if _concerned(c)]
    bearers = Counter(name for _, computer in concerned for name in _names(computer))
    for slug, computer in concerned:
        by_name = any(name in names and bearers[name] == 1 for name in _names(computer))
        if (slug, computer.id) not in numbers and not by_name:
            reason = "no windows table of the environment covers it: nobody looked at it"
            unknown.append(Unknown(f"{computer.host_name} ({slug} {computer.id})", reason))
    return answered, unknown


def _names(computer: Computer) -> set[str]:
    return {computer.host_name.lower(), computer.display_name.lower()}


def _named(machine: Machine) -> str:
    return f"{machine.name} ({machine.address})"


def _concerned(computer: Computer) -> bool:
    """Windows, or no system that is known to be another: what has no platform may be Windows."""
    platform = computer.platform.lower()
    other = computer.kind != "machine" or any(name in platform for name in OTHER_SYSTEMS)
    protected = computer.module_on("antiMalware") and not computer.agentless
    return protected and ("windows" in platform or not other)


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
        _named(machine),
        "; ".join(parts),
        f"all {len(required)} listed roots in Root or AuthRoot, none in Disallowed",
        (distrusted or absent)[0].citation,
        severity=Severity.WARNING if comes_by_itself else None,
    )
