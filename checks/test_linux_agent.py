"""Whether Linux machines can take the target agent, and load its modules."""

from collections.abc import Iterator, Mapping

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.linux.agent import SecureBoot
from kanmon.facts.run import Moment
from kanmon.judging.floors import weighed
from kanmon.judging.goals import target_agent
from kanmon.judging.linux_machines import (
    NOT_ASKED,
    Asked,
    LinuxMachines,
    ahead,
)
from kanmon.knowledge.floors import Need
from kanmon.knowledge.lookup import (
    agent_disk,
    floor,
    kernel_scope,
    replaced_secure_boot_keys,
    secure_boot_keys,
)
from kanmon.text import Text
from kanmon.versions import DeepSecurity

GIB = 2**30
DISK: Need = "free disk of a Linux agent"
MACHINES = Text("Linux machines with an agent")


@check(
    "LNX-KERNEL-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("agent",),
    phases=("pre",),
    remediation="Boot a kernel of the vendor's list of the target agent before its upgrade, and "
    "let no other be the default. Compare the named kernels with that list, and "
    "attest those that are in it.",
    refs=(
        "table:kernel_scope",
        "https://help.deepsecurity.trendmicro.com/12_0/aws/Get-Started/linux-kernel-support.html",
    ),
)
def test_kernels_are_supported_by_the_target_agent(
    environment: Environment,
    linux_machines: LinuxMachines,
    judge: Judge,
) -> None:
    """The running kernel, and the one that a restart would boot, is supported by the target agent.

    An agent without drivers for its kernel comes back online and protects nothing. A manager knows
    the running kernel only, and DSM-IMPORT-003 its packages: a restart that the upgrade asks for
    may boot another. The vendor's list is on no interface, and it is one for each platform: who
    compared a kernel with it names both.
    """
    if not linux_machines.count:
        judge.not_applicable(Text("nothing to examine: there are no {of}", of=MACHINES))
    target = target_agent(environment)
    problems: list[Problem] = [*linux_machines.unread]
    for one in linux_machines.asked:
        problems += _kernels(one.subject, one.host.os_name, ahead(one), target)
    for other in linux_machines.not_asked:
        kernels = {other.kernel: Text("runs")} if other.kernel else Unread(NOT_ASKED)
        problems += _kernels(other.subject, other.system, kernels, target)
    judge(
        examined=linux_machines.count,
        of=MACHINES,
        problems=problems,
        notes=linux_machines.notes,
    )


@check(
    "LNX-SECBOOT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Enrol the named key on the named machine before its agent's upgrade (mokutil "
    "--import, and MOK management at the next restart), or switch Secure Boot off. Where kanmon "
    "cannot look, look with mokutil --sb-state and --test-key, and attest it.",
    refs=("table:secure_boot_keys",),
)
def test_secure_boot_knows_the_key(
    moment: Moment,
    environment: Environment,
    linux_machines: LinuxMachines,
    judge: Judge,
) -> None:
    """With Secure Boot on, the key that signs the target's modules is enrolled.

    Each line of the agent has a key of its own. The kernel refuses modules whose key it does not
    know: the upgraded agent is online, says "Engine Offline", and protects nothing until somebody
    stands at the machine's console to enrol the key.
    """
    if not linux_machines.count:
        judge.not_applicable(Text("nothing to examine: there are no {of}", of=MACHINES))
    target = target_agent(environment)
    judge(
        examined=linux_machines.count,
        of=MACHINES,
        problems=[
            *(one for asked in linux_machines.asked for one in _keys(asked, target, moment)),
            *linux_machines.unread,
            *(one.open for one in linux_machines.not_asked),
        ],
        notes=linux_machines.notes,
    )


@check(
    "LNX-DISK-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Free space where /opt/ds_agent lies on the named machine before its agent's "
    "upgrade. Where kanmon cannot look, look with df and attest it.",
    refs=("table:agent_footprint", "table:floors"),
)
def test_the_agents_folder_has_room(
    linux_machines: LinuxMachines,
    judge: Judge,
) -> None:
    """The file system of /opt/ds_agent has the free space that an agent needs.

    A package manager that runs out of space half way leaves neither the old agent nor the new one.
    The documented figure is of an adjacent product whose package carries a sensor, so it warns;
    less than the floor blocks.
    """
    rows = agent_disk("linux")
    problems: list[Problem] = [one.open for one in linux_machines.not_asked]
    for one in linux_machines.asked:
        disk = one.agent.disk
        if isinstance(disk, Unread):
            problems.append(Unknown(one.subject, disk.reason))
            continue
        for row in [row for row in rows if disk.free < (row.disk_gib or 0) * GIB][:1]:
            found = Text("{free:.1f} GiB free on {mount}", free=disk.free / GIB, mount=disk.mount)
            wanted, least = Text("{disk_gib} GiB", disk_gib=row.disk_gib), Severity.WARNING
            short = Finding(one.subject, found, wanted, row.citation, severity=least)
            problems.append(weighed(short, disk.free, DISK))
    judge(
        examined=linux_machines.count,
        of=MACHINES,
        problems=[*problems, *linux_machines.unread],
        notes=linux_machines.notes,
        rests_on=[*(row.citation for row in rows), floor(DISK).citation],
    )


def _kernels(
    subject: str,
    system: str,
    kernels: Mapping[str, str] | Unread,
    target: DeepSecurity,
) -> Iterator[Problem]:
    """What is to be said of the kernels of a machine, by what each of them is."""
    if isinstance(kernels, Unread):
        yield Unknown(subject, kernels.reason)
        return
    for kernel, role in kernels.items():
        outside = kernel_scope(system, kernel)
        if outside:
            found = Text("{kernel} ({role}): {name}", kernel=kernel, role=role, name=outside.name)
            yield Finding(
                subject,
                found,
                Text("a kernel of agent {target}'s list", target=target),
                outside.citation,
            )
        else:
            reason = Text(
                "is {kernel} ({role}) of {platform} in the list of agent {target}? The list is on "
                "no interface",
                kernel=kernel,
                role=role,
                platform=system,
                target=target,
            )
            yield Unknown(subject, reason)


def _keys(one: Asked, target: DeepSecurity, moment: Moment) -> Iterator[Problem]:
    """Why a machine may not load the target's modules under Secure Boot."""
    state = one.agent.secure_boot
    if isinstance(state, Unread):
        yield Unknown(one.subject, state.reason)
    elif state is not None and state.on:
        yield from _enrolled(one, state, target, moment)


def _enrolled(
    one: Asked, state: SecureBoot, target: DeepSecurity, moment: Moment
) -> Iterator[Problem]:
    """Problems with the keys of a machine whose Secure Boot is on."""
    rows = secure_boot_keys(one.system, target, (moment.last_until or moment.now).date())
    wanted = {row.sha256: row for row in rows if row.sha256}
    held = () if isinstance(state.owner_keys, Unread) else state.owner_keys
    reason: str | None = None
    if not wanted:
        reason = Text(
            "Secure Boot is on, and no row tells a key of agent {target} for {system}",
            target=target,
            system=one.system,
        )
    elif isinstance(state.owner_keys, Unread):
        reason = state.owner_keys.reason
    elif wanted.keys() & set(held):
        return
    elif isinstance(state.firmware_keys, Unread):
        reason = state.firmware_keys.reason
    elif wanted.keys() & set(state.firmware_keys):
        reason = Text(
            "the key is in the firmware's db only, which not every kernel takes for modules"
        )
    if reason:
        yield Unknown(one.subject, reason)
        return
    first = next(iter(wanted.values()))
    found = Text("Secure Boot is on, and the key is not enrolled")
    for old in replaced_secure_boot_keys(held):
        found = Text(
            "Secure Boot is on, and the enrolled key {old} ended on {day}: {new} replaces it",
            old=old.name,
            day=old.expires,
            new=old.replaced_by,
        )
    expected = f"{first.name} (SHA-256 {first.sha256})"
    yield Finding(one.subject, found, expected, first.citation)
