"""What people answer for in a simulated estate in which everything was looked at.

An operator gets these texts from ``kanmon attest RUN`` and fills them in; here it is done for him.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.world.attestation import Attestation
from lab.world.vcenter import VCenter
from lab.world.world import World

TOPICS = ("vendor told", "restore rehearsed")
UNCOVERED = "no linux table of the environment covers it: nobody looked at it"
NOWHERE = "no vCenter lists it: physical, elsewhere, without VMware Tools, or hidden from us"
STANDS = (
    "no vCenter of the environment lists the VM that it runs on: is that in a cluster that is"
    " fully automated?"
)
ROOM = (
    "no vCenter of the environment lists the VM that it runs on: is there a datastore with"
    " room for another one, and a port group that the installer takes?"
)
ADDRESS = "which address is free for it, with records of the DNS in both directions?"
LINKED = (
    "is it in linked mode, with which vCenters, and in which order are they upgraded? Not told:"
    " vCenter tells of linked mode from 6.7 U2 on"
)
LICENCES = "no interface of {slug} tells of licences"
LISTED_AS = "Red Hat Enterprise 7 (64 bit)"
KERNEL = (
    "is {kernel} (runs) of {platform} in the list of agent {target}? The list is on no interface"
)
UNTOLD = "the manager offers no /api, and neither SOAP nor /rest tells of it"
MISSING = f"is a tenant missing? {{run}}, the run before, told of none: {UNTOLD}"
ROLE = f"the manager does not tell what the account may see: {UNTOLD}"
CONNECTORS = f"whether the connectors work nobody tells: {UNTOLD}"
SIGNING = "vCenter {version} tells on no interface when it ends: see checksts.py (KB 79248)"
ROOT = "vCenter {version} tells on no interface when it ends: see chage -l root"
ADMINISTRATOR = "no read-only interface tells when this password ends: look, and attest it"
SWITCHES = tuple(f"upgrade of {system} agents on activation" for system in ("Windows", "Linux"))


def attested(world: World) -> Iterator[Attestation]:
    """The attestations of a world that says nothing of them."""
    yield Attestation(check="RB-HUMAN-001", answers="no machine can see it", subjects=TOPICS)
    yield Attestation(
        check="VC-SNAP-001",
        answers=NOWHERE,
        subjects=tuple(f"{slug} (127.0.0.1)" for slug in sorted(world.slugs)),
        says="it is physical",
    )
    for vcenter in world.vcenter:
        yield from _of_vcenter(vcenter)
        yield from _of_its_upgrade(vcenter)
    for nsxv in world.nsxv:
        yield Attestation(
            check="NSXV-MIG-001",
            answers="look at them: is any of them configured? {listed}",
            target=nsxv.slug,
            subjects=(f"features that {nsxv.slug} does not tell",),
            says="none of the listed features is configured",
        )
    for dsm in world.dsm:
        yield from _of_manager(dsm.slug)
        if world.after:
            yield Attestation(
                check="DSM-TENANT-001",
                answers=MISSING,
                target=dsm.slug,
                subjects=(dsm.slug,),
                says="multi-tenancy was not enabled: there was no tenant",
            )
    yield from _of_linux(world)


def _of_its_upgrade(vcenter: VCenter) -> Iterator[Attestation]:
    """What a person decides or knows of its upgrade."""
    slug = vcenter.slug
    yield Attestation(
        check="VC-RULE-001",
        answers=STANDS,
        target=slug,
        subjects=(f"the machine of {slug}",),
        says="it runs in a cluster of its own, which is not automated",
    )
    if vcenter.version.startswith("6.5"):
        yield Attestation(
            check="VC-ELM-001",
            answers=LINKED,
            target=slug,
            subjects=(f"partners of {slug}",),
            says="it stands alone",
        )
    for subject, answers in (
        (f"room for the new appliance of {slug}", ROOM),
        (f"a temporary address for {slug}", ADDRESS),
    ):
        yield Attestation(check="VC-ROOM-001", answers=answers, target=slug, subjects=(subject,))


def _of_vcenter(vcenter: VCenter) -> Iterator[Attestation]:
    """What no interface tells, or none of this release."""
    slug, version = vcenter.slug, vcenter.version
    yield Attestation(
        check="VC-PWD-001",
        answers=ADMINISTRATOR,
        target=slug,
        subjects=(f"single sign-on administrator of {slug}",),
        says="it was changed last week, and lasts for a year",
    )
    untold = []
    if version < "7.0.3":
        untold.append(("VC-STS-001", f"signing certificate of {slug}", SIGNING))
    if version.startswith("6.5") and not vcenter.appliance.os_type.startswith("win"):
        untold.append(("VC-PWD-001", f"root of {slug}", ROOT))
    for check, subject, answers in untold:
        yield Attestation(
            check=check,
            answers=answers,
            target=slug,
            subjects=(subject,),
            bound={"version": version},
            says="it ends in eight years",
        )


def _of_manager(slug: str) -> Iterator[Attestation]:
    """Mostly of an 11.0 manager, whose interfaces tell little of itself."""
    for check, subjects, answers, says in (
        ("DSM-ROLE-001", (), ROLE, "the role is Auditor, for all computers and all policies"),
        ("DSM-LIC-001", (), LICENCES, "every module is licensed for three more years"),
        ("DSM-TASK-001", (slug,), UNTOLD, "all tasks are disabled until the change has ended"),
        ("DSM-TENANT-001", (), UNTOLD, "multi-tenancy is not enabled: there is no tenant"),
        ("DSM-AUTO-001", SWITCHES, UNTOLD, "agents are not upgraded on activation"),
        ("DSM-CONN-001", (slug,), CONNECTORS, "each one synchronises without an error"),
    ):
        yield Attestation(check=check, answers=answers, target=slug, subjects=subjects, says=says)


def _of_linux(world: World) -> Iterator[Attestation]:
    """Kernels and their packages, and the machines that no target of the environment is."""
    machines = [one for one in world.machines if one.dsm and "Red Hat" in one.os]
    computers = tuple(f"{one.name} ({one.dsm} {world.computer_id(one)})" for one in machines)
    hosts = tuple(f"{host.slug}.example.jp ({host.slug})" for host in world.linux)
    target = world.upgrade.get("agent") or world.upgrade.get("deep_security", "")
    for kernel in sorted({host.kernel for host in world.linux}) if target else ():
        named = {host.os_name for host in world.linux}
        systems = [*((one, hosts) for one in sorted(named)), (LISTED_AS, computers)]
        for platform, subjects in ((one, those) for one, those in systems if those):
            yield Attestation(
                check="LNX-KERNEL-001",
                answers=KERNEL,
                subjects=subjects,
                bound={"kernel": kernel, "platform": platform, "target": target},
                says="it is in the vendor's kernel list",
            )
        yield from _packages(world, kernel, target)
    for check, says in (
        ()
        if not computers
        else (
            ("LNX-SECBOOT-001", "no Linux machine starts by EFI"),
            ("LNX-DISK-001", "every Linux machine has 5 GiB free in /opt"),
        )
    ):
        yield Attestation(check=check, answers=UNCOVERED, subjects=computers, says=says)


def _packages(world: World, kernel: str, target: str) -> Iterator[Attestation]:
    """The manager's kernel packages, by platform: it names the first machine of each."""
    for dsm in world.dsm:
        of_dsm = [one for one in world.of_dsm(dsm.slug) if "Red Hat" in one.os]
        agents = [one for one in of_dsm if one.agent_version]
        if agents:
            more = f" and {len(agents) - 1} more" if len(agents) > 1 else ""
            yield Attestation(
                check="DSM-IMPORT-003",
                answers="no interface tells whether a package of agent {target} holds {kernels}",
                target=dsm.slug,
                subjects=(f"Red Hat Enterprise 7 (64-bit): {agents[0].name}{more}",),
                bound={"kernels": kernel, "target": target},
                says="it is in the vendor's kernel list",
            )
