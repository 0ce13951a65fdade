"""Windows machines that run an agent."""

from collections.abc import Sequence

from kanmon.check import Attestable, Finding, Judge, Severity, Unknown, check
from kanmon.facts.windows import Machine, Windows
from kanmon.judging.fleet import Fleet, named, with_anti_malware
from kanmon.knowledge import load
from kanmon.knowledge.requirements import WindowsRoot
from kanmon.text import Text

IMPORT = (
    "Import the named roots into the machine's Trusted Root store (certlm.msc, physical stores "
    "shown), or take them out of Disallowed; or turn automatic root update on where the machine "
    "reaches it."
)


@check(
    "WIN-ROOT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation=IMPORT,
    refs=("table:windows_roots", "https://success.trendmicro.com/ja-JP/solution/KA-0006984"),
)
def test_windows_machines_have_the_roots(
    windows_fleet: Fleet,
    judge: Judge,
) -> None:
    """Every Windows machine with anti-malware has the root certificates of the agent's signature.

    Without them the upgraded anti-malware engine does not load, and the machine stands unprotected
    until somebody imports them. Presence is judged, not expiry: two of them expired by design.
    """
    required = [row for row in load(WindowsRoot).rows if row.required]
    answered, unknown = windows_fleet.covered(with_anti_malware)
    findings = [
        finding for one in answered if (finding := _roots(one.machine, one.answer, required))
    ]
    judge(
        examined=len(answered) + len(unknown),
        of=Text("Windows machines with an agent and anti-malware"),
        problems=[*findings, *unknown],
        notes=windows_fleet.notes,
        rests_on=[row.citation for row in required],
    )


@check(
    "WIN-ROOT-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation=IMPORT,
    refs=(
        "table:windows_roots",
        "https://learn.microsoft.com/en-us/windows-server/identity/ad-cs/configure-trusted-roots-disallowed-certificates",
    ),
)
def test_missing_roots_come_by_themselves(
    windows_fleet: Fleet,
    judge: Judge,
) -> None:
    """Automatic root update is on and reachable, or all roots were imported by hand.

    A machine without internet, with the update turned off, or behind a firewall cannot fetch a root
    when the new agent's signature needs one: the agent's upgrade fails there.
    """
    required = [row for row in load(WindowsRoot).rows if row.required]
    answered, unknown = windows_fleet.covered(with_anti_malware)
    examined = len(answered) + len(unknown)
    findings: list[Finding] = []
    for one in answered:
        absent = _absent(one.answer, required)
        if not absent:
            continue
        missing = Text("{count} roots are missing", count=len(absent))
        if one.answer.root_update_disabled:
            found = Text("automatic root update is off, and {missing}", missing=missing)
            findings.append(
                Finding(named(one.machine), found, Text("the update on, or no root missing"))
            )
        else:
            reason = Text(
                "{missing}; the update is on, but reading cannot try whether it is reached",
                missing=missing,
            )
            unknown.append(Unknown(named(one.machine), reason))
    judge(
        examined=examined,
        of=Text("Windows machines with an agent and anti-malware"),
        problems=[*findings, *unknown],
        notes=windows_fleet.notes,
        rests_on=[row.citation for row in required],
    )


def _absent(answer: Windows, required: Sequence[WindowsRoot]) -> list[WindowsRoot]:
    trusted = answer.root | answer.auth_root
    return [row for row in required if row.sha1 not in trusted]


def _roots(machine: Machine, answer: Windows, required: Sequence[WindowsRoot]) -> Finding | None:
    """One finding for a machine: what is missing, and what is distrusted."""
    absent = _absent(answer, required)
    distrusted = [row for row in required if row.sha1 in answer.disallowed]
    if not absent and not distrusted:
        return None
    parts = []
    if absent:
        parts.append(Text("missing: {names}", names=", ".join(row.common_name for row in absent)))
    if distrusted:
        names = ", ".join(row.common_name for row in distrusted)
        parts.append(Text("in Disallowed: {names}", names=names))
    comes_by_itself = not distrusted and not answer.root_update_disabled
    return Finding(
        named(machine),
        Text.joined("; ", parts),
        Text(
            "all {count} listed roots in Root or AuthRoot, none in Disallowed", count=len(required)
        ),
        (distrusted or absent)[0].citation,
        severity=Severity.WARNING if comes_by_itself else None,
    )
