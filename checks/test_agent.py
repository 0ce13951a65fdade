"""Agents as their manager sees them."""

from kanmon.check import ALL, Finding, Severity, Unknown, Verdict, check
from kanmon.environment import Dsm
from kanmon.facts.dsm import Computer


@check(
    "DSA-STATE-001",
    severity=Severity.BLOCKER,
    steps=ALL,
    phases=("pre", "post"),
    remediation="Start the agent or the machine, or mend the connection to the manager on port "
    "4120; remove from the manager what no longer exists.",
    refs=("https://help.deepsecurity.trendmicro.com/20_0/on-premise/agent-offline.html",),
)
def test_managed_machines_are_online(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], verdict: Verdict
) -> None:
    """Every machine and appliance that the manager manages is online.

    An agent that is offline gets neither policy nor package, so the upgrade passes it by; and what
    was offline before cannot be told afterwards from what the upgrade broke.
    """
    managed = [c for c in dsm_computers if c.kind != "esx" and c.online is not None]
    unmanaged = [c for c in dsm_computers if c.kind != "esx" and c.online is None]
    left = [computer for computer in unmanaged if computer.module_on("antiMalware")]
    verdict(
        examined=len(managed) + len(left),
        of=f"managed machines and appliances of {dsm.slug}",
        findings=[
            Finding(
                _named(computer),
                f"{_messages(computer)}, last contact {_contact(computer)}",
                "online",
            )
            for computer in managed
            if not computer.online and not computer.doubtful
        ]
        + [
            Finding(
                _named(computer),
                "anti-malware is on, and neither agent nor appliance manages it",
                "managed, or anti-malware off",
                severity=Severity.WARNING,
            )
            for computer in left
        ],
        unknown=[
            Unknown(
                _named(computer), f"nobody knows what {_messages(computer)!r} says of its contact"
            )
            for computer in managed
            if computer.doubtful
        ],
    )


def _named(computer: Computer) -> str:
    return f"{computer.display_name or computer.host_name} (computer {computer.id})"


def _messages(computer: Computer) -> str:
    return ", ".join(computer.agent_messages + computer.appliance_messages) or "offline"


def _contact(computer: Computer) -> str:
    return f"{computer.last_contact:%Y-%m-%d %H:%M} UTC" if computer.last_contact else "never"
